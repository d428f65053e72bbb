//! The title in a WAV's `LIST`/`INFO` chunk, which symphonia 0.6.1 reads and throws away.

use std::io::{self, Read, Seek, SeekFrom};

/// Walks over the chunks from the first one at `at`.
pub(super) fn title(source: &mut (impl Read + Seek), mut at: u64) -> io::Result<Option<String>> {
    // More chunks than this are no recording's.
    for _ in 0..64 {
        source.seek(SeekFrom::Start(at))?;
        let mut header = Vec::with_capacity(8);
        source.by_ref().take(8).read_to_end(&mut header)?;
        let &[a, b, c, d, e, f, g, h] = header.as_slice() else { break };
        let size = u32::from_le_bytes([e, f, g, h]);
        if &[a, b, c, d] == b"LIST" {
            let mut list = Vec::new();
            source.by_ref().take(u64::from(size.min(16 * 1024))).read_to_end(&mut list)?;
            if let Some(title) = name_in(&list) {
                return Ok(Some(title));
            }
        }
        at += 8 + u64::from(size) + u64::from(size % 2);
    }
    Ok(None)
}

fn name_in(list: &[u8]) -> Option<String> {
    let mut rest = list.strip_prefix(b"INFO")?;
    loop {
        let size = u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?) as usize;
        let text = rest.get(8..8 + size)?;
        if rest.starts_with(b"INAM") {
            let text = text.split(|b| *b == 0).next().unwrap_or_default();
            return Some(String::from_utf8_lossy(text).into_owned()).filter(|t| !t.is_empty());
        }
        rest = rest.get(8 + size + size % 2..)?;
    }
}
