use std::{fmt, str::FromStr};

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

/// A daily span in which nothing routine may sound, in local time: `21:00-05:00`. Over midnight when it begins later
/// than it ends; the end is outside. Beginning and end may not be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuietHours {
    begin: NaiveTime,
    end: NaiveTime,
}

/// Why a text is no span of hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a span of hours: write it like 21:00-05:00, beginning and end apart")]
pub struct BadQuietHours(String);

impl QuietHours {
    /// The first quiet local time.
    pub fn begin(&self) -> NaiveTime {
        self.begin
    }

    /// The first local time that is no longer quiet.
    pub fn end(&self) -> NaiveTime {
        self.end
    }

    /// Whether a local time of day is quiet.
    pub fn contains(&self, time: NaiveTime) -> bool {
        if self.begin < self.end {
            self.begin <= time && time < self.end
        } else {
            self.begin <= time || time < self.end
        }
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.begin.format("%H:%M"), self.end.format("%H:%M"))
    }
}

impl FromStr for QuietHours {
    type Err = BadQuietHours;

    fn from_str(text: &str) -> Result<Self, BadQuietHours> {
        let bad = || BadQuietHours(text.to_owned());
        let (begin, end) = text.split_once(['-', '–']).ok_or_else(bad)?;
        let time = |part: &str| NaiveTime::parse_from_str(part.trim(), "%H:%M").map_err(|_| bad());
        let (begin, end) = (time(begin)?, time(end)?);
        if begin == end { Err(bad()) } else { Ok(Self { begin, end }) }
    }
}

impl TryFrom<String> for QuietHours {
    type Error = BadQuietHours;

    fn try_from(text: String) -> Result<Self, BadQuietHours> {
        text.parse()
    }
}

impl From<QuietHours> for String {
    fn from(hours: QuietHours) -> Self {
        hours.to_string()
    }
}

/// A day on which routine airings rest, unless their schedule says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The local day.
    pub date: NaiveDate,
    /// What it is called, NFC.
    pub name: String,
}

/// What is said about the calendar. What is left out stays as it is; an empty list takes away what there was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CalendarParts {
    /// Hours in which nothing routine sounds.
    pub quiet_hours: Option<Vec<QuietHours>>,
    /// Days on which routine airings rest.
    pub holidays: Option<Vec<Holiday>>,
}

impl CalendarParts {
    /// The calendar with what is said put in its place.
    #[must_use]
    pub fn onto(self, calendar: Calendar) -> Calendar {
        Calendar {
            quiet_hours: self.quiet_hours.unwrap_or(calendar.quiet_hours),
            holidays: self.holidays.unwrap_or(calendar.holidays),
        }
    }
}

impl From<Calendar> for CalendarParts {
    fn from(Calendar { quiet_hours, holidays }: Calendar) -> Self {
        Self { quiet_hours: Some(quiet_hours), holidays: Some(holidays) }
    }
}

/// What bounds every rule: quiet hours and holidays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calendar {
    /// Hours in which nothing routine sounds, at stations with none of their own.
    pub quiet_hours: Vec<QuietHours>,
    /// Days on which routine airings rest.
    pub holidays: Vec<Holiday>,
}
