//! The transparency log, grown in the same transaction as the thing itself.

mod begin;
mod columns;
mod head;
mod rows;
mod statements;
mod touched;
mod walk;

pub use head::SignedHead;
pub use touched::{LogMark, Touched};
pub use walk::{LogFault, LogFaultKind};

pub(super) use begin::begin;
pub(super) use rows::{channel_report, channel_withdrawn, declaration, deed, record, ruling};

use super::{StoreError, Tx, db::sql};
use crate::log::{Entry, Hash, Place, WIDTH, leaf};

/// The words of the deeds of which the log is told, as SQL has them; the trail itself asks `Deed::is_logged`.
macro_rules! logged_deeds {
    () => {
        "('bulletin-asked', 'bulletin-agreed', 'bulletin-cancelled', 'bulletin-corrected', 'rule-added', \
          'rule-changed', 'rule-removed', 'clip-retired', 'four-eyes-set', 'station-code-made', \
          'station-revoked', 'person-added', 'roles-changed', 'person-disabled', 'person-enabled', \
          'public-set', 'keeping-set', 'recording-gone', 'kept-put-right')"
    };
}
use logged_deeds;

/// Keeps the log for this transaction, and says how many entries it has: the place of the next. On PostgreSQL others that
/// append wait until this one ends; so whoever will hold rows that another logged change holds too takes this first.
pub(super) async fn lock(tx: &mut Tx) -> Result<u64, StoreError> {
    let rows = sql!(fetch tx, "update log_head set size = size where id = 'log' returning size")?;
    let row = rows.first().ok_or_else(|| StoreError::Unreadable {
        what: "head of the log",
        id: "log".to_owned(),
        why: "its row is gone: restore the last backup".to_owned(),
    })?;
    Ok(row.get::<i64>(0)?.cast_unsigned())
}

/// Appends an entry whose row has this place, which [`lock`] gave.
pub(super) async fn append(tx: &mut Tx, place: u64, entry: &Entry<'_>) -> Result<(), StoreError> {
    append_leaves(tx, place, &[leaf(line(entry)?.as_bytes())]).await
}

/// Appends an entry that stands in no row of its own.
pub(super) async fn keep(tx: &mut Tx, entry: &Entry<'_>) -> Result<(), StoreError> {
    let (place, line) = (lock(tx).await?, line(entry)?);
    sql!(execute tx, "insert into log_entry (log_position, entry) values ($1, $2)",
        place.cast_signed(), line.as_str())?;
    append_leaves(tx, place, &[leaf(line.as_bytes())]).await
}

pub(super) fn line(entry: &Entry<'_>) -> Result<String, StoreError> {
    entry.line().map_err(|error| StoreError::Unreadable {
        what: "entry of the log",
        id: String::new(),
        why: error.to_string(),
    })
}

/// Appends leaves to a log of so many, as [`lock`] told: they fill the last tile of level 0, and the roots of tiles that
/// are full go on a level above.
pub(super) async fn append_leaves(
    tx: &mut Tx,
    size: u64,
    leaves: &[Hash],
) -> Result<(), StoreError> {
    let grown = size + leaves.len() as u64;
    let (mut level, mut count, mut hashes) = (0, size, leaves.to_vec());
    while !hashes.is_empty() {
        let mut place = count / WIDTH;
        let mut tile = tile(tx, level, place).await?;
        // A tile that somebody damaged must not keep a record out: the log's own check tells of it.
        tile.resize(usize::try_from(count % WIDTH).unwrap_or_default(), [0; 32]);
        let mut full = Vec::new();
        for hash in hashes {
            tile.push(hash);
            if tile.len() as u64 == WIDTH {
                write(tx, level, place, &tile).await?;
                full.extend(Place::of_full(&tile));
                tile.clear();
                place += 1;
            }
        }
        if !tile.is_empty() {
            write(tx, level, place, &tile).await?;
        }
        (level, count, hashes) = (level + 1, count / WIDTH, full);
    }
    sql!(execute tx, "update log_head set size = $1 where id = 'log'", grown.cast_signed())?;
    Ok(())
}

async fn tile(tx: &mut Tx, level: i64, place: u64) -> Result<Vec<Hash>, StoreError> {
    let rows = sql!(fetch tx, "select hashes from log_tile where level = $1 and place = $2",
        level, place.cast_signed())?;
    Ok(rows.first().map(|row| row.get(0)).transpose()?.map(hashes).unwrap_or_default())
}

async fn write(tx: &mut Tx, level: i64, place: u64, tile: &[Hash]) -> Result<(), StoreError> {
    sql!(execute tx,
        "insert into log_tile (level, place, hashes) values ($1, $2, $3)
         on conflict (level, place) do update set hashes = excluded.hashes",
        level, place.cast_signed(), hex::encode(tile.as_flattened()))?;
    Ok(())
}

/// Reads a tile's text; what is no hash is one that nothing has.
fn hashes(text: String) -> Vec<Hash> {
    let mut read = Vec::with_capacity(text.len() / 64);
    for digits in text.as_bytes().chunks(64) {
        let mut hash = [0; 32];
        if digits.len() == 64 {
            hex::decode_to_slice(digits, &mut hash).ok();
            read.push(hash);
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::super::Deed;

    #[test]
    fn both_lists_of_deeds_are_the_same() {
        for deed in Deed::ALL {
            let stands = logged_deeds!().contains(&format!("'{deed}'"));
            assert_eq!(stands, deed.is_logged(), "{deed}");
        }
    }
}
