//! MPEG audio layer III (ISO 11172-3, 13818-3): the frame header, and the Xing header in the first frame.

/// What an MP3's encoder wrote down about the whole file.
#[derive(Debug, Clone, Copy)]
pub(in crate::library) struct Xing {
    /// Whether the number of frames is told.
    pub counted: bool,
    /// Whether the file is shorter than the bytes that are told.
    pub cut: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    bytes: usize,
    side_info: usize,
    family: u32,
}

/// Reads a frame header; none where it is none of layer III.
fn frame(head: &[u8]) -> Option<Frame> {
    const V1: [u32; 16] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
    const V2: [u32; 16] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
    let word = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    let (version, layer) = ((word >> 19) & 3, (word >> 17) & 3);
    if word >> 21 != 0x7ff || version == 1 || layer != 1 {
        return None;
    }
    let first = version == 3;
    let kbps = if first { V1 } else { V2 }[((word >> 12) & 15) as usize];
    let rate = match (word >> 10) & 3 {
        0 => 44_100,
        1 => 48_000,
        2 => 32_000,
        _ => return None,
    } >> match version {
        3 => 0,
        2 => 1,
        _ => 2,
    };
    if kbps == 0 {
        return None;
    }
    let bytes = (if first { 144_000 } else { 72_000 }) * kbps / rate + ((word >> 9) & 1);
    let mono = (word >> 6) & 3 == 3;
    let side_info = match (first, mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    Some(Frame { bytes: bytes as usize, side_info, family: word & 0xfffe_0c00 })
}

/// Finds the first frame that another of its kind follows, or that begins the content.
pub(super) fn first_frame(head: &[u8]) -> Option<(usize, Frame)> {
    (0..head.len()).find_map(|at| {
        let this = frame(&head[at..])?;
        let next = head.get(at + this.bytes..).and_then(frame);
        (at == 0 || next.is_some_and(|next| next.family == this.family)).then_some((at, this))
    })
}

/// Reads the Xing header in the frame that begins at `at`; `start` is where `head` lies in the file.
pub(super) fn xing(head: &[u8], at: usize, frame: Frame, start: u64, length: u64) -> Option<Xing> {
    let tag = head.get(at + 4 + frame.side_info..)?;
    if !matches!(tag.get(..4)?, b"Xing" | b"Info") {
        return None;
    }
    let number = |at: usize| Some(u32::from_be_bytes(tag.get(at..at + 4)?.try_into().ok()?));
    let flags = number(4)?;
    let counted = flags & 1 != 0;
    let bytes = if flags & 2 == 0 { 0 } else { number(if counted { 12 } else { 8 })? };
    // Encoders disagree whether the first frame is counted; the smaller reading never accuses a whole file.
    let told = u64::from(bytes).saturating_sub(frame.bytes as u64);
    Some(Xing { counted, cut: start + (at as u64) + told > length })
}
