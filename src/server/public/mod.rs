//! What stands between the pages that everybody may see and everybody: the answers of the last minute, a measure of how
//! often each address asks, and few at a time that are made anew.

mod cache;
mod throttle;

use tokio::sync::Semaphore;

pub(super) use self::cache::{FRESH, Kept, Key};
use self::{cache::Cache, throttle::Throttle};

/// Answers made at a time: however many ask, the district's own work goes on.
const MADE: usize = 2;

/// Cloning none of it: the district has one.
#[derive(Debug)]
pub(super) struct Public {
    pub(super) cache: Cache,
    pub(super) throttle: Throttle,
    pub(super) making: Semaphore,
}

impl Default for Public {
    fn default() -> Self {
        let making = Semaphore::new(MADE);
        Self { cache: Cache::default(), throttle: Throttle::default(), making }
    }
}
