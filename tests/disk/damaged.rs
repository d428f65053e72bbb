//! Stations whose store is damaged while they are off.

use std::{collections::HashMap, fs, path::Path, time::Duration};

use rusqlite::Connection;

use crate::village::{self, Village};

const AIRINGS: usize = 9;
const PAGE: usize = 4096;

/// A way to damage a store, and whether all that matters can still be read.
type Way = (&'static str, bool, fn(&mut Vec<u8>));

const WAYS: [Way; 6] = [
    ("cut-off", false, |bytes| bytes.truncate(bytes.len() / 2)),
    ("no-first-page", false, |bytes| bytes[..PAGE].fill(0)),
    ("no-middle-page", false, |bytes| {
        let middle = bytes.len() / PAGE / 2 * PAGE;
        bytes[middle..middle + PAGE].fill(0);
    }),
    ("empty", false, Vec::clear),
    ("garbage", false, |bytes| bytes.fill(0xA5)),
    // The rundown is the district's to send again: its page is the second.
    ("no-rundown", true, |bytes| bytes[PAGE..PAGE + 512].fill(0xA5)),
];

fn count(db: &Connection, sql: &str) -> i64 {
    db.query_one(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_damaged_in_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let stations = WAYS.map(|way| way.0);
    village::day::write(&root, &stations, AIRINGS, Duration::from_secs(4));
    let village = Village::found(&root);
    let server = village.serve().await;
    let first: Vec<_> =
        stations.map(|name| village.station(name, &format!("wav:{name}-0.wav"))).into();
    for station in stations {
        village.until("records have come", async || village.count_records(station) >= 3).await;
    }
    first.into_iter().for_each(village::Program::kill);
    let before = stations.map(|station| village.count_records(station));
    for (station, _, spoil) in WAYS {
        let path = root.join(station).join("station.db");
        // What was written last is in the file itself.
        Connection::open(&path).unwrap().pragma_update(None, "journal_mode", "delete").unwrap();
        let mut bytes = fs::read(&path).unwrap();
        spoil(&mut bytes);
        fs::write(&path, bytes).unwrap();
    }
    let second: Vec<_> =
        stations.map(|name| village.station(name, &format!("wav:{name}-1.wav"))).into();
    let last = |airings: &[serde_json::Value]| {
        let of = airings.iter().find(|airing| airing["schedule"] == format!("s{}", AIRINGS - 1));
        of.unwrap()["state"].as_str().unwrap().to_owned()
    };
    for (n, (station, is_readable, _)) in WAYS.into_iter().enumerate() {
        village
            .until(&format!("the last airing at {station} has aired"), async || {
                last(&village.airings(station).await) == "simulated"
            })
            .await;
        let db = Connection::open(root.join("district/loa.db")).unwrap();
        let of = format!("from as_run where station = '{station}'");
        let rows = count(&db, &format!("select count(*) {of}"));
        let numbers = count(&db, &format!("select count(distinct sequence) {of}"));
        assert_eq!(rows, numbers, "{station}: a number was used twice");
        assert!(rows > before[n] as i64, "{station}");
        let played = heard(&root, station);
        for airing in village.airings(station).await {
            let number: usize =
                airing["schedule"].as_str().unwrap().trim_start_matches('s').parse().unwrap();
            let pieces = played.get(&number).copied().unwrap_or(0);
            assert!(pieces <= 1, "{station} aired {number} twice: {airing}");
            let state = airing["state"].as_str().unwrap();
            match state {
                "simulated" => assert_eq!(pieces, 1, "{station} {airing}"),
                "missed" => assert_eq!(pieces, 0, "{station} {airing}"),
                "interrupted" => {}
                "unreported" => assert!(!is_readable, "{station} {airing}"),
                other => panic!("{station} {number} is {other}: {airing}"),
            }
        }
        assert!(root.join(station).join("station.db.damaged-1").exists(), "{station}");
    }
    let told = village.get("stations").await.to_string();
    assert_eq!(told.matches("store-damaged").count(), WAYS.len(), "{told}");
    second.into_iter().for_each(village::Program::stop);
    server.stop();
}

/// How many pieces of each clip are heard in all of a station's recordings.
fn heard(folder: &Path, station: &str) -> HashMap<usize, usize> {
    let mut pieces = HashMap::new();
    for run in 0..2 {
        let tape = folder.join(format!("{station}-{run}.wav"));
        for (clip, _) in village::tones::heard(&tape, AIRINGS) {
            *pieces.entry(clip).or_default() += 1;
        }
    }
    pieces
}
