//! The keys with which stations sign their records.

use super::{Actor, Bearer, Deed, Store, StoreError, Tx, audit, db::sql, log, token};
use crate::{
    log::{Entry, Revoked as KeyRevoked, StationKey},
    radio::{StationId, UtcMs},
    signing::PublicKey,
};

/// How much of a station's was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    /// Tokens.
    pub tokens: u64,
    /// Keys.
    pub keys: u64,
    /// Codes that were not used.
    pub codes: u64,
}

/// Notes that a station signs with a key. A key belongs to one station, and one that was revoked is not taken again.
pub(super) async fn keep(
    tx: &mut Tx,
    station: &StationId,
    key: PublicKey,
    now: UtcMs,
) -> Result<bool, StoreError> {
    let key = key.to_string();
    let place = log::lock(tx).await?;
    let fresh = sql!(execute tx,
        "insert into station_key (public_key, station, enrolled_at, log_position) values ($1, $2, $3, $4)
         on conflict (public_key) do nothing",
        key.as_str(), station.as_str(), now.0, place.cast_signed())?;
    if fresh == 1 {
        let at = now.to_string().into();
        let entry = StationKey { at, station: station.as_str().into(), key: key.as_str().into() };
        log::append(tx, place, &Entry::StationKey(entry)).await?;
    }
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

    /// Ends all that a station can show: its tokens, its keys, so that what they sign is no longer taken, and the codes
    /// with which it could enrol again.
    pub async fn revoke_station(
        &self,
        station: &StationId,
        now: UtcMs,
    ) -> Result<Revoked, StoreError> {
        let mut tx = self.db.begin().await?;
        let revoked = revoke(&mut tx, station, now).await?;
        tx.commit().await?;
        Ok(revoked)
    }

    /// The same by somebody, with its line in the trail.
    pub async fn revoke_station_by(
        &self,
        actor: &Actor,
        station: &StationId,
        now: UtcMs,
    ) -> Result<Revoked, StoreError> {
        let mut tx = self.db.begin().await?;
        let revoked = revoke(&mut tx, station, now).await?;
        let Revoked { tokens, keys, codes } = revoked;
        if tokens + keys + codes > 0 {
            let after = serde_json::json!({ "tokens": tokens, "keys": keys, "codes": codes });
            let deed = Deed::StationRevoked;
            audit::note(&mut tx, (actor, now), deed, station.as_str(), None, Some(after)).await?;
        }
        tx.commit().await?;
        Ok(revoked)
    }
}

async fn revoke(tx: &mut Tx, station: &StationId, now: UtcMs) -> Result<Revoked, StoreError> {
    log::lock(tx).await?;
    let held = sql!(fetch tx,
        "select public_key from station_key where station = $1 and revoked_at is null order by public_key",
        station.as_str())?;
    let mut keys = 0;
    for row in &held {
        let key: String = row.get(0)?;
        let place = log::lock(tx).await?;
        let ended = sql!(execute tx,
            "update station_key set revoked_at = $2, revoked_position = $3
             where public_key = $1 and revoked_at is null",
            key.as_str(), now.0, place.cast_signed())?;
        if ended == 1 {
            let (at, station) = (now.to_string().into(), station.as_str().into());
            let entry = Entry::StationKeyRevoked(KeyRevoked { at, station, key: key.into() });
            log::append(tx, place, &entry).await?;
            keys += 1;
        }
    }
    let codes = sql!(execute tx,
        "update enrolment set used_at = $2 where station = $1 and used_at is null and expires_at > $2",
        station.as_str(), now.0)?;
    let tokens = token::revoke(tx, &Bearer::Station(station.clone()), now).await?;
    Ok(Revoked { tokens, keys, codes })
}
