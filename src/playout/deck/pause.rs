//! What a bulletin interrupted, and goes on from where it stopped when the air is free again.

use std::ops::Range;

use super::{
    air::{Air, Resumed, lost_power},
    run::Running,
    stage::Stage,
};
use crate::{
    playout::{record::Started, speaker::Format},
    radio::{Rank, Reason, UtcMs},
};

impl Running {
    /// What sounded is over; where a bulletin cut it short, it may go on later.
    pub(super) fn leave(&mut self) {
        self.paused.extend(self.on_air.take().filter(|air| air.goes_on && air.left() > 0));
    }

    /// Goes on with what was interrupted last, if it may sound now; says whether it does.
    pub(super) fn go_on(&mut self, stage: &Stage, head: u64) -> bool {
        while let Some(mut air) = self.paused.pop() {
            let (rank, now) = (air.airing.rank(), stage.utc_at(head));
            let until = now + stage.taker.format.span(air.left());
            let is_quiet = rank == Rank::Routine && self.hours.disturbed(now, until).is_some();
            if is_quiet || self.site.holds(rank).is_some() {
                tracing::info!(airing = %air.airing.id, "it does not go on after the bulletin");
                continue;
            }
            let started = air.go_on(head, now, stage.taker.format);
            for (n, draft) in &air.drafts {
                if let Some(span) = air.span_left(*n, head) {
                    self.ledger.add(draft.clone(), span);
                }
            }
            self.scribe.begun(started);
            self.on_air = Some(air);
            return true;
        }
        false
    }

    /// The district took back the bulletin that sounds: it ends now.
    pub(super) fn heed_withdrawal(&mut self) {
        let (Some(on_air), Some(rundown)) = (&self.on_air, &self.agenda.rundown) else { return };
        let airing = &on_air.airing;
        // A rundown of another day says nothing of it.
        let is_spoken_of = rundown.from <= airing.starts_at;
        if airing.bulletin.is_none()
            || !is_spoken_of
            || rundown.airings.iter().any(|other| other.id == airing.id)
        {
            return;
        }
        if let Some(stage) = self.stage.take() {
            self.cut_off(&stage, Reason::Withdrawn, "the district took the bulletin back");
            self.stage = Some(stage);
        }
    }
}

impl Air {
    /// Begins anew at a frame of the speaker's, which leaves at `now`, with what has not sounded; its records are another
    /// attempt's.
    fn go_on(&mut self, head: u64, now: UtcMs, format: Format) -> Started {
        (self.start, self.end) = (Some(head), head + self.left());
        (self.is_cut, self.goes_on) = (false, false);
        self.resumed = Some(Resumed { at: head, from: self.done });
        let (faults, spans, done) = (&self.loading.faults, &self.spans, self.done);
        self.drafts.retain(|(n, _)| {
            let is_faulty = faults.as_ref().is_some_and(|all| matches!(all.get(*n), Some(Some(_))));
            !is_faulty && spans.get(*n).is_some_and(|span| span.end > done)
        });
        for (n, draft) in &mut self.drafts {
            let Some(span) = spans.get(*n) else { continue };
            draft.attempt += 1;
            draft.frames_expected =
                draft.frames_expected.saturating_sub(done.saturating_sub(span.start));
            draft.scheduled_at = now + format.span(span.start.saturating_sub(done));
        }
        let attempt = self.drafts.first().map_or(1, |(_, draft)| draft.attempt);
        let if_lost = self.drafts.iter().map(|(_, draft)| lost_power(draft.clone()));
        Started { airing: self.airing.id.clone(), attempt, if_lost: if_lost.collect() }
    }

    /// Where what is left of an item lies, in the speaker's frames, when the airing goes on at `head`.
    fn span_left(&self, item: usize, head: u64) -> Option<Range<u64>> {
        let span = self.spans.get(item)?;
        let at = |frame: u64| head + frame.saturating_sub(self.done);
        Some(at(span.start)..at(span.end))
    }
}
