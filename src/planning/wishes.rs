use std::collections::{BTreeMap, BTreeSet};

use crate::radio::{
    Calendar, Campaign, Clip, ClipId, Programme, ProgrammeId, Schedule, Station, StationId, Unit,
    UtcMs,
};

/// Everything that a plan follows from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wishes {
    /// The tree of units, in any order.
    pub units: Vec<Unit>,
    /// Where something may air.
    pub stations: Vec<Station>,
    /// The recordings, measured.
    pub clips: BTreeMap<ClipId, Clip>,
    /// What airs together.
    pub programmes: Vec<Programme>,
    /// Programmes that somebody has yet to approve as they are.
    pub unapproved: BTreeSet<ProgrammeId>,
    /// Why something airs.
    pub campaigns: Vec<Campaign>,
    /// The rules.
    pub schedules: Vec<Schedule>,
    /// What bounds every rule.
    pub calendar: Calendar,
    /// When a clip last sounded at a station before `history_until`; rotations go on from there.
    pub history: BTreeMap<(StationId, ClipId), UtcMs>,
    /// The instant that `history` speaks up to. What is planned after it counts as aired when its turn comes.
    pub history_until: UtcMs,
}
