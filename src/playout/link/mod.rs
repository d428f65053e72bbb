//! The line to the district: fetches rundown and clips, hands over records, and never gives up.

mod bucket;
mod confirm;
mod district;
mod fetch;
mod follow;
mod line;
mod time_signal;

pub use confirm::{Condition, Confirmer};
pub use district::{District, Enrolled, RundownAnswer, SOFTWARE, enrol};
pub use fetch::{Allowance, Fetcher, Supply};
pub use follow::{Follower, trust};
pub use line::Line;
pub use time_signal::TimeSignal;

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use super::{
    keep::{KeepError, TakeError},
    trust::Refused,
};
use crate::{signing::BadKeys, tls::TlsError};

/// Why a call to the district came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The address cannot be called.
    #[error("\"{0}\" is not a district's address: write it like https://192.0.2.1:8080")]
    Address(String),
    /// Anybody in the line could read the token, and answer.
    #[error(
        "{0} is plain HTTP, which anybody on the way can read and change: write https://, or say --plain-http if the line is safe by other means"
    )]
    Plain(String),
    /// HTTPS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The district that answers is not the one that made the code.
    #[error(
        "the district that answers does not have the key that the code names: see that the address is right; somebody else may be answering. The code is used up: ask the district for a new one"
    )]
    OtherDistrict,
    /// No answer.
    #[error("the district does not answer: {}", root(.0))]
    Line(#[from] reqwest::Error),
    /// It answered no.
    #[error("the district answers {status} ({code}): {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code that stays.
        code: String,
        /// The district's words.
        detail: String,
    },
    /// It does not say what time it is: it is another program, or an older one.
    #[error("the district's answer does not say what time it is")]
    NoTime,
    /// The answer is not what it should be.
    #[error("the district's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
    /// The rundown is not to be followed.
    #[error("the district's rundown is not followed: {0}")]
    Rundown(#[from] Refused),
    /// The district's keys do not follow from each other.
    #[error("the district's keys are not believed: {0}")]
    Keys(#[from] BadKeys),
    /// The station's own disk.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The disk is wanted for records.
    #[error(
        "a clip of which {} MB are still to come has no room: {} MB are free, of which {} MB are kept for records; make room on the station's disk",
        wanted.div_ceil(1 << 20), free >> 20, kept >> 20
    )]
    NoRoom {
        /// Bytes of the clip to come.
        wanted: u64,
        /// Bytes that are free.
        free: u64,
        /// Bytes of them that stay free.
        kept: u64,
    },
    /// A clip could not be kept.
    #[error("a clip cannot be kept: {0}")]
    Shelf(String),
}

impl From<TakeError> for LinkError {
    fn from(error: TakeError) -> Self {
        match error {
            TakeError::Refused(refused) => Self::Rundown(refused),
            TakeError::Keep(error) => Self::Keep(error),
        }
    }
}

/// The innermost cause is the one that a person can act on.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let words = cause.to_string();
    if words.starts_with("invalid peer certificate") {
        return format!(
            "{words}; enrol with the whole code where the district has a certificate of its own, else name who vouches for it with --tls-ca"
        );
    }
    // What rustls says before words that are ours.
    words.strip_prefix("other error: ").unwrap_or(&words).to_owned()
}

/// Waiting times between tries: from half a second up to a minute, scattered so that stations do not call in step.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(Duration::from_secs(60))
        .with_factor(2.0)
        .with_jitter()
        .without_max_times()
        .build()
}
