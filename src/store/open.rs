//! Opens either database, brings its tables up to date, and distrusts it first.

use std::{str::FromStr, time::Duration};

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Store, StoreError,
    db::{Db, Engine, SqlitePools, sql},
    writer::Writer,
};

/// Append-only: a migration that has been released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] =
    &[(1, "district", include_str!("../../migrations/0001_district.sql"))];

/// The first SQLite without the bug that corrupts a database in WAL mode.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

impl Store {
    /// Opens `sqlite:FILE` (made when missing) or `postgres://…`, checks it and brings its tables up to date. Must be
    /// called inside a tokio runtime.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let db = if url.starts_with("sqlite:") {
            open_sqlite(url).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10))
                .connect(url)
                .await?;
            migrator().run(&pool).await?;
            Engine::Postgres(pool)
        } else {
            return Err(StoreError::Address(url.to_owned()));
        };
        let writer = Writer::start(db.clone());
        Ok(Self { db, writer })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sql!(fetch &mut self.db.reader().await?, "select 1")?;
        Ok(())
    }

    /// Lets waiting records be committed, then closes every connection.
    pub async fn close(&self) {
        self.writer.stop().await;
        match &self.db {
            Engine::Sqlite(pools) => {
                pools.read.close().await;
                pools.write.close().await;
            }
            Engine::Postgres(pool) => pool.close().await,
        }
    }
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(version, name, text)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

async fn open_sqlite(url: &str) -> Result<Db, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10));
    let file = options.get_filename().display().to_string();
    let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    let read = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
    let db = Engine::Sqlite(SqlitePools { write: write.clone(), read });

    let mut reader = db.reader().await?;
    let version: String = first(sql!(fetch &mut reader, "select sqlite_version()")?)?;
    if parse_version(&version) < Some(OLDEST_SQLITE) {
        return Err(StoreError::OldSqlite(version));
    }
    let found: String = first(sql!(fetch &mut reader, "pragma quick_check(1)")?)?;
    if found != "ok" {
        return Err(StoreError::Damaged { file, found });
    }
    drop(reader);
    migrator().run(&write).await?;
    Ok(db)
}

fn first(rows: Vec<super::db::Row>) -> Result<String, StoreError> {
    rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(parse_version("3.9.12") < Some(OLDEST_SQLITE));
        assert!(parse_version("3.51.2") < Some(OLDEST_SQLITE));
        assert!(parse_version("3.51.3") >= Some(OLDEST_SQLITE));
        assert!(parse_version("3.100.0") > Some(OLDEST_SQLITE));
        assert!(parse_version("rubbish") < Some(OLDEST_SQLITE));
    }
}
