//! Whether a station's records are all there and each follows from the one before it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    NewRecord, Store, StoreError, Tx,
    db::{Row, sql},
    name,
    runs::Runs,
};
use crate::{
    radio::{RecordHash, StationId, UtcMs},
    wire::{ChainFault, ChainFaultKind, Held, Span},
};

/// Missing spans told to a station at most; when they are filled, it is told the next.
const SPANS: usize = 100;
/// Faults shown of each station, the newest first.
const SHOWN: i64 = 20;

/// How a station's chain of records stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Whose.
    pub station: StationId,
    /// The sequence number up to which nothing is missing; 0: the first is.
    pub head: u64,
    /// The highest sequence number that came.
    pub last: u64,
    /// How many are missing before the last.
    pub missing: u64,
    /// How many faults were ever found. What is missing is not among them: it may still come.
    pub fault_count: u64,
    /// The newest of them.
    pub faults: Vec<ChainFault>,
}

impl Chain {
    /// What is missing now, as a fault.
    pub fn gap(&self) -> Option<ChainFault> {
        let Self { head, last, missing, .. } = self;
        (*missing > 0).then(|| ChainFault {
            kind: ChainFaultKind::Gap,
            sequence: head + 1,
            detail: format!("{missing} of the records {} to {last} have not come", head + 1),
            found_at: None,
        })
    }
}

/// What ties a record to the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    hash: Option<String>,
    previous: Option<String>,
}

impl Link {
    fn of(record: &NewRecord) -> Self {
        Self {
            hash: Some(record.hash.to_string()),
            previous: record.previous.as_ref().map(RecordHash::to_string),
        }
    }

    /// What is wrong with it as number `sequence`, if those before it are these.
    fn fault(&self, sequence: u64, before: &[Self]) -> Option<(ChainFaultKind, String)> {
        match &self.previous {
            // From before there were chains.
            None if self.hash.is_none() => None,
            None if sequence > 1 => {
                Some((ChainFaultKind::Break, format!("record {sequence} names none before it")))
            }
            None => None,
            Some(_) if sequence <= 1 => {
                Some((ChainFaultKind::Break, "the first record names one before it".to_owned()))
            }
            Some(named) => {
                let fits = |link: &Self| link.hash.as_ref().is_none_or(|hash| hash == named);
                let strange = !before.is_empty() && !before.iter().any(fits);
                strange.then(|| {
                    let words = format!(
                        "record {sequence} follows another than the {} that is here",
                        sequence - 1
                    );
                    (ChainFaultKind::Fork, words)
                })
            }
        }
    }
}

/// Takes new records of a station into its chain, and notes what is wrong with them. Of `refused` others are there
/// already.
pub(super) async fn extend(
    tx: &mut Tx,
    station: &StationId,
    new: &[&NewRecord],
    refused: &[&NewRecord],
    now: UtcMs,
) -> Result<(), StoreError> {
    for record in refused {
        let words = format!("a second record {} came under the same boot", record.sequence);
        note(tx, station, record.sequence, (ChainFaultKind::Fork, words), now).await?;
    }
    let mut links: BTreeMap<u64, Vec<Link>> = BTreeMap::new();
    for record in new {
        links.entry(record.sequence).or_default().push(Link::of(record));
    }
    let (Some((&lowest, _)), Some((&highest, _))) =
        (links.first_key_value(), links.last_key_value())
    else {
        return Ok(());
    };
    let reach = Span { first: lowest.saturating_sub(1), last: highest + 1 };
    let before = runs_within(tx, station, reach).await?;

    let numbers: Vec<u64> = links.keys().copied().collect();
    // Mostly one: the record before the first that is new.
    let around = numbers.iter().flat_map(|number| [number.saturating_sub(1), *number, number + 1]);
    let there: BTreeSet<u64> = around.filter(|number| before.holds(*number)).collect();
    for number in there {
        let stored = links_at(tx, station, number).await?;
        links.insert(number, stored);
    }
    let none = Vec::new();
    let mut faults = Vec::new();
    for (number, ties) in &links {
        let follows = number.checked_sub(1).and_then(|number| links.get(&number)).unwrap_or(&none);
        let wrong = ties.iter().find_map(|link| link.fault(*number, follows));
        faults.extend(wrong.map(|wrong| (*number, wrong)));
        if ties.len() > 1 {
            let words = format!("{} different records {number} came", ties.len());
            faults.push((*number, (ChainFaultKind::Fork, words)));
        }
    }
    for (number, fault) in faults {
        note(tx, station, number, fault, now).await?;
    }

    let mut after = before.clone();
    for number in numbers {
        after.add(number);
    }
    write_runs(tx, station, &before, &after).await
}

async fn note(
    tx: &mut Tx,
    station: &StationId,
    sequence: u64,
    (kind, detail): (ChainFaultKind, String),
    now: UtcMs,
) -> Result<(), StoreError> {
    let kept = sql!(execute tx,
        "insert into chain_fault (station, sequence, kind, detail, found_at) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        station.as_str(), sequence.cast_signed(), kind.to_string(), detail.as_str(), now.0)?;
    if kept == 1 {
        tracing::error!(%station, sequence, %kind, detail, "a station's records do not follow from each other");
    }
    Ok(())
}

async fn runs_within(tx: &mut Tx, station: &StationId, reach: Span) -> Result<Runs, StoreError> {
    let rows = sql!(fetch tx,
        "select first_sequence, last_sequence from chain_run
         where station = $1 and last_sequence >= $2 and first_sequence <= $3",
        station.as_str(), reach.first.cast_signed(), reach.last.cast_signed())?;
    rows.iter().map(span).collect()
}

async fn links_at(
    tx: &mut Tx,
    station: &StationId,
    sequence: u64,
) -> Result<Vec<Link>, StoreError> {
    let rows = sql!(fetch tx,
        "select hash, previous from as_run where station = $1 and sequence = $2",
        station.as_str(), sequence.cast_signed())?;
    rows.iter().map(|row| Ok(Link { hash: row.get(0)?, previous: row.get(1)? })).collect()
}

async fn write_runs(
    tx: &mut Tx,
    station: &StationId,
    before: &Runs,
    after: &Runs,
) -> Result<(), StoreError> {
    let kept: BTreeSet<u64> = after.spans().map(|run| run.first).collect();
    for gone in before.spans().filter(|run| !kept.contains(&run.first)) {
        sql!(execute tx, "delete from chain_run where station = $1 and first_sequence = $2",
            station.as_str(), gone.first.cast_signed())?;
    }
    let known: BTreeSet<Span> = before.spans().collect();
    for run in after.spans().filter(|run| !known.contains(run)) {
        sql!(execute tx,
            "insert into chain_run (station, first_sequence, last_sequence) values ($1, $2, $3)
             on conflict (station, first_sequence) do update set last_sequence = excluded.last_sequence",
            station.as_str(), run.first.cast_signed(), run.last.cast_signed())?;
    }
    Ok(())
}

fn span(row: &Row) -> Result<Span, StoreError> {
    let (first, last): (i64, i64) = (row.get(0)?, row.get(1)?);
    Ok(Span { first: first.cast_unsigned(), last: last.cast_unsigned() })
}

impl Store {
    /// Which of a station's records are here.
    pub async fn held(&self, station: &StationId) -> Result<Held, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader,
            "select first_sequence, last_sequence from chain_run where station = $1
             order by first_sequence limit $2",
            station.as_str(), i64::try_from(SPANS).unwrap_or(i64::MAX))?;
        let runs = rows.iter().map(span).collect::<Result<Runs, _>>()?;
        let newest = sql!(fetch &mut reader,
            "select first_sequence, last_sequence from chain_run where station = $1
             order by first_sequence desc limit 1",
            station.as_str())?;
        let last = newest.first().map(span).transpose()?.map_or(0, |run| run.last);
        let missing = runs.gaps();
        let head = missing.first().map_or(last, |gap| gap.first - 1);
        Ok(Held { head, last, missing })
    }

    /// How the chains of all stations stand that ever sent a record, by name.
    pub async fn chains(&self) -> Result<Vec<Chain>, StoreError> {
        let mut reader = self.db.reader().await?;
        let runs = sql!(fetch &mut reader,
            "select station,
                 max(case when first_sequence <= 1 then last_sequence else 0 end),
                 max(last_sequence),
                 cast(sum(last_sequence - (case when first_sequence < 1 then 1 else first_sequence end) + 1) as bigint)
             from chain_run group by station order by station")?;
        let shown = sql!(fetch &mut reader,
            "select station, sequence, kind, detail, found_at, total from (
                 select station, sequence, kind, detail, found_at,
                     row_number() over (partition by station order by found_at desc, sequence desc, kind) as place,
                     count(*) over (partition by station) as total
                 from chain_fault) as ranked
             where place <= $1 order by station, place",
            SHOWN)?;
        let mut faults: BTreeMap<String, (u64, Vec<ChainFault>)> = BTreeMap::new();
        for row in &shown {
            let (total, faults) = faults.entry(row.get(0)?).or_default();
            *total = row.get::<i64>(5)?.unsigned_abs();
            faults.push(read_fault(row)?);
        }
        runs.iter()
            .map(|row| {
                let station: String = row.get(0)?;
                let count = |column| row.get::<i64>(column).map(i64::unsigned_abs);
                let (head, last, held) = (count(1)?, count(2)?, count(3)?);
                let (fault_count, faults) = faults.remove(&station).unwrap_or_default();
                let station = name("records of", station)?;
                let missing = last.saturating_sub(held);
                Ok(Chain { station, head, last, missing, fault_count, faults })
            })
            .collect()
    }
}

fn read_fault(row: &Row) -> Result<ChainFault, StoreError> {
    let kind: String = row.get(2)?;
    let kind = match kind.as_str() {
        "fork" => ChainFaultKind::Fork,
        _ => ChainFaultKind::Break,
    };
    Ok(ChainFault {
        kind,
        sequence: row.get::<i64>(1)?.unsigned_abs(),
        detail: row.get(3)?,
        found_at: Some(UtcMs(row.get(4)?)),
    })
}
