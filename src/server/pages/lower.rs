//! By how much something sounds softer, as people write it: in decibels, `6` or `6,5`.

use crate::radio::Gain;

/// `6`, `6,5`; below zero where it is louder.
pub(super) fn lowered(gain: Gain) -> String {
    let (whole, rest) = (gain.centibels.unsigned_abs() / 100, gain.centibels.unsigned_abs() % 100);
    let sign = if gain.centibels > 0 { "-" } else { "" };
    match rest {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole},{rest:02}"),
    }
}

/// Reads it; nothing is no change. None: it is no number.
pub(super) fn read_lower(text: &str) -> Option<Gain> {
    let text = text.trim();
    let number: f64 = if text.is_empty() { 0.0 } else { text.replace(',', ".").parse().ok()? };
    (number.abs() <= 1e6).then(|| Gain { centibels: Gain::from_db(-number).centibels })
}
