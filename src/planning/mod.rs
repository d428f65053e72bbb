//! Wishes become a plan, with a reason for everything. Pure: no IO, no clock, no async.

pub mod cron;
pub mod zone;
