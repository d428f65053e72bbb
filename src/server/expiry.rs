//! What expires, and how loudly it is to be said. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::radio::UtcMs;

const DAY: i64 = 86_400_000;

/// Something that works up to an instant, and has to be renewed by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// A code that stays, e.g. `district-key`.
    pub what: &'static str,
    /// The first instant at which it works no more.
    pub expires_at: UtcMs,
    /// What then no longer works, and how it is renewed; for people.
    pub remedy: &'static str,
}

/// How near the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Level {
    /// More than 90 days away.
    #[serde(rename = "none")]
    Far,
    /// 90 days or fewer are left.
    #[serde(rename = "90")]
    Days90,
    /// 30 days or fewer are left.
    #[serde(rename = "30")]
    Days30,
    /// 7 days or fewer are left.
    #[serde(rename = "7")]
    Days7,
    /// It has expired.
    #[serde(rename = "over")]
    Over,
}

impl Expiry {
    /// How near its end is.
    pub fn level(&self, now: UtcMs) -> Level {
        match self.milliseconds_left(now) {
            ..=0 => Level::Over,
            left if left <= 7 * DAY => Level::Days7,
            left if left <= 30 * DAY => Level::Days30,
            left if left <= 90 * DAY => Level::Days90,
            _ => Level::Far,
        }
    }

    /// Whole days that are left; negative: that have gone by since.
    pub fn days_left(&self, now: UtcMs) -> i64 {
        self.milliseconds_left(now).div_euclid(DAY)
    }

    /// Seconds that are left; negative: that have gone by since.
    pub fn seconds_left(&self, now: UtcMs) -> i64 {
        self.milliseconds_left(now).div_euclid(1000)
    }

    fn milliseconds_left(&self, now: UtcMs) -> i64 {
        self.expires_at.0.saturating_sub(now.0)
    }

    /// The words for people: when it ends and what to do.
    pub fn words(&self, now: UtcMs) -> String {
        let Self { what, expires_at, remedy } = self;
        match self.level(now) {
            Level::Over => format!("{what} expired at {expires_at}: {remedy}"),
            _ => {
                format!("{what} expires in {} days, at {expires_at}: {remedy}", self.days_left(now))
            }
        }
    }
}

/// Reminds once a day, and at once when the end has come a level nearer.
#[derive(Debug, Default)]
pub struct Reminder(BTreeMap<&'static str, (i64, Level)>);

impl Reminder {
    /// What is to be said now.
    pub fn due<'a>(&mut self, expiries: &'a [Expiry], now: UtcMs) -> Vec<&'a Expiry> {
        let is_due = |expiry: &&Expiry| {
            let said = (now.0.div_euclid(DAY), expiry.level(now));
            let before = self.0.insert(expiry.what, said);
            said.1 > Level::Far && before != Some(said)
        };
        expiries.iter().filter(is_due).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: UtcMs = UtcMs(1_601_503_200_000);

    fn key() -> Expiry {
        Expiry { what: "district-key", expires_at: END, remedy: "change it" }
    }

    fn left(days: i64) -> UtcMs {
        UtcMs(END.0 - days * DAY)
    }

    #[test]
    fn the_end_comes_nearer_by_levels() {
        for (days, level) in [
            (91, Level::Far),
            (90, Level::Days90),
            (31, Level::Days90),
            (30, Level::Days30),
            (8, Level::Days30),
            (7, Level::Days7),
            (1, Level::Days7),
            (0, Level::Over),
            (-1, Level::Over),
        ] {
            assert_eq!(key().level(left(days)), level, "{days} days");
            assert_eq!(key().days_left(left(days)), days);
        }
        assert_eq!(key().level(UtcMs(left(90).0 - 1)), Level::Far);
        assert_eq!(key().level(UtcMs(END.0 - 1)), Level::Days7);
        assert_eq!(key().seconds_left(left(1)), 86_400);
        assert!(key().words(left(30)).contains("in 30 days"), "{}", key().words(left(30)));
        assert!(key().words(left(0)).contains("expired at 2020-09-30T22:00:00"));
    }

    #[test]
    fn it_is_said_once_a_day_and_at_each_level() {
        let mut reminder = Reminder::default();
        let hours =
            |from: i64, until: i64| (from * 24..until * 24).map(|h| UtcMs(END.0 + h * DAY / 24));
        let said = hours(-100, 2).filter(|now| !reminder.due(&[key()], *now).is_empty());
        let said: Vec<UtcMs> = said.collect();
        // Once a calendar day; on a day on which a level begins, once more.
        assert_eq!(said[0], left(90));
        let days: std::collections::BTreeSet<i64> =
            said.iter().map(|at| at.0.div_euclid(DAY)).collect();
        assert_eq!(days.len(), 93);
        assert_eq!(said.len(), 93 + 3);
        for level in [30, 7, 0] {
            assert!(said.contains(&left(level)), "{level}");
        }
    }
}
