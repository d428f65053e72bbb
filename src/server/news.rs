//! Whether what a station says is news to those who look at the pages: most calls are signs of life like the one before.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::{
    radio::{ClockState, StationId, UtcMs},
    store::SILENT_AFTER,
    wire::StationStatus,
};

/// What the pages show of a station's condition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    faults: Vec<String>,
    clock: ClockState,
    speaker: String,
    rundown_version: Option<u64>,
    lacking: Option<u64>,
}

impl From<&StationStatus> for Shown {
    fn from(status: &StationStatus) -> Self {
        Self {
            faults: status.faults.iter().map(|fault| fault.code.clone()).collect(),
            clock: status.clock,
            speaker: status.speaker.clone(),
            rundown_version: status.rundown_version,
            lacking: status.stock.as_ref().map(|stock| stock.count),
        }
    }
}

/// Counts news.
#[derive(Debug, Default)]
pub(super) struct News {
    known: Mutex<HashMap<StationId, (UtcMs, Option<Shown>)>>,
    count: watch::Sender<u64>,
}

impl News {
    /// A station has called.
    pub(super) fn called(&self, station: &StationId, status: Option<&StationStatus>, now: UtcMs) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.get(station);
        let said = status.map(Shown::from);
        let was_silent = before.is_none_or(|(at, _)| now.since(*at) > SILENT_AFTER);
        let shown = said.or_else(|| before.and_then(|(_, shown)| shown.clone()));
        let differs = before.is_some_and(|(_, before)| *before != shown);
        known.insert(station.clone(), (now, shown));
        drop(known);
        if was_silent || differs {
            self.arrived();
        }
    }

    /// Something else has come: a record, a person's word.
    pub(super) fn arrived(&self) {
        self.count.send_modify(|count| *count += 1);
    }

    /// Wakes at the next news.
    pub(super) fn follow(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wire::Fault;

    #[test]
    fn a_sign_of_life_like_the_last_is_no_news() {
        let news = News::default();
        let (station, at) = ("kim-tan".parse().unwrap(), UtcMs(1_000_000));
        let count = || *news.follow().borrow();
        let mut status = StationStatus {
            playing: None,
            software: "loa".into(),
            speaker: "device".into(),
            clock: ClockState::Synced,
            rundown_version: Some(1),
            waiting: 0,
            disk_free: None,
            faults: vec![],
            stock: None,
        };
        news.called(&station, Some(&status), at);
        assert_eq!(count(), 1);
        (status.waiting, status.disk_free) = (7, Some(12_300_000_000));
        news.called(&station, Some(&status), at + Duration::from_secs(15));
        news.called(&station, None, at + Duration::from_secs(30));
        assert_eq!(count(), 1);
        status.faults.push(Fault::new("disk-full", "full"));
        news.called(&station, Some(&status), at + Duration::from_secs(45));
        assert_eq!(count(), 2);
        // Back after a silence.
        news.called(&station, Some(&status), at + SILENT_AFTER + Duration::from_secs(46));
        assert_eq!(count(), 3);
    }
}
