//! The TOML of `schedules/`: read and check with line numbers.
//!
//! Several files make one almanac. Nothing is taken from any of them while one has a problem, and all problems are told
//! at once. What a rule's text means is the planner's matter, so whoever reads brings the check for it.

mod entries; // a function per noun
mod fields; // one table, field by field
mod problem;
mod read;
mod references; // who names whom
mod span; // durations as people write them

use std::{path::PathBuf, time::Duration};

use chrono::NaiveDate;

pub use problem::{Origin, Problem, Problems};
pub use read::{RuleCheck, parse, read};
pub use references::{Kind, Known};

use crate::radio::{
    CalendarParts, Campaign, CampaignId, ClipId, PreparedBulletin, PreparedBulletinId, Programme,
    ProgrammeId, Schedule, ScheduleId, Station, StationId, Unit, UnitId,
};

/// Everything that a set of files says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Almanac {
    /// Administrative units.
    pub units: Vec<Unit>,
    /// Loudspeaker sites.
    pub stations: Vec<Station>,
    /// Recordings, not yet measured.
    pub clips: Vec<ClipEntry>,
    /// What airs together.
    pub programmes: Vec<Programme>,
    /// Why something airs.
    pub campaigns: Vec<Campaign>,
    /// Quiet hours and holidays.
    pub calendar: CalendarParts,
    /// Rules.
    pub schedules: Vec<Schedule>,
    /// What may be asked for at any hour.
    pub bulletins: Vec<PreparedBulletin>,
    /// What is to go from the store.
    pub remove: Removal,
}

/// A recording as a file names it: where it lies, and what people say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipEntry {
    /// Its name in rules.
    pub id: ClipId,
    /// Where it lies; what is written is relative to the TOML file.
    pub path: PathBuf,
    /// Where the TOML file says so.
    pub origin: Origin,
    /// Its title for people, NFC.
    pub title: String,
    /// The document it carries out.
    pub source_document: Option<String>,
    /// Who issued it.
    pub issuing_office: Option<String>,
    /// What is said in it.
    pub transcript: Option<String>,
    /// BCP 47 tag of the language spoken.
    pub language: Option<String>,
    /// Who approved its content for air; none: it does not air.
    pub approved_by: Option<String>,
    /// The first day that it may air; none: any.
    pub from: Option<NaiveDate>,
    /// The last day that it may air; none: any.
    pub until: Option<NaiveDate>,
}

/// What `[remove]` lists. What a file merely leaves out stays as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removal {
    /// Rules that go.
    pub schedules: Vec<ScheduleId>,
    /// Prepared bulletins that go.
    pub bulletins: Vec<PreparedBulletinId>,
    /// Campaigns that go.
    pub campaigns: Vec<CampaignId>,
    /// Programmes that go.
    pub programmes: Vec<ProgrammeId>,
    /// Stations that go.
    pub stations: Vec<StationId>,
    /// Units that go.
    pub units: Vec<UnitId>,
    /// Clips that go; what they aired stays on the record.
    pub clips: Vec<ClipId>,
}

/// A duration as people write it: `40s`, `15m`, `1m30s`, `4h`.
pub fn duration(text: &str) -> Option<Duration> {
    span::millis(text).map(Duration::from_millis)
}

#[cfg(test)]
mod tests;
