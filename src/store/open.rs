//! Opens either database, brings its tables up to date, and distrusts it first.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    Connection as _, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    CopyError, Store, StoreError,
    db::{Db, Engine, SqlitePools, sql},
    writer::Writer,
};
use crate::private;

/// Append-only: a migration that has been released is never changed.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "district", include_str!("../../migrations/0001_district.sql")),
    (2, "signatures", include_str!("../../migrations/0002_signatures.sql")),
    (4, "chain", include_str!("../../migrations/0004_chain.sql")),
    (6, "events", include_str!("../../migrations/0006_events.sql")),
    (10, "people", include_str!("../../migrations/0010_people.sql")),
    (12, "bulletins", include_str!("../../migrations/0012_bulletins.sql")),
    (13, "approval", include_str!("../../migrations/0013_approval.sql")),
    (14, "faults", include_str!("../../migrations/0014_faults.sql")),
    (15, "word", include_str!("../../migrations/0015_word.sql")),
    (16, "log", include_str!("../../migrations/0016_log.sql")),
    (17, "judged", include_str!("../../migrations/0017_judged.sql")),
    (18, "public", include_str!("../../migrations/0018_public.sql")),
    (19, "channels", include_str!("../../migrations/0019_channels.sql")),
    (20, "settled", include_str!("../../migrations/0020_settled.sql")),
    (22, "judgement", include_str!("../../migrations/0022_judgement.sql")),
    (24, "declared", include_str!("../../migrations/0024_declared.sql")),
];

/// The first SQLite without the bug that corrupts a database in WAL mode.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

impl Store {
    /// Opens `sqlite:FILE` (made when missing) or `postgres://…`, checks it and brings its tables up to date. Must be
    /// called inside a tokio runtime.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let db = connect(url, For::Work).await?;
        distrust(&db).await?;
        match &db {
            Engine::Sqlite(pools) => migrator(i64::MAX).run(&pools.write).await?,
            Engine::Postgres(pool) => migrator(i64::MAX).run(pool).await?,
        }
        let writer = Writer::start(db.clone());
        let store = Self { db, writer };
        super::clip::fill_in(&store).await?;
        super::log::begin(&store).await?;
        super::judged::begin(&store).await?;
        Ok(store)
    }

    /// Opens a database to look only, without changing its tables; says which engine it is.
    pub async fn look(url: &str) -> Result<(String, Self), StoreError> {
        let db = connect(url, For::Look).await?;
        match distrust(&db).await {
            Ok(engine) => Ok((engine, Self { writer: Writer::start(db.clone()), db })),
            Err(error) => {
                close(&db).await;
                Err(error)
            }
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sql!(fetch &mut self.db.reader().await?, "select 1")?;
        Ok(())
    }

    /// Lets waiting records be committed, then closes every connection.
    pub async fn close(&self) {
        self.writer.stop().await;
        close(&self.db).await;
    }
}

/// A database without a row, with the tables that it had at a migration.
pub(super) async fn empty(url: &str, version: i64) -> Result<Db, CopyError> {
    if !MIGRATIONS.iter().any(|(known, ..)| *known == version) {
        return Err(CopyError::Newer(version));
    }
    let db = connect(url, For::Work).await?;
    let tables = match &db {
        Engine::Sqlite(_) => "select count(*) from sqlite_master where type = 'table'",
        Engine::Postgres(_) => {
            "select count(*) from information_schema.tables where table_schema = current_schema()"
        }
    };
    let rows = sql!(fetch &mut db.reader().await?, tables)?;
    if rows.first().ok_or(sqlx::Error::RowNotFound)?.get::<i64>(0)? > 0 {
        close(&db).await;
        return Err(CopyError::NotEmpty);
    }
    let migrator = migrator(version);
    match &db {
        Engine::Sqlite(pools) => migrator.run(&pools.write).await,
        Engine::Postgres(pool) => migrator.run(pool).await,
    }
    .map_err(StoreError::from)?;
    Ok(db)
}

/// A database as it is, to write in.
pub(super) async fn work(url: &str) -> Result<Db, StoreError> {
    connect(url, For::Work).await
}

pub(super) async fn close(db: &Db) {
    match db {
        Engine::Sqlite(pools) => {
            pools.read.close().await;
            pools.write.close().await;
        }
        Engine::Postgres(pool) => pool.close().await,
    }
}

/// Brings tables up to a version.
fn migrator(version: i64) -> Migrator {
    let wanted = MIGRATIONS.iter().filter(|(known, ..)| *known <= version);
    let migrations = wanted.map(|(version, name, text)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// What a database is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Work,
    Look,
}

async fn connect(url: &str, wanted: For) -> Result<Db, StoreError> {
    match url.split(':').next().unwrap_or_default() {
        "sqlite" => connect_sqlite(url, wanted).await,
        "postgres" | "postgresql" => {
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10))
                .connect(url)
                .await?;
            Ok(Engine::Postgres(pool))
        }
        // The rest of it may hold a password.
        scheme => Err(StoreError::Address(scheme.to_owned())),
    }
}

async fn connect_sqlite(url: &str, wanted: For) -> Result<Db, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10));
    let options = match wanted {
        For::Look => options.read_only(true),
        For::Work => {
            let file = options.get_filename();
            private::file(file)
                .map_err(|source| StoreError::File { file: file.display().to_string(), source })?;
            options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
        }
    };
    let opened = Arc::new(AtomicU64::new(0));
    let count = opened.clone();
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        // It tells whether others wrote as long as it is the same.
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .after_connect(move |_, _| {
            count.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Ok(()) })
        })
        // When the disk is full SQLite ends a transaction by itself, and sqlx goes on counting it: nothing could begin
        // on that connection any more.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_with(options.clone())
        .await?;
    let read = SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
    Ok(Engine::Sqlite(SqlitePools { write, read, opened }))
}

/// Says which engine it is, if it may be trusted with data.
async fn distrust(db: &Db) -> Result<String, StoreError> {
    let mut reader = db.reader().await?;
    let Engine::Sqlite(pools) = db else {
        let version: String = first(sql!(fetch &mut reader, "show server_version")?)?;
        return Ok(format!("PostgreSQL {version}"));
    };
    let version: String = first(sql!(fetch &mut reader, "select sqlite_version()")?)?;
    if parse_version(&version) < Some(OLDEST_SQLITE) {
        return Err(StoreError::OldSqlite(version));
    }
    let found: String = first(sql!(fetch &mut reader, "pragma quick_check(1)")?)?;
    let file = pools.read.connect_options().get_filename().display().to_string();
    if found == "ok" {
        Ok(format!("{file}: SQLite {version}, not damaged"))
    } else {
        Err(StoreError::Damaged { file, found })
    }
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
