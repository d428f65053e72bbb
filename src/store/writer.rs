//! Commits the records of many calls together: a flush to disk costs the same for one batch as for a hundred.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use sqlx::AssertSqlSafe;
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument as _;

use super::{
    Call, NewRecord, Store, StoreError, Tx, chain, contact,
    db::{Db, Engine, sql},
    judged, log, stray,
};
use crate::{
    log::{Hash, leaf},
    radio::{AiringId, ClipHash, RecordHash, StationId, UtcMs},
};

/// Rows a statement: few enough for either engine's limit on arguments, enough to make the statement's own cost small.
const CHUNK: usize = 100;
/// Columns a row.
const COLUMNS: usize = 15;
/// Calls committed together at most.
const TOGETHER: usize = 64;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is on disk now.
    Recorded,
    /// The same was there before.
    Duplicate,
    /// Something else is there under the same key.
    Conflict,
}

/// What one call brought.
#[derive(Debug)]
struct Batch {
    station: StationId,
    records: Vec<NewRecord>,
    /// Of each record, what the log has of it: hashed by the caller, so that the writer only writes.
    leaves: Vec<Hash>,
    call: Call,
    now: UtcMs,
    answer: oneshot::Sender<Result<Vec<Verdict>, Arc<StoreError>>>,
}

/// Hands batches to the task that commits them.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    batches: mpsc::Sender<Batch>,
    stop: mpsc::Sender<oneshot::Sender<()>>,
}

impl Writer {
    pub(super) fn start(db: Db) -> Self {
        let (batches, waiting) = mpsc::channel(TOGETHER * 4);
        let (stop, stopping) = mpsc::channel(1);
        tokio::spawn(write(db, waiting, stopping));
        Self { batches, stop }
    }

    pub(super) async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.stop.send(done).await.is_ok() {
            stopped.await.ok();
        }
    }
}

impl Store {
    /// Keeps a station's records and notes that it called, if it did; answers when they are on disk, a verdict for each in order.
    pub async fn confirm(
        &self,
        station: &StationId,
        records: Vec<NewRecord>,
        call: Call,
        now: UtcMs,
    ) -> Result<Vec<Verdict>, Arc<StoreError>> {
        let (answer, answered) = oneshot::channel();
        let leaf_of = |record| Ok(leaf(log::line(&log::record(record, now))?.as_bytes()));
        let leaves = records.iter().map(leaf_of).collect::<Result<_, StoreError>>()?;
        let batch = Batch { station: station.clone(), records, leaves, call, now, answer };
        self.writer.batches.send(batch).await.map_err(|_| StoreError::Closing)?;
        answered.await.map_err(|_| StoreError::Closing)?
    }

    /// Calls that wait for the next commit.
    pub fn waiting(&self) -> usize {
        self.writer.batches.max_capacity() - self.writer.batches.capacity()
    }
}

async fn write(
    db: Db,
    mut waiting: mpsc::Receiver<Batch>,
    mut stopping: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut batches = Vec::with_capacity(TOGETHER);
    loop {
        let stopped = tokio::select! {
            biased;
            taken = waiting.recv_many(&mut batches, TOGETHER) => {
                if taken == 0 {
                    return;
                }
                None
            }
            done = stopping.recv() => {
                waiting.close();
                while let Some(batch) = waiting.recv().await {
                    batches.push(batch);
                }
                Some(done)
            }
        };
        commit_all(&db, &mut batches).await;
        if let Some(done) = stopped {
            done.and_then(|done| done.send(()).ok());
            return;
        }
    }
}

async fn commit_all(db: &Db, batches: &mut Vec<Batch>) {
    match commit(db, batches).instrument(tracing::trace_span!("commit")).await {
        Ok(verdicts) => {
            for (batch, verdicts) in batches.drain(..).zip(verdicts) {
                batch.answer.send(Ok(verdicts)).ok();
            }
        }
        // One call's trouble must not be another's: each is tried alone.
        Err(error) if batches.len() > 1 => {
            tracing::warn!(%error, "committing calls together failed; trying each alone");
            for batch in batches.drain(..) {
                let alone = commit(db, std::slice::from_ref(&batch)).await;
                let answer = alone.map(|mut verdicts| verdicts.pop().unwrap_or_default());
                batch.answer.send(answer.map_err(Arc::new)).ok();
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for batch in batches.drain(..) {
                batch.answer.send(Err(error.clone())).ok();
            }
        }
    }
}

/// Nearly always every record is new: insert first, and look closer only when fewer rows came in than were sent.
async fn commit(db: &Db, batches: &[Batch]) -> Result<Vec<Vec<Verdict>>, StoreError> {
    let mut tx = db.begin().await?;
    let rows: Vec<(&Batch, &NewRecord)> = batches
        .iter()
        .flat_map(|batch| batch.records.iter().map(move |record| (batch, record)))
        .collect();
    let mut fresh = true;
    // A sign of life alone leaves the log be.
    let mut size = if rows.is_empty() { 0 } else { log::lock(&mut tx).await? };
    let mut leaves: Vec<Hash> = Vec::with_capacity(rows.len());
    for (place, chunk) in (size..).step_by(CHUNK).zip(rows.chunks(CHUNK)) {
        if insert(&mut tx, chunk, place).await? != chunk.len() as u64 {
            fresh = false;
            break;
        }
    }
    let verdicts: Vec<Vec<Verdict>> = if fresh {
        leaves.extend(batches.iter().flat_map(|batch| &batch.leaves));
        batches.iter().map(|batch| vec![Verdict::Recorded; batch.records.len()]).collect()
    } else {
        tx.rollback().await?;
        tx = db.begin().await?;
        size = log::lock(&mut tx).await?;
        let mut verdicts = Vec::with_capacity(batches.len());
        for batch in batches {
            let mut of_batch = Vec::with_capacity(batch.records.len());
            for (record, leaf) in batch.records.iter().zip(&batch.leaves) {
                let place = size + leaves.len() as u64;
                let verdict = insert_one(&mut tx, batch, record, place).await?;
                leaves.extend((verdict == Verdict::Recorded).then_some(leaf));
                of_batch.push(verdict);
            }
            verdicts.push(of_batch);
        }
        verdicts
    };
    if !leaves.is_empty() {
        let append = log::append_leaves(&mut tx, size, &leaves);
        append.instrument(tracing::trace_span!("append")).await?;
    }
    // A station says much of few airings: each is looked for once. What was not kept tells of none.
    let mut told: HashMap<&AiringId, (&StationId, &NewRecord)> = HashMap::new();
    for ((batch, record), verdict) in rows.iter().zip(verdicts.iter().flatten()) {
        if let (Some(airing), Verdict::Recorded) = (&record.airing, verdict) {
            told.entry(airing).or_insert((&batch.station, record));
        }
    }
    if let Some(span) = stray::keep(&mut tx, &told).await? {
        judged::forget(&mut tx, span).await?;
    }
    for batch in batches {
        match &batch.call {
            Call::Line { status } => {
                contact::note(&mut tx, &batch.station, status.as_deref(), batch.now).await?;
            }
            Call::Carried => contact::hold(&mut tx, &batch.station).await?,
        }
    }
    // After the contacts: their rows keep another program that takes records of the same station waiting.
    extend_chains(&mut tx, batches, &verdicts).await?;
    tx.commit().await?;
    Ok(verdicts)
}

/// What is new of each station goes into its chain as a whole.
async fn extend_chains(
    tx: &mut Tx,
    batches: &[Batch],
    verdicts: &[Vec<Verdict>],
) -> Result<(), StoreError> {
    let mut stations: BTreeMap<&StationId, (Vec<&NewRecord>, Vec<&NewRecord>, UtcMs)> =
        BTreeMap::new();
    for (batch, verdicts) in batches.iter().zip(verdicts) {
        let (new, refused, _) =
            stations.entry(&batch.station).or_insert_with(|| (vec![], vec![], batch.now));
        for (record, verdict) in batch.records.iter().zip(verdicts) {
            match verdict {
                Verdict::Recorded => new.push(record),
                Verdict::Conflict => refused.push(record),
                Verdict::Duplicate => {}
            }
        }
    }
    for (station, (new, refused, now)) in stations {
        chain::extend(tx, station, &new, &refused, now).await?;
    }
    Ok(())
}

async fn insert_one(
    tx: &mut Tx,
    batch: &Batch,
    record: &NewRecord,
    place: u64,
) -> Result<Verdict, StoreError> {
    if insert(tx, &[(batch, record)], place).await? == 1 {
        return Ok(Verdict::Recorded);
    }
    let rows = sql!(fetch tx,
        "select record from as_run where station = $1 and boot = $2 and sequence = $3",
        batch.station.as_str(), record.boot.as_str(), record.sequence.cast_signed())?;
    let stored: String = rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)?;
    Ok(if stored == record.envelope.payload { Verdict::Duplicate } else { Verdict::Conflict })
}

/// How a statement leaves the places of its arguments open.
///
/// SQLite looks an argument that has a name up among all others, which takes more time than writing the rows.
type Hole = fn(usize) -> String;

/// The statement for so many rows.
fn text(rows: usize, hole: Hole) -> String {
    let values: Vec<String> = (0..rows)
        .map(|row| {
            let holes: Vec<String> =
                (1..=COLUMNS).map(|column| hole(row * COLUMNS + column)).collect();
            format!("({})", holes.join(","))
        })
        .collect();
    format!(
        "insert into as_run (station, boot, sequence, airing, position, clip, turn_at, received_at, record, key, signature, \
         hash, previous, kind, log_position) values {} \
         on conflict (station, boot, sequence) do nothing",
        values.join(",")
    )
}

/// The statements of an engine, built once: the same text is the same prepared statement.
type Statements = LazyLock<Vec<Arc<str>>>;

fn statements(hole: Hole) -> Vec<Arc<str>> {
    (0..=CHUNK).map(|rows| text(rows, hole).into()).collect()
}

static OF_SQLITE: Statements = LazyLock::new(|| statements(|_| "?".to_owned()));
static OF_POSTGRES: Statements = LazyLock::new(|| statements(|number| format!("${number}")));

/// Writes at most [`CHUNK`] rows, the first with this place in the log; gives how many were new.
async fn insert(tx: &mut Tx, rows: &[(&Batch, &NewRecord)], place: u64) -> Result<u64, StoreError> {
    macro_rules! insert_on {
        ($tx:expr, $statements:expr) => {{
            let mut query = sqlx::query(AssertSqlSafe($statements[rows.len()].clone()));
            for (place, (batch, record)) in (place.cast_signed()..).zip(rows) {
                query = query
                    .bind(batch.station.as_str())
                    .bind(record.boot.as_str())
                    .bind(record.sequence.cast_signed())
                    .bind(record.airing.as_ref().map_or("", |airing| airing.as_str()))
                    .bind(i64::from(record.position))
                    .bind(record.clip.as_ref().map(ClipHash::to_string))
                    .bind(record.turn_at.map(|at| at.0))
                    .bind(batch.now.0)
                    .bind(record.envelope.payload.as_str())
                    .bind(record.envelope.key.to_string())
                    .bind(record.envelope.signature.to_string())
                    .bind(record.hash.to_string())
                    .bind(record.previous.as_ref().map(RecordHash::to_string))
                    .bind(record.kind)
                    .bind(place);
            }
            query.execute(&mut **$tx).await?.rows_affected()
        }};
    }
    Ok(match tx {
        Engine::Sqlite(tx) => insert_on!(tx, OF_SQLITE),
        Engine::Postgres(tx) => insert_on!(tx, OF_POSTGRES),
    })
}
