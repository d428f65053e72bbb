//! Where sound goes: a sound device, a WAV file, or nowhere.
//!
//! A speaker counts frames. Frame 0 is the first one written; silence that a device made up because it ran empty is
//! not counted but shifts the instants of what follows. There is no way to take written frames back: a speaker
//! holds so few (half a second) that cutting in with a fade at the write head is soon enough, and clicks less.

#[cfg(feature = "sound")]
mod card;
#[cfg(feature = "sound")]
mod device;
#[cfg(feature = "sound")]
mod gauge;
mod name;
mod paced;
mod wav;

use std::{fmt, sync::Arc, time::Duration};

pub use name::{BadSpeakerName, SpeakerName};
pub use paced::Paced;

use crate::{
    clock::{Clock, Reading},
    radio::Evidence,
};

/// What a speaker takes: 32-bit float samples, channels interleaved, full scale at ±1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Frames a second, Hz.
    pub sample_rate: u32,
    /// Samples a frame.
    pub channels: u16,
}

impl Format {
    /// How long so many frames sound, in nanoseconds.
    pub fn nanos(self, frames: u64) -> u64 {
        let nanos = u128::from(frames) * 1_000_000_000 / u128::from(self.sample_rate.max(1));
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    /// How long so many frames sound.
    pub fn span(self, frames: u64) -> Duration {
        Duration::from_nanos(self.nanos(frames))
    }

    /// The frames that fit in a span, rounded to the nearest.
    pub fn frames(self, span: Duration) -> u64 {
        let nanos = span.as_nanos() * u128::from(self.sample_rate);
        u64::try_from((nanos + 500_000_000) / 1_000_000_000).unwrap_or(u64::MAX)
    }
}

/// How far a speaker has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Written frames that the device has taken.
    pub taken: u64,
    /// The instant at which frame number `taken` leaves the device (or would).
    pub leaves: Reading,
    /// Times the device ran empty since it was opened.
    pub xruns: u32,
}

impl Position {
    /// The instant at which a frame leaves the device, or left it.
    pub fn leaves_at(&self, frame: u64, format: Format) -> Reading {
        if frame >= self.taken {
            let span = format.span(frame - self.taken);
            Reading {
                utc_us: self.leaves.utc_us.saturating_add(micros(span)),
                monotonic: self.leaves.monotonic.saturating_add(span),
            }
        } else {
            let span = format.span(self.taken - frame);
            Reading {
                utc_us: self.leaves.utc_us.saturating_sub(micros(span)),
                monotonic: self.leaves.monotonic.saturating_sub(span),
            }
        }
    }

    /// The frame that leaves the device nearest to an instant of the time of day in microseconds; the next one if
    /// that has passed.
    pub fn frame_at(&self, utc_us: i64, format: Format) -> u64 {
        let ahead = utc_us.saturating_sub(self.leaves.utc_us).max(0).unsigned_abs();
        self.taken.saturating_add(format.frames(Duration::from_micros(ahead)))
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from((span.as_nanos() + 500) / 1000).unwrap_or(i64::MAX)
}

/// Why a speaker does not take sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpeakerError {
    /// There is none.
    #[error("no sound device: {0}. Connect one, or choose the speaker with --speaker")]
    Missing(String),
    /// It took nothing for too long.
    #[error("the sound device has taken nothing for {0:?}; it is opened anew")]
    Stalled(Duration),
    /// It went away.
    #[error("the sound device failed: {0}; it is opened anew")]
    Lost(String),
    /// It takes sound faster or more slowly than it could sound it.
    #[error(
        "the sound device runs at {0} % of the right pace, so it does not sound: choose another with --speaker"
    )]
    WrongPace(u32),
    /// This program was built without the feature `sound`.
    #[error(
        "this loa was built without sound: build it with libasound2-dev installed, or use --speaker silent"
    )]
    NoSound,
    /// The file cannot be written.
    #[error("cannot write {0}: {1}. Choose another file with --speaker wav:PATH")]
    File(std::path::PathBuf, String),
}

/// Where a speaker is opened, each time it is missing. Its text names it for people.
pub trait Outlet: fmt::Debug + fmt::Display + Send + Sync {
    /// Opens the speaker, which tells its instants by this clock; takes a few seconds at most.
    ///
    /// # Errors
    /// When there is no such device, or it does not run at the right pace, or the file cannot be written.
    fn open(&self, clock: &Arc<dyn Clock>) -> Result<Box<dyn Speaker>, SpeakerError>;
}

/// Takes sound and knows when it leaves.
pub trait Speaker: Send {
    /// What it takes.
    fn format(&self) -> Format;

    /// Takes whole frames; waits while its buffer is full, never longer than about two seconds.
    ///
    /// # Errors
    /// When the device is gone or takes nothing; the speaker is then of no more use.
    fn write(&mut self, samples: &[f32]) -> Result<(), SpeakerError>;

    /// How far it has come.
    fn position(&mut self) -> Position;

    /// Whether it still takes sound, asked while nothing is written.
    ///
    /// # Errors
    /// As [`Speaker::write`].
    fn check(&mut self) -> Result<(), SpeakerError> {
        Ok(())
    }

    /// What its word is worth.
    fn evidence(&self) -> Evidence;

    /// What it is, for records and people.
    fn name(&self) -> String;

    /// Frames that are best written at once.
    fn block(&self) -> usize {
        let frames = self.format().frames(Duration::from_millis(100));
        usize::try_from(frames).unwrap_or(usize::MAX).max(1)
    }
}
