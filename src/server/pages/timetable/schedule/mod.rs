//! Schedules: the list, and the form that makes them without cron.

mod said;
mod wish;

pub(in crate::server::pages) mod list;
pub(in crate::server::pages) mod one;

pub(super) use said::when_in_words;
pub(super) use wish::read_time;
