//! Whether the rows still say what they said when they went into the log.

use std::ops::Range;

use super::{
    super::{Store, StoreError, db::sql},
    logged_deeds,
};
use crate::{
    log::{Hash, leaf},
    radio::codes,
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
     union all select 'report ' || id || ' on ' || campaign from channel_report
         where log_position is null or log_position >= (select size from log)
         or (withdrawn_at is null) <> (withdrawn_position is null) or withdrawn_position >= (select size from log)
     union all select 'key of ' || station from station_key
         where log_position is null or log_position >= (select size from log)
         or (revoked_at is null) <> (revoked_position is null) or revoked_position >= (select size from log)
     union all select 'deed ' || id from audit
         where log_position >= (select size from log) or (log_position is null and deed in ",
    logged_deeds!(),
    ") union all select 'entry ' || log_position from log_entry where log_position >= (select size from log)
     limit 1"
);

impl Store {
    /// Reads a span's rows again, hashes them, and holds them against the leaves that they had when they came: gives the
    /// leaves, or the first that differs.
    pub async fn log_read_back(
        &self,
        span: Range<u64>,
    ) -> Result<Result<Vec<Hash>, LogFault>, StoreError> {
        let leaves = self.log_leaves(span.clone()).await?;
        let lines = self.log_lines(span.clone()).await?;
        for ((entry, line), stored) in span.zip(&lines).zip(&leaves) {
            if line.is_empty() {
                let words = "the row is no longer there";
                return Ok(Err(LogFault::at(entry, LogFaultKind::Missing, words)));
            }
            if leaf(line.as_bytes()) != *stored {
                let words = "the row says something else than when it went in";
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
