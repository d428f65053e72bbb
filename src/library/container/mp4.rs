//! The boxes of an M4A (ISO 14496-12) that say how much of the decoded sound is encoder delay and padding.

use std::io::{self, Read, Seek, SeekFrom};

/// Which part of the decoded sound is meant to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::library) struct Edit {
    /// Where it begins, in units of `media_scale`.
    pub start: u64,
    /// How long it is, in units of `length_scale`; none: to the end.
    pub length: Option<u64>,
    /// Units a second of the track.
    pub media_scale: u32,
    /// Units a second of `length`.
    pub length_scale: u32,
}

#[derive(Default)]
struct Found {
    movie_scale: u32,
    track: Track,
    sound: Option<Track>,
    name: Vec<u8>,
    gapless: Option<(u64, u64)>,
}

#[derive(Default, Clone)]
struct Track {
    scale: u32,
    handler: [u8; 4],
    edits: Vec<(u64, i64)>,
}

/// Reads the first sound track's edit list, or the tag that stands for one in older files.
pub(super) fn edit(source: &mut (impl Read + Seek), length: u64) -> io::Result<Option<Edit>> {
    let mut found = Found::default();
    match walk(source, 0, length, 0, &mut found) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {}
        walked => walked?,
    }
    let Some(track) = found.sound.filter(|t| t.scale > 0) else { return Ok(None) };
    let real: Vec<_> = track.edits.iter().filter(|(_, start)| *start >= 0).collect();
    if let [(length, start)] = real.as_slice()
        && found.movie_scale > 0
    {
        return Ok(Some(Edit {
            start: start.unsigned_abs(),
            length: (*length > 0).then_some(*length),
            media_scale: track.scale,
            length_scale: found.movie_scale,
        }));
    }
    Ok(found.gapless.map(|(delay, frames)| Edit {
        start: delay,
        length: Some(frames),
        media_scale: track.scale,
        length_scale: track.scale,
    }))
}

fn walk(
    source: &mut (impl Read + Seek),
    from: u64,
    until: u64,
    depth: u8,
    found: &mut Found,
) -> io::Result<()> {
    let mut at = from;
    while at + 8 <= until && depth < 8 {
        source.seek(SeekFrom::Start(at))?;
        let mut header = [0; 8];
        source.read_exact(&mut header)?;
        let [a, b, c, d, name @ ..] = header;
        let (body, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (at + 8, until - at),
            1 => {
                let mut size = [0; 8];
                source.read_exact(&mut size)?;
                (at + 16, u64::from_be_bytes(size))
            }
            size => (at + 8, u64::from(size)),
        };
        let end = at.saturating_add(size).min(until);
        if end < body {
            break;
        }
        match &name {
            b"trak" => {
                found.track = Track::default();
                walk(source, body, end, depth + 1, found)?;
                if found.sound.is_none() && &found.track.handler == b"soun" {
                    found.sound = Some(found.track.clone());
                }
            }
            b"moov" | b"edts" | b"mdia" | b"udta" | b"ilst" | b"----" => {
                walk(source, body, end, depth + 1, found)?;
            }
            b"meta" => walk(source, body + 4, end, depth + 1, found)?,
            b"mvhd" | b"mdhd" | b"hdlr" | b"elst" | b"name" | b"data" => {
                let mut bytes = Vec::new();
                source.by_ref().take((end - body).min(4096)).read_to_end(&mut bytes)?;
                note(&name, &bytes, found);
            }
            _ => {}
        }
        at = end;
    }
    Ok(())
}

fn note(name: &[u8; 4], body: &[u8], found: &mut Found) {
    let wide = body.first() == Some(&1);
    match name {
        b"mvhd" => found.movie_scale = u32_at(body, if wide { 20 } else { 12 }).unwrap_or(0),
        b"mdhd" => found.track.scale = u32_at(body, if wide { 20 } else { 12 }).unwrap_or(0),
        b"hdlr" => {
            if let Some(Ok(handler)) = body.get(8..12).map(TryInto::try_into) {
                found.track.handler = handler;
            }
        }
        b"elst" => {
            let count = u32_at(body, 4).unwrap_or(0).min(64) as usize;
            let step = if wide { 20 } else { 12 };
            found.track.edits =
                (0..count).map_while(|i| edit_at(body.get(8 + i * step..)?, wide)).collect();
        }
        b"name" => found.name = body.get(4..).unwrap_or_default().to_vec(),
        b"data" if found.name == b"iTunSMPB" => {
            found.gapless = body.get(8..).and_then(gapless);
        }
        _ => {}
    }
}

fn u32_at(body: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?))
}

fn edit_at(entry: &[u8], wide: bool) -> Option<(u64, i64)> {
    if wide {
        let length = u64::from_be_bytes(entry.get(..8)?.try_into().ok()?);
        Some((length, i64::from_be_bytes(entry.get(8..16)?.try_into().ok()?)))
    } else {
        let start = i32::from_be_bytes(entry.get(4..8)?.try_into().ok()?);
        Some((u64::from(u32_at(entry, 0)?), i64::from(start)))
    }
}

/// ` 00000000 DELAY PADDING FRAMES …`, in hexadecimal.
fn gapless(text: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_whitespace().map(|w| u64::from_str_radix(w, 16).ok());
    let delay = words.nth(1)??;
    let frames = words.nth(1)??;
    (frames > 0).then_some((delay, frames))
}
