//! From power to ready: a station with 100,000 records in its store, against only opening that store and checking it.
//!
//! `cargo bench --bench start_up`; as root the file is really read from the disk, as after a power cut.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark"
)]

mod reach;
#[path = "../tests/village/mod.rs"]
mod village;

use std::{
    fs,
    os::unix::net::UnixDatagram,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use loa::{
    radio::RecordHash,
    signing::{Context, Envelope, read_or_make},
    wire::AsRunRecord,
};
use rusqlite::Connection;
use village::Village;

const RECORDS: u64 = 100_000;
const TO_REACH: Duration = Duration::from_secs(3);
const ROUNDS: usize = 5;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // Not in a temporary folder, which may lie in memory.
    let folder = tempfile::tempdir_in(".").unwrap();
    let root = folder.path().canonicalize().unwrap();
    village::day::write(&root, &["mot"], 4, Duration::from_secs(3));
    let village = Village::found(&root);
    runtime.block_on(async {
        let server = village.serve().await;
        let station = village.station("mot", "silent");
        village.until_reported("mot").await;
        station.stop();
        server.stop();
    });
    let store = root.join("mot/station.db");
    furnish(&root.join("mot"));
    let size = store.metadata().unwrap().len() / 1_000_000;
    println!("{RECORDS} records, {size} MB");
    for cold in [false, true] {
        if cold && !forget() {
            println!("cold: only root may empty the system's memory of the disk");
            continue;
        }
        let (mut ours, mut plain) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            for (times, measure) in [
                (&mut plain, &(|| check(&store)) as &dyn Fn() -> Duration),
                (&mut ours, &|| ready(&village)),
            ] {
                if cold {
                    forget();
                }
                times.push(measure());
            }
        }
        ours.sort();
        plain.sort();
        println!(
            "{}: ready after {:.2?} (slowest {:.2?}); open and quick_check {:.2?}; ratio {:.2}",
            if cold { "cold" } else { "warm" },
            ours[ROUNDS / 2],
            ours[ROUNDS - 1],
            plain[ROUNDS / 2],
            ours[ROUNDS / 2].as_secs_f64() / plain[ROUNDS / 2].as_secs_f64(),
        );
        reach::told("ready within 3 s", ours[ROUNDS - 1] < TO_REACH);
    }
}

/// What SQLite alone would need.
fn check(store: &Path) -> Duration {
    let begun = Instant::now();
    let db = Connection::open(store).unwrap();
    let found: String = db.query_one("pragma quick_check(1)", [], |row| row.get(0)).unwrap();
    assert_eq!(found, "ok");
    begun.elapsed()
}

/// From the start of the program until it says that it is ready to play. Its district is not there.
fn ready(village: &Village) -> Duration {
    let path = village.folder.join("notify");
    fs::remove_file(&path).ok();
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut command =
        village.command(&village.station_arguments("mot", "silent", &village.address));
    command.env("NOTIFY_SOCKET", &path);
    let begun = Instant::now();
    let station = village.start("mot", command);
    let mut message = [0; 1024];
    loop {
        let length = socket.recv(&mut message).unwrap();
        if String::from_utf8_lossy(&message[..length]).contains("READY=1") {
            break;
        }
    }
    let took = begun.elapsed();
    station.kill();
    took
}

/// Fills the store with records that the district has received, as years leave them.
fn furnish(station: &Path) {
    let key = read_or_make(&station.join("station.key")).unwrap();
    let mut db = Connection::open(station.join("station.db")).unwrap();
    let (first, text): (u64, String) = db
        .query_one("select sequence, record from spool order by sequence desc limit 1", [], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
        })
        .unwrap();
    let mut record: AsRunRecord = serde_json::from_str(&text).unwrap();
    record.previous = Some(RecordHash::of(text.as_bytes()));
    let tx = db.transaction().unwrap();
    for sequence in first + 1..=RECORDS {
        record.sequence = sequence;
        let envelope =
            Envelope::seal(Context::Record, serde_json::to_string(&record).unwrap(), &key);
        record.previous = Some(RecordHash::of(envelope.payload.as_bytes()));
        tx.prepare_cached(
            "insert into spool (sequence, record, key, signature, receipt)
             values (?, ?, ?, ?, 'recorded')",
        )
        .unwrap()
        .execute((
            i64::try_from(sequence).unwrap(),
            envelope.payload,
            envelope.key.to_string(),
            envelope.signature.to_string(),
        ))
        .unwrap();
    }
    tx.commit().unwrap();
}

/// Has the system forget what it knows of the disk; says whether it could.
fn forget() -> bool {
    Command::new("sync").status().unwrap();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
