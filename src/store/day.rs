//! A span of days of all stations at once: plan, records and people's words, each in one statement.

use super::{Store, StoreError, StoredDeclaration, StoredRecord, as_run, db::sql, declaration};
use crate::radio::Window;

impl Store {
    /// The records of all airings that begin in a window: of each, in the order in which they were made.
    pub async fn records_within(&self, window: Window) -> Result<Vec<StoredRecord>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select r.airing, r.received_at, r.record from airing a join as_run r on r.airing = a.id
             where a.starts_at >= $1 and a.starts_at < $2 order by r.airing, r.sequence, r.boot",
            window.from.0, window.until.0)?;
        rows.iter().map(as_run::read).collect()
    }

    /// What was declared of all airings that begin in a window.
    pub async fn declarations_within(
        &self,
        window: Window,
    ) -> Result<Vec<StoredDeclaration>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select d.airing, d.outcome, d.started_at, d.cause, d.detail, d.declared_by, d.declared_at, d.key
             from airing a join declaration d on d.airing = a.id
             where a.starts_at >= $1 and a.starts_at < $2
             order by d.airing, d.number",
            window.from.0, window.until.0)?;
        rows.iter().map(declaration::read).collect()
    }
}
