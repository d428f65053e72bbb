//! Instants: absolute, in milliseconds, printed as RFC 3339 in UTC. Local time exists only in rules and on pages.

use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = DateTime, example = "2020-09-30T22:00:00.000Z")]
pub struct UtcMs(pub i64);

/// Why a text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not an instant: write it like 2020-10-01T05:00:00+07:00 or 2020-09-30T22:00:00Z"
)]
pub struct BadTime(pub String);

impl UtcMs {
    /// The same instant in chrono's type; beyond the years chrono knows, the nearest it knows.
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }

    /// The duration from an earlier instant to this one; none if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    /// `20200930T220000Z`: safe in a name; milliseconds follow the seconds only where they are not zero.
    pub fn compact(self) -> String {
        let time = self.to_chrono();
        match self.0.rem_euclid(1000) {
            0 => time.format("%Y%m%dT%H%M%SZ").to_string(),
            _ => time.format("%Y%m%dT%H%M%S%3fZ").to_string(),
        }
    }
}

impl From<DateTime<Utc>> for UtcMs {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_millis())
    }
}

impl Add<Duration> for UtcMs {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for UtcMs {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for UtcMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_chrono().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for UtcMs {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        DateTime::parse_from_rfc3339(text)
            .map(|time| time.to_utc().into())
            .map_err(|_| BadTime(text.to_owned()))
    }
}

impl TryFrom<String> for UtcMs {
    type Error = BadTime;

    fn try_from(text: String) -> Result<Self, BadTime> {
        text.parse()
    }
}

impl From<UtcMs> for String {
    fn from(time: UtcMs) -> Self {
        time.to_string()
    }
}

/// A half-open span of time: `from` is inside, `until` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first instant inside.
    pub from: UtcMs,
    /// The first instant outside.
    pub until: UtcMs,
}

impl Window {
    /// Whether the instant lies inside.
    pub fn contains(&self, instant: UtcMs) -> bool {
        self.from <= instant && instant < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_its_text() {
        for ms in [0, -1, 1_601_503_200_123, 253_402_300_799_999] {
            assert_eq!(UtcMs(ms).to_string().parse(), Ok(UtcMs(ms)));
        }
        assert_eq!("2020-10-01T05:00:00+07:00".parse(), Ok(UtcMs(1_601_503_200_000)));
        assert!("05:00".parse::<UtcMs>().is_err());
    }
}
