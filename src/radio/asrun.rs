use std::fmt;

use serde::{Deserialize, Serialize};

/// How the airing of one clip ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every frame was taken. What that is worth, the evidence says.
    Aired,
    /// Some frames were taken, then it went on with the next.
    Partial,
    /// Its time passed without a frame.
    Missed,
    /// The station would not air it.
    Refused,
    /// It began and was cut off.
    Interrupted,
}

/// How an airing stands. One that is over has exactly one of these, and never `planned`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AiringState {
    /// It is not over yet.
    Planned,
    /// Every item sounded.
    Aired,
    /// Some of it sounded.
    Partial,
    /// Its time passed without a frame.
    Missed,
    /// The plan or the station would not air it.
    Refused,
    /// It began and was cut off.
    Interrupted,
    /// Every item went to a silent or file speaker: nobody heard it, and it never counts as aired.
    Simulated,
    /// It is over and nobody has said a word about it.
    Unreported,
}

impl AiringState {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::Aired,
        Self::Partial,
        Self::Missed,
        Self::Refused,
        Self::Interrupted,
        Self::Simulated,
        Self::Unreported,
    ];

    /// Reads the word back; none: a newer program wrote it.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The word that the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Aired => "aired",
            Self::Partial => "partial",
            Self::Missed => "missed",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
            Self::Simulated => "simulated",
            Self::Unreported => "unreported",
        }
    }
}

/// What an outcome rests on, weakest first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// A silent or file speaker took it: it never counts as aired.
    Simulated,
    /// A person says so.
    Declared,
    /// The configured sound device took every frame at the right pace.
    Played,
    /// A microphone or line input matched.
    Heard,
}

/// Why an outcome is not `aired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It would have sounded in the station's quiet hours.
    QuietHours,
    /// It could not start by its latest start.
    TooLate,
    /// The clock was set forward past it.
    ClockStep,
    /// The station was not running at its time.
    StationDown,
    /// The station stopped or lost its power in the middle.
    StationStopped,
    /// No sound device at its time.
    DeviceMissing,
    /// The sound device failed in the middle.
    DeviceLost,
    /// The device took frames too fast or too slowly to have sounded them.
    WrongPace,
    /// The clip was not there.
    ClipMissing,
    /// The clip's bytes are not those that were approved.
    ClipCorrupt,
    /// The clip could not be decoded to its end.
    DecodeFailed,
    /// An earlier airing still sounded.
    Occupied,
    /// A more urgent airing cut in.
    CutIn,
    /// A bulletin cut in.
    Bulletin,
    /// A drill without the mark that says so.
    DrillUnmarked,
    /// The order to air it was withdrawn.
    Withdrawn,
    /// Somebody at the site had stopped the station.
    StoppedLocally,
    /// A person reports it.
    Reported,
}

/// How far a station's clock can be believed.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ClockState {
    /// The system's time service keeps it.
    Synced,
    /// It runs on by itself, as far as anybody knows.
    #[default]
    Holdover,
    /// It contradicts what is known.
    Untrusted,
}

macro_rules! text_of {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            /// The word that the API and the database use.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.serialize(f)
            }
        }
    )*};
}
text_of!(Outcome, Evidence, Reason, ClockState, super::Priority, super::StationKind);
