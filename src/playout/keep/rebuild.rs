//! A store that is damaged is set aside, and a new one is made of what can be read of it.
//!
//! The new one is whole and on disk under another name before the damaged one is touched, so a power cut at any moment
//! leaves one of the two.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{
    Anchor, FILE, KeepError, SCHEMA,
    damage::is_damage,
    said, signed,
    spool::{Waiting, waiting_of},
};
use crate::{private, signing::Context};

/// The new store's name until it is whole.
const NEW: &str = "station.db.new";
/// Stores that are set aside, with a number.
const ASIDE: &str = "station.db.damaged-";
/// More of them than this would fill the disk.
const KEPT: u64 = 3;
/// After so many numbers in a row that cannot be read nothing more is looked for.
const PATIENCE: u32 = 2_000;

/// Goes on where a power cut stopped a rebuild between the last steps.
pub(super) fn finish(folder: &Path) -> Result<(), KeepError> {
    if folder.join(FILE).exists() || !folder.join(NEW).exists() {
        return Ok(());
    }
    let finish = || {
        let number = numbers(folder)?.into_iter().max().unwrap_or(1);
        put_in_place(folder, &format!("{ASIDE}{number}"))
    };
    finish().map_err(|source| KeepError::Folder { path: folder.to_owned(), source })
}

/// Makes a new store of what can be read of the damaged one.
pub(super) async fn rebuild(
    folder: &Path,
    anchor: Option<&Anchor>,
    damage: &str,
) -> Result<(), KeepError> {
    let trouble = |source| KeepError::Folder { path: folder.to_owned(), source };
    let aside = prepare(folder).map_err(trouble)?;
    let new = folder.join(NEW);
    let mut db = SqliteConnectOptions::new()
        .filename(&new)
        // It is synced as a whole before it is used.
        .synchronous(SqliteSynchronous::Off)
        .journal_mode(SqliteJournalMode::Off)
        .connect()
        .await
        .map_err(|source| KeepError::Open { path: new.clone(), source })?;
    db.execute(SCHEMA).await?;
    db.execute(AssertSqlSafe(format!("attach '{}' as old", uri(&folder.join(FILE))))).await.ok();
    let saved = salvage(&mut db, anchor).await?;
    let words = format!(
        "the station's store was damaged ({damage}) and has been made anew: {} records that waited were saved{}. What was damaged lies in {}: look at the disk, then remove that file, which ends this message",
        saved.waiting,
        if saved.is_blind {
            ", and nothing that was due before is aired, because what had begun is not known"
        } else {
            ""
        },
        folder.join(&aside).display(),
    );
    tracing::error!("{words}");
    sqlx::query("insert into damage (file, words, after, is_blind) values ($1, $2, $3, $4)")
        .bind(&aside)
        .bind(words)
        .bind(signed(saved.after))
        .bind(i64::from(saved.is_blind))
        .execute(&mut db)
        .await?;
    db.close().await?;
    File::open(new).and_then(|new| new.sync_all()).map_err(trouble)?;
    put_in_place(folder, &aside).map_err(trouble)
}

/// Clears the way; gives the name under which the damaged store is to lie.
fn prepare(folder: &Path) -> io::Result<String> {
    for old in [NEW.to_owned(), format!("{NEW}-journal")] {
        remove(&folder.join(old))?;
    }
    // From here on a store that is missing means one that was set aside.
    private::file(&folder.join(FILE))?;
    private::file(&folder.join(NEW))?;
    File::open(folder)?.sync_all()?;
    let number = numbers(folder)?.into_iter().max().unwrap_or(0) + 1;
    Ok(format!("{ASIDE}{number}"))
}

fn put_in_place(folder: &Path, aside: &str) -> io::Result<()> {
    for suffix in ["", "-wal"] {
        let from = folder.join(format!("{FILE}{suffix}"));
        if from.exists() {
            fs::rename(from, folder.join(format!("{aside}{suffix}")))?;
        }
    }
    remove(&folder.join(format!("{FILE}-shm")))?;
    fs::rename(folder.join(NEW), folder.join(FILE))?;
    let newest = numbers(folder)?.into_iter().max().unwrap_or(0);
    for number in numbers(folder)?.into_iter().filter(|number| number + KEPT <= newest) {
        for suffix in ["", "-wal"] {
            remove(&folder.join(format!("{ASIDE}{number}{suffix}")))?;
        }
    }
    File::open(folder)?.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The numbers of the stores that lie aside.
fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(ASIDE));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    Ok(numbers)
}

/// A file to be read only: not even its write-ahead log is folded into it.
fn uri(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let escaped = path
        .display()
        .to_string()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
        .replace('\'', "%27");
    format!("file:{escaped}?mode=ro")
}

struct Saved {
    waiting: u64,
    /// The chain goes on after this number.
    after: u64,
    /// What had begun or was decided may not all be known.
    is_blind: bool,
}

async fn salvage(db: &mut SqliteConnection, anchor: Option<&Anchor>) -> Result<Saved, sqlx::Error> {
    let mut lost = Vec::new();
    let tables: Vec<String> = sqlx::query_scalar(
        "select name from main.sqlite_master where type = 'table' and name <> 'spool'",
    )
    .fetch_all(&mut *db)
    .await?;
    for table in tables {
        if !copied(db, &table).await? {
            lost.push(table);
        }
    }
    let drafts_fit = drop_unreadable_drafts(db).await?;
    let (waiting, highest) = copy_records(db).await?;
    if lost.iter().any(|table| table == "site") {
        said::gather(db).await?;
    }
    let tip = tip(db).await?;
    let mark = anchor.map_or(0, |anchor| anchor.sequence_mark);
    let whole = tip.filter(|tip| !anchor.is_some_and(|anchor| anchor.is_ahead_of(*tip)));
    let tells = |table: &String| matches!(table.as_str(), "settled" | "start" | "damage");
    let knows = drafts_fit && !lost.iter().any(tells);
    Ok(Saved {
        waiting,
        after: whole.unwrap_or(mark.max(highest)),
        is_blind: whole.is_none() || !knows,
    })
}

/// An answer where the old store gives one; none where it is damaged there.
fn readable<T>(answer: Result<T, sqlx::Error>) -> Result<Option<T>, sqlx::Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        // The old store may lack a table or a column (SQLITE_ERROR), or not be one at all.
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == "1") => {
            Ok(None)
        }
        Err(error) if is_damage(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether all of a small table could be copied, and the damaged store vouches for it.
async fn copied(db: &mut SqliteConnection, table: &str) -> Result<bool, sqlx::Error> {
    // Without a condition SQLite would copy the pages of the indexes as they are, damage and all.
    let copy = AssertSqlSafe(format!(
        "insert or ignore into main.{table} select * from old.{table} not indexed where true"
    ));
    if readable(db.execute(copy).await)?.is_none() {
        return Ok(false);
    }
    let check = AssertSqlSafe(format!("pragma old.integrity_check({table})"));
    let said = sqlx::query_scalar::<_, String>(check).fetch_one(&mut *db).await;
    Ok(readable(said)?.is_some_and(|said| said == "ok"))
}

/// Whether there was none.
async fn drop_unreadable_drafts(db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let mut fit = true;
    let drafts = sqlx::query("select rowid, cast(draft as blob) as draft from main.start")
        .fetch_all(&mut *db)
        .await?;
    for row in drafts {
        let draft: &[u8] = row.try_get("draft")?;
        if serde_json::from_slice::<crate::wire::AsRunRecord>(draft).is_err() {
            fit = false;
            sqlx::query("delete from main.start where rowid = $1")
                .bind(row.try_get::<i64, _>("rowid")?)
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(fit)
}

/// Takes over the records; gives how many of them wait, and the highest number seen. Those that wait must be as they were
/// signed; what has its receipt is at the district, which asks for it again only if it lost it.
async fn copy_records(db: &mut SqliteConnection) -> Result<(u64, u64), sqlx::Error> {
    let (mut count, mut highest, mut after, mut failures) = (0, 0, 0, 0);
    while failures < PATIENCE {
        let rows = sqlx::query(
            "select sequence, record, key, signature, receipt from old.spool not indexed
             where sequence > $1 order by sequence limit $2",
        )
        .bind(after)
        // Around a damaged place rows are read one by one: the good ones before it are not lost with it.
        .bind(if failures == 0 { 500 } else { 1 })
        .fetch_all(&mut *db)
        .await;
        match rows {
            Ok(rows) if rows.is_empty() => break,
            Ok(rows) => {
                for row in &rows {
                    let Ok(sequence) = row.try_get::<i64, _>("sequence") else { continue };
                    after = sequence;
                    highest = highest.max(sequence.unsigned_abs());
                    let receipt = row.try_get::<Option<&str>, _>("receipt").unwrap_or_default();
                    let Ok(record) = waiting_of(row) else { continue };
                    if receipt.is_some() || fits(&record) {
                        keep(db, &record, receipt).await?;
                        count += u64::from(receipt.is_none());
                    }
                }
                failures = 0;
            }
            Err(error) => {
                readable::<()>(Err(error))?;
                // The first failure only means: look closer.
                after += i64::from(failures > 0);
                failures += 1;
            }
        }
    }
    Ok((count, highest))
}

/// The number of the last record of the chain, if it is as it was signed.
async fn tip(db: &mut SqliteConnection) -> Result<Option<u64>, sqlx::Error> {
    let row = sqlx::query(
        "select sequence, record, key, signature from old.spool order by sequence desc limit 1",
    )
    .fetch_optional(&mut *db)
    .await;
    let Some(row) = readable(row)?.flatten() else { return Ok(None) };
    Ok(waiting_of(&row).ok().filter(fits).map(|last| last.sequence))
}

fn fits(waiting: &Waiting) -> bool {
    waiting.envelope.open(Context::Record).is_ok()
}

async fn keep(
    db: &mut SqliteConnection,
    waiting: &Waiting,
    receipt: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into main.spool (sequence, record, key, signature, receipt)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
    )
    .bind(signed(waiting.sequence))
    .bind(&waiting.envelope.payload)
    .bind(waiting.envelope.key.to_string())
    .bind(waiting.envelope.signature.to_string())
    .bind(receipt)
    .execute(db)
    .await?;
    Ok(())
}
