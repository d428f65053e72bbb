use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Days of a report, local; the last is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
}

impl Period {
    /// From one day to another, whichever way round they are given.
    pub fn new(one: NaiveDate, other: NaiveDate) -> Self {
        Self { from: one.min(other), until: one.max(other) }
    }

    /// Its days, in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |day| *day <= self.until)
    }

    /// How many days it has.
    pub fn length(self) -> usize {
        usize::try_from((self.until - self.from).num_days() + 1).unwrap_or_default()
    }

    /// The place of a day among its days; none: it lies outside.
    pub fn place(self, day: NaiveDate) -> Option<usize> {
        let place = usize::try_from((day - self.from).num_days()).ok()?;
        (day <= self.until).then_some(place)
    }
}
