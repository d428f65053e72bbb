//! Codes that a camera reads (QR, ISO/IEC 18004).

use qrcode::{Color, QrCode};

use super::fault::Fault;

/// The code as squares: a side with its quiet margin of four, and the dark ones as the path of an SVG.
pub(super) fn code(text: &str) -> Result<(usize, String), Fault> {
    const MARGIN: usize = 4;
    let code = QrCode::new(text).map_err(Fault::failed)?;
    let (side, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colors.chunks(side).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            path += &format!("M{} {}h1v1h-1z", x + MARGIN, y + MARGIN);
        }
    }
    Ok((side + 2 * MARGIN, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three large squares in the corners, of 7 by 7 with a light ring, are what a camera looks for.
    #[test]
    fn a_drawn_code_has_its_corners() {
        let (side, path) = code(&"a1".repeat(120)).unwrap();
        let is_dark = |x: usize, y: usize| path.contains(&format!("M{x} {y}h1v1h-1z"));
        let far = side - 4 - 7;
        for (x, y) in [(4, 4), (far, 4), (4, far)] {
            for step in 0..7 {
                assert!(is_dark(x + step, y) && is_dark(x, y + step));
            }
            assert!(!is_dark(x + 1, y + 1) && is_dark(x + 3, y + 3));
        }
        assert!(!(0..side).any(|n| is_dark(3, n) || is_dark(n, 3)));
    }
}
