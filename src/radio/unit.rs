use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::UnitId;

/// An administrative unit (đơn vị). Units form a tree of any depth, and exist between two dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its name in Loa.
    pub id: UnitId,
    /// Its official code, e.g. `15196`.
    pub code: String,
    /// Its name for people, NFC.
    pub name: String,
    /// What it is: `province`, `district`, `town`, `commune` or any other official kind.
    pub kind: String,
    /// The unit it belongs to; none at the top.
    #[serde(default)]
    pub parent: Option<UnitId>,
    /// The first day it existed; none: before anyone asks.
    #[serde(default)]
    pub since: Option<NaiveDate>,
    /// The last day it existed; none: it still does.
    #[serde(default)]
    pub until: Option<NaiveDate>,
}
