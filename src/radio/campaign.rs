use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{CampaignId, ClipId, Selection};

/// Why something airs (đợt tuyên truyền): the directive, its dates, its stations, and how often it is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Its name in Loa.
    pub id: CampaignId,
    /// Its title for people, NFC.
    pub title: String,
    /// The order it carries out.
    pub directive: Directive,
    /// The first day, local.
    pub from: NaiveDate,
    /// The last day, local; that day is still inside, as "until the 31st" means.
    pub until: NaiveDate,
    /// The stations that owe airings.
    pub stations: Selection,
    /// Airings owed a station and day.
    pub airings_per_day: u32,
    /// The clips that `rotate` takes turns with.
    pub clips: Vec<ClipId>,
}

/// The document that orders a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directive {
    /// Its number, e.g. `12075/UBND-CNTT`.
    pub number: String,
    /// Its date.
    pub date: NaiveDate,
    /// Who issued it.
    pub issuer: String,
}
