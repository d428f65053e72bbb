//! The clips that have been written and have not wholly left the device: what will be said of each.

use std::{collections::VecDeque, ops::Range, time::Duration};

use crate::{
    clock::Reading,
    playout::{
        record::Draft,
        source::ClipFault,
        speaker::{Format, Position},
    },
    radio::{AiringId, ClockState, Evidence, Outcome, Reason},
};

/// Within these the device sounded what it took.
const RIGHT_PACE: std::ops::RangeInclusive<u32> = 950_000..=1_050_000;

/// What took the frames.
#[derive(Debug, Clone)]
pub(super) struct Taker {
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) evidence: Evidence,
}

struct Sounding {
    draft: Draft,
    /// Frames of the speaker, which a cut shortens.
    span: Range<u64>,
    began: Option<Began>,
    /// Frames from which on it was silent, and why.
    broken: Option<(u64, ClipFault)>,
    cut: Option<(Reason, String)>,
    /// Gaps that the deck made because the loader was late, and the frames of silence in them.
    gaps: u32,
    gap_frames: u64,
}

#[derive(Clone, Copy)]
struct Began {
    at: Reading,
    xruns: u32,
}

#[derive(Default)]
pub(super) struct Ledger(VecDeque<Sounding>);

impl Ledger {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, draft: Draft, span: Range<u64>) {
        self.0.push_back(Sounding {
            draft,
            span,
            began: None,
            broken: None,
            cut: None,
            gaps: 0,
            gap_frames: 0,
        });
    }

    /// The clip that leaves the device now.
    pub(super) fn sounding(&self, taken: u64) -> Option<&Draft> {
        self.0.iter().find(|item| item.span.contains(&taken)).map(|item| &item.draft)
    }

    /// An item was sound only up to a frame of its own.
    pub(super) fn broke(
        &mut self,
        airing: &AiringId,
        position: usize,
        frames: u64,
        fault: &ClipFault,
    ) {
        for item in &mut self.0 {
            if item.draft.airing == *airing && item.draft.position as usize == position {
                item.broken = Some((frames, fault.clone()));
            }
        }
    }

    /// Nothing came from the loader from a frame of the speaker on.
    pub(super) fn broke_from(&mut self, frame: u64) {
        for item in self.0.iter_mut().filter(|item| item.span.end > frame && item.broken.is_none())
        {
            let fault = ClipFault::Decode("its loader failed".into());
            item.broken = Some((frame.saturating_sub(item.span.start), fault));
        }
    }

    /// From this frame on it was silent for so long, and what follows moved.
    pub(super) fn gap(&mut self, at: u64, frames: u64) {
        for item in &mut self.0 {
            if item.span.start >= at {
                item.span = item.span.start + frames..item.span.end + frames;
            } else if item.span.end > at {
                item.span.end += frames;
                item.gaps += 1;
                item.gap_frames += frames;
            }
        }
    }

    /// Nothing sounds from this frame on; gives the clips that will not have begun.
    pub(super) fn cut(&mut self, at: u64, reason: Reason, detail: &str) -> Vec<Draft> {
        let mut never = Vec::new();
        self.0.retain_mut(|item| {
            if item.span.start >= at {
                never.push(missed(item.draft.clone(), reason, detail.to_owned()));
                return false;
            }
            if item.span.end > at {
                item.span.end = at;
                item.cut = Some((reason, detail.to_owned()));
            }
            true
        });
        never
    }

    /// The clock was set: nothing that sounds now has instants to be believed.
    pub(super) fn distrust_clock(&mut self) {
        for item in &mut self.0 {
            item.draft.clock = Some(ClockState::Untrusted);
        }
    }

    /// Gives the records of the clips that have left the device.
    pub(super) fn retire(&mut self, position: &Position, now: Duration, by: &Taker) -> Vec<Draft> {
        for item in &mut self.0 {
            if item.began.is_none() && position.taken > item.span.start {
                let at = position.leaves_at(item.span.start, by.format);
                item.began = Some(Began { at, xruns: position.xruns });
            }
        }
        let mut done = Vec::new();
        while let Some(item) = self.0.front() {
            let end = position.leaves_at(item.span.end, by.format);
            if position.taken < item.span.end || now < end.monotonic {
                break;
            }
            if let Some(item) = self.0.pop_front() {
                done.push(item.left(end, position.xruns, by));
            }
        }
        done
    }

    /// The device is gone, having taken so much by an instant at which it was last alive.
    pub(super) fn lost(
        &mut self,
        last: &Position,
        alive: Duration,
        why: &str,
        by: &Taker,
    ) -> Vec<Draft> {
        let unsounded = last.leaves.monotonic.saturating_sub(alive);
        let left = last.taken.saturating_sub(by.format.frames(unsounded));
        self.0.drain(..).map(|item| item.lost(left, last, why, by)).collect()
    }
}

impl Sounding {
    /// Every frame of the span has left.
    fn left(self, end: Reading, xruns: u32, by: &Taker) -> Draft {
        let frames = self.span.end - self.span.start;
        let (cut, broken) = (self.cut.clone(), self.broken.clone());
        let mut draft = self.measured(frames, end, xruns, by);
        let pace_is_wrong = draft.pace_ppm.is_some_and(|pace| !RIGHT_PACE.contains(&pace));
        (draft.outcome, draft.reason, draft.detail) = match (cut, broken) {
            _ if pace_is_wrong => {
                draft.evidence = None;
                let percent = draft.pace_ppm.unwrap_or(0) / 10_000;
                let detail = format!("the device took the frames at {percent} % of the right pace");
                (Outcome::Partial, Some(Reason::WrongPace), Some(detail))
            }
            (Some((reason, detail)), _) => (Outcome::Interrupted, Some(reason), Some(detail)),
            (None, Some((0, fault))) => {
                draft = silent(draft);
                (Outcome::Missed, Some(fault.reason()), Some(fault.to_string()))
            }
            (None, Some((good, fault))) => {
                draft.frames_played = good.min(frames);
                (Outcome::Partial, Some(fault.reason()), Some(fault.to_string()))
            }
            (None, None) => (Outcome::Aired, None, None),
        };
        draft
    }

    fn lost(self, left: u64, last: &Position, why: &str, by: &Taker) -> Draft {
        if left <= self.span.start || self.began.is_none() {
            return missed(self.draft, Reason::DeviceLost, why.to_owned());
        }
        let frames = left.min(self.span.end) - self.span.start;
        let end = last.leaves_at(self.span.start + frames, by.format);
        if left >= self.span.end {
            return self.left(end, last.xruns, by);
        }
        let broken = self.broken.clone();
        let mut draft = self.measured(frames, end, last.xruns, by);
        if let Some((good, _)) = broken {
            draft.frames_played = good.min(frames);
        }
        draft.outcome = Outcome::Interrupted;
        draft.reason = Some(Reason::DeviceLost);
        draft.detail = Some(why.to_owned());
        draft
    }

    fn measured(self, frames: u64, end: Reading, xruns: u32, by: &Taker) -> Draft {
        let mut draft = self.draft;
        draft.frames_played = frames.saturating_sub(self.gap_frames);
        draft.speaker = Some(by.name.clone());
        draft.evidence = Some(by.evidence);
        draft.ended_at = Some(end.utc());
        let Some(began) = self.began else { return draft };
        draft.started_at = Some(began.at.utc());
        draft.start_error_us =
            Some(began.at.utc_us.saturating_sub(draft.scheduled_at.0.saturating_mul(1000)));
        draft.xruns = xruns.saturating_sub(began.xruns) + self.gaps;
        let took = end.monotonic.saturating_sub(began.at.monotonic).as_nanos();
        let should = u128::from(by.format.nanos(frames));
        draft.pace_ppm =
            (should * 1_000_000).checked_div(took).and_then(|ppm| u32::try_from(ppm).ok());
        draft
    }
}

/// Nothing of it sounded, though its place was kept.
fn silent(mut draft: Draft) -> Draft {
    draft.frames_played = 0;
    draft.started_at = None;
    draft.ended_at = None;
    draft.start_error_us = None;
    draft.evidence = None;
    draft.pace_ppm = None;
    draft
}

/// It did not begin.
pub(super) fn missed(mut draft: Draft, reason: Reason, detail: String) -> Draft {
    draft.outcome = Outcome::Missed;
    draft.reason = Some(reason);
    draft.detail = Some(detail);
    draft
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{playout::deck::air, radio::Gain};

    fn draft(position: u32) -> Draft {
        let clip = crate::radio::AiringItem::Clip {
            clip: "clip".parse().unwrap(),
            sha256: crate::radio::ClipHash([1; 32]),
            bytes: 1,
            title: "Bluezone".into(),
            frames: 1_000,
            sample_rate: 1_000,
            gain: Gain::UNITY,
            chime: false,
        };
        let airing = crate::wire::RundownAiring {
            id: "s.a.20200930T220000Z".parse().unwrap(),
            schedule: "s".parse().unwrap(),
            campaign: None,
            title: "Bluezone".into(),
            priority: crate::radio::Priority::Routine,
            bulletin: None,
            starts_at: crate::radio::UtcMs(0),
            ends_at: crate::radio::UtcMs(1_000),
            latest_start: crate::radio::UtcMs(0),
            items: vec![clip],
        };
        Draft { position, ..air::drafts(&airing, 1, 1, None, None).remove(0).1 }
    }

    #[test]
    fn a_gap_where_a_clip_begins_moves_it_as_a_whole() {
        let format = Format { sample_rate: 1_000, channels: 1 };
        let by = Taker { name: "test".into(), format, evidence: Evidence::Played };
        let mut ledger = Ledger::default();
        ledger.add(draft(0), 0..1_000);
        ledger.add(draft(1), 1_000..2_000);
        ledger.gap(500, 100);
        ledger.gap(1_100, 50);
        let mut done = Vec::new();
        for taken in [0, 1, 1_100, 1_151, 2_150] {
            let monotonic = format.span(taken);
            let leaves = Reading { utc_us: monotonic.as_micros().try_into().unwrap(), monotonic };
            done.extend(ledger.retire(&Position { taken, leaves, xruns: 3 }, monotonic, &by));
        }
        let said: Vec<_> = done
            .iter()
            .map(|draft| (draft.position, draft.frames_played, draft.xruns, draft.started_at))
            .collect();
        let at = |ms| Some(crate::radio::UtcMs(ms));
        assert_eq!(said, [(0, 1_000, 1, at(0)), (1, 1_000, 0, at(1_150))]);
    }
}
