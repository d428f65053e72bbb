//! Which entries somebody may have written since one looked last: what the engine itself tells, whoever it was.
//!
//! SQLite tells a connection whether any other has written (`pragma data_version`), and the program writes through one alone.
//! In PostgreSQL every row names the transaction that wrote it (`xmin`).

use std::{collections::BTreeSet, sync::atomic::Ordering};

use super::super::{
    Store, StoreError,
    db::{Engine, Reader, sql},
};
use crate::log::WIDTH;

/// How far a look saw.
#[derive(Debug, Clone)]
pub struct LogMark(
    /// Of SQLite, which of the writing connections, and what it knew of others; of PostgreSQL, the oldest transaction that had
    /// not ended.
    Engine<(u64, i64), u64>,
);

impl LogMark {
    /// Of PostgreSQL, the oldest transaction that had not ended.
    pub(in crate::store) fn transaction(&self) -> Option<u64> {
        match self.0 {
            Engine::Sqlite(_) => None,
            Engine::Postgres(oldest) => Some(oldest),
        }
    }
}

/// What may have been written since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// Anything.
    Anything,
    /// Only entries in these tiles of leaves, by number.
    Tiles(BTreeSet<u64>),
}

/// Whether there is a row for each entry, in which tiles a row or the hashes were written since a transaction began, and which
/// transaction is the oldest now: all at one moment.
const WRITTEN: &str =
    "with since (reach) as (select age($1::text::xid8::xid)),
     log (size) as (select size from log_head where id = 'log'),
     placed (entry, is_new) as (
         select log_position, age(xmin) <= (select reach from since) from as_run
         union all select log_position, age(xmin) <= (select reach from since) from declaration
         union all select log_position, age(xmin) <= (select reach from since) from ruling
         union all select log_position, age(xmin) <= (select reach from since) from audit
         union all select log_position, age(xmin) <= (select reach from since) from station_key
         union all select revoked_position, age(xmin) <= (select reach from since) from station_key
         union all select log_position, age(xmin) <= (select reach from since) from channel_report
         union all select withdrawn_position, age(xmin) <= (select reach from since) from channel_report
         union all select log_position, age(xmin) <= (select reach from since) from log_entry)
     select count(entry) filter (where entry >= 0 and entry < (select size from log)) = (select size from log),
         coalesce(string_agg(distinct (entry / $2)::text, ',') filter (where is_new), ''),
         coalesce((select string_agg(place::text, ',') from log_tile
             where level = 0 and age(xmin) <= (select reach from since)), ''),
         pg_snapshot_xmin(pg_current_snapshot())::text
     from placed";

const OLDEST: &str = "select pg_snapshot_xmin(pg_current_snapshot())::text";

impl Store {
    /// What of the log may have been written since a mark, by whomever; and the mark of now. On SQLite what this program wrote
    /// itself is not among it.
    pub async fn log_touched(
        &self,
        since: Option<&LogMark>,
    ) -> Result<(LogMark, Touched), StoreError> {
        match &self.db {
            Engine::Sqlite(pools) => {
                let mut writer: Reader = Engine::Sqlite(pools.write.acquire().await?);
                // There is one at a time, and this one is held.
                let which = pools.opened.load(Ordering::SeqCst);
                let rows = sql!(fetch &mut writer, "pragma data_version")?;
                let now = (which, rows.first().ok_or(sqlx::Error::RowNotFound)?.get::<i64>(0)?);
                let is_same =
                    matches!(since, Some(LogMark(Engine::Sqlite(before))) if *before == now);
                let touched =
                    if is_same { Touched::Tiles(BTreeSet::new()) } else { Touched::Anything };
                Ok((LogMark(Engine::Sqlite(now)), touched))
            }
            Engine::Postgres(_) => {
                let mut reader = self.db.reader().await?;
                let Some(LogMark(Engine::Postgres(before))) = since else {
                    let rows = sql!(fetch &mut reader, OLDEST)?;
                    let oldest = rows.first().ok_or(sqlx::Error::RowNotFound)?.get::<String>(0)?;
                    return Ok((LogMark(Engine::Postgres(number(&oldest)?)), Touched::Anything));
                };
                let rows =
                    sql!(fetch &mut reader, WRITTEN, before.to_string(), WIDTH.cast_signed())?;
                let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
                // A row that is gone leaves no trace but the count; and a database that was set back counts from before.
                let is_whole = row.get::<Option<bool>>(0)?.unwrap_or_default();
                let lists: [String; 2] = [row.get(1)?, row.get(2)?];
                let now = number(&row.get::<String>(3)?)?;
                let touched = if is_whole && now >= *before {
                    // What is no number of a tile is a place that no entry has.
                    let tiles = lists.iter().flat_map(|list| list.split(','));
                    Touched::Tiles(tiles.filter_map(|tile| tile.parse().ok()).collect())
                } else {
                    Touched::Anything
                };
                Ok((LogMark(Engine::Postgres(now)), touched))
            }
        }
    }
}

fn number(text: &str) -> Result<u64, StoreError> {
    text.parse().map_err(|error: std::num::ParseIntError| StoreError::Unreadable {
        what: "number of a transaction",
        id: text.to_owned(),
        why: error.to_string(),
    })
}
