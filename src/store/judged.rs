//! What is kept of how airings stand, so that they need not be judged anew each time: of each its state (see `settled`), of
//! days that are over their figures. Nothing rests on it; whatever more is said of an airing takes both away.

use std::time::Duration;

use super::{
    Store, StoreError, Tx,
    db::{Reader, sql},
};
use crate::radio::{AiringId, UtcMs, Window};

/// Counts how airings are judged. Whoever makes `server::standing` or `reports::Tally` say something else of the same
/// records counts it up; a test beside the first tells them.
pub const JUDGEMENT: i64 = 1;

/// A day has at most 25 hours, where the clocks go back.
const LONGEST_DAY: Duration = Duration::from_hours(25);

/// What is kept of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Counts what was said of airings whose state was kept.
    pub edition: i64,
    /// Each day's first instant, and what was kept of it.
    pub days: Vec<(UtcMs, String)>,
}

impl Store {
    /// What is kept of the days that begin in a window.
    pub async fn judged(&self, window: Window) -> Result<Judged, StoreError> {
        let mut reader = self.db.reader().await?;
        // First: what is judged after this is not kept if a word comes in between.
        let edition = edition(&mut reader, "late").await?;
        let rows = sql!(fetch &mut reader,
            "select from_at, tallies from judged_day where from_at >= $1 and from_at < $2 order by from_at",
            window.from.0, window.until.0)?;
        let days = rows.iter().map(|row| Ok((UtcMs(row.get(0)?), row.get(1)?)));
        Ok(Judged { edition, days: days.collect::<Result<_, StoreError>>()? })
    }

    /// Whether the state is kept of each airing that begins in a window. Only what was judged after this was so may be kept
    /// of the day: from then on whatever is said counts the edition up.
    pub async fn is_settled(&self, window: Window) -> Result<bool, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select 1 from airing where state is null and starts_at >= $1 and starts_at < $2 limit 1",
            window.from.0, window.until.0)?;
        Ok(rows.is_empty())
    }

    /// Keeps how days stand, each known by its first instant, unless more was said since the edition was read.
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
                "insert into judged_day (from_at, tallies) values ($1, $2)
                 on conflict (from_at) do update set tallies = excluded.tallies",
                from.0, tallies.as_str())?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

async fn edition(reader: &mut Reader, id: &str) -> Result<i64, StoreError> {
    let rows = sql!(fetch reader, "select number from edition where id = $1", id)?;
    rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)
}

/// Takes away what a program kept that judges otherwise.
pub(super) async fn begin(store: &Store) -> Result<(), StoreError> {
    if edition(&mut store.db.reader().await?, "judgement").await? == JUDGEMENT {
        return Ok(());
    }
    let mut tx = store.db.begin().await?;
    sql!(execute &mut tx, "update edition set number = $1 where id = 'judgement'", JUDGEMENT)?;
    sql!(execute &mut tx, "update edition set number = number + 1 where id = 'late'")?;
    sql!(execute &mut tx, "delete from judged_day")?;
    sql!(execute &mut tx,
        "update airing set state = null, evidence = null where state is not null")?;
    tx.commit().await?;
    Ok(())
}

/// Takes away how an airing stands, of which more was said; gives when it begins if that was kept. Its day is then to be
/// forgotten: no other day can have been kept.
pub(super) async fn reopen(tx: &mut Tx, airing: &AiringId) -> Result<Option<UtcMs>, StoreError> {
    let rows = sql!(fetch tx,
        "update airing set state = null, evidence = null where id = $1 and state is not null returning starts_at",
        airing.as_str())?;
    rows.first().map(|row| row.get(0).map(UtcMs)).transpose()
}

/// Takes away what is kept of the days on which airings begin that were reopened: the first of them, and the last.
pub(super) async fn forget(tx: &mut Tx, (first, last): (UtcMs, UtcMs)) -> Result<(), StoreError> {
    sql!(execute tx, "update edition set number = number + 1 where id = 'late'")?;
    sql!(execute tx,
        "delete from judged_day where from_at > $1 and from_at <= $2",
        (first - LONGEST_DAY).0, last.0)?;
    Ok(())
}
