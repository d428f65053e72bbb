//! What a station keeps on its own disk: who it is, its rundown, and the records that wait for the district.
//!
//! One SQLite file, synced before every answer: what it holds survives a cut of the power.

mod anchor;
mod carried;
mod damage;
mod known_time;
mod lock;
mod rebuild;
mod rebuilt;
mod recorder;
mod reserve;
mod rundown;
mod said;
mod spool;

pub use anchor::Anchor;
pub use rebuilt::Rebuilt;
pub use recorder::KeepRecorder;
pub use rundown::{KeptRundown, TakeError};
pub use said::{Said, Stop};
pub use spool::{Begun, Waiting};

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use sqlx::{
    Connection as _, Executor,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};
use tokio::sync::{Mutex, watch};

use crate::{
    private,
    radio::RecordHash,
    signing::{self, Context, Envelope, KeyFileError, PublicKey, SecretKey},
};

/// The store's name in the station's folder.
const FILE: &str = "station.db";
/// The station's own key, which never leaves it.
const KEY: &str = "station.key";

/// What lies in the store.
const SCHEMA: &str = include_str!("schema.sql");
/// The first SQLite that does not damage a file whose write-ahead log is reset while it is written.
const SOUND_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// Why the station's own store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The file could not be opened.
    #[error(
        "cannot open the station's store {path}: {source}; see that the folder exists, is yours and has room"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// The folder could not be made or written.
    #[error("cannot keep anything in the station's folder {path}: {source}; see that it is yours")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A statement failed.
    #[error("the station's store failed: {0}")]
    Sql(#[from] sqlx::Error),
    /// SQLite's own check found damage.
    #[error(
        "the station's store is damaged ({0}): start the station anew, which puts it aside and saves what can be read"
    )]
    Damaged(String),
    /// An SQLite that loses data.
    #[error("SQLite {0} is built in, which can damage its files: 3.51.3 or newer is needed")]
    OldSqlite(String),
    /// A row is not what was written.
    #[error("the station's store holds what it should not: {0}")]
    Content(#[from] serde_json::Error),
    /// No random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// Another program has the folder.
    #[error(
        "a station is running in {0}: two in one folder would spoil its records; stop it, or give this one another --data"
    )]
    Busy(PathBuf),
    /// The station's own key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The station was never enrolled.
    #[error("this station is not enrolled: ask the district for a code and start with --code CODE")]
    NotEnrolled,
}

/// The station's own store.
#[derive(Debug)]
pub struct Keep {
    folder: PathBuf,
    /// None: opened to look only.
    lock: Option<lock::Lock>,
    db: SqlitePool,
    boot: String,
    anchor: Mutex<Option<Anchor>>,
    /// Held while a rundown is judged and kept: line and stick may bring one at once.
    taking: Mutex<()>,
    pen: Mutex<Pen>,
    grown: watch::Sender<u64>,
    suspect: OnceLock<String>,
}

/// What signs the next record, and what that record follows. Held while one is written, so that numbers have no gap.
#[derive(Debug)]
struct Pen {
    key: SecretKey,
    sequence: u64,
    previous: Option<RecordHash>,
}

impl Keep {
    /// Opens or makes `station.db` in the folder, and the station's key, readable by their owner only, and begins a new
    /// boot. A damaged store is set aside and made anew of what can be read of it: [`Keep::rebuilt`] tells. Where the disk
    /// is full, the room that is kept for records is given up.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn open(folder: &Path) -> Result<Self, KeepError> {
        match Self::try_open(folder).await {
            Err(error) if reserve::gives_way(folder, &error) => Self::try_open(folder).await,
            opened => opened,
        }
    }

    async fn try_open(folder: &Path) -> Result<Self, KeepError> {
        let trouble = |source| KeepError::Folder { path: folder.to_owned(), source };
        private::folder(folder).map_err(trouble)?;
        let lock = lock::Lock::take(folder)?;
        let anchor = Anchor::read(folder)?;
        rebuild::finish(folder)?;
        let mut damage = damage::outside(folder, anchor.as_ref());
        if damage.is_none() {
            private::file(&folder.join(FILE)).map_err(trouble)?;
            damage = inspect(folder, anchor.as_ref()).await?;
        }
        if let Some(damage) = damage {
            rebuild::rebuild(folder, anchor.as_ref(), &damage).await?;
        }
        damage::acquit(folder);
        let db = connect(folder).await?;
        db.execute(SCHEMA).await?;
        let last: Option<(i64, String)> =
            sqlx::query_as("select sequence, record from spool order by sequence desc limit 1")
                .fetch_optional(&db)
                .await?;
        let last = last.map_or((0, None), |(sequence, record)| {
            (sequence.unsigned_abs(), Some(RecordHash::of(record.as_bytes())))
        });
        // Where the end of the chain was lost, it goes on beyond every number that was ever used.
        let after: Option<i64> =
            sqlx::query_scalar("select max(after) from damage").fetch_one(&db).await?;
        let after = after.unwrap_or_default().unsigned_abs();
        let (sequence, previous) = if after > last.0 { (after, None) } else { last };
        let mut boot = [0; 16];
        getrandom::fill(&mut boot)?;
        let key = signing::read_or_make(&folder.join(KEY))?;
        Ok(Self {
            folder: folder.to_owned(),
            lock: Some(lock),
            db,
            boot: hex::encode(boot),
            anchor: Mutex::new(anchor),
            taking: Mutex::new(()),
            pen: Mutex::new(Pen { key, sequence, previous }),
            grown: watch::Sender::new(sequence),
            suspect: OnceLock::new(),
        })
    }

    /// The key that the station's records are signed with.
    pub async fn public_key(&self) -> PublicKey {
        self.pen.lock().await.key.public()
    }

    /// Signs a word of the station's own.
    pub async fn seal(&self, context: Context, payload: String) -> Envelope {
        Envelope::seal(context, payload, &self.pen.lock().await.key)
    }

    /// Signs with another key from now on, durably.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn set_key(&self, key: SecretKey) -> Result<(), KeepError> {
        let mut pen = self.pen.lock().await;
        signing::write(&self.folder.join(KEY), &key)?;
        pen.key = key;
        Ok(())
    }

    /// Opens the store of a folder to look only: nothing is made, changed or begun.
    pub async fn look(folder: &Path) -> Result<Self, KeepError> {
        let path = folder.join(FILE);
        let options = SqliteConnectOptions::new().filename(&path).read_only(true);
        let db = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|source| KeepError::Open { path, source })?;
        // It signs nothing.
        let pen = Pen { key: SecretKey::from_seed(&[0; 32]), sequence: 0, previous: None };
        Ok(Self {
            folder: folder.to_owned(),
            lock: None,
            db,
            boot: String::new(),
            anchor: Mutex::new(Anchor::read(folder)?),
            taking: Mutex::new(()),
            pen: Mutex::new(pen),
            grown: watch::Sender::new(0),
            suspect: OnceLock::new(),
        })
    }

    /// Whether SQLite finds its file whole; says which SQLite that is.
    pub async fn check(&self) -> Result<String, KeepError> {
        let found: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&self.db).await?;
        if found != "ok" {
            return Err(KeepError::Damaged(found));
        }
        let version: String =
            sqlx::query_scalar("select sqlite_version()").fetch_one(&self.db).await?;
        Ok(format!("SQLite {version}, not damaged"))
    }

    /// What damage showed while the station ran, in words: it is to start anew, which mends it.
    pub fn suspected(&self) -> Option<&str> {
        self.suspect.get().map(String::as_str)
    }

    /// Looks at an error for damage.
    fn watch<T>(&self, answer: Result<T, KeepError>) -> Result<T, KeepError> {
        if let Err(KeepError::Sql(error)) = &answer
            && damage::is_damage(error)
        {
            self.suspect.get_or_init(|| damage::suspect(&self.folder, error));
        }
        answer
    }

    /// The name of this run of the program.
    pub fn boot(&self) -> &str {
        &self.boot
    }

    /// Changes whenever a record is added.
    pub fn grown(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    /// Writes everything out and closes the file.
    pub async fn close(&self) {
        self.db.close().await;
        if let Some(lock) = &self.lock {
            lock.release();
        }
    }
}

async fn connect(folder: &Path) -> Result<SqlitePool, KeepError> {
    let path = folder.join(FILE);
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // A station has little memory, and its queries are few and small.
        .pragma("cache_size", "-512");
    SqlitePoolOptions::new()
        .max_connections(1)
        // When the disk is full SQLite ends a transaction by itself, and sqlx goes on counting it: nothing could begin on
        // that connection any more.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_with(options)
        .await
        .map_err(|source| KeepError::Open { path, source })
}

/// What is wrong with the store that is there, in words.
async fn inspect(folder: &Path, anchor: Option<&Anchor>) -> Result<Option<String>, KeepError> {
    let db = match connect(folder).await {
        Err(KeepError::Open { source, .. }) if damage::is_damage(&source) => {
            return Ok(Some(source.to_string()));
        }
        db => db?,
    };
    let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&db).await?;
    let found = match is_sound(&version) {
        true => damage::inside(&db, folder, anchor).await,
        false => Err(KeepError::OldSqlite(version)),
    };
    db.close().await;
    found
}

fn is_sound(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next()) >= SOUND_SQLITE
}

/// SQLite's integers are signed; ours that count never reach the sign.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;
