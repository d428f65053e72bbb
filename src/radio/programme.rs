use serde::{Deserialize, Serialize};

use super::{CampaignId, ClipId, ProgrammeId};

/// An ordered list of items that air together (chương trình).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Its name in Loa.
    pub id: ProgrammeId,
    /// Its title for people, NFC.
    pub title: String,
    /// What airs, in order.
    pub items: Vec<Item>,
}

/// One part of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Item {
    /// A recording.
    Clip(ClipId),
    /// A recording that only calls attention.
    Chime(ClipId),
    /// The clip of the campaign that aired longest ago at the station.
    Rotate(CampaignId),
    /// Silence, in milliseconds.
    Pause(u32),
}
