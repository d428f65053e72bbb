//! Airings that records tell of. Nearly always the plan has them. It may be younger than the rundown that a station follows,
//! after a backup was restored for one: what sounded is then listed with everything else, and says that nobody planned it.

use std::{collections::HashMap, time::Duration};

use super::{
    NewRecord, StoreError, Tx,
    db::{fetch_among, one_of, sql},
    judged,
};
use crate::radio::{AiringId, StationId, UtcMs};

/// Keeps the airings that a record each tells of, unless they are there; what came of those that are is to be worked out
/// anew. Gives when the first and the last of those begin whose days may have been kept.
pub(super) async fn keep(
    tx: &mut Tx,
    told: &HashMap<&AiringId, (&StationId, &NewRecord)>,
) -> Result<Option<(UtcMs, UtcMs)>, StoreError> {
    let names: Vec<&str> = told.keys().map(|airing| airing.as_str()).collect();
    let known = one_of!("select id, state is not null from airing where id in ", "");
    let known = fetch_among(tx, known, &names).await?;
    let known = known.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
    let known = known.collect::<Result<HashMap<String, bool>, StoreError>>()?;
    let mut span = None;
    for (airing, (station, record)) in told {
        let at = match known.get(airing.as_str()) {
            Some(false) => None,
            Some(true) => judged::reopen(tx, airing).await?,
            None => {
                add(tx, station, airing, record).await?;
                Some(record.due_at)
            }
        };
        if let Some(at) = at {
            let (first, last) = span.unwrap_or((at, at));
            span = Some((at.min(first), at.max(last)));
        }
    }
    Ok(span)
}

async fn add(
    tx: &mut Tx,
    station: &StationId,
    airing: &AiringId,
    record: &NewRecord,
) -> Result<(), StoreError> {
    let ends_at = record.due_at + Duration::from_millis(record.expected_ms);
    sql!(execute tx,
        "insert into airing (id, schedule, station, unit, title, nominal_at, starts_at, ends_at, latest_start,
             digest, refused)
         select $1, $2, s.id, s.unit, $4, $5, $5, $6, $5, '', false from station s where s.id = $3
         on conflict do nothing",
        airing.as_str(), airing.schedule(), station.as_str(), record.title.as_str(),
        record.due_at.0, ends_at.0)?;
    Ok(())
}
