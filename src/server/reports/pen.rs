use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::{reports::Pen, server::pages::Dates};

/// Reports have the words of the pages.
impl Pen for Dates {
    fn of(&self, key: &str) -> String {
        self.language.of(key).to_string()
    }

    fn code(&self, section: &str, code: &str) -> String {
        self.language.code(section, code).to_string()
    }

    fn date(&self, day: &NaiveDate) -> String {
        self.date_of(day)
    }

    fn weekday(&self, day: &NaiveDate) -> String {
        Dates::weekday(*self, day).to_string()
    }

    fn number(&self, number: u64) -> String {
        Dates::number(*self, &number)
    }

    fn zone(&self) -> Tz {
        self.zone
    }
}
