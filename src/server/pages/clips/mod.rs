//! Clips: loading, finding, describing and retiring them.

pub(super) mod edit;
pub(super) mod list;
pub(super) mod one;
pub(super) mod send;
mod sound;

pub(super) use self::sound::{Drawing, drawing};

use super::{visitor::Visitor, words::Phrase};
use crate::radio::{Approval, UtcMs};

/// The tone and the word of an approval, for `parts::state`.
pub(super) fn approval(v: &Visitor, approval: Approval) -> (&'static str, Phrase) {
    match approval {
        Approval::Approved => ("good", v.of("approval.approved")),
        Approval::Waiting => ("warn", v.of("approval.waiting")),
        Approval::SentBack => ("bad", v.of("approval.sent-back")),
    }
}

/// `4:05`, or `1:02:03`.
pub(super) fn length(ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Who did something when, in words; the key has `{name}` and `{time}`.
pub(super) fn by_whom(v: &Visitor, key: &str, name: &str, at: UtcMs) -> Phrase {
    v.of(key).with("name", name).with("time", v.dates().moment(&at))
}
