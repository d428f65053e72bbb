//! How days that are over stand, as they were last judged. It saves judging a month anew; nothing rests on it.

use std::time::Duration;

use super::{Store, StoreError, Tx, db::sql};
use crate::radio::{AiringId, UtcMs, Window};

/// Who judges otherwise has another version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Days are kept once all their airings have been over for so long.
pub const SETTLED: Duration = Duration::from_hours(1);

/// What comes longer than this after it was due may tell of a day that is kept.
pub(super) const LATE: Duration = Duration::from_mins(30);

/// An airing may have begun so long before the day on which its last record was due ended.
const REACH: Duration = Duration::from_hours(48);

/// What is kept of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Counts the words that came late.
    pub edition: i64,
    /// Each day's first instant, and what was kept of it.
    pub days: Vec<(UtcMs, String)>,
}

impl Store {
    /// What is kept of the days that begin in a window.
    pub async fn judged(&self, window: Window) -> Result<Judged, StoreError> {
        let mut reader = self.db.reader().await?;
        // First: what is judged after this is not kept if a word comes in between.
        let rows = sql!(fetch &mut reader, "select number from edition where id = 'late'")?;
        let edition = rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)?;
        let rows = sql!(fetch &mut reader,
            "select from_at, tallies from judged_day where from_at >= $1 and from_at < $2 and version = $3
             order by from_at",
            window.from.0, window.until.0, VERSION)?;
        let days = rows.iter().map(|row| Ok((UtcMs(row.get(0)?), row.get(1)?)));
        Ok(Judged { edition, days: days.collect::<Result<_, StoreError>>()? })
    }

    /// Keeps how days stand, each known by its first instant, unless a word has come late since the edition was read.
    pub async fn keep_judged(
        &self,
        edition: i64,
        days: &[(UtcMs, String)],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        // Changes nothing but who has to wait for whom: a word that comes meanwhile takes away what is written here.
        let is_current = sql!(execute &mut tx,
            "update edition set number = number where id = 'late' and number = $1", edition)?;
        if is_current == 0 {
            return Ok(false);
        }
        for (from, tallies) in days {
            sql!(execute &mut tx,
                "insert into judged_day (from_at, version, tallies) values ($1, $2, $3)
                 on conflict (from_at) do update set version = excluded.version, tallies = excluded.tallies",
                from.0, VERSION, tallies.as_str())?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Takes away what is kept of the days of which words have come that were due between two instants.
pub(super) async fn forget(tx: &mut Tx, (first, last): (UtcMs, UtcMs)) -> Result<(), StoreError> {
    sql!(execute tx, "update edition set number = number + 1 where id = 'late'")?;
    sql!(execute tx,
        "delete from judged_day where from_at > $1 and from_at <= $2", (first - REACH).0, last.0)?;
    Ok(())
}

/// The same of an airing's day.
pub(super) async fn forget_airing(tx: &mut Tx, airing: &AiringId) -> Result<(), StoreError> {
    let rows = sql!(fetch tx, "select starts_at from airing where id = $1", airing.as_str())?;
    let Some(row) = rows.first() else { return Ok(()) };
    let at = UtcMs(row.get(0)?);
    forget(tx, (at, at)).await
}
