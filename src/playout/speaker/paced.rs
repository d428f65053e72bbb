use std::{sync::Arc, time::Duration};

use super::{Format, Position, Speaker, SpeakerError, wav::Wav};
use crate::{
    clock::{Clock, Reading},
    radio::Evidence,
};

/// A speaker without a device: takes frames at the pace at which they would sound, and may keep them in a file.
#[derive(Debug)]
pub struct Paced {
    clock: Arc<dyn Clock>,
    wav: Option<Wav>,
    /// Monotonic instant at which frame 0 would have left, were there no gaps.
    origin: Duration,
    written: u64,
    xruns: u32,
}

impl Paced {
    /// What it takes: enough for speech in the two channels that most recordings have.
    pub const FORMAT: Format = Format { sample_rate: 48_000, channels: 2 };
    const HOLDS: Duration = Duration::from_millis(500);

    pub(super) fn new(clock: Arc<dyn Clock>, wav: Option<Wav>) -> Self {
        let origin = clock.read().monotonic;
        Self { clock, wav, origin, written: 0, xruns: 0 }
    }

    /// Frames sounded at an instant; an empty buffer is a gap, which moves all that follows.
    fn sounded(&mut self, now: Reading) -> u64 {
        let elapsed = now.monotonic.saturating_sub(self.origin);
        let frames = Self::FORMAT.frames(elapsed);
        if frames > self.written {
            if self.written > 0 {
                self.xruns += 1;
            }
            self.origin = now.monotonic.saturating_sub(Self::FORMAT.span(self.written));
            return self.written;
        }
        frames
    }
}

impl Speaker for Paced {
    fn format(&self) -> Format {
        Self::FORMAT
    }

    fn write(&mut self, samples: &[f32]) -> Result<(), SpeakerError> {
        let now = self.clock.read();
        let taken = self.sounded(now);
        if let Some(wav) = &mut self.wav {
            wav.write(samples)?;
        }
        self.written += (samples.len() / usize::from(Self::FORMAT.channels)) as u64;
        let held = Self::FORMAT.span(self.written - taken);
        if held > Self::HOLDS {
            std::thread::sleep(held - Self::HOLDS);
        }
        Ok(())
    }

    fn position(&mut self) -> Position {
        let now = self.clock.read();
        let taken = self.sounded(now);
        let leaves = self.origin + Self::FORMAT.span(taken);
        let ahead = leaves.saturating_sub(now.monotonic);
        let utc_us = now.utc_us.saturating_add(super::micros(ahead));
        Position { taken, leaves: Reading { utc_us, monotonic: leaves }, xruns: self.xruns }
    }

    fn evidence(&self) -> Evidence {
        Evidence::Simulated
    }

    fn name(&self) -> String {
        if self.wav.is_some() { "wav".into() } else { "silent".into() }
    }
}
