//! What stands of a record in columns of its own, so that it can be asked for, beside what the record itself says.

use serde::Serialize;

use super::super::{NewRecord, StoreError, db::Row};
use crate::{log::Entry, radio::RecordHash, signing::Envelope, wire::StationRecord};

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
    pub(super) fn fit(&self, payload: &str, key: Option<&str>, signature: Option<&str>) -> bool {
        let (Some(key), Some(signature)) = (key, signature) else {
            // From before there were keys: it has no hash either.
            return self.hash.is_none();
        };
        let (Ok(key), Ok(signature)) = (key.parse(), signature.parse()) else { return false };
        let Ok(record) = StationRecord::read(payload) else { return false };
        let envelope = Envelope { payload: payload.to_owned(), key, signature };
        let (station, new) = match &record {
            StationRecord::AsRun(record) => (&record.station, NewRecord::new(record, envelope)),
            StationRecord::Event(event) => (&event.station, NewRecord::event(event, envelope)),
        };
        let said = Self {
            station: station.to_string(),
            boot: new.boot,
            sequence: new.sequence.cast_signed(),
            airing: new.airing.map_or_else(String::new, |airing| airing.to_string()),
            position: i64::from(new.position),
            clip: new.clip.map(|clip| clip.to_string()),
            turn_at: new.turn_at.map(|at| at.0),
            hash: Some(new.hash.to_string()),
            previous: new.previous.as_ref().map(RecordHash::to_string),
            kind: new.kind.map(str::to_owned),
        };
        *self == said
    }
}
