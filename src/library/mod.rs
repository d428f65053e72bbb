//! Clips at rest: decode, intake (measure, hash, judge), shelf (keep, hand out).

pub mod decode;
pub mod intake;
pub mod shelf;

mod container;
mod facts;
mod loudness;
mod mark;
mod photograph;
mod scan;
mod silence;
mod stretch;
mod tee;
mod true_peak;
mod verdict;
mod waveform;

pub use decode::{DecodeError, Decoder, Format};
pub use facts::Facts;
pub use intake::{Measure, Progress, measure, take_arrived, take_in};
pub use mark::{DRILL_MARK_BYTES, drill_mark, shelve_drill_mark};
pub use photograph::{BadPhotograph, LARGEST_PHOTOGRAPH, PHOTOGRAPHS, Picture, look_at};
pub use shelf::{Arrival, Shelf, ShelfError, Writer as ShelfWriter};
pub use verdict::{Limits, Refusal, Warning};
pub use waveform::Waveform;

/// The text in composed letters (Unicode NFC), as every text in Loa is kept.
pub fn nfc(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfc().collect()
}
