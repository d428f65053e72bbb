//! The only place that asks what time it is. Everybody else is handed a [`Clock`] or an instant.

#![expect(clippy::disallowed_methods, reason = "this is that place")]

mod service;

pub use service::TimeService;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use rustix::time::{ClockId, clock_gettime};

use crate::radio::{ClockState, UtcMs};

/// A clock that shows an earlier time than this was never set: 2026-11-01.
pub const LOA_IS_NEWER_THAN: UtcMs = UtcMs(1_793_491_200_000);

/// How long the kernel's word on its clock is passed on before it is asked again.
const WORD: Duration = Duration::from_mins(10);

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

    /// Whether the machine keeps it synchronised. Never waits.
    fn state(&self) -> ClockState {
        ClockState::Holdover
    }

    /// Whether it shows the time of day; if not, the earliest that it can be.
    fn is_known(&self) -> bool {
        true
    }

    /// The clock that never steps, alone. Never waits.
    fn monotonic(&self) -> Duration {
        self.read().monotonic
    }

    /// The time of day.
    fn now(&self) -> UtcMs {
        self.read().utc()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// Who keeps the machine's clock, if anybody does. May take seconds.
    pub fn time_service() -> Option<TimeService> {
        if service::timesyncd(SystemTime::now()) {
            return Some(TimeService::Timesyncd);
        }
        service::kernel().then_some(TimeService::Kernel)
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        let utc_us = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |us| -us),
        };
        Reading { utc_us, monotonic: self.monotonic() }
    }

    fn monotonic(&self) -> Duration {
        // Unlike what `Instant` reads, it goes on while the machine sleeps: waking up is no step of the time of day.
        #[cfg(target_os = "linux")]
        const CLOCK: ClockId = ClockId::Boottime;
        #[cfg(not(target_os = "linux"))]
        const CLOCK: ClockId = ClockId::Monotonic;
        Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
    }

    fn state(&self) -> ClockState {
        static ASKED: Mutex<Option<Instant>> = Mutex::new(None);
        static IS_KEPT: AtomicBool = AtomicBool::new(false);
        if service::timesyncd(SystemTime::now()) {
            return ClockState::Synced;
        }
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.is_none_or(|at| at.elapsed() >= WORD) {
            *asked = Some(Instant::now());
            // Without a thread the last word stands until the next try.
            let ask = || IS_KEPT.store(service::kernel(), Ordering::Relaxed);
            let _ = std::thread::Builder::new().name("loa-clock".into()).spawn(ask);
        }
        if IS_KEPT.load(Ordering::Relaxed) { ClockState::Synced } else { ClockState::Holdover }
    }
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug)]
pub struct TestClock(Mutex<Reading>, AtomicBool);

impl TestClock {
    /// A clock that shows an instant, and that nobody keeps.
    pub fn at(now: UtcMs) -> Self {
        let utc_us = now.0.saturating_mul(1000);
        Self(Mutex::new(Reading { utc_us, monotonic: Duration::ZERO }), AtomicBool::new(false))
    }

    /// A time service finds its server, or loses it.
    pub fn keep(&self, is_kept: bool) {
        self.1.store(is_kept, Ordering::Relaxed);
    }

    /// Time goes by.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.monotonic += by;
        reading.utc_us += i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    }

    /// Somebody sets the clock; no time goes by.
    pub fn step_to(&self, now: UtcMs) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.utc_us = now.0.saturating_mul(1000);
    }
}

impl Clock for TestClock {
    fn read(&self) -> Reading {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> ClockState {
        if self.1.load(Ordering::Relaxed) { ClockState::Synced } else { ClockState::Holdover }
    }
}
