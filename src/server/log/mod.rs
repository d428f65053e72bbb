//! Keeps the log: signs its head, and sees that no row says something else than when it went in.

mod check;
mod rotate;
mod sign;

use std::sync::{Mutex, PoisonError};

pub use check::{check_entries, check_log, patrol};
pub use rotate::{NoRotation, rotate_log_key};
pub use sign::sign_log;

pub(super) use check::keep_checked;
pub(super) use sign::keep_signed;

use crate::{
    log::{LogKeys, WIDTH},
    radio::UtcMs,
    signing::Note,
    store::{LogFault, LogMark, SignedHead},
};

/// What was found wrong with the log, by those who look.
#[derive(Debug, Default)]
pub(super) struct Watch(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    at_signing: Option<Found>,
    at_checking: Option<Found>,
    /// How far the last look saw that found everything well; none: the next has to look at everything.
    mark: Option<LogMark>,
}

/// A fault of the log's, and since when it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) fault: LogFault,
    pub(super) since: UtcMs,
}

impl Found {
    /// For people who mend it.
    pub(super) fn told(&self) -> String {
        let LogFault { entry, detail, .. } = &self.fault;
        match entry {
            Some(entry) => format!("entry {entry}: {detail}"),
            None => detail.clone(),
        }
    }
}

impl Watch {
    /// What is wrong now, if anything is.
    pub(super) fn fault(&self) -> Option<Found> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.at_checking.clone().or_else(|| seen.at_signing.clone())
    }

    /// Takes the mark of the last look: until another is kept, the next looks at everything.
    fn take_mark(&self) -> Option<LogMark> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).mark.take()
    }

    fn keep_mark(&self, mark: LogMark) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).mark = Some(mark);
    }

    fn note(
        &self,
        place: impl Fn(&mut Seen) -> &mut Option<Found>,
        fault: Option<LogFault>,
        now: UtcMs,
    ) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = place(&mut seen);
        let since = held.as_ref().filter(|held| Some(&held.fault) == fault.as_ref());
        let since = since.map_or(now, |held| held.since);
        if let Some(fault) = &fault
            && since == now
        {
            tracing::error!(entry = ?fault.entry, kind = fault.kind.as_str(), detail = fault.detail, "the log does not fit the database");
        }
        *held = fault.map(|fault| Found { fault, since });
    }
}

/// A log's spans of so many tiles each, from one entry on.
fn stretches(from: u64, until: u64, tiles: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    let width = tiles * WIDTH;
    let first = from / width;
    (first..until.div_ceil(width))
        .map(move |stretch| from.max(stretch * width)..until.min((stretch + 1) * width))
        .filter(|span| !span.is_empty())
}

/// The head that a stored note speaks of, if it is one.
fn head_of(signed: &SignedHead) -> Option<crate::log::Head> {
    let note: Note = signed.note.parse().ok()?;
    let checkpoint: crate::log::Checkpoint = note.text().parse().ok()?;
    (checkpoint.head.size == signed.size).then_some(checkpoint.head)
}

/// Whether a stored note is signed by the key that the log had then.
fn is_signed(signed: &SignedHead, keys: &LogKeys) -> bool {
    let (note, key) = (signed.note.parse::<Note>(), keys.signer_of(signed.size));
    note.is_ok_and(|note| key.is_some_and(|key| note.signed_by(key).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_end_where_tiles_end() {
        let all = |from, until| stretches(from, until, 1).collect::<Vec<_>>();
        assert_eq!(all(0, 0), []);
        assert_eq!(all(1, 257), [1..256, 256..257]);
        assert_eq!(all(5, 513), [5..256, 256..512, 512..513]);
        assert_eq!(all(256, 256), []);
        assert!(stretches(5, 1025, 2).eq([5..512, 512..1024, 1024..1025]));
    }
}
