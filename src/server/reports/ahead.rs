//! Days are judged once they are over, so that whoever asks for a month need not wait for it.

use std::time::Duration;

use chrono::Days;

use super::{Ask, Progress, reconcile};
use crate::{
    reports::{Letter, Period},
    server::{District, Language},
};

/// Between two looks. The first comes after it too: a server that starts has better things to do.
const PAUSE: Duration = Duration::from_mins(20);

/// Days that are looked at, since late words come for so long now and then.
const BACK: u64 = 62;

/// Judges what is over and not kept yet, until the server stops.
pub(in crate::server) async fn keep(district: District) {
    loop {
        tokio::time::sleep(PAUSE).await;
        let today = district.today();
        let last = today.pred_opt().unwrap_or(today);
        let first = last.checked_sub_days(Days::new(BACK)).unwrap_or(last);
        let ask = Ask {
            period: Period::new(first, last),
            units: vec![],
            station: None,
            campaign: None,
            letter: Letter::default(),
            language: Language::Vi,
            zone: district.limits.zone,
            now: district.clock.now(),
        };
        if let Err(error) = reconcile(&district.store, &ask, &Progress::default()).await {
            tracing::warn!(%error, "cannot judge the days that are over");
        }
    }
}
