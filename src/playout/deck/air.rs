//! An airing as frames: where each item lies, and what is written next.

use std::{ops::Range, sync::Arc, time::Duration};

use crate::{
    playout::{
        cue::Skipped,
        loader::{Loading, Order},
        record::{Draft, Recorder, Started},
        shape,
        source::{ClipFault, Clips},
        speaker::Format,
    },
    radio::{AiringItem, ClockState, DRILL_MARK, Outcome, Reason, UtcMs},
    wire::RundownAiring,
};

/// The frames that each item takes. Their sum is exact: what one item is short of a frame, the next gives back.
///
/// An item that does not sound keeps its place, silent: stations within earshot of each other stay together, and
/// each item's start error means the same everywhere.
pub(super) fn spans(items: &[AiringItem], format: Format) -> Vec<Range<u64>> {
    let mut nanos: u128 = 0;
    let mut start = 0;
    let mut spans = Vec::with_capacity(items.len());
    for item in items {
        nanos += match item {
            AiringItem::Clip { frames, sample_rate, .. } => {
                u128::from(*frames) * 1_000_000_000 / u128::from((*sample_rate).max(1))
            }
            AiringItem::Pause { ms } => u128::from(*ms) * 1_000_000,
        };
        let end = format.frames(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)));
        spans.push(start..end);
        start = end;
    }
    spans
}

/// A draft for each clip of an airing, with the number of its item, as if nothing had sounded.
pub(super) fn drafts(
    airing: &RundownAiring,
    version: u64,
    attempt: u32,
    format: Option<Format>,
    clock: Option<ClockState>,
) -> Vec<(usize, Draft)> {
    let mut before = Duration::ZERO;
    let mut drafts = Vec::new();
    for (n, item) in airing.items.iter().enumerate() {
        if let AiringItem::Clip { sha256, title, frames, sample_rate, .. } = item {
            let own = Format { sample_rate: *sample_rate, channels: 1 };
            let device = format.unwrap_or(own);
            let draft = Draft {
                airing: airing.id.clone(),
                drill: airing.is_drill(),
                position: u32::try_from(n).unwrap_or(u32::MAX),
                attempt,
                scheduled_at: UtcMs(
                    airing.starts_at.0
                        + i64::try_from((before.as_micros() + 500) / 1000).unwrap_or(0),
                ),
                started_at: None,
                ended_at: None,
                frames_played: 0,
                frames_expected: device.frames(own.span(*frames)),
                sample_rate: device.sample_rate,
                start_error_us: None,
                outcome: Outcome::Missed,
                reason: None,
                detail: None,
                evidence: None,
                pace_ppm: None,
                xruns: 0,
                speaker: None,
                clip: Some(*sha256),
                title: title.clone(),
                rundown_version: version,
                clock,
            };
            drafts.push((n, draft));
        }
        before += match item {
            AiringItem::Clip { frames, sample_rate, .. } => {
                Format { sample_rate: *sample_rate, channels: 1 }.span(*frames)
            }
            AiringItem::Pause { ms } => Duration::from_millis(u64::from(*ms)),
        };
    }
    drafts
}

/// The record of a clip of an airing that is not aired.
pub(super) fn skipped(mut draft: Draft, skipped: &Skipped<'_>) -> Draft {
    draft.outcome = skipped.outcome;
    draft.reason = Some(skipped.reason);
    draft.detail = Some(skipped.detail.clone());
    draft
}

/// The record of a clip that is wrong before it begins.
pub(super) fn faulty(mut draft: Draft, fault: &ClipFault) -> Draft {
    draft.reason = Some(fault.reason());
    draft.detail = Some(fault.to_string());
    draft.outcome = match fault.reason() {
        Reason::ClipCorrupt => Outcome::Refused,
        _ => Outcome::Missed,
    };
    draft
}

/// The record of a clip of a drill whose mark cannot sound.
pub(super) fn without_mark(mut draft: Draft, fault: &ClipFault) -> Draft {
    draft.outcome = Outcome::Refused;
    draft.reason = Some(Reason::DrillUnmarked);
    draft.detail = Some(format!("the mark that says that it is a drill cannot sound: {fault}"));
    draft
}

/// The record of a clip whose airing had begun when the station ended without a word.
pub(super) fn lost_power(mut draft: Draft) -> Draft {
    draft.outcome = Outcome::Interrupted;
    draft.reason = Some(Reason::StationStopped);
    let why = "the station lost its power or was killed after it had begun to air this";
    draft.detail = Some(why.into());
    draft
}

/// Where an airing that was interrupted went on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resumed {
    /// The speaker's frame.
    pub(super) at: u64,
    /// Its own frame: so many had sounded before.
    pub(super) from: u64,
}

/// An airing whose sound is on its way or already being written.
pub(super) struct Air {
    pub(super) airing: RundownAiring,
    pub(super) drafts: Vec<(usize, Draft)>,
    pub(super) spans: Vec<Range<u64>>,
    pub(super) loading: Loading,
    /// The speaker's frame on which it starts, once that is fixed.
    pub(super) start: Option<u64>,
    /// The speaker's frame after its last.
    pub(super) end: u64,
    /// It ends early, with a fade before `end`.
    pub(super) is_cut: bool,
    /// It goes on after what cuts in.
    pub(super) goes_on: bool,
    /// Frames of its own that were written.
    pub(super) done: u64,
    /// Where it went on, if it was interrupted.
    pub(super) resumed: Option<Resumed>,
    /// The speaker's frame from which on the loader gave nothing, though there should be more.
    pub(super) ended_early: Option<u64>,
}

impl Air {
    /// Begins to make an airing ready; `drafts` are its records, as if nothing had sounded.
    pub(super) fn load(
        airing: RundownAiring,
        attempt: u32,
        drafts: Vec<(usize, Draft)>,
        format: Format,
        clips: Arc<dyn Clips>,
        recorder: Arc<dyn Recorder>,
    ) -> std::io::Result<Self> {
        let spans = spans(&airing.items, format);
        let if_lost = drafts.iter().map(|(_, draft)| lost_power(draft.clone())).collect();
        let loading = Loading::begin(Order {
            items: airing.items.clone(),
            spans: spans.clone(),
            format,
            started: Started { airing: airing.id.clone(), attempt, if_lost },
            clips,
            recorder,
        })?;
        Ok(Self {
            airing,
            drafts,
            spans,
            loading,
            start: None,
            end: u64::MAX,
            is_cut: false,
            goes_on: false,
            done: 0,
            resumed: None,
            ended_early: None,
        })
    }

    /// Frames that it takes.
    pub(super) fn frames(&self) -> u64 {
        self.spans.last().map_or(0, |span| span.end)
    }

    /// Frames that have not been written.
    pub(super) fn left(&self) -> u64 {
        self.frames().saturating_sub(self.done)
    }

    /// Frames of an item that had sounded before it was interrupted.
    pub(super) fn sounded_before(&self, item: usize) -> u64 {
        let from = self.resumed.map_or(0, |resumed| resumed.from);
        self.spans.get(item).map_or(0, |span| from.saturating_sub(span.start))
    }

    /// What is wrong with the mark of a drill, if anything is: without its mark it does not sound.
    pub(super) fn unmarked(&self) -> Option<&ClipFault> {
        let faults = self.loading.faults.as_ref().filter(|_| self.airing.is_drill())?;
        self.airing.items.iter().zip(faults).find_map(|(item, fault)| match item {
            AiringItem::Clip { sha256, .. } if *sha256 == DRILL_MARK => fault.as_ref(),
            _ => None,
        })
    }

    /// Whether it cannot begin: not one of its clips can sound, or the mark that it needs cannot.
    pub(super) fn is_hopeless(&self) -> bool {
        self.loading.is_hopeless(&self.airing.items) || self.unmarked().is_some()
    }

    /// Writes the samples from frame `head` on; gives how many were at hand.
    pub(super) fn fill(&mut self, to: &mut [f32], head: u64, format: Format) -> usize {
        let mut filled = 0;
        while filled < to.len() {
            self.loading.poll(Duration::ZERO);
            match self.loading.take(&mut to[filled..]) {
                0 if self.loading.ended => {
                    let channels = usize::from(format.channels.max(1));
                    self.ended_early = Some(head + (filled / channels) as u64);
                    to[filled..].fill(0.0);
                    filled = to.len();
                }
                0 => break,
                n => filled += n,
            }
        }
        self.done += (filled / usize::from(format.channels.max(1))) as u64;
        if let Some(resumed) = self.resumed {
            fade_in(&mut to[..filled], head - resumed.at, format);
        }
        if self.is_cut {
            fade(&mut to[..filled], head, self.end, format);
        }
        filled
    }
}

/// Brings up what lies in the first milliseconds; `head` is counted from where it begins.
fn fade_in(samples: &mut [f32], head: u64, format: Format) {
    let fade = format.frames(shape::FADE).max(1);
    for (frame, n) in samples.chunks_mut(usize::from(format.channels.max(1))).zip(head..fade) {
        let factor = 0.5 - 0.5 * (std::f32::consts::PI * n as f32 / fade as f32).cos();
        frame.iter_mut().for_each(|sample| *sample *= factor);
    }
}

/// Brings down what lies in the last milliseconds before `end`.
fn fade(samples: &mut [f32], head: u64, end: u64, format: Format) {
    let fade = format.frames(shape::FADE).max(1);
    for (frame, n) in samples.chunks_mut(usize::from(format.channels.max(1))).zip(head..) {
        let left = end.saturating_sub(n + 1);
        if left < fade {
            let factor = 0.5 - 0.5 * (std::f32::consts::PI * left as f32 / fade as f32).cos();
            frame.iter_mut().for_each(|sample| *sample *= factor);
        }
    }
}
