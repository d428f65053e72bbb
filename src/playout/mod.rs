//! The station: link, keep, cue (pure), deck, record, speaker.

pub mod speaker;
