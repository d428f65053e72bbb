//! What must be true of a station's folder after a power cut.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use loa::{
    clock::{Clock as _, SystemClock},
    library::Shelf,
    playout::{keep::Keep, link::trust},
    radio::RecordHash,
    signing::{Context, Envelope},
    wire::AsRunRecord,
};
use rusqlite::Connection;

/// A record at the district.
pub(crate) struct Received {
    pub(crate) record: String,
    pub(crate) received_at: i64,
}

/// How far a station had come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) has_rundown: bool,
    pub(crate) clips: usize,
    /// Airings whose start is kept, ended or not.
    pub(crate) begun: usize,
    pub(crate) ended: usize,
    pub(crate) confirmed: usize,
}

/// What the world knew when the power failed.
pub(crate) struct Known<'a> {
    /// Clips that were heard.
    pub(crate) heard: BTreeSet<usize>,
    /// Records that the district had.
    pub(crate) received: Vec<&'a Received>,
}

/// Every record of a station's at the district.
pub(crate) fn received(district: &Path, station: &str) -> Vec<Received> {
    let db = Connection::open(district).unwrap();
    let mut rows = db
        .prepare("select record, received_at from as_run where station = ? order by sequence")
        .unwrap();
    let rows = rows
        .query_map([station], |row| Ok(Received { record: row.get(0)?, received_at: row.get(1)? }));
    rows.unwrap().map(Result::unwrap).collect()
}

/// Opens the folder as a station does at its start, and asks; gives how far the station had come.
pub(crate) async fn stands(folder: &Path, known: &Known<'_>, moment: &str) -> Progress {
    let keep = Keep::open(folder).await.unwrap_or_else(|error| panic!("{moment}: {error}"));
    let now = SystemClock.now();
    let rebuilt = keep.rebuilt(now, true).await.unwrap();
    assert_eq!(rebuilt, Default::default(), "{moment}: taken for damage");
    let (open, ended) = (keep.begun().await.unwrap().len(), spool(folder).len());
    let waiting = usize::try_from(keep.count_waiting().await.unwrap()).unwrap();
    keep.end_interrupted(now).await.unwrap();
    let settled = keep.settled().await.unwrap().started;
    let is_of = |airing: &str, clip: usize| airing.starts_with(&format!("s{clip}."));
    for clip in &known.heard {
        let known = settled.iter().any(|airing| is_of(airing.as_str(), *clip));
        assert!(known, "{moment}: {clip} was heard, and would be heard again");
    }

    let records = spool(folder);
    let mut previous = None;
    let mut said: BTreeMap<(String, u32), usize> = BTreeMap::new();
    for (n, envelope) in records.iter().enumerate() {
        let payload = envelope.open(Context::Record).expect(moment);
        let record: AsRunRecord = serde_json::from_str(payload).expect(moment);
        assert_eq!((record.sequence, record.previous), (n as u64 + 1, previous), "{moment}");
        previous = Some(RecordHash::of(payload.as_bytes()));
        *said.entry((record.airing.to_string(), record.position)).or_default() += 1;
    }
    for received in &known.received {
        let kept = records.iter().any(|envelope| envelope.payload == received.record);
        assert!(kept, "{moment}: the district has a record that the station lost");
    }
    assert!(said.values().all(|times| *times == 1), "{moment}: {said:?}");
    for airing in &settled {
        let has = said.keys().any(|(of, _)| of == airing.as_str());
        assert!(has, "{moment}: {airing} is settled and nobody will ever say how");
    }
    for (airing, _) in said.keys() {
        let is = settled.iter().any(|settled| settled.as_str() == airing);
        assert!(is, "{moment}: {airing} has a record and may air again");
    }

    if let Some(anchor) = keep.anchor().await {
        assert!(anchor.sequence_mark >= records.len() as u64, "{moment}");
        let kept = keep.rundown().await.unwrap();
        let taken = kept.map(|kept| trust(&anchor).open(&kept.signed).expect(moment));
        let version = taken.map_or(0, |taken| taken.rundown.version);
        assert!(version >= anchor.rundown_version, "{moment}: rundown {version}");
    } else {
        assert!(records.is_empty() && known.heard.is_empty(), "{moment}: nobody's records");
    }
    let shelf = Shelf::open(&folder.join("clips")).unwrap();
    let clips = shelf.clips().unwrap();
    for clip in &clips {
        shelf.verify(clip).unwrap_or_else(|error| panic!("{moment}: {error}"));
    }
    let has_rundown = keep.rundown().await.unwrap().is_some();
    keep.close().await;
    let (begun, confirmed) = (open + ended, ended - waiting);
    Progress { has_rundown, clips: clips.len(), begun, ended, confirmed }
}

/// All records of the station, in order.
fn spool(folder: &Path) -> Vec<Envelope> {
    let db = Connection::open(folder.join("station.db")).unwrap();
    let mut rows =
        db.prepare("select record, key, signature from spool order by sequence").unwrap();
    let rows = rows.query_map([], |row| {
        let text = |n| row.get::<_, String>(n);
        Ok((text(0)?, text(1)?, text(2)?))
    });
    let rows = rows.unwrap().map(Result::unwrap);
    rows.map(|(payload, key, signature)| Envelope {
        payload,
        key: key.parse().unwrap(),
        signature: signature.parse().unwrap(),
    })
    .collect()
}
