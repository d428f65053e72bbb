use std::io::{self, Read, Seek, SeekFrom};

/// The largest Ogg page (RFC 3533, section 6).
const LARGEST_PAGE: u64 = 65_307;

/// Whether an Ogg file's last page says that the stream ends there (RFC 3533, section 6: header type 0x04). A file that
/// was cut off has none; nothing else tells.
pub(super) fn has_end(mut file: impl Read + Seek) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(LARGEST_PAGE)))?;
    let mut tail = Vec::new();
    file.take(LARGEST_PAGE).read_to_end(&mut tail)?;
    let last = tail.windows(4).rposition(|four| four == b"OggS");
    Ok(last.and_then(|at| tail.get(at + 5)).is_some_and(|kind| kind & 0x04 != 0))
}
