//! What stands of a record in columns of its own, so that it can be asked for, beside what the record itself says.

use serde::Serialize;

use super::super::{StoreError, db::Row};
use crate::{log::Entry, radio::RecordHash, wire::StationRecord};

/// The columns, in the order of [`Columns::read`].
macro_rules! record_columns {
    () => {
        "station, boot, sequence, airing, position, clip, turn_at, hash, previous, kind"
    };
}
pub(super) use record_columns;

/// By what a record's row is found and judged.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Columns {
    station: String,
    boot: String,
    sequence: i64,
    airing: String,
    position: i64,
    clip: Option<String>,
    turn_at: Option<i64>,
    hash: Option<String>,
    previous: Option<String>,
    kind: Option<String>,
}

/// A record whose columns say something else than the record: both are in its line, which is then another than the one that
/// went in.
#[derive(Serialize)]
pub(super) struct Bent<'a> {
    #[serde(flatten)]
    pub(super) entry: &'a Entry<'a>,
    pub(super) columns: Columns,
}

impl Columns {
    pub(super) fn read(row: &Row, first: usize) -> Result<Self, StoreError> {
        Ok(Self {
            station: row.get(first)?,
            boot: row.get(first + 1)?,
            sequence: row.get(first + 2)?,
            airing: row.get(first + 3)?,
            position: row.get(first + 4)?,
            clip: row.get(first + 5)?,
            turn_at: row.get(first + 6)?,
            hash: row.get(first + 7)?,
            previous: row.get(first + 8)?,
            kind: row.get(first + 9)?,
        })
    }

    /// Whether they are what the record says, as it is signed.
    pub(super) fn fit(&self, payload: &str, is_signed: bool) -> bool {
        if !is_signed {
            // From before there were keys: it has no hash either.
            return self.hash.is_none();
        }
        let said = StationRecord::read(payload).map(|record| Self::of(&record, payload));
        said.is_ok_and(|said| *self == said)
    }

    fn of(record: &StationRecord, payload: &str) -> Self {
        let (station, boot, previous, as_run, kind) = match record {
            StationRecord::AsRun(of) => (&of.station, &of.boot, &of.previous, Some(of), None),
            StationRecord::Event(of) => {
                (&of.station, &of.boot, &of.previous, None, Some(of.event.kind()))
            }
        };
        let turn = as_run.filter(|record| record.had_its_turn());
        Self {
            station: station.to_string(),
            boot: boot.clone(),
            sequence: record.sequence().cast_signed(),
            airing: as_run.map(|record| record.airing.to_string()).unwrap_or_default(),
            position: as_run.map_or(0, |record| record.position.into()),
            clip: as_run.and_then(|record| record.clip).map(|clip| clip.to_string()),
            turn_at: turn.map(|record| record.scheduled_at.0),
            hash: Some(RecordHash::of(payload.as_bytes()).to_string()),
            previous: previous.as_ref().map(RecordHash::to_string),
            kind: kind.map(str::to_owned),
        }
    }
}
