//! The rundown, and what has become of its airings.

use std::{sync::Arc, time::Duration};

use crate::{
    playout::{
        cue::{self, Cue, Settled, Situation},
        loader::Start,
    },
    radio::{Rank, UtcMs},
    wire::{Rundown, RundownAiring},
};

/// How long before its last chance to start an airing no longer waits for clips that are not there.
const LAST_CALL: Duration = Duration::from_secs(2);

pub(super) struct Agenda {
    pub(super) rundown: Option<Arc<Rundown>>,
    pub(super) settled: Settled,
    /// Airings before this one are settled.
    first: usize,
}

impl Agenda {
    pub(super) fn new(settled: Settled) -> Self {
        Self { rundown: None, settled, first: 0 }
    }

    pub(super) fn follow(&mut self, rundown: Arc<Rundown>) {
        self.rundown = Some(rundown);
        self.first = 0;
    }

    /// The clock was set: instants that were over may come again.
    pub(super) fn reopen(&mut self) {
        self.first = 0;
    }

    /// The rundown's version; 0 where there is none.
    pub(super) fn version(&self) -> u64 {
        self.rundown.as_ref().map_or(0, |rundown| rundown.version)
    }

    /// What is next in the rundown, and what is to be given up; `rundown` is the one that is followed.
    pub(super) fn cue<'a>(
        &mut self,
        rundown: &'a Rundown,
        horizon: UtcMs,
        situation: &Situation<'_>,
    ) -> Cue<'a> {
        let is_over = |airing| self.settled.is_over(airing, situation.now);
        let left = rundown.airings.get(self.first..).unwrap_or_default();
        let over = left.iter().take_while(|airing| is_over(airing)).count();
        self.first += over;
        cue::cue(left.get(over..).unwrap_or_default(), &self.settled, horizon, situation)
    }

    /// An airing waits for its clips as long as it may start, and as long as it is in nobody's way. An emergency may be in
    /// anybody's.
    pub(super) fn patience(&self, airing: &RundownAiring, now: UtcMs) -> Start {
        let Some(rundown) = &self.rundown else { return Start::Now };
        let after = rundown
            .airings
            .get(self.first..)
            .unwrap_or_default()
            .iter()
            .find(|after| after.starts_at > airing.starts_at && !self.settled.is(&after.id));
        let latest = airing.latest_start;
        let after = after.filter(|_| airing.rank() != Rank::Emergency);
        let until = after.map_or(latest, |after| latest.min(after.starts_at));
        if until.since(now) <= LAST_CALL { Start::Now } else { Start::Whole }
    }
}
