use chrono::{DateTime, NaiveDate, Timelike};
use chrono_tz::Tz;

use crate::radio::UtcMs;

/// Writes words, dates and numbers as the readers of a report do.
pub trait Pen: Send + Sync {
    /// The text of a key, `section.key`.
    fn of(&self, key: &str) -> String;
    /// The text of a code in a section; the code itself where there is none.
    fn code(&self, section: &str, code: &str) -> String;
    /// A day, in figures.
    fn date(&self, day: &NaiveDate) -> String;
    /// The name of a day of the week.
    fn weekday(&self, day: &NaiveDate) -> String;
    /// A whole number.
    fn number(&self, number: u64) -> String;
    /// Where days and times of day are meant.
    fn zone(&self) -> Tz;

    /// The time on the wall.
    fn local(&self, at: UtcMs) -> DateTime<Tz> {
        at.to_chrono().with_timezone(&self.zone())
    }

    /// The day that it is there.
    fn day(&self, at: UtcMs) -> NaiveDate {
        self.local(at).date_naive()
    }

    /// `05:15`.
    fn time(&self, at: UtcMs) -> String {
        self.local(at).format("%H:%M").to_string()
    }

    /// `05:15:07`.
    fn exact_time(&self, at: UtcMs) -> String {
        self.local(at).format("%H:%M:%S").to_string()
    }
}

/// The hour of the day, 0 to 23.
pub(super) fn hour(zone: Tz, at: UtcMs) -> u8 {
    at.to_chrono().with_timezone(&zone).hour().try_into().unwrap_or_default()
}
