use std::fmt;

use serde::Serialize;

/// Why a recording is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// No known sound inside.
    #[error(
        "this is no recording that Loa can play: it must be WAV, MP3, AAC/M4A, FLAC or Ogg Vorbis"
    )]
    NotAudio,
    /// It breaks off or is damaged.
    #[error("the recording is damaged or cut off at {}: {what}; export or copy it again", clock_of(.at_ms))]
    Damaged {
        /// Where, in milliseconds from its beginning.
        at_ms: u64,
        /// What was found.
        what: String,
    },
    /// No frame inside.
    #[error("the recording is empty")]
    Empty,
    /// Nothing can be heard.
    #[error("the recording is silent from beginning to end")]
    Silent,
    /// Longer than allowed.
    #[error("the recording is longer than {} minutes, the limit set", limit_ms / 60_000)]
    TooLong {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// More channels than Loa plays.
    #[error(
        "the recording has {0} channels, and at most 8 can be played: mix it down to stereo or mono"
    )]
    TooManyChannels(usize),
    /// The decoder failed in a way that it should not.
    #[error("the recording makes the decoder fail at {}; export it again in another format", clock_of(.at_ms))]
    DecoderFailed {
        /// Where, in milliseconds from its beginning.
        at_ms: u64,
    },
    /// The shelf cannot take it.
    #[error("the recording cannot be stored: {0}")]
    Shelf(String),
}

impl Refusal {
    /// A word for programs, which stays.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::NotAudio => "not-audio",
            Self::Damaged { .. } => "damaged",
            Self::Empty => "empty",
            Self::Silent => "silent",
            Self::TooLong { .. } => "too-long",
            Self::TooManyChannels(_) => "too-many-channels",
            Self::DecoderFailed { .. } => "decoder-failed",
            Self::Shelf(_) => "not-stored",
        }
    }
}

/// `0:42.5`: minutes, seconds and tenths.
fn clock_of(ms: &u64) -> String {
    format!("{}:{:02}.{}", ms / 60_000, ms / 1000 % 60, ms / 100 % 10)
}

/// What an operator should know of a recording that is taken in all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "warning")]
pub enum Warning {
    /// Samples stand at full scale in a row: it was recorded too loud.
    Clipped {
        /// How many runs of them.
        runs: u64,
    },
    /// A long silence inside.
    SilenceInside {
        /// The longest, in milliseconds.
        longest_ms: u64,
    },
    /// 8 kHz or less: telephone sound.
    TelephoneSound,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clipped { runs } => write!(f, "recorded too loud: {runs} places are clipped"),
            Self::SilenceInside { longest_ms } => {
                write!(f, "{} s of silence inside", longest_ms / 1000)
            }
            Self::TelephoneSound => f.write_str("telephone sound: 8 kHz or less"),
        }
    }
}
