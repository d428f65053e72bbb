//! Who may call: 256-bit secrets, of which only the SHA-256 is kept.

use std::{collections::HashMap, fmt};

use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Actor, Deed, Store, StoreError, Tx, audit, db::sql};
use crate::radio::{StationId, UtcMs};

/// A secret to hand over once. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Fresh from the system's randomness: 64 hexadecimal digits.
    pub fn new() -> Result<Self, StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
        Ok(Self(hex::encode(bytes)))
    }

    /// One that somebody shows; none: it cannot be one of ours.
    pub fn shown(text: &str) -> Option<Self> {
        let is_ours = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        is_ours.then(|| Self(text.to_owned()))
    }

    /// The text, for the one to whom it belongs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whom a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// A station's player.
    Station(StationId),
    /// A person, by name.
    Person(String),
}

impl Bearer {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Station(id) => ("station", id.as_str()),
            Self::Person(name) => ("person", name.as_str()),
        }
    }
}

impl fmt::Display for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Station(id) => write!(f, "station {id}"),
            Self::Person(name) => f.write_str(name),
        }
    }
}

pub(super) fn fingerprint(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

pub(super) async fn create(tx: &mut Tx, bearer: &Bearer, now: UtcMs) -> Result<Secret, StoreError> {
    let secret = Secret::new()?;
    let (kind, name) = bearer.columns();
    sql!(execute tx, "insert into token (sha256, kind, name, created_at) values ($1, $2, $3, $4)",
        fingerprint(secret.reveal()), kind, name, now.0)?;
    Ok(secret)
}

/// Ends every token of somebody; gives how many there were.
pub(super) async fn revoke(tx: &mut Tx, bearer: &Bearer, now: UtcMs) -> Result<u64, StoreError> {
    let (kind, name) = bearer.columns();
    Ok(sql!(execute tx,
        "update token set revoked_at = $3 where kind = $1 and name = $2 and revoked_at is null",
        kind, name, now.0)?)
}

impl Store {
    /// Makes a token; it is told only here.
    pub async fn create_token(&self, bearer: &Bearer, now: UtcMs) -> Result<Secret, StoreError> {
        let mut tx = self.db.begin().await?;
        let secret = create(&mut tx, bearer, now).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// The same by a command, with its line in the trail.
    pub async fn create_token_by(
        &self,
        actor: &Actor,
        bearer: &Bearer,
        now: UtcMs,
    ) -> Result<Secret, StoreError> {
        let mut tx = self.db.begin().await?;
        let secret = create(&mut tx, bearer, now).await?;
        let subject = bearer.columns().1;
        audit::note(&mut tx, (actor, now), Deed::TokenMade, subject, None, None).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Whom a token belongs to; none when it is unknown or revoked.
    pub async fn bearer(&self, token: &str) -> Result<Option<Bearer>, StoreError> {
        let sha256 = fingerprint(token);
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select sha256, kind, name from token where sha256 = $1 and revoked_at is null",
            sha256.as_str())?;
        let Some(row) = rows.first() else { return Ok(None) };
        let stored: String = row.get(0)?;
        if !bool::from(stored.as_bytes().ct_eq(sha256.as_bytes())) {
            return Ok(None);
        }
        let (kind, name): (String, String) = (row.get(1)?, row.get(2)?);
        if kind == "person" {
            return Ok(Some(Bearer::Person(name)));
        }
        Ok(Some(Bearer::Station(super::name("token of", name)?)))
    }

    /// How many tokens have been ended so far: it rises with each.
    pub async fn ended_tokens(&self) -> Result<i64, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select count(*) from token where revoked_at is not null",)?;
        rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)
    }

    /// The stations that have a token, each with the instant of its newest.
    pub async fn enrolled_stations(&self) -> Result<HashMap<StationId, UtcMs>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select name, max(created_at) from token where kind = 'station' and revoked_at is null group by name")?;
        rows.iter()
            .map(|row| Ok((super::name("token of", row.get(0)?)?, UtcMs(row.get(1)?))))
            .collect()
    }

    /// Ends every token of somebody by a command, with its line in the trail; gives how many there were.
    pub async fn revoke_tokens_by(
        &self,
        actor: &Actor,
        bearer: &Bearer,
        now: UtcMs,
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        let tokens = revoke(&mut tx, bearer, now).await?;
        if tokens > 0 {
            let (subject, after) = (bearer.columns().1, Some(json!({ "tokens": tokens })));
            audit::note(&mut tx, (actor, now), Deed::TokensRevoked, subject, None, after).await?;
        }
        tx.commit().await?;
        Ok(tokens)
    }

    /// Ends every token of somebody; gives how many there were.
    pub async fn revoke_tokens(&self, bearer: &Bearer, now: UtcMs) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        let ended = revoke(&mut tx, bearer, now).await?;
        tx.commit().await?;
        Ok(ended)
    }
}
