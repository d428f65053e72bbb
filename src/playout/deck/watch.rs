//! What the deck knows of its clock: whether that tells the time, and how it was set.

use std::time::Duration;

use crate::{
    clock::{Clock, Reading},
    radio::{ClockState, UtcMs},
    wire::Rundown,
};

/// A clock that moves by more than this against the monotonic one was set.
const STEP_US: i64 = 500_000;
/// How long after that its instants are not to be believed.
const DISTRUST: Duration = Duration::from_secs(600);
/// A clock this far before the rundown shows a time that cannot be.
const IMPOSSIBLE: Duration = Duration::from_secs(86_400);

/// Which way the clock was set.
pub(super) enum Step {
    Forward,
    Back,
}

pub(super) struct Watch {
    /// Since when the deck runs.
    pub(super) since: UtcMs,
    pub(super) is_time_known: bool,
    /// The last step forward: from, to.
    pub(super) jump: Option<(UtcMs, UtcMs)>,
    /// When the time was last not known: from, until.
    pub(super) unknown: Option<(UtcMs, UtcMs)>,
    unknown_since: Option<UtcMs>,
    stepped_at: Option<Duration>,
    last: Reading,
}

impl Watch {
    pub(super) fn new(now: Reading) -> Self {
        Self {
            since: now.utc(),
            is_time_known: false,
            jump: None,
            unknown: None,
            unknown_since: None,
            stepped_at: None,
            last: now,
        }
    }

    /// Reads the clock; says so where it was set since the last time.
    pub(super) fn look(&mut self, clock: &dyn Clock) -> Option<Step> {
        // In this order: time that becomes known in between is a step first.
        self.is_time_known = clock.is_known();
        let now = clock.read();
        let span = now.monotonic.saturating_sub(self.last.monotonic);
        let expected =
            self.last.utc_us.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX));
        self.last = now;
        if self.is_time_known {
            let since = self.unknown_since.take();
            self.unknown = since.map(|since| (since, now.utc())).or(self.unknown);
        } else {
            self.unknown_since.get_or_insert(now.utc());
        }
        let step = now.utc_us.saturating_sub(expected);
        if step.abs() <= STEP_US {
            return None;
        }
        tracing::warn!(seconds = step / 1_000_000, "the clock was set");
        self.stepped_at = Some(now.monotonic);
        if step < 0 {
            return Some(Step::Back);
        }
        self.jump = Some((UtcMs(expected.div_euclid(1000)), now.utc()));
        Some(Step::Forward)
    }

    /// `Untrusted` where the clock contradicts what the deck knows.
    pub(super) fn trust(&self, rundown: Option<&Rundown>) -> Option<ClockState> {
        let stepped =
            self.stepped_at.is_some_and(|at| self.last.monotonic.saturating_sub(at) < DISTRUST);
        let impossible = rundown.is_some_and(|rundown| self.last.utc() + IMPOSSIBLE < rundown.from);
        (stepped || impossible).then_some(ClockState::Untrusted)
    }
}
