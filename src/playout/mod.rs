//! The station: link, keep, cue (pure), deck, record, speaker.

pub mod clips;
pub mod keep;
pub mod link;
pub mod record;
pub mod source;
pub mod speaker;
