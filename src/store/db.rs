//! One statement, either engine.

use std::{
    ops::DerefMut,
    sync::{Arc, atomic::AtomicU64},
};

use sqlx::{
    PgConnection, PgPool, Postgres, Row as _, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection,
};

use super::StoreError;

/// The same thing on one engine or the other.
#[derive(Debug, Clone)]
pub(super) enum Engine<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// SQLite allows one writer at a time, so it has a pool of one; readers never wait for it.
#[derive(Debug, Clone)]
pub(super) struct SqlitePools {
    pub(super) write: SqlitePool,
    pub(super) read: SqlitePool,
    /// How often the one that writes was opened: what it knows of others is its own.
    pub(super) opened: Arc<AtomicU64>,
}

pub(super) type Db = Engine<SqlitePools, PgPool>;
pub(super) type Tx = Engine<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>;
pub(super) type Reader = Engine<PoolConnection<Sqlite>, PoolConnection<Postgres>>;
pub(super) type Row = Engine<sqlx::sqlite::SqliteRow, sqlx::postgres::PgRow>;

/// Runs a statement: `execute` gives the rows touched, `fetch` gives rows. Arguments are bound to `$1`, `$2`, …
macro_rules! sql {
    (execute $on:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match &mut *$on {
            $crate::store::db::Engine::Sqlite(on) => {
                sqlx::query($sql)$(.bind($arg))*.execute(&mut **on).await.map(|done| done.rows_affected())
            }
            $crate::store::db::Engine::Postgres(on) => {
                sqlx::query($sql)$(.bind($arg))*.execute(&mut **on).await.map(|done| done.rows_affected())
            }
        }
    };
    (fetch $on:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match &mut *$on {
            $crate::store::db::Engine::Sqlite(on) => sqlx::query($sql)$(.bind($arg))*
                .fetch_all(&mut **on)
                .await
                .map(|rows| rows.into_iter().map($crate::store::db::Row::Sqlite).collect::<Vec<_>>()),
            $crate::store::db::Engine::Postgres(on) => sqlx::query($sql)$(.bind($arg))*
                .fetch_all(&mut **on)
                .await
                .map(|rows| rows.into_iter().map($crate::store::db::Row::Postgres).collect::<Vec<_>>()),
        }
    };
}
pub(super) use sql;

/// A statement between whose two parts stands a list of [`AMONG`] arguments.
macro_rules! one_of {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,",
            "$21,$22,$23,$24,$25,$26,$27,$28,$29,$30,$31,$32,$33,$34,$35,$36,$37,$38,$39,$40)",
            $after
        )
    };
}
pub(super) use one_of;

/// Arguments in the list of [`one_of`].
const AMONG: usize = 40;

/// Runs a statement of [`one_of`] as often as it takes to ask for every name.
pub(super) async fn fetch_among<S, P>(
    on: &mut Engine<S, P>,
    sql: &'static str,
    names: &[&str],
) -> Result<Vec<Row>, StoreError>
where
    S: DerefMut<Target = SqliteConnection>,
    P: DerefMut<Target = PgConnection>,
{
    let mut found = Vec::new();
    for some in names.chunks(AMONG) {
        // The last list is filled with what names nothing, so that one prepared statement serves all.
        let names = some.iter().copied().chain(std::iter::repeat("")).take(AMONG);
        match on {
            Engine::Sqlite(on) => {
                let query = names.fold(sqlx::query(sql), |query, name| query.bind(name));
                found.extend(query.fetch_all(&mut **on).await?.into_iter().map(Row::Sqlite));
            }
            Engine::Postgres(on) => {
                let query = names.fold(sqlx::query(sql), |query, name| query.bind(name));
                found.extend(query.fetch_all(&mut **on).await?.into_iter().map(Row::Postgres));
            }
        }
    }
    Ok(found)
}

impl Db {
    /// A transaction that may write.
    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            // A deferred transaction that turns to writing fails at once when another writes.
            Self::Sqlite(pools) => Engine::Sqlite(pools.write.begin_with("begin immediate").await?),
            Self::Postgres(pool) => Engine::Postgres(pool.begin().await?),
        })
    }

    /// A connection to read with.
    pub(super) async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => Engine::Sqlite(pools.read.acquire().await?),
            Self::Postgres(pool) => Engine::Postgres(pool.acquire().await?),
        })
    }
}

impl Tx {
    /// Makes it last.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes it.
    pub(super) async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

impl Row {
    /// The value of a column, by its place in the statement.
    pub(super) fn get<T>(&self, column: usize) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Sqlite>
            + sqlx::Type<Sqlite>
            + for<'r> sqlx::Decode<'r, Postgres>
            + sqlx::Type<Postgres>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }
}
