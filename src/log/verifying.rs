//! Whether a log is what its checkpoint says, entry by entry.

mod book;
mod chain;

use std::fmt;

use book::{Book, Page};
use rayon::{iter::ParallelIterator as _, slice::ParallelSlice as _};

use super::{BadCheckpoint, Checkpoint, Frontier, Head, leaf, read_line};
use crate::signing::{BadNote, Claim, Note, NoteKey};

/// Entries that one core takes at a time, and whose signatures it checks together.
const PIECE: usize = 128;

/// A head that somebody kept from earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Older {
    /// What it was.
    pub head: Head,
    /// The note that says so, if it is not from paper.
    pub note: Option<Note>,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// An entry, counted from 0.
    #[error("entry {0} is wrong: {1}")]
    Entry(u64, String),
    /// The checkpoint.
    #[error("the checkpoint is wrong: {0}")]
    Checkpoint(String),
    /// What follows from the older one.
    #[error("{0}")]
    Older(String),
}

impl Wrong {
    /// The entry that is named, if one is.
    pub fn entry(&self) -> Option<u64> {
        match self {
            Self::Entry(index, _) => Some(*index),
            Self::Checkpoint(_) | Self::Older(_) => None,
        }
    }
}

impl From<BadNote> for Wrong {
    fn from(error: BadNote) -> Self {
        Self::Checkpoint(error.to_string())
    }
}

impl From<BadCheckpoint> for Wrong {
    fn from(error: BadCheckpoint) -> Self {
        Self::Checkpoint(error.to_string())
    }
}

/// What was proven, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Entries.
    pub size: u64,
    /// The log's key, which signs its head.
    pub key: NoteKey,
    /// The entries at which the key was changed, each time signed by the one before.
    pub changes: Vec<u64>,
    /// Whether the key was known before, and not only from the log itself.
    pub is_known_key: bool,
    /// Records whose signature of their station fits.
    pub signed: u64,
    /// Records from before there were keys.
    pub unsigned: u64,
    /// Stations with records.
    pub stations: u64,
    /// Records that do not follow the one before them, or whose one before is not here; the first of them in words.
    pub broken: u64,
    /// The first of those.
    pub first_break: Option<String>,
    /// Whether signatures were left out.
    pub without_signatures: bool,
    /// Entries of the older head that this log extends.
    pub older: Option<u64>,
    /// Who co-signed the head, and when, in seconds since 1970.
    pub witnesses: Vec<(String, u64)>,
}

impl fmt::Display for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, signed, unsigned, stations, .. } = self;
        write!(f, "proven: all {size} entries are those of the head signed by {}", self.key)?;
        if let Some(last) = self.changes.last() {
            write!(f, ", the log's key since entry {last}, signed by the one before it")?;
        }
        match self.older {
            Some(older) => write!(f, ", the first {older} are those of the older head")?,
            None => f.write_str(", no older head was given to compare with")?,
        }
        if self.without_signatures {
            f.write_str(", and the stations' signatures were not looked at")?;
        } else {
            write!(f, ", and {signed} records of {stations} stations are signed by them")?;
        }
        if *unsigned > 0 {
            write!(f, "; {unsigned} records are from before stations had keys")?;
        }
        if let Some(first) = &self.first_break {
            write!(
                f,
                "; not every chain of records is whole ({} places, the first: {first})",
                self.broken
            )?;
        }
        if !self.is_known_key && self.older.is_none() {
            f.write_str(
                "; whether the key is the district's, only a printed or older checkpoint can tell",
            )?;
        }
        for (name, at) in &self.witnesses {
            let at = i64::try_from(*at).unwrap_or(i64::MAX).saturating_mul(1000);
            write!(f, "; co-signed by {name} at {}", crate::radio::UtcMs(at))?;
        }
        Ok(())
    }
}

/// Checks entries as they come.
#[derive(Debug)]
pub struct Verifier {
    checkpoint: Checkpoint,
    note: Note,
    known: Option<NoteKey>,
    older: Option<Older>,
    tree: Frontier,
    book: Book,
    with_signatures: bool,
}

/// Entries that hold by themselves, or why not; they are still to be entered.
#[derive(Debug)]
pub struct Pages<'a>(Vec<Vec<Read<'a>>>);

impl Verifier {
    /// Against the checkpoint that leads the entries, with a key and an older head that are known from elsewhere.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn new(
        note: Note,
        known: Option<NoteKey>,
        older: Option<Older>,
        with_signatures: bool,
    ) -> Result<Self, Wrong> {
        let checkpoint: Checkpoint = note.text().parse()?;
        match known.as_ref().map(|key| note.signed_by(key)) {
            // It may have been changed since: then the entries say by which.
            None | Some(Ok(_) | Err(BadNote::Unsigned(_))) => {}
            Some(Err(error)) => return Err(error.into()),
        }
        if let Some(Older { head, .. }) = &older {
            let Head { size, root } = checkpoint.head;
            if head.size > size {
                return Err(Wrong::Older(format!(
                    "this log has {size} entries, and the older head {}: entries were taken away",
                    head.size
                )));
            }
            if head.size == size && head.root != root {
                return Err(Wrong::Older(format!(
                    "both heads have {size} entries and are not the same: the log was rewritten"
                )));
            }
        }
        Ok(Self {
            checkpoint,
            note,
            known,
            older,
            tree: Frontier::default(),
            book: Book::default(),
            with_signatures,
        })
    }

    /// How many entries the checkpoint speaks of.
    pub fn size(&self) -> u64 {
        self.checkpoint.head.size
    }

    /// Takes the next lines, each without its end.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn take(&mut self, lines: &[&[u8]]) -> Result<(), Wrong> {
        let pages = self.read(lines);
        self.enter(pages)
    }

    /// Reads the next lines, each without its end, and checks on all cores what each is by itself: its hash, and its station's
    /// signature.
    pub fn read<'a>(&self, lines: &[&'a [u8]]) -> Pages<'a> {
        let pieces = lines.par_chunks(PIECE);
        Pages(pieces.map(|piece| read_together(piece, self.with_signatures)).collect())
    }

    /// Enters what was read: it must follow from what came before.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn enter(&mut self, Pages(pages): Pages<'_>) -> Result<(), Wrong> {
        for page in pages.into_iter().flatten() {
            let index = self.tree.size();
            let size = self.size();
            let (hash, page) = page.map_err(|why| Wrong::Entry(index, why))?;
            if index >= size {
                let words = format!("the checkpoint speaks of {size} entries only");
                return Err(Wrong::Entry(index, words));
            }
            self.book.enter(index, page).map_err(|why| Wrong::Entry(index, why))?;
            self.tree.push(hash);
            if let Some(Older { head, .. }) = &self.older
                && head.size == self.tree.size()
                && head.root != self.tree.root()
            {
                return Err(Wrong::Older(format!(
                    "the first {} entries are not those of the older head: the log was rewritten",
                    head.size
                )));
            }
        }
        Ok(())
    }

    /// Ends, when all entries came.
    ///
    /// # Errors
    /// What is wrong with the whole.
    pub fn finish(self) -> Result<Proven, Wrong> {
        let Head { size, root } = self.checkpoint.head;
        if self.tree.size() < size {
            let missing = format!("it is missing: {size} entries were signed");
            return Err(Wrong::Entry(self.tree.size(), missing));
        }
        if self.tree.root() != root {
            return Err(Wrong::Checkpoint(
                "it was made of other entries: some were changed, and their hashes with them"
                    .to_owned(),
            ));
        }
        let keys = &self.book.log_keys;
        let key = keys.newest().or(self.known.as_ref()).cloned();
        let key =
            key.ok_or_else(|| Wrong::Checkpoint("no entry says whose key signs it".to_owned()))?;
        if let Some(known) = &self.known
            && *known != key
            && !keys.hold(known)
        {
            return Err(Wrong::Checkpoint(format!("the log says that its key is {key}")));
        }
        if self.checkpoint.origin != key.name() {
            let Checkpoint { origin, .. } = &self.checkpoint;
            let words = format!("it is one of the log {origin}, and this is {}", key.name());
            return Err(Wrong::Checkpoint(words));
        }
        self.note.signed_by(&key)?;
        let witnesses = self.witnesses(&key)?;
        if let Some(note) = self.older.as_ref().and_then(|older| older.note.as_ref()) {
            let is_ours = note.text().parse::<Checkpoint>().is_ok_and(|one| {
                let signer = keys.signer_of(one.head.size).unwrap_or(&key);
                one.origin == key.name() && note.signed_by(signer).is_ok()
            });
            if !is_ours {
                return Err(Wrong::Older("the older head is not signed by this log".to_owned()));
            }
        }
        let (broken, first_break) = self.book.breaks();
        Ok(Proven {
            size,
            is_known_key: self.known.is_some(),
            changes: keys.changes().collect(),
            key,
            signed: self.book.signed,
            unsigned: self.book.unsigned,
            stations: self.book.station_count(),
            broken,
            first_break,
            without_signatures: !self.with_signatures,
            older: self.older.map(|older| older.head.size),
            witnesses,
        })
    }

    /// Every signature under the head must be the log's or a witness's that an entry names: what nobody can check has no
    /// place there.
    fn witnesses(&self, key: &NoteKey) -> Result<Vec<(String, u64)>, Wrong> {
        let mut signed = Vec::new();
        let mut known = vec![self.note.of(key)];
        for witness in &self.book.witnesses {
            if let Some(line) = self.note.of(witness) {
                signed.extend(
                    self.note.signed_by(witness)?.map(|at| (witness.name().to_owned(), at)),
                );
                known.push(Some(line));
            }
        }
        match self.note.signatures().iter().find(|line| !known.contains(&Some(line))) {
            None => Ok(signed),
            Some(line) => Err(Wrong::Checkpoint(format!(
                "{} signed it, and no entry says who that is",
                line.name()
            ))),
        }
    }
}

/// An entry that holds by itself, with its hash, or why it does not.
type Read<'a> = Result<(super::Hash, Page<'a>), String>;

fn read_together<'a>(lines: &[&'a [u8]], with_signatures: bool) -> Vec<Read<'a>> {
    let mut pages: Vec<_> = lines.iter().map(|line| read(line, with_signatures)).collect();
    let claims = pages.iter().enumerate().filter_map(|(index, page)| {
        let (_, page) = page.as_ref().ok()?;
        Some((index, page.claim()?))
    });
    let claims: Vec<_> = claims.collect();
    let wrong = Claim::first_wrong(claims.iter().map(|(_, claim)| *claim));
    let wrong = wrong.and_then(|wrong| claims.get(wrong)).map(|(index, _)| *index);
    if let Some(Ok((_, page))) = wrong.and_then(|wrong| pages.get_mut(wrong)) {
        page.refute();
    }
    pages
}

fn read<'a>(line: &'a [u8], with_signatures: bool) -> Read<'a> {
    let (stated, entry) = read_line(line).ok_or("the line is not a hash, a space and an entry")?;
    if leaf(entry) != stated {
        return Err("it was changed: its hash does not fit".to_owned());
    }
    Ok((stated, Page::read(entry, with_signatures)?))
}
