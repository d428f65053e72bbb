use std::{collections::BTreeMap, ops::AddAssign};

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{entry::Entry, pen::hour};
use crate::radio::{AiringState, Evidence, codes};

codes! {
    /// Where an airing stands in a report. Each stands in exactly one.
    pub enum Column {
        /// It aired, and a microphone or a line input heard it.
        Heard = "heard",
        /// It aired: the sound device took it all.
        Played = "played",
        /// It aired, as a person says.
        Declared = "declared",
        /// Some of it sounded; or it was cut off.
        Partial = "partial",
        /// Its time passed without a sound.
        Missed = "missed",
        /// The plan or the station would not air it.
        Refused = "refused",
        /// A silent or file speaker took it: nobody heard it.
        Simulated = "simulated",
        /// It is over, and nobody has said a word about it.
        Unreported = "unreported",
        /// It is not over yet.
        Ahead = "ahead",
    }
}

impl Column {
    /// The column of an airing that stands so.
    pub fn of(state: AiringState, evidence: Option<Evidence>) -> Self {
        match (state, evidence) {
            (AiringState::Aired, Some(Evidence::Heard)) => Self::Heard,
            (AiringState::Aired, Some(Evidence::Played)) => Self::Played,
            (AiringState::Aired, Some(Evidence::Declared)) => Self::Declared,
            // What rests on nothing is worth no more than what nobody heard.
            (AiringState::Aired, Some(Evidence::Simulated) | None)
            | (AiringState::Simulated, _) => Self::Simulated,
            (AiringState::Partial | AiringState::Interrupted, _) => Self::Partial,
            (AiringState::Missed, _) => Self::Missed,
            (AiringState::Refused, _) => Self::Refused,
            (AiringState::Unreported, _) => Self::Unreported,
            (AiringState::Planned, _) => Self::Ahead,
        }
    }

    /// Whether what stands in it aired.
    pub fn is_aired(self) -> bool {
        matches!(self, Self::Heard | Self::Played | Self::Declared)
    }
}

/// Airings in figures. Every airing is counted in one column, so that the columns add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<Column, u64>,
    /// Airings that the plan does not have.
    #[serde(skip_serializing_if = "is_zero")]
    unplanned: u64,
    /// Why what did not air did not, as codes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    reasons: BTreeMap<Column, BTreeMap<String, u64>>,
    /// Words that came after the day of their airing, by the day on which they came.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    late: BTreeMap<NaiveDate, u64>,
    /// What aired, by the hour for which it was planned.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    hours: BTreeMap<u8, u64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Tally {
    /// Counts one airing; days and hours are those of a zone.
    pub fn count(&mut self, entry: &Entry, zone: Tz) {
        let column = Column::of(entry.state, entry.evidence);
        *self.columns.entry(column).or_default() += 1;
        self.unplanned += u64::from(!entry.is_planned);
        if column.is_aired() {
            *self.hours.entry(hour(zone, entry.starts_at)).or_default() += 1;
        } else if let Some(reason) = &entry.reason {
            *self.reasons.entry(column).or_default().entry(reason.clone()).or_default() += 1;
        }
        let day = |at: crate::radio::UtcMs| at.to_chrono().with_timezone(&zone).date_naive();
        let own = day(entry.starts_at);
        for arrival in entry.arrivals.iter().map(|at| day(*at)).filter(|arrival| *arrival > own) {
            *self.late.entry(arrival).or_default() += 1;
        }
    }

    /// How many airings stand in a column.
    pub fn of(&self, column: Column) -> u64 {
        self.columns.get(&column).copied().unwrap_or_default()
    }

    /// All of them.
    pub fn airings(&self) -> u64 {
        self.columns.values().sum()
    }

    /// Those that the plan has.
    pub fn planned(&self) -> u64 {
        self.airings().saturating_sub(self.unplanned)
    }

    /// Those that it does not have: a record alone tells of them.
    pub fn unplanned(&self) -> u64 {
        self.unplanned
    }

    /// Those that aired, on whatever evidence.
    pub fn aired(&self) -> u64 {
        Column::ALL.iter().filter(|column| column.is_aired()).map(|column| self.of(*column)).sum()
    }

    /// Why what did not air did not: column, reason as a code, how often.
    pub fn reasons(&self) -> impl Iterator<Item = (Column, &str, u64)> {
        self.reasons.iter().flat_map(|(column, reasons)| {
            reasons.iter().map(|(reason, count)| (*column, reason.as_str(), *count))
        })
    }

    /// Words that came after the day of their airing, by the day on which they came.
    pub fn late(&self) -> impl Iterator<Item = (NaiveDate, u64)> {
        self.late.iter().map(|(day, count)| (*day, *count))
    }

    /// What aired in an hour of the day.
    pub fn at_hour(&self, hour: u8) -> u64 {
        self.hours.get(&hour).copied().unwrap_or_default()
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        fn add<K: Ord + Clone>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            from.iter().for_each(|(key, count)| *into.entry(key.clone()).or_default() += count);
        }
        add(&mut self.columns, &other.columns);
        add(&mut self.late, &other.late);
        add(&mut self.hours, &other.hours);
        self.unplanned += other.unplanned;
        for (column, reasons) in &other.reasons {
            add(self.reasons.entry(*column).or_default(), reasons);
        }
    }
}
