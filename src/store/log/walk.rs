//! Whether the rows still say what they said when they went into the log.

use std::ops::Range;

use super::{
    super::{
        NewRecord, Store, StoreError,
        db::{Row, sql},
    },
    logged_deeds, rows,
};
use crate::{
    log::{Hash, leaf},
    radio::{UtcMs, codes},
    signing::Envelope,
    wire::StationRecord,
};

/// What is wrong with the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFault {
    /// Which entry, counted from 0; none: it is about none of them.
    pub entry: Option<u64>,
    /// What.
    pub kind: LogFaultKind,
    /// What, for people who mend it.
    pub detail: String,
}

codes! {
    /// Kinds of fault.
    pub enum LogFaultKind {
        /// A row is gone.
        Missing = "missing",
        /// A row says something else.
        Changed = "changed",
        /// A row that never went in.
        Strange = "strange",
        /// The tree itself, or what was signed of it, is another.
        Rewritten = "rewritten",
        /// The key with which it is signed.
        Key = "key",
    }
}

impl LogFault {
    fn at(entry: u64, kind: LogFaultKind, detail: impl Into<String>) -> Self {
        Self { entry: Some(entry), kind, detail: detail.into() }
    }
}

/// Rows that have no place in the log and should, or one past its end.
const STRANGERS: &str = concat!(
    "with log (size) as (select size from log_head where id = 'log')
     select 'record ' || sequence || ' of ' || station from as_run where log_position is null
     union all select 'record ' || sequence || ' of ' || station from as_run
         where log_position >= (select size from log)
     union all select 'word ' || number || ' on ' || airing from declaration
         where log_position is null or log_position >= (select size from log)
     union all select 'ruling ' || number || ' on ' || subject from ruling
         where log_position is null or log_position >= (select size from log)
     union all select 'key of ' || station from station_key
         where log_position is null or log_position >= (select size from log)
         or (revoked_at is null) <> (revoked_position is null) or revoked_position >= (select size from log)
     union all select 'deed ' || id from audit
         where log_position >= (select size from log) or (log_position is null and deed in ",
    logged_deeds!(),
    ") union all select 'entry ' || log_position from log_entry where log_position >= (select size from log)
     limit 1"
);

/// What of a record stands in columns of its own, so that it can be asked for.
const COLUMNS: &str = "select log_position, station, boot, sequence, airing, position, clip, turn_at, received_at, \
     record, key, signature, hash, previous, kind \
     from as_run where log_position >= $1 and log_position < $2 order by log_position";

impl Store {
    /// Reads a span's rows again, hashes them, and holds them against the leaves that they had when they came: gives the
    /// leaves, or the first that differs.
    pub async fn log_read_back(
        &self,
        span: Range<u64>,
    ) -> Result<Result<Vec<Hash>, LogFault>, StoreError> {
        let leaves = self.log_leaves(span.clone()).await?;
        let mut reader = self.db.reader().await?;
        let lines = rows::lines(&mut reader, span.clone()).await?;
        for ((entry, line), stored) in span.clone().zip(&lines).zip(&leaves) {
            if line.is_empty() {
                let words = "the row is no longer there";
                return Ok(Err(LogFault::at(entry, LogFaultKind::Missing, words)));
            }
            if leaf(line.as_bytes()) != *stored {
                let words = "the row says something else than when it went in";
                return Ok(Err(LogFault::at(entry, LogFaultKind::Changed, words)));
            }
        }
        let (from, until) = (span.start.cast_signed(), span.end.cast_signed());
        for row in &sql!(fetch &mut reader, COLUMNS, from, until)? {
            if !fits(row).unwrap_or(false) {
                let entry = row.get::<i64>(0)?.cast_unsigned();
                let words = "what the row is found by is not what the record says";
                return Ok(Err(LogFault::at(entry, LogFaultKind::Changed, words)));
            }
        }
        Ok(Ok(leaves))
    }

    /// A row that was written past the log, if there is one.
    pub async fn log_stranger(&self) -> Result<Option<LogFault>, StoreError> {
        let mut reader = self.db.reader().await?;
        let found = sql!(fetch &mut reader,
            STRANGERS)?;
        let what: Option<String> = found.first().map(|row| row.get(0)).transpose()?;
        Ok(what.map(|what| LogFault {
            entry: None,
            kind: LogFaultKind::Strange,
            detail: format!("{what} is in the database and never went into the log"),
        }))
    }
}

/// Whether a record's columns say what the record itself says.
fn fits(row: &Row) -> Result<bool, StoreError> {
    let payload: String = row.get(9)?;
    let (key, signature): (Option<String>, Option<String>) = (row.get(10)?, row.get(11)?);
    let (Some(key), Some(signature)) = (key, signature) else {
        // From before there were keys: it has no hash either.
        return Ok(row.get::<Option<String>>(12)?.is_none());
    };
    let (Ok(key), Ok(signature)) = (key.parse(), signature.parse()) else { return Ok(false) };
    let Ok(record) = StationRecord::read(&payload) else { return Ok(false) };
    let envelope = Envelope { payload, key, signature };
    let (station, new) = match &record {
        StationRecord::AsRun(record) => (&record.station, NewRecord::new(record, envelope)),
        StationRecord::Event(event) => (&event.station, NewRecord::event(event, envelope)),
    };
    let said = (
        (station.to_string(), new.boot, new.sequence.cast_signed()),
        new.airing.map_or_else(String::new, |airing| airing.to_string()),
        (i64::from(new.position), new.clip.map(|clip| clip.to_string()), new.turn_at),
        (Some(new.hash.to_string()), new.previous.map(|hash| hash.to_string())),
        new.kind.map(str::to_owned),
    );
    let stands = (
        (row.get(1)?, row.get(2)?, row.get(3)?),
        row.get(4)?,
        (row.get(5)?, row.get(6)?, row.get::<Option<i64>>(7)?.map(UtcMs)),
        (row.get(12)?, row.get(13)?),
        row.get(14)?,
    );
    Ok(said == stands)
}
