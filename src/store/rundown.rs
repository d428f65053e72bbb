//! Each station's rundown, as the exact text it is sent.

use std::collections::HashMap;

use super::{Store, StoreError, Tx, db::sql, json, name};
use crate::{
    radio::{StationId, UtcMs},
    signing::Envelope,
};

/// What tells one version of a rundown from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RundownHead {
    /// Only rises; changes exactly when what is planned does.
    pub version: u64,
    /// A hash of its days and of the airings in them as they are planned.
    pub digest: String,
}

/// A rundown as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRundown {
    /// Which version.
    pub head: RundownHead,
    /// As it was signed.
    pub envelope: Envelope,
}

/// What became of one version of a rundown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RundownSent {
    /// When it was written.
    pub written_at: UtcMs,
    /// When the station first said that it has it, or a later one; none: it has not.
    pub taken_at: Option<UtcMs>,
}

/// Notes which version a station has: with it, it has all that came before.
pub(super) async fn note_taken(
    tx: &mut Tx,
    station: &StationId,
    version: u64,
    now: UtcMs,
) -> Result<(), StoreError> {
    sql!(execute tx,
        "update rundown_version set taken_at = $3 where station = $1 and version <= $2 and taken_at is null",
        station.as_str(), version.cast_signed(), now.0)?;
    Ok(())
}

impl Store {
    /// The version of every station's rundown.
    pub async fn rundown_versions(&self) -> Result<HashMap<StationId, u64>, StoreError> {
        let rows =
            sql!(fetch &mut self.db.reader().await?, "select station, version from rundown")?;
        rows.iter()
            .map(|row| Ok((name("rundown of", row.get(0)?)?, row.get::<i64>(1)?.unsigned_abs())))
            .collect()
    }

    /// What became of a version of a station's rundown; none: nothing is known of it.
    pub async fn rundown_sent(
        &self,
        station: &StationId,
        version: u64,
    ) -> Result<Option<RundownSent>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select written_at, taken_at from rundown_version where station = $1 and version = $2",
            station.as_str(), version.cast_signed())?;
        rows.first()
            .map(|row| {
                Ok(RundownSent {
                    written_at: UtcMs(row.get(0)?),
                    taken_at: row.get::<Option<i64>>(1)?.map(UtcMs),
                })
            })
            .transpose()
    }

    /// Which version of its rundown a station is to follow; none before the first. Spares reading the whole.
    pub async fn rundown_head(
        &self,
        station: &StationId,
    ) -> Result<Option<RundownHead>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select version, digest from rundown where station = $1", station.as_str())?;
        rows.first().map(read).transpose()
    }

    /// A station's rundown; none before the first.
    pub async fn rundown(&self, station: &StationId) -> Result<Option<StoredRundown>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select version, digest, payload from rundown where station = $1", station.as_str())?;
        let Some(row) = rows.first() else { return Ok(None) };
        let envelope = json("rundown of", station.as_str(), &row.get::<String>(2)?)?;
        Ok(Some(StoredRundown { head: read(row)?, envelope }))
    }

    /// Writes a station's rundown in place of the version before it. False when another did so first.
    pub async fn write_rundown(
        &self,
        station: &StationId,
        rundown: &StoredRundown,
        now: UtcMs,
    ) -> Result<bool, StoreError> {
        let head = &rundown.head;
        let payload =
            serde_json::to_string(&rundown.envelope).map_err(|error| StoreError::Unreadable {
                what: "rundown of",
                id: station.to_string(),
                why: error.to_string(),
            })?;
        let mut tx = self.db.begin().await?;
        let written = sql!(execute &mut tx,
            "insert into rundown (station, version, digest, payload, written_at) values ($1, $2, $3, $4, $5)
             on conflict (station) do update set version = excluded.version, digest = excluded.digest,
             payload = excluded.payload, written_at = excluded.written_at
             where rundown.version < excluded.version",
            station.as_str(), head.version.cast_signed(), head.digest.as_str(),
            payload, now.0)?;
        if written == 1 {
            sql!(execute &mut tx,
                "insert into rundown_version (station, version, written_at) values ($1, $2, $3)
                 on conflict (station, version) do update set written_at = excluded.written_at",
                station.as_str(), head.version.cast_signed(), now.0)?;
        }
        tx.commit().await?;
        Ok(written == 1)
    }
}

fn read(row: &super::db::Row) -> Result<RundownHead, StoreError> {
    Ok(RundownHead { version: row.get::<i64>(0)?.unsigned_abs(), digest: row.get(1)? })
}
