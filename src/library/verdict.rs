//! What is refused, and what people are warned of.

use std::{io, time::Duration};

use serde::{Deserialize, Serialize};

use super::decode::DecodeError;

/// What a recording is measured against.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// A longer recording is refused.
    pub longest: Duration,
    /// More channels are refused.
    pub channels: u16,
    /// The loudness aimed at, LUFS (EBU R128).
    pub target_lufs: f64,
    /// The true peak that the gain may not exceed, dBTP.
    pub ceiling_dbtp: f64,
}

impl Default for Limits {
    /// Four hours, eight channels, the house's -16 LUFS under -1 dBTP.
    fn default() -> Self {
        Self {
            longest: Duration::from_secs(4 * 3600),
            channels: 8,
            target_lufs: -16.0,
            ceiling_dbtp: -1.0,
        }
    }
}

/// Why a recording is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It cannot be decoded to its end, or at all.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Nothing in it is louder than -60 dBFS.
    #[error("the recording is silent from start to end; check the microphone and record it again")]
    Silent,
    /// It is longer than the limit.
    #[error("the recording is longer than {}; cut it into parts, or raise longest-clip", long(*limit))]
    TooLong {
        /// The limit.
        limit: Duration,
    },
    /// It has more channels than the limit.
    #[error(
        "the recording has {channels} channels, at most {limit} are taken; mix it down to one or two"
    )]
    TooManyChannels {
        /// Its channels.
        channels: u16,
        /// The limit.
        limit: u16,
    },
    /// The shelf cannot keep it.
    #[error("the recording is good but cannot be kept: {0}; see whether the disk is full")]
    Shelf(io::Error),
}

fn long(span: Duration) -> String {
    match span.as_secs() {
        0..120 => format!("{:.1} s", span.as_secs_f64()),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

impl From<io::Error> for Refusal {
    fn from(e: io::Error) -> Self {
        Self::Decode(DecodeError::Unreadable(e))
    }
}

impl Refusal {
    /// Stays the same from release to release.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Decode(DecodeError::NotAudio(_)) => "not-audio",
            Self::Decode(DecodeError::Empty) => "empty",
            Self::Decode(DecodeError::Damaged { .. }) => "damaged",
            Self::Decode(DecodeError::Panicked { .. }) => "decoder-panicked",
            Self::Decode(DecodeError::Unreadable(_)) => "unreadable",
            Self::Silent => "silent",
            Self::TooLong { .. } => "too-long",
            Self::TooManyChannels { .. } => "too-many-channels",
            Self::Shelf(_) => "not-kept",
        }
    }
}

/// What people should know of a recording that is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// Four or more samples in a row are at full scale: it was recorded too loud.
    Clipped,
    /// More than 5 s of silence between two sounds.
    SilenceInside,
    /// No more than 8,000 frames a second: it was recorded from a telephone.
    Telephone,
}

impl Warning {
    /// The same name as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Clipped => "clipped",
            Self::SilenceInside => "silence-inside",
            Self::Telephone => "telephone",
        }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clipped => "it is clipped: record it with a lower level",
            Self::SilenceInside => "it has more than 5 seconds of silence inside",
            Self::Telephone => {
                "it sounds like a telephone (8 kHz): use the original recording if there is one"
            }
        })
    }
}
