//! What the people at the site want. No rundown overrides it.

use crate::radio::{Priority, UtcMs, Volume};

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
    /// Since when an airing so urgent may not begin; none: it may.
    pub fn holds(&self, priority: Priority) -> Option<UtcMs> {
        self.stopped.filter(|_| !(self.emergency_overrides_stop && priority == Priority::Emergency))
    }
}
