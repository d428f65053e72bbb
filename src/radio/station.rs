use serde::{Deserialize, Serialize};

use super::{Gain, QuietHours, StationId, UnitId};

/// What sort of site a station is.
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
pub enum StationKind {
    /// The district's own station.
    District,
    /// A commune's or a town's.
    Commune,
    /// A loudspeaker car or another that moves.
    Mobile,
}

/// One loudspeaker site with one player (đài truyền thanh, cụm loa).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// Its name in Loa.
    pub id: StationId,
    /// Its name for people, NFC.
    pub name: String,
    /// What sort of site it is.
    pub kind: StationKind,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// Quiet hours of its own, in place of the calendar's.
    #[serde(default)]
    pub quiet_hours: Option<Vec<QuietHours>>,
    /// Hours in which it sounds softer: less is allowed at night and before six than by day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub softer: Vec<SofterHours>,
    /// Whether drills sound here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drills: bool,
    /// Whether what a bulletin interrupts goes on after it, from where it stopped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resume_after_bulletin: bool,
}

/// A daily span of local time, and by how much a station is softer in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SofterHours {
    /// From when to when, every day.
    pub hours: QuietHours,
    /// Added to the gain of all that sounds then, but for emergencies; 0 or less.
    pub gain: Gain,
}

/// Which stations a schedule or campaign means.
///
/// A station is meant when it is listed in `stations`, or when it lies in the subtree of one of `units` (any unit when
/// `units` is empty) and is of one of `kinds` (any kind when `kinds` is empty); and it is not excepted. A selection
/// with `stations`, `units` and `kinds` all empty means no station, so that a forgotten line does not wake everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Stations by name.
    pub stations: Vec<StationId>,
    /// Units whose whole subtree is meant.
    pub units: Vec<UnitId>,
    /// Kinds that are meant.
    pub kinds: Vec<StationKind>,
    /// Stations left out.
    pub except_stations: Vec<StationId>,
    /// Units whose whole subtree is left out.
    pub except_units: Vec<UnitId>,
}
