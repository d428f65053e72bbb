//! As-run records: what really sounded, kept for good.

use super::{Store, StoreError, db::sql};
use crate::radio::{AiringId, StationId, UtcMs};

/// A record as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// What was to air.
    pub airing: String,
    /// The record whole, as JSON.
    pub json: String,
}

impl Store {
    /// The records of every airing that begins from one instant to another, both inside, at one station or at all;
    /// in the order in which they were made.
    pub async fn records_between(
        &self,
        station: Option<&StationId>,
        first: UtcMs,
        last: UtcMs,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select r.airing, r.record from airing a join as_run r on r.airing = a.id
             where a.starts_at between $1 and $2 and (a.station = $3 or $3 is null)
             order by r.airing, r.sequence, r.boot",
            first.0, last.0, station.map(StationId::as_str))?;
        rows.iter().map(read).collect()
    }

    /// The records of one airing, in the order in which they were made.
    pub async fn records_of(&self, airing: &AiringId) -> Result<Vec<StoredRecord>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select airing, record from as_run where airing = $1 order by sequence, boot",
            airing.as_str())?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &super::db::Row) -> Result<StoredRecord, StoreError> {
    Ok(StoredRecord { airing: row.get(0)?, json: row.get(1)? })
}
