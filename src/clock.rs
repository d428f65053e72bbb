//! The only place that asks what time it is. Everybody else is handed a [`Clock`] or an instant.

#![expect(clippy::disallowed_methods, reason = "this is that place")]

use std::{
    sync::Mutex,
    time::{Duration, Instant, SystemTime},
};

use crate::radio::UtcMs;

/// One look at both clocks of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Microseconds since 1970-01-01T00:00:00Z; steps when the clock is set.
    pub utc_us: i64,
    /// Since some instant in the past; never steps.
    pub monotonic: Duration,
}

impl Reading {
    /// The time of day, in milliseconds.
    pub fn utc(&self) -> UtcMs {
        UtcMs(self.utc_us.div_euclid(1000))
    }
}

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Both clocks at one instant.
    fn read(&self) -> Reading;

    /// The time of day.
    fn now(&self) -> UtcMs {
        self.read().utc()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        let start = *START;
        let utc_us = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |us| -us),
        };
        Reading { utc_us, monotonic: start.elapsed() }
    }
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug)]
pub struct TestClock(Mutex<Reading>);

impl TestClock {
    /// A clock that shows an instant.
    pub fn at(now: UtcMs) -> Self {
        Self(Mutex::new(Reading { utc_us: now.0.saturating_mul(1000), monotonic: Duration::ZERO }))
    }

    /// Time goes by.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        reading.monotonic += by;
        reading.utc_us += i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    }

    /// Somebody sets the clock; no time goes by.
    pub fn step_to(&self, now: UtcMs) {
        let mut reading = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        reading.utc_us = now.0.saturating_mul(1000);
    }
}

impl Clock for TestClock {
    fn read(&self) -> Reading {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
