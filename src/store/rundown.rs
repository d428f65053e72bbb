//! Each station's rundown, as the exact text it is sent.

use super::{Store, StoreError, db::sql};
use crate::radio::{StationId, UtcMs};

/// A rundown as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRundown {
    /// Only rises; changes exactly when the content does.
    pub version: u64,
    /// A hash of the content without the version.
    pub digest: String,
    /// The exact text.
    pub payload: String,
}

impl Store {
    /// A station's rundown; none before the first.
    pub async fn rundown(&self, station: &StationId) -> Result<Option<StoredRundown>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select version, digest, payload from rundown where station = $1", station.as_str())?;
        rows.first()
            .map(|row| {
                Ok(StoredRundown {
                    version: row.get::<i64>(0)?.unsigned_abs(),
                    digest: row.get(1)?,
                    payload: row.get(2)?,
                })
            })
            .transpose()
    }

    /// Writes a station's rundown in place of the version before it. False when another did so first.
    pub async fn write_rundown(
        &self,
        station: &StationId,
        rundown: &StoredRundown,
        now: UtcMs,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let written = sql!(execute &mut tx,
            "insert into rundown (station, version, digest, payload, written_at) values ($1, $2, $3, $4, $5)
             on conflict (station) do update set version = excluded.version, digest = excluded.digest,
             payload = excluded.payload, written_at = excluded.written_at
             where rundown.version < excluded.version",
            station.as_str(), rundown.version.cast_signed(), rundown.digest.as_str(),
            rundown.payload.as_str(), now.0)?;
        tx.commit().await?;
        Ok(written == 1)
    }
}
