//! Bulletins: asking for one, hearing and agreeing to one, and where it sounds.

pub(super) mod list;
pub(super) mod one;
pub(super) mod prepared;

use super::{
    visitor::{Reader, Visitor},
    words::Phrase,
};
use crate::{radio::BulletinState, server::login::Doer};

/// Who calls the same functions as the API.
fn doer(reader: &Reader) -> Doer {
    Doer { actor: reader.actor(), grants: reader.grants().clone() }
}

/// How a bulletin stands: its tone and its word.
fn state(v: &Visitor, state: BulletinState) -> (&'static str, Phrase) {
    match state {
        BulletinState::Asked => ("warn", v.of("emergency.is-asked")),
        BulletinState::Lapsed => ("quiet", v.of("emergency.is-lapsed")),
        BulletinState::Sent => ("good", v.of("emergency.is-sent")),
        BulletinState::Ended => ("quiet", v.of("emergency.is-ended")),
        BulletinState::Cancelled => ("bad", v.of("emergency.is-cancelled")),
    }
}

/// Minutes and seconds of a recording or of several.
fn length(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
