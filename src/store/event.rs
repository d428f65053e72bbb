//! What was done at the stations: events among their records.

use super::{Store, StoreError, db::sql};
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
        rows.iter()
            .map(|row| Ok(StoredEvent { received_at: UtcMs(row.get(0)?), json: row.get(1)? }))
            .collect()
    }
}
