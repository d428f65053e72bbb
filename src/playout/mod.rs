//! The station: link, keep, cue (pure), deck, record, speaker.

pub mod keep;
pub mod link;
pub mod speaker;
