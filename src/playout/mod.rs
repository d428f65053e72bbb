//! The station: link (the line), keep (its own store), cue (what is next, pure), deck, record, speaker.

pub mod control;
pub mod cue;
pub mod deck;
pub mod exchange;
pub mod keep;
pub mod link;
mod own_time;
pub mod record;
pub mod scrub;
pub mod site;
pub mod source;
pub mod speaker;
pub mod station;
pub mod station_clock;
pub mod stock;
pub mod timekeeper;
pub mod trust;

mod loader;
mod resample;
mod shape;
