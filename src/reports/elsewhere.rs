use chrono::NaiveDate;

use crate::radio::{Channel, UnitId};

/// What was done for a campaign beside its airings, as people declare it: posters, leaflets, messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// When, local.
    pub day: NaiveDate,
    /// Where.
    pub unit: UnitId,
    /// How people were reached.
    pub channel: Channel,
    /// How many, as [`Channel`] says.
    pub number: u32,
    /// What else was said.
    pub note: String,
    /// Who says so.
    pub by: String,
}
