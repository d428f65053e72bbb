//! What is kept of how airings stand, to be held against what it was worked out from: the log does not have it, so whoever
//! writes past the program may change it unseen.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use serde_json::json;

use super::{
    Actor, Deed, LogMark, NewRecord, Store, StoreError, StoredAiring, Touched,
    airing::{read_all, select},
    audit,
    db::{Engine, Row, sql},
    judged, log, stray,
};
use crate::{
    radio::{AiringId, StationId, UtcMs, Window},
    signing::Envelope,
    wire::AsRunRecord,
};

const DAY_MS: i64 = 86_400_000;

/// Days are counted from 1970 to the end of 9999: what is kept beyond is no airing's.
const LAST_DAY: i64 = 2_932_896;

/// Records whose airing is gone, looked at together.
const TOGETHER: i64 = 1000;

/// The days on which airings begin of whose standing something is kept.
const KEPT: &str = "select distinct day from (
         select starts_at / 86400000 as day from airing where state is not null
         union all select from_at / 86400000 from judged_day) as kept order by day";

/// Those of them of which something was written since a transaction began.
const KEPT_SINCE: &str = "with since (reach) as (select age($1::text::xid8::xid))
     select distinct day from (
         select starts_at / 86400000 as day from airing
             where state is not null and age(xmin) <= (select reach from since)
         union all select from_at / 86400000 from judged_day
             where age(xmin) <= (select reach from since)) as kept order by day";

/// How many airings were ever taken away: the program takes none, and a row that is gone names no transaction.
const DELETED: &str = "select coalesce(sum(n_tup_del), 0)::bigint from pg_stat_user_tables
     where relname = 'airing' and schemaname = current_schema()";

/// Signed records of airings whose rows are gone, at stations that are there. Which these are, indexes tell alone.
const STRAYS: &str = "select r.station, r.airing, r.record, r.key, r.signature from as_run r
     where r.airing in (
         select s.airing from as_run s
         where s.airing <> '' and not exists (select 1 from airing a where a.id = s.airing) limit $1)
     and r.kind is null and r.key is not null and r.signature is not null
     and exists (select 1 from station t where t.id = r.station)";

/// How far a look at what is kept saw.
#[derive(Debug, Clone)]
pub struct KeptMark {
    written: LogMark,
    /// As PostgreSQL counts airings that were taken away.
    deleted: i64,
}

/// Of which days something is kept that may have been written since a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDays {
    /// Whether anything may have been written: these are then all days of which something is kept.
    pub is_all: bool,
    /// Each from midnight to midnight in UTC, the oldest first.
    pub days: Vec<Window>,
}

/// How an airing stands as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptState {
    /// Which airing.
    pub airing: AiringId,
    /// How it stands, as a code.
    pub state: String,
    /// What that rests on, as a code.
    pub evidence: Option<String>,
}

/// What is kept and says something else than what it was worked out from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bent {
    /// Airings, with what is kept of each.
    pub airings: Vec<KeptState>,
    /// Days, each by its first instant, with what is kept of it.
    pub days: Vec<(UtcMs, String)>,
}

impl Bent {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.airings.is_empty() && self.days.is_empty()
    }
}

impl Store {
    /// Of which days something is kept that may have been written since a mark, by whomever; and the mark of now. On SQLite
    /// what this program wrote itself is not among it.
    pub async fn kept_touched(
        &self,
        since: Option<&KeptMark>,
    ) -> Result<(KeptMark, KeptDays), StoreError> {
        // What PostgreSQL tells of the log's rows is not asked here.
        let is_sqlite = matches!(self.db, Engine::Sqlite(_));
        let before = since.map(|since| &since.written);
        let (written, touched) = self.log_touched(before.filter(|_| is_sqlite)).await?;
        let mut reader = self.db.reader().await?;
        let deleted = if is_sqlite { vec![] } else { sql!(fetch &mut reader, DELETED)? };
        let deleted = deleted.first().map_or(Ok(0), |row| row.get(0))?;
        let now = KeptMark { written, deleted };
        if touched != Touched::Anything {
            return Ok((now, KeptDays { is_all: false, days: vec![] }));
        }
        // A database that was set back counts from before.
        let before = since.filter(|since| since.deleted == deleted);
        let before = before.and_then(|since| since.written.transaction());
        let before =
            before.filter(|before| now.written.transaction().is_some_and(|now| now >= *before));
        let rows = match before {
            Some(before) => sql!(fetch &mut reader, KEPT_SINCE, before.to_string())?,
            None => sql!(fetch &mut reader, KEPT)?,
        };
        let days = rows.iter().map(|row| row.get::<i64>(0)).collect::<Result<Vec<_>, _>>()?;
        let days = days.into_iter().filter(|day| (0..=LAST_DAY).contains(day));
        let window = |day| Window { from: UtcMs(day * DAY_MS), until: UtcMs((day + 1) * DAY_MS) };
        Ok((now, KeptDays { is_all: before.is_none(), days: days.map(window).collect() }))
    }

    /// How the airings that begin in a window stand as it is kept, with each as it was planned, by time.
    pub async fn kept_states(
        &self,
        window: Window,
    ) -> Result<Vec<(StoredAiring, KeptState)>, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader,
            "select id, state, evidence from airing
             where state is not null and starts_at >= $1 and starts_at < $2",
            window.from.0, window.until.0)?;
        let said = rows.iter().map(|row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
        let mut said = said.collect::<Result<HashMap<String, _>, StoreError>>()?;
        let rows = sql!(fetch &mut reader,
            select!("where a.state is not null and a.starts_at >= $1 and a.starts_at < $2
                     order by a.starts_at, a.id"),
            window.from.0, window.until.0)?;
        let stored = read_all(&mut reader, &rows).await?.into_iter();
        let both = stored.filter_map(|stored| {
            let airing = stored.planned.airing.id.clone();
            let (state, evidence) = said.remove(airing.as_str())?;
            Some((stored, KeptState { airing, state, evidence }))
        });
        Ok(both.collect())
    }

    /// Takes away what is kept of a day and wrong, so that it is worked out anew, and notes that in the trail and the log with
    /// the stations' names. Gives how much that was; none: more was said since the edition was read, and all is to be looked
    /// at again.
    pub async fn put_right(
        &self,
        by: (&Actor, UtcMs),
        edition: i64,
        (day, stations): (NaiveDate, &[String]),
        bent: &Bent,
    ) -> Result<Option<u64>, StoreError> {
        let mut tx = self.db.begin().await?;
        // As everybody does who keeps what airings rest on, in this order.
        log::lock(&mut tx).await?;
        let is_current = sql!(execute &mut tx,
            "update edition set number = number + 1 where id = 'late' and number = $1", edition)?;
        if is_current == 0 {
            return Ok(None);
        }
        let mut count = 0;
        for kept in &bent.airings {
            count += sql!(execute &mut tx,
                "update airing set state = null, evidence = null
                 where id = $1 and state = $2 and coalesce(evidence, '') = $3",
                kept.airing.as_str(), kept.state.as_str(), kept.evidence.as_deref().unwrap_or_default())?;
        }
        for (from, tallies) in &bent.days {
            count += sql!(execute &mut tx,
                "delete from judged_day where from_at = $1 and tallies = $2", from.0, tallies.as_str())?;
        }
        if count > 0 {
            let after = json!({"day": day, "stations": stations, "number": count});
            audit::note(&mut tx, by, Deed::KeptPutRight, &day.to_string(), None, Some(after))
                .await?;
            tx.commit().await?;
        }
        Ok(Some(count))
    }

    /// Takes away what is kept of days that are another zone's, each by its first instant: nothing here tells whether it is
    /// right.
    pub async fn drop_kept_days(&self, days: &[UtcMs]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for from in days {
            sql!(execute &mut tx, "delete from judged_day where from_at = $1", from.0)?;
        }
        tx.commit().await
    }

    /// Writes the airings anew of which records tell and whose rows are gone, as airings that nobody planned, and notes that in
    /// the trail and the log: no program takes such a row away. Gives at which stations they are, and when they were due.
    pub async fn adopt_strays(
        &self,
        by: (&Actor, UtcMs),
    ) -> Result<Vec<(StationId, UtcMs)>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, STRAYS, TOGETHER)?;
        let some: Vec<_> =
            rows.iter().filter_map(|row| record_of(row).transpose()).collect::<Result<_, _>>()?;
        let told: HashMap<_, _> = some
            .iter()
            .filter_map(|(station, record)| Some((record.airing.as_ref()?, (station, record))))
            .collect();
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.begin().await?;
        log::lock(&mut tx).await?;
        if let Some(span) = stray::keep(&mut tx, &told).await? {
            judged::forget(&mut tx, span).await?;
        }
        let airings: BTreeSet<_> = told.keys().collect();
        let after = json!({"number": airings.len(), "airings": airings});
        audit::note(&mut tx, by, Deed::KeptPutRight, "airings", None, Some(after)).await?;
        tx.commit().await?;
        Ok(told.into_values().map(|(at, record)| (at.clone(), record.due_at)).collect())
    }
}

/// The record of a row; none where the row says something else than the record, which the log's own check finds.
fn record_of(row: &Row) -> Result<Option<(StationId, NewRecord)>, StoreError> {
    let (station, airing): (String, String) = (row.get(0)?, row.get(1)?);
    let (payload, key, signature): (String, String, String) =
        (row.get(2)?, row.get(3)?, row.get(4)?);
    let (Ok(record), Ok(key), Ok(signature)) =
        (serde_json::from_str::<AsRunRecord>(&payload), key.parse(), signature.parse())
    else {
        return Ok(None);
    };
    let fits = record.station.as_str() == station && record.airing.as_str() == airing;
    let (at, envelope) = (record.station.clone(), Envelope { payload, key, signature });
    Ok(fits.then(|| (at, NewRecord::new(&record, envelope))))
}
