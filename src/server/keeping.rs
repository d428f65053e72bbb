//! Lets recordings go that have served, where the district keeps them for a time only.

use std::time::Duration;

use chrono::{Months, NaiveTime};

use super::District;
use crate::{
    radio::UtcMs,
    store::{Actor, Spent, StoreError},
};

/// How often it is looked what may go.
const EVERY: Duration = Duration::from_hours(1);

/// As the trail names who does it.
const NAME: &str = "Loa";

pub(super) async fn keep(district: District) {
    loop {
        match tidy(&district).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "recordings went, as they are kept no longer"),
            Err(error) => tracing::error!(%error, "what is kept too long could not be looked at"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Lets go what may go now, and gives how many recordings that were.
///
/// # Errors
/// The database or the shelf refuses; what went before stays gone.
pub async fn tidy(district: &District) -> Result<usize, StoreError> {
    // One whose file could not be taken away stands in the trail already, and goes now.
    for sha256 in district.store.gone().await? {
        remove(district, &sha256);
    }
    let Some(months) = district.store.keeping().await?.months() else { return Ok(0) };
    let zone = district.limits.zone;
    let Some(day) = district.today().checked_sub_months(Months::new(months)) else { return Ok(0) };
    // At a midnight that the clock skips, nothing goes until tomorrow.
    let midnight = day.and_time(NaiveTime::MIN).and_local_timezone(zone).earliest();
    let Some(midnight) = midnight else { return Ok(0) };
    let before: UtcMs = midnight.to_utc().into();
    let spent = district.store.spent(before, day).await?;
    let mut count = 0;
    for Spent { sha256, last } in spent {
        if !district.shelf.contains(&sha256) {
            continue;
        }
        let now = district.clock.now();
        district.store.let_go(&Actor::command(NAME), &Spent { sha256, last }, now).await?;
        remove(district, &sha256);
        count += 1;
    }
    if count > 0 {
        district.rules_changed();
    }
    Ok(count)
}

fn remove(district: &District, sha256: &crate::radio::ClipHash) {
    if district.shelf.contains(sha256)
        && let Err(error) = district.shelf.remove(sha256)
    {
        tracing::error!(%error, "a recording could not be taken away");
    }
}
