//! What people report as out of order at a station, until somebody puts it right. What a station says of itself is in
//! `fault.rs`.

use serde_json::{Value, json};

use super::{
    Actor, Deed, Store, StoreError,
    audit::{note, random_name},
    db::{Row, sql},
    name,
};
use crate::radio::{PersonId, StationId, UtcMs};

/// A fault as somebody reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTrouble {
    /// Where.
    pub station: StationId,
    /// What, as a code.
    pub kind: String,
    /// What else there is to say.
    pub detail: Option<String>,
    /// What its sender calls it, so that it may be sent again.
    pub key: Option<String>,
}

/// A fault as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTrouble {
    /// Made by Loa; stays.
    pub id: String,
    /// Where.
    pub station: StationId,
    /// What, as a code: an older Loa may have known others.
    pub kind: String,
    /// What else was said.
    pub detail: Option<String>,
    /// Who reported it.
    pub reported_by: String,
    /// When.
    pub reported_at: UtcMs,
    /// Who put it right, when and how; none: it stands.
    pub closing: Option<Closing>,
}

/// The end of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Who says so.
    pub by: String,
    /// When.
    pub at: UtcMs,
    /// What was done.
    pub remedy: Option<String>,
}

/// The columns that [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, station, kind, detail, reported_by, reported_at, closed_by, closed_at, remedy from trouble ",
            $rest
        )
    };
}

impl Store {
    /// Keeps a fault. The same under the same key is kept once. Gives the one that is kept.
    pub async fn report_trouble(
        &self,
        actor: &Actor,
        fault: &NewTrouble,
        now: UtcMs,
    ) -> Result<StoredTrouble, StoreError> {
        let mut tx = self.db.begin().await?;
        let id = random_name()?;
        let (station, kind) = (fault.station.as_str(), fault.kind.as_str());
        let kept = sql!(execute &mut tx,
            "insert into trouble (id, station, kind, detail, person, reported_by, reported_at, key)
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
            id.as_str(), station, kind, fault.detail.as_deref(),
            actor.person.as_ref().map(PersonId::as_str), actor.name.as_str(), now.0,
            fault.key.as_deref())?;
        if kept == 1 {
            let after = json!({"kind": kind, "detail": fault.detail});
            note(&mut tx, (actor, now), Deed::FaultReported, station, None, Some(after)).await?;
        }
        let rows = sql!(fetch &mut tx,
            select!("where id = $1 or (station = $2 and key = $3)"),
            id.as_str(), station, fault.key.as_deref())?;
        let stands = read(rows.first().ok_or(sqlx::Error::RowNotFound)?)?;
        tx.commit().await?;
        Ok(stands)
    }

    /// Says that a fault is put right. False: there is none of that name that stands.
    pub async fn close_trouble(
        &self,
        actor: &Actor,
        id: &str,
        remedy: Option<&str>,
        now: UtcMs,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let closed = sql!(execute &mut tx,
            "update trouble set closed_by = $2, closed_at = $3, remedy = $4 where id = $1 and closed_at is null",
            id, actor.name.as_str(), now.0, remedy)?;
        if closed == 0 {
            return Ok(false);
        }
        let rows = sql!(fetch &mut tx, select!("where id = $1"), id)?;
        let fault = read(rows.first().ok_or(sqlx::Error::RowNotFound)?)?;
        let before: Value = json!({"kind": fault.kind, "detail": fault.detail});
        let after = json!({"remedy": remedy});
        let subject = fault.station.as_str();
        note(&mut tx, (actor, now), Deed::FaultClosed, subject, Some(before), Some(after)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// One fault by name.
    pub async fn trouble(&self, id: &str) -> Result<Option<StoredTrouble>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, select!("where id = $1"), id)?;
        rows.first().map(read).transpose()
    }

    /// The faults that stand, the longest first.
    pub async fn open_troubles(&self) -> Result<Vec<StoredTrouble>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("where closed_at is null order by reported_at, id"))?;
        rows.iter().map(read).collect()
    }

    /// The faults that were closed since an instant, the last closed first.
    pub async fn closed_troubles(&self, since: UtcMs) -> Result<Vec<StoredTrouble>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("where closed_at >= $1 order by closed_at desc, id"), since.0)?;
        rows.iter().map(read).collect()
    }

    /// What was reported of one station, the newest first, at most so many.
    pub async fn troubles_at(
        &self,
        station: &StationId,
        at_most: u32,
    ) -> Result<Vec<StoredTrouble>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("where station = $1 order by reported_at desc, id limit $2"),
            station.as_str(), i64::from(at_most))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<StoredTrouble, StoreError> {
    let (by, at): (Option<String>, Option<i64>) = (row.get(6)?, row.get(7)?);
    let remedy = row.get(8)?;
    Ok(StoredTrouble {
        id: row.get(0)?,
        station: name("fault at", row.get(1)?)?,
        kind: row.get(2)?,
        detail: row.get(3)?,
        reported_by: row.get(4)?,
        reported_at: UtcMs(row.get(5)?),
        closing: by.zip(at).map(|(by, at)| Closing { by, at: UtcMs(at), remedy }),
    })
}
