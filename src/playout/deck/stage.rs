//! An open speaker, how far it was fed, and the block that goes to it next.

use std::time::Duration;

use super::{ledger::Taker, run::Running};
use crate::{
    clock::{Clock, Reading},
    playout::{
        loader::Loading,
        speaker::{Position, Speaker, SpeakerError},
    },
    radio::UtcMs,
};

/// While the speaker holds so much, there is time to wait for the loader.
const RESERVE: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_millis(10);

pub(super) struct Stage {
    speaker: Box<dyn Speaker>,
    pub(super) taker: Taker,
    /// Frames given to the speaker.
    pub(super) written: u64,
    pub(super) position: Position,
    /// When the speaker was last seen to take frames.
    pub(super) alive: Duration,
    block: Vec<f32>,
}

impl Stage {
    pub(super) fn new(mut speaker: Box<dyn Speaker>, clock: &dyn Clock) -> Self {
        let (name, format, evidence) = (speaker.name(), speaker.format(), speaker.evidence());
        let samples = speaker.block() * usize::from(format.channels);
        Self {
            taker: Taker { name, format, evidence },
            written: 0,
            position: speaker.position(),
            alive: clock.read().monotonic,
            block: vec![0.0; samples],
            speaker,
        }
    }

    /// Reads how far the speaker has come.
    pub(super) fn look(&mut self, clock: &dyn Clock) -> Reading {
        let before = self.position.taken;
        self.position = self.speaker.position();
        let now = clock.read();
        if self.position.taken > before {
            self.alive = now.monotonic;
        }
        now
    }

    pub(super) fn block_frames(&self) -> u64 {
        (self.block.len() / self.channels()) as u64
    }

    /// The instant at which a frame leaves, rounded up to a millisecond.
    pub(super) fn utc_at(&self, frame: u64) -> UtcMs {
        let leaves = self.position.leaves_at(frame, self.taker.format);
        UtcMs(leaves.utc_us.saturating_add(999).div_euclid(1000))
    }

    /// Gives the block to the speaker.
    pub(super) fn write(&mut self) -> Result<(), SpeakerError> {
        self.speaker.write(&self.block)?;
        self.written += self.block_frames();
        Ok(())
    }

    /// Waits for sound as long as the speaker has enough to go on with; says whether it came.
    pub(super) fn wait_for(&mut self, loading: &mut Loading) -> bool {
        loop {
            loading.poll(Duration::ZERO);
            if loading.ready() {
                return true;
            }
            let held = self.written.saturating_sub(self.speaker.position().taken);
            let is_urgent = self.taker.format.span(held) < RESERVE;
            if is_urgent || !loading.is_coming() || self.speaker.check().is_err() {
                return false;
            }
            loading.poll(PATIENCE);
        }
    }

    fn channels(&self) -> usize {
        usize::from(self.taker.format.channels.max(1))
    }
}

impl Running {
    /// Fills the block: what is on air, then silence until the next begins, then the next.
    pub(super) fn compose(&mut self, stage: &mut Stage) {
        let mut block = std::mem::take(&mut stage.block);
        let channels = stage.channels();
        let frames = block.len() / channels;
        let mut done = 0;
        while done < frames {
            let head = stage.written + done as u64;
            let rest = &mut block[done * channels..];
            if self.on_air.as_ref().is_some_and(|on_air| on_air.end <= head) {
                self.leave();
            }
            done += if self.on_air.is_some() {
                self.carry_on(stage, rest, head) / channels
            } else {
                let wait = self.next.as_ref().and_then(|next| next.start);
                if wait.is_some_and(|start| start <= head) {
                    self.begin();
                    continue;
                }
                if wait.is_none() && self.go_on(stage, head) {
                    continue;
                }
                let until = wait.and_then(|start| usize::try_from(start - head).ok());
                let n = until.unwrap_or(usize::MAX).min(frames - done);
                rest[..n * channels].fill(0.0);
                n
            };
        }
        self.turn_down(&mut block, channels);
        stage.block = block;
    }

    /// Applies the volume, over a block where it has changed: a jump would click.
    fn turn_down(&mut self, block: &mut [f32], channels: usize) {
        let (from, to) = (self.level, self.site.volume.factor());
        self.level = to;
        if from == 1.0 && to == 1.0 {
            return;
        }
        let frames = (block.len() / channels).max(1) as f32;
        for (n, frame) in block.chunks_mut(channels).enumerate() {
            let factor = from + (to - from) * (n + 1) as f32 / frames;
            frame.iter_mut().for_each(|sample| *sample *= factor);
        }
    }

    /// Writes what is on air, up to its end; gives the samples written.
    fn carry_on(&mut self, stage: &mut Stage, to: &mut [f32], head: u64) -> usize {
        let Some(air) = &mut self.on_air else { return 0 };
        let channels = stage.channels();
        let left = usize::try_from(air.end - head).unwrap_or(usize::MAX).saturating_mul(channels);
        let to_len = to.len();
        let to = &mut to[..left.min(to_len)];
        let filled = air.fill(to, head, stage.taker.format);
        for (item, frames, fault) in std::mem::take(&mut air.loading.broken) {
            let frames = frames.saturating_sub(air.sounded_before(item));
            self.ledger.broke(&air.airing.id, item, frames, &fault);
        }
        if let Some(from) = air.ended_early.take() {
            self.ledger.broke_from(from);
        }
        if filled > 0 || stage.wait_for(&mut air.loading) {
            return filled;
        }
        // The loader is behind and the speaker nearly empty: a gap, and all that follows moves.
        let gap = (to.len() / channels) as u64;
        to.fill(0.0);
        self.ledger.gap(head, gap);
        air.end += gap;
        if let Some(next) = &mut self.next
            && let Some(start) = &mut next.start
        {
            *start += gap;
            next.end += gap;
        }
        to.len()
    }
}
