//! The keys with which stations sign their records.

use super::{Store, StoreError, Tx, db::sql};
use crate::{
    radio::{StationId, UtcMs},
    signing::PublicKey,
};

/// Notes that a station signs with a key. A key belongs to one station, and one that was revoked is not taken again.
pub(super) async fn keep(
    tx: &mut Tx,
    station: &StationId,
    key: PublicKey,
    now: UtcMs,
) -> Result<bool, StoreError> {
    let key = key.to_string();
    sql!(execute tx,
        "insert into station_key (public_key, station, enrolled_at) values ($1, $2, $3) on conflict do nothing",
        key.as_str(), station.as_str(), now.0)?;
    let rows = sql!(fetch tx,
        "select 1 from station_key where public_key = $1 and station = $2 and revoked_at is null",
        key.as_str(), station.as_str())?;
    Ok(!rows.is_empty())
}

impl Store {
    /// The keys whose signatures count for a station: the one it enrolled with last, and those from before that were not
    /// revoked.
    pub async fn station_keys(&self, station: &StationId) -> Result<Vec<PublicKey>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select public_key from station_key where station = $1 and revoked_at is null",
            station.as_str())?;
        rows.iter()
            .map(|row| {
                let text: String = row.get(0)?;
                text.parse().map_err(|error: crate::signing::BadKey| StoreError::Unreadable {
                    what: "key of station",
                    id: station.to_string(),
                    why: error.to_string(),
                })
            })
            .collect()
    }

    /// Ends every key of a station: what it signs is no longer taken. Gives how many there were.
    pub async fn revoke_station_keys(
        &self,
        station: &StationId,
        now: UtcMs,
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        let ended = sql!(execute &mut tx,
            "update station_key set revoked_at = $2 where station = $1 and revoked_at is null",
            station.as_str(), now.0)?;
        tx.commit().await?;
        Ok(ended)
    }
}
