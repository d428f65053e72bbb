//! What was wrong at the stations, from when to when.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Store, StoreError, Tx,
    db::{Row, sql},
    name,
};
use crate::{
    radio::{StationId, UtcMs},
    wire::StationStatus,
};

/// A station gives a sign of life every 15 seconds: one of which nothing was heard for so long is silent.
pub const SILENT_AFTER: Duration = Duration::from_mins(2);

/// The code under which a silence is kept. Stations do not say it of themselves.
pub const SILENT: &str = "silent";

/// Something that was wrong at a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationFault {
    /// Where.
    pub station: StationId,
    /// What: a code that stays, the station's or [`SILENT`].
    pub code: String,
    /// Since when.
    pub since: UtcMs,
    /// In the station's words, the last that it used; empty where it said none.
    pub detail: String,
    /// Until when; none: it still is.
    pub ended_at: Option<UtcMs>,
}

/// Their words by their codes. Of several under one code the first speaks.
fn by_code(status: Option<&StationStatus>) -> BTreeMap<&str, &str> {
    let faults = status.map(|status| status.faults.as_slice()).unwrap_or_default();
    faults.iter().rev().map(|fault| (fault.code.as_str(), fault.detail.as_str())).collect()
}

/// Notes which faults began and which ended between what a station said last time and what it says now.
pub(super) async fn note(
    tx: &mut Tx,
    station: &StationId,
    (before, after): (Option<&StationStatus>, &StationStatus),
    now: UtcMs,
) -> Result<(), StoreError> {
    let (before, after) = (by_code(before), by_code(Some(after)));
    if before == after {
        return Ok(());
    }
    for code in before.keys().filter(|code| !after.contains_key(*code)) {
        sql!(execute tx,
            "update fault set ended_at = $3 where station = $1 and code = $2 and ended_at is null",
            station.as_str(), *code, now.0)?;
    }
    for (code, detail) in after {
        let open = sql!(execute tx,
            "update fault set detail = $3 where station = $1 and code = $2 and ended_at is null",
            station.as_str(), code, detail)?;
        if open == 0 {
            sql!(execute tx,
                "insert into fault (station, code, since, detail) values ($1, $2, $3, $4) on conflict do nothing",
                station.as_str(), code, now.0, detail)?;
        }
    }
    Ok(())
}

/// Notes that nothing was heard of a station from one instant until now.
pub(super) async fn note_silence(
    tx: &mut Tx,
    station: &StationId,
    since: UtcMs,
    now: UtcMs,
) -> Result<(), StoreError> {
    sql!(execute tx,
        "insert into fault (station, code, since, detail, ended_at) values ($1, $2, $3, '', $4)
         on conflict do nothing",
        station.as_str(), SILENT, since.0, now.0)?;
    Ok(())
}

impl Store {
    /// Every fault that has not ended, by station.
    pub async fn open_faults(&self) -> Result<Vec<StationFault>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select station, code, since, detail, ended_at from fault where ended_at is null
             order by station, since, code")?;
        rows.iter().map(read).collect()
    }

    /// A station's last faults, those that still are and the newest first, at most so many.
    pub async fn faults_of(
        &self,
        station: &StationId,
        at_most: u32,
    ) -> Result<Vec<StationFault>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select station, code, since, detail, ended_at from fault where station = $1
             order by case when ended_at is null then 0 else 1 end, since desc, code limit $2",
            station.as_str(), i64::from(at_most))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<StationFault, StoreError> {
    Ok(StationFault {
        station: name("fault at", row.get(0)?)?,
        code: row.get(1)?,
        since: UtcMs(row.get(2)?),
        detail: row.get(3)?,
        ended_at: row.get::<Option<i64>>(4)?.map(UtcMs),
    })
}
