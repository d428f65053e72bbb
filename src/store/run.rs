//! Which of a station's records are here, in runs without a gap.

use std::collections::HashMap;

use super::{Store, StoreError, db::sql};
use crate::{
    radio::{RecordHash, StationId},
    wire::Run,
};

/// Records looked at in one statement.
const TOGETHER: i64 = 5_000;

impl Store {
    /// A station's records as runs in which each follows from the one before it. Records from before there were chains
    /// are in none.
    pub async fn runs(&self, station: &StationId) -> Result<Vec<Run>, StoreError> {
        let mut open: HashMap<RecordHash, Run> = HashMap::new();
        let mut after = -1;
        loop {
            let rows = sql!(fetch &mut self.db.reader().await?,
                "select sequence, hash, previous from as_run where station = $1 and sequence > $2
                 order by sequence, boot limit $3",
                station.as_str(), after, TOGETHER)?;
            // The last number may go on in the next rows: two boots may each have it.
            let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < TOGETHER;
            let end: i64 = rows.last().map(|row| row.get(0)).transpose()?.unwrap_or(i64::MAX);
            for row in &rows {
                let sequence: i64 = row.get(0)?;
                if !is_last && sequence == end {
                    break;
                }
                after = sequence;
                let (hash, previous): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
                let read = |text: Option<String>| text.and_then(|text| text.parse().ok());
                let Some(hash): Option<RecordHash> = read(hash) else { continue };
                let last = sequence.unsigned_abs();
                let before = read(previous).and_then(|previous: RecordHash| open.remove(&previous));
                let first = before.map_or(last, |run| run.first);
                open.insert(hash, Run { first, last, hash });
            }
            if is_last {
                break;
            }
        }
        let mut runs: Vec<Run> = open.into_values().collect();
        runs.sort_unstable_by_key(|run| (run.first, run.last));
        Ok(runs)
    }
}
