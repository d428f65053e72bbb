//! Clips at rest: decode, intake (measure, hash, judge), shelf (keep, hand out).

mod decode;
mod intake;
mod meter;
mod ogg;
mod refusal;
mod shelf;
mod source;

pub use decode::{Decoder, Format};
pub use intake::{Limits, Measure, Progress, measure, take_in};
pub use meter::Peak;
pub use refusal::{Refusal, Warning};
pub use shelf::{Download, Shelf, ShelfError};
