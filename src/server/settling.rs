//! Works out what came of airings that are over, so that a year of them can be searched and counted at once.

use std::time::Duration;

use super::{AiringState, District, report::report_past};
use crate::{
    radio::UtcMs,
    store::{Settled, Store, StoreError},
};

/// Airings worked out together.
const TOGETHER: u32 = 500;
/// From one look to the next.
const PAUSE: Duration = Duration::from_secs(30);

/// Goes on as long as the server does.
pub(super) async fn keep_settled(district: District) {
    loop {
        if let Err(error) = settle(&district.store, district.clock.now()).await {
            tracing::warn!(%error, "what came of airings is not kept: pages look it up each time");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Works out what is over by now and not settled yet; gives how many airings that were.
///
/// # Errors
/// The database fails, or what it has cannot be read.
pub async fn settle(store: &Store, now: UtcMs) -> Result<u64, StoreError> {
    let mut count = 0_u64;
    loop {
        let over = store.unsettled(now, TOGETHER).await?;
        let is_last = over.len() < TOGETHER as usize;
        let withdrawn: Vec<_> = over.iter().map(|stored| stored.withdrawn_at).collect();
        let reports = report_past(store, over, now).await;
        let reports = reports.map_err(|refusal| StoreError::Unreadable {
            what: "record of airings before",
            id: now.to_string(),
            why: refusal.to_string(),
        })?;
        let over = reports.into_iter().zip(withdrawn);
        let over = over.filter(|(report, _)| report.state != AiringState::Planned);
        let settled = over.map(|(report, withdrawn_at)| Settled {
            airing: report.id,
            state: report.state.as_str().to_owned(),
            evidence: report.evidence.map(|evidence| evidence.to_string()),
            records: report.records.as_ref().map_or(0, Vec::len),
            words: report.declarations.as_ref().map_or(0, Vec::len),
            withdrawn_at,
        });
        let kept = store.settle(&settled.collect::<Vec<_>>()).await?;
        count += kept;
        // Of what more was said meanwhile, it is worked out the next time.
        if is_last || kept == 0 {
            return Ok(count);
        }
    }
}
