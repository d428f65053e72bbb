//! What the people at the site want. No rundown overrides it.

use crate::radio::{Rank, UtcMs, Volume};

/// The word of those who stand at the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Site {
    /// Since when the station is stopped; none: it airs.
    pub stopped: Option<UtcMs>,
    /// Whether an emergency sounds all the same.
    pub emergency_overrides_stop: bool,
    /// How loud.
    pub volume: Volume,
}

impl Site {
    /// Since when an airing of this rank may not begin; none: it may.
    pub fn holds(&self, rank: Rank) -> Option<UtcMs> {
        self.stopped.filter(|_| !(self.emergency_overrides_stop && rank == Rank::Emergency))
    }
}
