//! One-time codes with which a station becomes known.

use super::{
    Actor, Bearer, Deed, Secret, Store, StoreError, Tx, audit, db::sql, log, station_key, token,
};
use crate::{
    radio::{StationId, UtcMs},
    signing::PublicKey,
};

async fn make(tx: &mut Tx, station: &StationId, expires_at: UtcMs) -> Result<Secret, StoreError> {
    let code = Secret::new()?;
    if sql!(fetch tx, "select 1 from station where id = $1", station.as_str())?.is_empty() {
        return Err(StoreError::Dangling(format!(
            "there is no station \"{station}\": apply its TOML first"
        )));
    }
    sql!(execute tx, "insert into enrolment (sha256, station, expires_at) values ($1, $2, $3)",
        token::fingerprint(code.reveal()), station.as_str(), expires_at.0)?;
    Ok(code)
}

impl Store {
    /// Makes a code for a station that works once and until an instant.
    pub async fn create_code(
        &self,
        station: &StationId,
        expires_at: UtcMs,
    ) -> Result<Secret, StoreError> {
        let mut tx = self.db.begin().await?;
        let code = make(&mut tx, station, expires_at).await?;
        tx.commit().await?;
        Ok(code)
    }

    /// The same for somebody, with its line in the trail.
    pub async fn create_code_by(
        &self,
        actor: &Actor,
        station: &StationId,
        expires_at: UtcMs,
        now: UtcMs,
    ) -> Result<Secret, StoreError> {
        let mut tx = self.db.begin().await?;
        let code = make(&mut tx, station, expires_at).await?;
        let after = serde_json::json!({ "expires_at": expires_at });
        let deed = Deed::StationCodeMade;
        audit::note(&mut tx, (actor, now), deed, station.as_str(), None, Some(after)).await?;
        tx.commit().await?;
        Ok(code)
    }

    /// Turns a code into a station's token; none when the code is unknown, used or expired, or the key was revoked or is
    /// another station's. Tokens that the station had before end; what its keys signed stays signed.
    pub async fn enrol(
        &self,
        code: &str,
        key: Option<PublicKey>,
        now: UtcMs,
    ) -> Result<Option<(StationId, Secret)>, StoreError> {
        self.enrol_by(&token::fingerprint(code), key, now).await
    }

    /// The same, by the code's SHA-256: who shows the code itself on no line.
    pub async fn enrol_by(
        &self,
        sha256: &str,
        key: Option<PublicKey>,
        now: UtcMs,
    ) -> Result<Option<(StationId, Secret)>, StoreError> {
        let mut tx = self.db.begin().await?;
        log::lock(&mut tx).await?;
        let claimed = sql!(execute &mut tx,
            "update enrolment set used_at = $2 where sha256 = $1 and used_at is null and expires_at > $2",
            sha256, now.0)?;
        if claimed == 0 {
            return Ok(None);
        }
        let rows = sql!(fetch &mut tx, "select station from enrolment where sha256 = $1", sha256)?;
        let text = rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)?;
        let station: StationId = super::name("enrolment of", text)?;
        if let Some(key) = key
            && !station_key::keep(&mut tx, &station, key, now).await?
        {
            return Ok(None);
        }
        let bearer = Bearer::Station(station.clone());
        token::revoke(&mut tx, &bearer, now).await?;
        let secret = token::create(&mut tx, &bearer, now).await?;
        tx.commit().await?;
        Ok(Some((station, secret)))
    }

    /// The SHA-256 of every code that may still be used.
    pub async fn open_codes(&self, now: UtcMs) -> Result<Vec<String>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select sha256 from enrolment where used_at is null and expires_at > $1", now.0)?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The station that enrolled with a key, if that was not revoked since.
    pub async fn station_of_key(&self, key: PublicKey) -> Result<Option<StationId>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select station from station_key where public_key = $1 and revoked_at is null",
            key.to_string())?;
        rows.first().map(|row| super::name("key of station", row.get(0)?)).transpose()
    }
}
