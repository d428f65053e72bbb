//! What time it is at a station whose clock may be wrong. Pure: it is shown the machine's clocks, and told what the
//! district says.
//!
//! The time of day less the monotonic time is an epoch, in microseconds: it stays the same while nobody sets the clock,
//! and whatever is known of the time is known of the epoch.

use std::time::Duration;

use crate::{
    clock::Reading,
    radio::{ClockState, UtcMs},
};

/// An answer of the district's that took longer says too little.
const QUICK: Duration = Duration::from_secs(5);
/// So many answers that agree are believed.
const AGREEING: u32 = 3;
/// A second's worth of what two clocks may drift apart, as a part: 200 ppm.
const DRIFT: u32 = 5_000;
/// A clock that is this far from what the district says is merely not exact, in microseconds.
const SLACK_US: i64 = 2_000_000;
/// A clock that leaps further ahead, with nobody's word for it, does not raise the last known time: a wrong one would be
/// believed for ever. In microseconds.
const LEAP_US: i64 = 60 * 86_400 * 1_000_000;

/// What the time rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The machine's clock, which a time service keeps.
    Service,
    /// The machine's clock, which nothing contradicts.
    Machine,
    /// The district's answers, because the machine's clock contradicts them.
    District,
    /// Nothing: the machine's clock shows an earlier time than was known before.
    Nothing,
}

impl Basis {
    /// How far the time can be believed.
    pub fn state(self) -> ClockState {
        match self {
            Self::Service => ClockState::Synced,
            Self::Machine | Self::District => ClockState::Holdover,
            Self::Nothing => ClockState::Untrusted,
        }
    }
}

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Both clocks, the time of day put right. Where it rests on nothing, it is the earliest that it can be.
    pub reading: Reading,
    /// What it rests on.
    pub basis: Basis,
}

/// Between these the epoch lies.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    least: i64,
    most: i64,
    /// When that was known; the clocks have drifted since.
    at: Duration,
}

impl Bounds {
    fn by(self, now: Duration) -> Self {
        let drift = micros(now.saturating_sub(self.at) / DRIFT);
        let (least, most) = (self.least.saturating_sub(drift), self.most.saturating_add(drift));
        Self { least, most, at: now }
    }

    /// What both allow, if anything.
    fn and(self, newer: &Self) -> Option<Self> {
        let old = self.by(newer.at);
        let (least, most) = (old.least.max(newer.least), old.most.min(newer.most));
        (least <= most).then_some(Self { least, most, at: newer.at })
    }
}

/// Knows the time.
#[derive(Debug)]
pub struct Timekeeper {
    /// The epoch is not less, as far as was known before.
    floor: i64,
    bounds: Option<Bounds>,
    /// Answers that contradict the bounds, or are too few to be any.
    rumour: Option<(Bounds, u32)>,
    /// The epoch that is gone by in place of the machine's.
    taken: Option<i64>,
}

impl Timekeeper {
    /// Begins with the time that was last known, shown the machine's clocks.
    pub fn new(last_known: UtcMs, machine: Reading) -> Self {
        let floor = last_known.0.saturating_mul(1000).saturating_sub(micros(machine.monotonic));
        Self { floor, bounds: None, rumour: None, taken: None }
    }

    /// The district answered that its time was so, between two instants of the monotonic clock.
    pub fn hear(&mut self, district: UtcMs, asked: Duration, answered: Duration) {
        if answered.saturating_sub(asked) > QUICK {
            return;
        }
        let us = district.0.saturating_mul(1000);
        let heard = Bounds {
            least: us.saturating_sub(micros(answered)),
            // It named whole milliseconds.
            most: us.saturating_add(999).saturating_sub(micros(asked)),
            at: answered,
        };
        if let Some(bounds) = self.bounds.and_then(|bounds| bounds.and(&heard)) {
            (self.bounds, self.rumour) = (Some(bounds), None);
            return;
        }
        let more = self.rumour.and_then(|(rumour, count)| Some((rumour.and(&heard)?, count + 1)));
        let (rumour, count) = more.unwrap_or((heard, 1));
        if count >= AGREEING {
            (self.bounds, self.rumour) = (Some(rumour), None);
        } else {
            self.rumour = Some((rumour, count));
        }
    }

    /// Whether more answers of the district's are needed before they are believed.
    pub fn is_curious(&self) -> bool {
        self.bounds.is_none() || self.rumour.is_some()
    }

    /// What time it is when the machine's clocks show this, and a time service keeps them or not.
    pub fn look(&mut self, machine: Reading, is_kept: bool) -> Told {
        let own = machine.utc_us.saturating_sub(micros(machine.monotonic));
        let (epoch, basis) = self.epoch(own, machine.monotonic, is_kept);
        self.taken = (basis == Basis::District).then_some(epoch);
        let is_leap = basis == Basis::Machine && epoch.saturating_sub(self.floor) > LEAP_US;
        self.floor = match basis {
            Basis::Service | Basis::District => epoch,
            Basis::Machine if !is_leap => epoch.max(self.floor),
            Basis::Machine | Basis::Nothing => self.floor,
        };
        let utc_us = epoch.saturating_add(micros(machine.monotonic));
        Told { reading: Reading { utc_us, monotonic: machine.monotonic }, basis }
    }

    fn epoch(&self, own: i64, now: Duration, is_kept: bool) -> (i64, Basis) {
        if is_kept {
            return (own, Basis::Service);
        }
        let Some(Bounds { least, most, .. }) = self.bounds.map(|bounds| bounds.by(now)) else {
            return match own >= self.floor.saturating_sub(SLACK_US) {
                true => (own, Basis::Machine),
                false => (self.floor, Basis::Nothing),
            };
        };
        // Once it was found wrong it is believed again only when it is exact, or it would be believed by turns.
        let slack = if self.taken.is_some() { 0 } else { SLACK_US };
        if (least.saturating_sub(slack)..=most.saturating_add(slack)).contains(&own) {
            return (own, Basis::Machine);
        }
        let middle = least.midpoint(most);
        (self.taken.map_or(middle, |taken| taken.clamp(least, most)), Basis::District)
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "timekeeper_tests.rs"]
mod tests;
