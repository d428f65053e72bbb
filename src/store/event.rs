//! What was done at the stations: events among their records.

use super::{
    Store, StoreError,
    db::{Row, sql},
};
use crate::radio::{StationId, UtcMs};

/// An event as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// When the district had it on disk.
    pub received_at: UtcMs,
    /// The event whole, as JSON.
    pub json: String,
}

impl Store {
    /// Of each station the last event in which its volume was turned.
    pub async fn last_volumes(&self) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select r.received_at, r.record from as_run r join (
                 select station, max(sequence) as sequence from as_run
                 where kind is not null and kind = 'volume' group by station
             ) as last on last.station = r.station and last.sequence = r.sequence
             where r.kind is not null and r.kind = 'volume'")?;
        rows.iter().map(read).collect()
    }

    /// A station's last events, the newest first, at most so many.
    pub async fn events(
        &self,
        station: &StationId,
        at_most: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select received_at, record from as_run where station = $1 and kind is not null
             order by sequence desc, received_at desc limit $2",
            station.as_str(), i64::from(at_most))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent { received_at: UtcMs(row.get(0)?), json: row.get(1)? })
}
