use std::{fs, path::Path};

use serde::Deserialize;
use sqlx::{AssertSqlSafe, Executor as _, SqlitePool};

use super::{Anchor, FILE, KeepError, SCHEMA, spool};
use crate::{private, signing::Context, wire::AsRunRecord};

/// Up to this size the whole file is checked at each start: a slow card reads it in a second.
///
/// Of a larger one, what a start needs is checked: what has begun and what has been decided to the last byte of their
/// indexes, the rundown, and the end of the chain. The rest is history whose receipts are here: the district has it.
const WHOLE: u64 = 32 * 1024 * 1024;

/// So many of the records that wait are checked as they were signed: that takes a tenth of a second.
const SIGNED: u32 = 1_000;

/// Lies beside a store that was found damaged while the station ran: the next start checks it to its last byte.
const SUSPECT: &str = "station.db.suspect";

/// What the store of a station that is enrolled has had from the first.
const TABLES: [&str; 4] = ["rundown", "settled", "spool", "start"];

/// Whether a store gave this answer because its bytes are not what was written, or cannot be read at all.
pub(super) fn is_damage(error: &sqlx::Error) -> bool {
    // SQLITE_CORRUPT, SQLITE_NOTADB; what lies beside them in a code says more and is not needed.
    const BAD: [i32; 2] = [11, 26];
    // SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ: a sector that cannot be read.
    const UNREADABLE: [i32; 2] = [266, 522];
    match error {
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<i32>().ok())
            .is_some_and(|code| BAD.contains(&(code & 0xff)) || UNREADABLE.contains(&code)),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => true,
        _ => false,
    }
}

/// What is wrong with the store's file, in words, before it is opened; none where that shows only inside.
pub(super) fn outside(folder: &Path, anchor: Option<&Anchor>) -> Option<String> {
    anchor?;
    match folder.join(FILE).metadata() {
        Err(_) => Some("the file is gone".to_owned()),
        Ok(file) if file.len() == 0 => Some("the file is empty".to_owned()),
        Ok(_) => None,
    }
}

/// What is wrong inside, in words. Makes the tables that are missing in a store that has just been made.
pub(super) async fn inside(
    db: &SqlitePool,
    folder: &Path,
    anchor: Option<&Anchor>,
) -> Result<Option<String>, KeepError> {
    match look(db, folder, anchor).await {
        Err(KeepError::Sql(error)) if is_damage(&error) => Ok(Some(error.to_string())),
        Err(KeepError::Content(error)) => {
            Ok(Some(format!("a row is not what was written: {error}")))
        }
        found => found,
    }
}

async fn look(
    db: &SqlitePool,
    folder: &Path,
    anchor: Option<&Anchor>,
) -> Result<Option<String>, KeepError> {
    let tables = names(db).await?;
    let lacks = TABLES.iter().find(|table| !tables.iter().any(|found| found == *table));
    if let (Some(lacks), Some(_)) = (lacks, anchor) {
        return Ok(Some(format!("it has no table {lacks}")));
    }
    db.execute(SCHEMA).await?;
    let checks = match size(folder) <= WHOLE || folder.join(SUSPECT).exists() {
        true => vec!["pragma integrity_check(1)".to_owned()],
        false => names(db)
            .await?
            .iter()
            .filter(|table| *table != "spool")
            .map(|table| format!("pragma integrity_check({table})"))
            .collect(),
    };
    for check in checks {
        let said: String = sqlx::query_scalar(AssertSqlSafe(check)).fetch_one(db).await?;
        if said != "ok" {
            return Ok(Some(said));
        }
    }
    let drafts: Vec<String> = sqlx::query_scalar("select draft from start").fetch_all(db).await?;
    for draft in &drafts {
        serde_json::from_str::<AsRunRecord>(draft)?;
    }
    let waiting = sqlx::query(
        "select sequence, record, key, signature from spool where receipt is null
         order by sequence limit $1",
    )
    .bind(i64::from(SIGNED))
    .fetch_all(db)
    .await?;
    for row in &waiting {
        let waiting = spool::waiting_of(row)?;
        if waiting.envelope.open(Context::Record).is_err() {
            return Ok(Some(format!("record {} is not as it was signed", waiting.sequence)));
        }
    }
    let last = sqlx::query(
        "select sequence, record, key, signature from spool order by sequence desc limit 1",
    )
    .fetch_optional(db)
    .await?;
    let mut tip = 0;
    if let Some(row) = last {
        let waiting = spool::waiting_of(&row)?;
        let fits = waiting.envelope.open(Context::Record).is_ok();
        let numbered = serde_json::from_str::<Numbered>(&waiting.envelope.payload)?;
        if !fits || numbered.sequence != waiting.sequence {
            return Ok(Some(format!("its last record, {}, is not as signed", waiting.sequence)));
        }
        tip = waiting.sequence;
    }
    let after: Option<i64> =
        sqlx::query_scalar("select max(after) from damage").fetch_one(db).await?;
    let tip = tip.max(after.unwrap_or_default().unsigned_abs());
    Ok(anchor.filter(|anchor| anchor.is_ahead_of(tip)).map(|anchor| {
        format!(
            "it is older than the station: numbers up to {} were given out, and its last record is {tip}",
            anchor.sequence_mark
        )
    }))
}

/// As much of a record as is asked here: what a later version adds to records is no damage.
#[derive(Deserialize)]
struct Numbered {
    sequence: u64,
}

async fn names(db: &SqlitePool) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("select name from sqlite_master where type = 'table'").fetch_all(db).await
}

/// Notes that the store is damaged; gives the words for whoever stops over it.
pub(super) fn suspect(folder: &Path, error: &sqlx::Error) -> String {
    // Without the note the next start finds most damage all the same.
    let _ = private::file(&folder.join(SUSPECT));
    error.to_string()
}

/// Forgets the note: the store was checked.
pub(super) fn acquit(folder: &Path) {
    let _ = fs::remove_file(folder.join(SUSPECT));
}

fn size(folder: &Path) -> u64 {
    let of = |name: String| folder.join(name).metadata().map_or(0, |file| file.len());
    of(FILE.to_owned()) + of(format!("{FILE}-wal"))
}
