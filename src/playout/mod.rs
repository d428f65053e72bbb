//! The station: link, keep, cue (pure), deck, record, speaker.

pub mod cue;
pub mod deck;
mod loader;
pub mod record;
mod resample;
mod shape;
pub mod source;
pub mod speaker;
