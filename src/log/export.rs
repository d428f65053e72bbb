//! The log as a file: the checkpoint, an empty line, and a line for each entry, led by its hash.

use std::io::{BufRead, Read as _};

use super::{Hash, Older, Proven, Verifier, Wrong, leaf};
use crate::signing::{BadNote, Note, NoteKey};

/// The longest checkpoint with its signatures, in bytes.
const LONGEST_HEAD: u64 = 64 * 1024;

/// Entries checked together: many for each time that processors wait for each other.
const TOGETHER: usize = 4096;
/// And bytes.
const AT_ONCE: usize = 16 * 1024 * 1024;

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum BadExport {
    /// The disk or the line says no.
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is not what its checkpoint says.
    #[error(transparent)]
    Wrong(#[from] Wrong),
}

/// A line of a file: the hash of the entry in 64 lower-case hexadecimal digits, a space, and the entry.
pub fn line_of(entry: &str) -> String {
    format!("{} {entry}", hex::encode(leaf(entry.as_bytes())))
}

/// The hash that a line states, and the entry, whose hash it is to be; none where the line has another form.
pub fn read_line(line: &[u8]) -> Option<(Hash, &[u8])> {
    let (stated, rest) = line.split_first_chunk::<64>()?;
    let mut hash = [0; 32];
    let is_plain = stated.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (is_plain && hex::decode_to_slice(stated, &mut hash).is_ok()).then_some(())?;
    Some((hash, rest.strip_prefix(b" ")?))
}

/// Reads the checkpoint at the beginning of a file, and the empty line after it.
///
/// # Errors
/// There is none.
pub fn read_head(file: &mut impl BufRead) -> Result<Note, BadExport> {
    let mut head = Vec::new();
    let mut gaps = 0;
    let mut within = file.take(LONGEST_HEAD);
    while gaps < 2 {
        let before = head.len();
        if within.read_until(b'\n', &mut head)? == 0 {
            return Err(Wrong::from(BadNote::Form).into());
        }
        gaps += u32::from(&head[before..] == b"\n");
    }
    head.pop();
    let text = String::from_utf8(head).map_err(|_| BadNote::Form);
    Ok(text.and_then(|text| text.parse::<Note>()).map_err(Wrong::from)?)
}

/// Some lines of a file, read together.
#[derive(Default)]
struct Stretch {
    text: Vec<u8>,
    /// Where each line ends, after its line feed.
    ends: Vec<usize>,
}

impl Stretch {
    /// Reads the next lines in place of those that it held.
    fn refill(&mut self, file: &mut impl BufRead) -> std::io::Result<()> {
        self.text.clear();
        self.ends.clear();
        while self.ends.len() < TOGETHER && self.text.len() < AT_ONCE {
            if file.read_until(b'\n', &mut self.text)? == 0 {
                break;
            }
            self.ends.push(self.text.len());
        }
        Ok(())
    }

    /// The lines without their ends. A last one that has none may have lost more than that: it is empty.
    fn lines(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let line = |(from, until): (usize, &usize)| {
            self.text.get(from..*until).and_then(|line| line.strip_suffix(b"\n"))
        };
        starts.zip(&self.ends).map(|span| line(span).unwrap_or_default()).collect()
    }
}

/// Verifies a file from its beginning to its end: every hash, the head, and with signatures those of the stations.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(
    file: &mut (impl BufRead + Send),
    known: Option<NoteKey>,
    older: Option<Older>,
    with_signatures: bool,
) -> Result<Proven, BadExport> {
    let note = read_head(file)?;
    let mut verifier = Verifier::new(note, known, older, with_signatures)?;
    let (mut stretch, mut next) = (Stretch::default(), Stretch::default());
    stretch.refill(file)?;
    while !stretch.ends.is_empty() {
        let pages = verifier.read(&stretch.lines());
        let (entered, refilled) = rayon::join(|| verifier.enter(pages), || next.refill(file));
        entered?;
        refilled?;
        std::mem::swap(&mut stretch, &mut next);
    }
    Ok(verifier.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_hash_and_an_entry() {
        let line = line_of("{}");
        assert_eq!(read_line(line.as_bytes()), Some((leaf(b"{}"), &b"{}"[..])));
        assert_eq!(read_line(line.to_uppercase().as_bytes()), None);
        assert_eq!(read_line(line.replacen(' ', "\t", 1).as_bytes()), None);
        assert_eq!(read_line(&line.as_bytes()[..64]), None);
        assert_eq!(read_line(b""), None);
    }

    #[test]
    fn a_file_begins_with_its_checkpoint() {
        let note = "x\n1\ny\n\n\u{2014} a AAAAAAA=\n";
        let file = format!("{note}\nrest\n");
        let mut bytes = file.as_bytes();
        assert_eq!(read_head(&mut bytes).unwrap().to_string(), note);
        assert_eq!(bytes, b"rest\n");
        for wrong in ["", "x\n", note, "\n\n", &file.replace("AAA=\n\n", "AAA=\n")] {
            assert!(read_head(&mut wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
