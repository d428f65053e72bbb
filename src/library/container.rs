//! What a file's container says about its sound that symphonia does not pass on: its kind by its first bytes, the
//! Xing header of an MP3, the edit list and the gapless tag of an M4A, the title of a WAV.

use std::io::{self, Read, Seek, SeekFrom};

mod mp4;
mod mpeg;
mod wav;

pub(super) use mp4::Edit;
pub(super) use mpeg::Xing;

/// How far into a file (behind its tags) an MP3's first frame may lie.
const SCAN: usize = 16 * 1024;

/// What the first bytes say that a file is.
#[derive(Debug)]
pub(super) enum Container {
    /// With its title.
    Wav(Option<String>),
    Flac,
    Ogg,
    Mp4(Option<Edit>),
    Mpeg(Option<Xing>),
    Adts,
}

/// Looks, and leaves the source at its start. None: none of the formats that Loa knows.
pub(super) fn look(source: &mut (impl Read + Seek)) -> io::Result<Option<Container>> {
    let length = source.seek(SeekFrom::End(0))?;
    let start = behind_tags(source)?;
    source.seek(SeekFrom::Start(start))?;
    let mut head = Vec::with_capacity(SCAN);
    source.by_ref().take(SCAN as u64).read_to_end(&mut head)?;
    let kind = match head.as_slice() {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => {
            Some(Container::Wav(wav::title(source, start + 12)?))
        }
        [b'f', b'L', b'a', b'C', ..] => Some(Container::Flac),
        [b'O', b'g', b'g', b'S', ..] => Some(Container::Ogg),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
            Some(Container::Mp4(mp4::edit(source, length)?))
        }
        [0xff, b, ..] if b & 0xf6 == 0xf0 => Some(Container::Adts),
        head => mpeg::first_frame(head)
            .map(|(at, frame)| Container::Mpeg(mpeg::xing(head, at, frame, start, length))),
    };
    source.rewind()?;
    Ok(kind)
}

/// Where the file's content begins behind ID3v2 tags and zeros.
fn behind_tags(source: &mut (impl Read + Seek)) -> io::Result<u64> {
    let mut at = 0;
    loop {
        source.seek(SeekFrom::Start(at))?;
        let mut header = [0; 10];
        match source.read_exact(&mut header) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(at),
            read => read?,
        }
        if &header[..3] != b"ID3" {
            break;
        }
        let size = header[6..].iter().fold(0, |sum, b| (sum << 7) | u64::from(b & 0x7f));
        at += 10 + size + if header[5] & 0x10 == 0 { 0 } else { 10 };
    }
    // An M4A begins with zeros of its own, so only a long run of them is padding.
    source.seek(SeekFrom::Start(at))?;
    let mut padding = Vec::new();
    source.by_ref().take(64 * 1024).read_to_end(&mut padding)?;
    match padding.iter().position(|b| *b != 0) {
        Some(zeros) if zeros >= 4 => Ok(at + zeros as u64),
        _ => Ok(at),
    }
}
