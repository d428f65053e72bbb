//! As-run records, what really sounded, and events, what was done at the site: kept for good.

use super::{
    Store, StoreError,
    db::{Row, fetch_among, one_of},
};
use crate::{
    radio::{AiringId, ClipHash, RecordHash, UtcMs},
    signing::Envelope,
    wire::{AsRunRecord, EventRecord},
};

/// An as-run record to keep, with what is asked of it in columns of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// One run of the station's program.
    pub boot: String,
    /// Counts up over the station's life.
    pub sequence: u64,
    /// What was to air; none: it is an event.
    pub airing: Option<AiringId>,
    /// What was done at the site; none: it is an as-run record.
    pub kind: Option<&'static str>,
    /// Which item of the airing.
    pub position: u32,
    /// The clip.
    pub clip: Option<ClipHash>,
    /// When the clip had its turn, if it had.
    pub turn_at: Option<UtcMs>,
    /// The title by value.
    pub title: String,
    /// When it was due.
    pub due_at: UtcMs,
    /// How long it should have sounded, in milliseconds.
    pub expected_ms: u64,
    /// The hash of the record before it.
    pub previous: Option<RecordHash>,
    /// Its own hash.
    pub hash: RecordHash,
    /// The record whole, as it was signed.
    pub envelope: Envelope,
}

impl NewRecord {
    /// A record as it is kept, with the envelope that it came in.
    pub fn new(record: &AsRunRecord, envelope: Envelope) -> Self {
        let expected = u128::from(record.frames_expected) * 1000;
        let expected_ms = expected.div_ceil(u128::from(record.sample_rate.max(1)));
        Self {
            boot: record.boot.clone(),
            sequence: record.sequence,
            airing: Some(record.airing.clone()),
            kind: None,
            position: record.position,
            clip: record.clip,
            turn_at: record.had_its_turn().then_some(record.scheduled_at),
            title: record.title.clone(),
            due_at: record.scheduled_at,
            expected_ms: expected_ms.try_into().unwrap_or(u64::MAX),
            previous: record.previous,
            hash: RecordHash::of(envelope.payload.as_bytes()),
            envelope,
        }
    }

    /// An event as it is kept, with the envelope that it came in.
    pub fn event(record: &EventRecord, envelope: Envelope) -> Self {
        Self {
            boot: record.boot.clone(),
            sequence: record.sequence,
            airing: None,
            kind: Some(record.event.kind()),
            position: 0,
            clip: None,
            turn_at: None,
            title: String::new(),
            due_at: record.at,
            expected_ms: 0,
            previous: record.previous,
            hash: RecordHash::of(envelope.payload.as_bytes()),
            envelope,
        }
    }
}

/// A record as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// What was to air.
    pub airing: String,
    /// When the district had it on disk.
    pub received_at: UtcMs,
    /// The record whole, as JSON.
    pub json: String,
}

impl Store {
    /// The records of some airings: of each, in the order in which they were made.
    pub async fn records_of(&self, airings: &[&AiringId]) -> Result<Vec<StoredRecord>, StoreError> {
        let statement = one_of!(
            "select airing, received_at, record from as_run where airing in ",
            " order by airing, sequence, boot"
        );
        let names: Vec<_> = airings.iter().map(|airing| airing.as_str()).collect();
        let rows = fetch_among(&mut self.db.reader().await?, statement, &names).await?;
        rows.iter().map(read).collect()
    }
}

pub(super) fn read(row: &Row) -> Result<StoredRecord, StoreError> {
    Ok(StoredRecord { airing: row.get(0)?, received_at: UtcMs(row.get(1)?), json: row.get(2)? })
}
