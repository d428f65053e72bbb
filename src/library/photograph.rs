//! Photographs that people send: looked at to their end, and kept as they are.

use std::io::{BufReader, Cursor};

/// Where photographs lie within the shelf of clips.
pub const PHOTOGRAPHS: &str = "photographs";

/// Bytes of the largest that is taken.
pub const LARGEST_PHOTOGRAPH: usize = 10 * 1024 * 1024;

/// Pixels of the largest: three bytes of memory each while it is looked at.
const PIXELS: usize = 50_000_000;

/// What kind of picture it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// JPEG (ISO/IEC 10918-1).
    Jpeg,
    /// PNG (ISO/IEC 15948).
    Png,
}

impl Picture {
    /// What its first bytes say; none: neither.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            _ => None,
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// Why a file is no photograph that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPhotograph {
    /// Its content is neither JPEG nor PNG, whatever its name says.
    #[error("it is neither JPEG nor PNG")]
    Kind,
    /// It has too many bytes or pixels.
    #[error("it is larger than 10 MB or 50 megapixels")]
    Large,
    /// It cannot be decoded to its end.
    #[error("it is damaged or cut off")]
    Damaged,
}

/// Decodes a photograph to its end. Nothing in it is changed, the place and time that a telephone puts there included.
///
/// # Errors
/// It is another kind of file, too large, or damaged.
pub fn look_at(bytes: &[u8]) -> Result<Picture, BadPhotograph> {
    if bytes.len() > LARGEST_PHOTOGRAPH {
        return Err(BadPhotograph::Large);
    }
    let picture = Picture::of(bytes).ok_or(BadPhotograph::Kind)?;
    match picture {
        Picture::Jpeg => jpeg(bytes)?,
        Picture::Png => png(bytes)?,
    }
    Ok(picture)
}

fn fits(width: usize, height: usize) -> Result<(), BadPhotograph> {
    if width.saturating_mul(height) <= PIXELS { Ok(()) } else { Err(BadPhotograph::Large) }
}

fn jpeg(bytes: &[u8]) -> Result<(), BadPhotograph> {
    use zune_jpeg::{
        JpegDecoder,
        zune_core::{bytestream::ZCursor, options::DecoderOptions},
    };
    let options = DecoderOptions::default().set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| BadPhotograph::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(BadPhotograph::Damaged)?;
    fits(width, height)?;
    decoder.decode().map_err(|_| BadPhotograph::Damaged)?;
    Ok(())
}

fn png(bytes: &[u8]) -> Result<(), BadPhotograph> {
    let decoder = png::Decoder::new(BufReader::new(Cursor::new(bytes)));
    let mut reader = decoder.read_info().map_err(|_| BadPhotograph::Damaged)?;
    let (width, height) = reader.info().size();
    fits(width as usize, height as usize)?;
    while reader.next_row().map_err(|_| BadPhotograph::Damaged)?.is_some() {}
    reader.finish().map_err(|_| BadPhotograph::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        std::fs::read(folder.join(name)).unwrap()
    }

    #[test]
    fn a_photograph_is_known_by_its_content() {
        let (jpeg, png) = (fixture("poster.jpg"), fixture("poster.png"));
        assert_eq!(look_at(&jpeg), Ok(Picture::Jpeg));
        assert_eq!(look_at(&png), Ok(Picture::Png));
        for other in [&b""[..], b"GIF89a", b"<svg onload='x'/>", &fixture("tone.wav")] {
            assert_eq!(look_at(other), Err(BadPhotograph::Kind));
        }
        assert_eq!(look_at(&vec![0; LARGEST_PHOTOGRAPH + 1]), Err(BadPhotograph::Large));
    }

    #[test]
    fn one_that_is_cut_off_or_damaged_is_not_taken() {
        for whole in [fixture("poster.jpg"), fixture("poster.png")] {
            for part in [20, 40, whole.len() / 2] {
                assert_eq!(look_at(&whole[..part]), Err(BadPhotograph::Damaged), "{part}");
            }
        }
        let mut png = fixture("poster.png");
        let middle = png.len() / 2;
        png[middle] ^= 0x10;
        assert_eq!(look_at(&png), Err(BadPhotograph::Damaged));
    }

    #[test]
    fn what_unfolds_to_too_many_pixels_is_not_unfolded() {
        // The head of a PNG of 100 000 by 100 000 pixels.
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 100_000, 100_000);
        encoder.set_color(png::ColorType::Grayscale);
        let writer = encoder.write_header().unwrap();
        drop(writer);
        assert!(matches!(look_at(&file), Err(BadPhotograph::Large | BadPhotograph::Damaged)));
    }
}
