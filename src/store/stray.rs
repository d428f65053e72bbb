//! Airings that no plan had: a record alone tells of them.
//!
//! The plan may be younger than the rundown that a station follows, after a backup was restored for one. What sounded is
//! then listed with everything else, and says that nobody planned it.

use super::{NewRecord, StoreError, Tx, db::sql, judged};
use crate::radio::{AiringId, StationId, UtcMs};

/// Keeps the airing that a record tells of, unless it is there; what came of it is to be worked out anew. Gives when it begins
/// if its day may have been kept.
pub(super) async fn keep(
    tx: &mut Tx,
    station: &StationId,
    airing: &AiringId,
    record: &NewRecord,
) -> Result<Option<UtcMs>, StoreError> {
    let ends_at = record.due_at + std::time::Duration::from_millis(record.expected_ms);
    let new = sql!(execute tx,
        "insert into airing (id, schedule, station, unit, title, nominal_at, starts_at, ends_at, latest_start,
             digest, refused)
         select $1, $2, s.id, s.unit, $4, $5, $5, $6, $5, '', false from station s where s.id = $3
         on conflict do nothing",
        airing.as_str(), airing.schedule(), station.as_str(), record.title.as_str(),
        record.due_at.0, ends_at.0)?;
    if new == 1 { Ok(Some(record.due_at)) } else { judged::reopen(tx, airing).await }
}
