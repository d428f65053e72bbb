//! What people say aired, where no player of Loa's did.

use super::{Store, StoreError, db::sql};
use crate::radio::{AiringId, StationId, UtcMs};

/// Somebody's word about one airing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDeclaration {
    /// Which airing.
    pub airing: AiringId,
    /// How it ended: the word that the API uses.
    pub outcome: String,
    /// When it began, if that was noted.
    pub started_at: Option<UtcMs>,
    /// Anything that people should know.
    pub detail: Option<String>,
    /// Who says so.
    pub declared_by: String,
    /// When they said so.
    pub declared_at: UtcMs,
}

impl Store {
    /// Keeps a declaration; the first stands. Gives the one that stands, and whether it is this one, newly kept.
    pub async fn declare(
        &self,
        declaration: &StoredDeclaration,
    ) -> Result<(StoredDeclaration, bool), StoreError> {
        let mut tx = self.db.begin().await?;
        let kept = sql!(execute &mut tx,
            "insert into declaration (airing, outcome, started_at, detail, declared_by, declared_at)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            declaration.airing.as_str(), declaration.outcome.as_str(),
            declaration.started_at.map(|at| at.0), declaration.detail.as_deref(),
            declaration.declared_by.as_str(), declaration.declared_at.0)?;
        let rows = sql!(fetch &mut tx,
            "select airing, outcome, started_at, detail, declared_by, declared_at
             from declaration where airing = $1", declaration.airing.as_str())?;
        let standing = read(rows.first().ok_or(sqlx::Error::RowNotFound)?)?;
        tx.commit().await?;
        Ok((standing, kept == 1))
    }

    /// The declarations on every airing that begins from one instant to another, both inside.
    pub async fn declarations_between(
        &self,
        station: Option<&StationId>,
        first: UtcMs,
        last: UtcMs,
    ) -> Result<Vec<StoredDeclaration>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select d.airing, d.outcome, d.started_at, d.detail, d.declared_by, d.declared_at
             from airing a join declaration d on d.airing = a.id
             where a.starts_at between $1 and $2 and (a.station = $3 or $3 is null)",
            first.0, last.0, station.map(StationId::as_str))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &super::db::Row) -> Result<StoredDeclaration, StoreError> {
    Ok(StoredDeclaration {
        airing: super::name("declaration on", row.get(0)?)?,
        outcome: row.get(1)?,
        started_at: row.get::<Option<i64>>(2)?.map(UtcMs),
        detail: row.get(3)?,
        declared_by: row.get(4)?,
        declared_at: UtcMs(row.get(5)?),
    })
}
