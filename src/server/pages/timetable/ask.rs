//! What an address asks for: a place and a day.

use chrono::{Days, NaiveDate, NaiveTime};
use serde::Deserialize;

use super::super::{
    dates::{monday, read_day},
    visitor::Visitor,
};
use crate::{
    planning::instant,
    radio::{UtcMs, Window},
};

/// The query of every page of the timetable.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Ask {
    /// `unit:kim-tan`, `station:kim-tan`; empty: all that they may see.
    pub(super) at: String,
    /// Only stations of this kind; empty: of any.
    pub(super) kind: String,
    /// A day of the week, or the day; empty or wrong: today.
    pub(super) day: String,
}

impl Ask {
    /// The day that is meant.
    pub(super) fn day(&self, v: &Visitor) -> NaiveDate {
        read_day(&self.day).unwrap_or_else(|| v.dates().day(v.now()))
    }

    /// The address of a page for the same place and another day.
    pub(super) fn address(&self, page: &str, day: &NaiveDate) -> String {
        let fields = [("at", self.at.as_str()), ("kind", self.kind.as_str())];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let day = day.to_string();
        let fields: Vec<_> = fields.chain([("day", day.as_str())]).collect();
        format!("{page}?{}", serde_html_form::to_string(fields).unwrap_or_default())
    }
}

/// The days of a day's week, Monday first.
pub(super) fn week_of(day: NaiveDate) -> [NaiveDate; 7] {
    let first = monday(day);
    std::array::from_fn(|number| first + Days::new(number as u64))
}

/// From the beginning of one day to the end of another, in the district's zone.
pub(super) fn window(v: &Visitor, first: NaiveDate, last: NaiveDate) -> Window {
    let midnight =
        |day: NaiveDate| instant(v.dates().zone, day.and_time(NaiveTime::MIN)).unwrap_or(UtcMs(0));
    Window { from: midnight(first), until: midnight(last + Days::new(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 26);
        let week = week_of(day.unwrap()).map(|day| day.to_string());
        assert_eq!((week[0].as_str(), week[6].as_str()), ("2026-11-23", "2026-11-29"));
    }
}
