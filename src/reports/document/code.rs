//! A QR code as a picture: Word shows PNG in every version, SVG only in new ones.

use std::io;

use qrcode::{Color, EcLevel, QrCode};

/// Dots of the picture to a square of the code.
const SCALE: usize = 6;
/// Squares of white around it.
/// Source: ISO/IEC 18004, 6.3.8.
const QUIET: usize = 4;

/// The code of a text, as PNG; none where the text is too long for one.
///
/// # Errors
/// The picture cannot be written.
pub(super) fn png(text: &str) -> io::Result<Option<Vec<u8>>> {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return Ok(None) };
    let squares = code.to_colors();
    let width = code.width();
    let side = (width + 2 * QUIET) * SCALE;
    let dot = |x: usize, y: usize| {
        let at = |dot: usize| (dot / SCALE).checked_sub(QUIET).filter(|square| *square < width);
        let is_dark = at(x).zip(at(y)).is_some_and(|(x, y)| squares[y * width + x] == Color::Dark);
        if is_dark { 0 } else { u8::MAX }
    };
    let dots: Vec<u8> = (0..side).flat_map(|y| (0..side).map(move |x| dot(x, y))).collect();
    let mut picture = Vec::new();
    let small = u32::try_from(side).map_err(io::Error::other)?;
    let mut encoder = png::Encoder::new(&mut picture, small, small);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(&dots).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)?;
    Ok(Some(picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_the_code() {
        let text = "https://loa.example/verify";
        let picture = png(text).unwrap().unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(picture)).read_info().unwrap();
        let mut dots = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut dots).unwrap();
        let side = info.width as usize;
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        assert_eq!(side, (code.width() + 8) * SCALE);
        for (at, color) in code.to_colors().into_iter().enumerate() {
            let (x, y) = (at % code.width() + QUIET, at / code.width() + QUIET);
            let dot = dots[(y * SCALE + SCALE / 2) * side + x * SCALE + SCALE / 2];
            assert_eq!(dot == 0, color == Color::Dark, "{x} {y}");
        }
        assert!(dots[..side * SCALE * QUIET].iter().all(|dot| *dot == u8::MAX));
        assert_eq!(png(&"a".repeat(5000)).unwrap(), None);
    }
}
