use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AsRunRecord;
use crate::radio::{ClockState, RecordHash, StationId, UtcMs, Volume};

/// What somebody at the site did to a station: signed and numbered in the same row as what it aired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventRecord {
    /// Who says so.
    pub station: StationId,
    /// One run of the station's program, 32 hexadecimal digits.
    #[schema(example = "5f2b8c1d9e0a4b7c8d6e5f4a3b2c1d0e")]
    pub boot: String,
    /// Counts up by one, without a gap, over the station's life, as-run records and events together.
    pub sequence: u64,
    /// What was done.
    pub event: Event,
    /// When.
    pub at: UtcMs,
    /// How.
    pub by: Hand,
    /// Who, as far as the station can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// How far the clock could be believed.
    pub clock: ClockState,
    /// The hash of the station's previous record; none in its first.
    #[serde(default)]
    pub previous: Option<RecordHash>,
}

/// What was done at the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Event {
    /// The station airs nothing from now on.
    Stopped {
        /// When it airs again by itself; none: when somebody says so.
        #[serde(default)]
        until: Option<UtcMs>,
    },
    /// It airs again.
    Resumed,
    /// It is this loud.
    Volume {
        /// 0 to 100.
        percent: Volume,
    },
}

impl Event {
    /// The word that names what was done.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Stopped { .. } => "stopped",
            Self::Resumed => "resumed",
            Self::Volume { .. } => "volume",
        }
    }
}

/// How something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hand {
    /// On the station's page.
    Page,
    /// By a command on the station's machine.
    Command,
    /// The time that the stop was for is over.
    Time,
}

/// What a station signs: each has a place in the one row of its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StationRecord {
    /// What sounded.
    AsRun(Box<AsRunRecord>),
    /// What was done at the site.
    Event(EventRecord),
}

impl StationRecord {
    /// Its number.
    pub fn sequence(&self) -> u64 {
        match self {
            Self::AsRun(record) => record.sequence,
            Self::Event(record) => record.sequence,
        }
    }
}
