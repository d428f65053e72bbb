//! What people say aired, where no player of Loa's did.

use super::{
    Store, StoreError,
    db::{fetch_among, one_of, sql},
};
use crate::radio::{AiringId, UtcMs};

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

    /// What was declared of some airings.
    pub async fn declarations_on(
        &self,
        airings: &[&AiringId],
    ) -> Result<Vec<StoredDeclaration>, StoreError> {
        let statement = one_of!(
            "select airing, outcome, started_at, detail, declared_by, declared_at
             from declaration where airing in ",
            ""
        );
        let names: Vec<_> = airings.iter().map(|airing| airing.as_str()).collect();
        let rows = fetch_among(&mut self.db.reader().await?, statement, &names).await?;
        rows.iter().map(read).collect()
    }
}

pub(super) fn read(row: &super::db::Row) -> Result<StoredDeclaration, StoreError> {
    Ok(StoredDeclaration {
        airing: super::name("declaration on", row.get(0)?)?,
        outcome: row.get(1)?,
        started_at: row.get::<Option<i64>>(2)?.map(UtcMs),
        detail: row.get(3)?,
        declared_by: row.get(4)?,
        declared_at: UtcMs(row.get(5)?),
    })
}
