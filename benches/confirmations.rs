//! Confirmations a second, durable, over HTTP in batches of 50, each record signed and checked, against sqlite3's plain
//! inserts of the same rows in one transaction per 50, on the same disk in the same run.
//!
//! The callers share the machine with the district, so they are kept cheap: what they send is written beforehand, and an
//! answer is only looked at as text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a benchmark"
)]

#[path = "../tests/common/mod.rs"]
mod common;
mod reach;
mod spans;

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Bytes;
use common::{BEFORE, MORNING, after, key_of, played, rules, sha256, signed};
use loa::{
    clock::TestClock,
    log::{Entry, Record, leaf},
    server::{District, Door, Keyring, Limits, serve},
    signing::{Context, Envelope},
    store::{Removed, Store},
    wire::{AsRunRecord, Confirmations},
};
const BATCH: u64 = 50;
/// As many as Thạch Thành has communes and towns.
const CALLERS: u64 = 25;
/// Prepared for each caller: 150 MB in all, more than can be confirmed in the time.
const BATCHES: u64 = 320;
/// Rows that sqlite3 is given.
const PLAIN: u64 = 100_000;
const SPAN: Duration = Duration::from_secs(5);

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut ratios = Vec::new();
    for round in 1..=3 {
        let plain = runtime.block_on(plain(sqlite3));
        let prepared = runtime.block_on(plain_in_process());
        let ours = runtime.block_on(over_http());
        let checked = signatures();
        println!(
            "round {round}: over HTTP {ours:.0} rows/s; sqlite3 {plain:.0}, ratio {:.2}; one prepared statement in the \
             same process {prepared:.0}, ratio {:.2}; one core checks {checked:.0} signatures/s",
            ours / plain,
            ours / prepared
        );
        ratios.push(ours / plain);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio to sqlite3 {:.2}", ratios[1]);
    reach::told("at least half of sqlite3's plain inserts", ratios[1] >= 0.5);
    let share = runtime.block_on(share_of_log());
    reach::told("the log takes at most 15 % of the confirmation rate", share <= 0.15);
}

/// The part of the confirmation rate that the log takes: where the writer is what all wait for, that of its time which goes
/// into appending; and what each caller hashes for it, of both cores.
async fn share_of_log() -> f64 {
    let times = spans::Times::default();
    tracing::subscriber::set_global_default(times.clone()).unwrap();
    let rate = over_http().await;
    let writing = times.of("append").as_secs_f64() / times.of("commit").as_secs_f64();
    let record = log_entry();
    let (begun, mut hashed) = (Instant::now(), 0.0);
    while begun.elapsed() < SPAN / 5 {
        std::hint::black_box(leaf(record.line().unwrap().as_bytes()));
        hashed += 1.0;
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let hashing = begun.elapsed().as_secs_f64() / hashed * rate / threads as f64;
    println!(
        "the log: {:.1} % of the writer's time; {:.1} % of {threads} cores for its hashes, at {rate:.0} rows/s",
        writing * 100.0,
        hashing * 100.0
    );
    writing + hashing
}

fn log_entry() -> Entry<'static> {
    let Envelope { payload, key, signature } = signed("thach-lam", &record(0, 0));
    let (key, signature) = (Some(key.to_string().into()), Some(signature.to_string().into()));
    Entry::Record(Record { at: BEFORE.to_string().into(), key, signature, payload: payload.into() })
}

/// Every record is signed, so that no core takes more of them than this.
fn signatures() -> f64 {
    let signed: Vec<_> = (0..BATCH).map(|n| signed("thach-lam", &record(0, n))).collect();
    let (begun, mut checked) = (Instant::now(), 0.0);
    while begun.elapsed() < SPAN / 5 {
        for envelope in &signed {
            envelope.open(Context::Record).unwrap();
            checked += 1.0;
        }
    }
    checked / begun.elapsed().as_secs_f64()
}

/// A batch that follows the one before; the callers share one station's chain, each a stretch of it.
fn body(caller: u64, batch: u64, last: &mut Option<Envelope>) -> Bytes {
    let first = (caller * BATCHES + batch) * BATCH + 1;
    let mut records = Vec::new();
    for sequence in first..first + BATCH {
        let record = after(last.as_ref(), record(caller, sequence));
        *last = Some(record.clone());
        records.push(record);
    }
    serde_json::to_vec(&Confirmations { records, status: None, tell_runs: false }).unwrap().into()
}

fn record(caller: u64, sequence: u64) -> AsRunRecord {
    AsRunRecord { boot: format!("{caller:032x}"), ..played("thach-lam", sequence) }
}

/// The least that can be done: one prepared statement on one connection, and nothing read.
async fn plain_in_process() -> f64 {
    plain(insert_plainly).await
}

/// Straight into SQLite, one transaction per 50 rows, nothing else.
async fn plain(insert: fn(&Path) -> f64) -> f64 {
    let folder = tempfile::tempdir_in(".").unwrap();
    let url = format!("sqlite:{}", folder.path().join("loa.db").display());
    Store::open(&url).await.unwrap().close().await;
    let file = folder.path().join("loa.db");
    tokio::task::spawn_blocking(move || insert(&file)).await.unwrap()
}

/// SQLite's own program reads the same rows as statements.
fn sqlite3(file: &Path) -> f64 {
    let example = record(0, 0);
    let envelope = signed("thach-lam", &example);
    let hash = sha256();
    let mut text = String::from(
        "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;\n",
    );
    for sequence in 0..PLAIN {
        if sequence % BATCH == 0 {
            text += "begin immediate;\n";
        }
        text += &format!(
            "insert into as_run (station, boot, sequence, airing, position, clip, turn_at, received_at, record, key, \
             signature, hash, previous) values ('thach-lam', '{}', {sequence}, '{}', 0, '{hash}', {}, {}, '{}', '{}', \
             '{}', '{hash}', '{hash}');\n",
            example.boot,
            example.airing,
            example.scheduled_at.0,
            BEFORE.0,
            envelope.payload,
            envelope.key,
            envelope.signature
        );
        if sequence % BATCH == BATCH - 1 {
            text += "commit;\n";
        }
    }
    let statements = file.with_extension("sql");
    std::fs::write(&statements, text).unwrap();
    let begun = Instant::now();
    let input = std::fs::File::open(statements).unwrap();
    let done =
        Command::new("sqlite3").arg("-bail").arg(file).stdin(input).stdout(Stdio::null()).status();
    assert!(done.unwrap().success());
    PLAIN as f64 / begun.elapsed().as_secs_f64()
}

fn insert_plainly(file: &Path) -> f64 {
    let mut connection = rusqlite::Connection::open(file).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.pragma_update(None, "synchronous", "full").unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    let example = record(0, 0);
    let envelope = signed("thach-lam", &example);
    let (key, signature) = (envelope.key.to_string(), envelope.signature.to_string());
    let hash = sha256().to_string();
    let (begun, mut sequence) = (Instant::now(), 0);
    while begun.elapsed() < SPAN {
        let tx =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        for _ in 0..BATCH {
            let row = rusqlite::params![
                example.station.as_str(),
                example.boot.as_str(),
                sequence,
                example.airing.as_str(),
                0_i64,
                example.clip.map(|clip| clip.to_string()),
                example.scheduled_at.0,
                BEFORE.0,
                envelope.payload.as_str(),
                key.as_str(),
                signature.as_str(),
                hash.as_str(),
                hash.as_str(),
            ];
            tx.prepare_cached(
                "insert into as_run (station, boot, sequence, airing, position, clip, turn_at, received_at, record,
                     key, signature, hash, previous)
                 values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .unwrap()
            .execute(row)
            .unwrap();
            sequence += 1;
        }
        tx.commit().unwrap();
    }
    sequence as f64 / begun.elapsed().as_secs_f64()
}

async fn over_http() -> f64 {
    let folder = tempfile::tempdir_in(".").unwrap();
    let url = format!("sqlite:{}", folder.path().join("loa.db").display());
    let store = Store::open(&url).await.unwrap();
    store.apply(&rules(), &Removed::default(), BEFORE).await.unwrap();
    let station = "thach-lam".parse().unwrap();
    let code = store.create_code(&station, MORNING).await.unwrap();
    let key = Some(key_of("thach-lam").public());
    let (_, token) = store.enrol(code.reveal(), key, BEFORE).await.unwrap().unwrap();
    let token = token.reveal().to_owned();
    let clock = Arc::new(TestClock::at(BEFORE));
    let keyring = Keyring::open(&folder.path().join("keys"), BEFORE).unwrap();
    let shelf = loa::library::Shelf::open(&folder.path().join("clips")).unwrap();
    let district = District::new(store.clone(), clock, shelf, keyring, Limits::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v1/confirmations", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(vec![Door::plain(listener)], district, async {
        stopped.await.ok();
    }));
    let client = loa::tls::client(&loa::tls::Trust::Nobody).unwrap().build().unwrap();
    let mut last = None;
    let bodies: Vec<Vec<Bytes>> = (0..CALLERS)
        .map(|caller| (0..BATCHES).map(|batch| body(caller, batch, &mut last)).collect())
        .collect();
    let begun = Instant::now();
    let callers: Vec<_> = bodies
        .into_iter()
        .map(|bodies| {
            let (client, url, token) = (client.clone(), url.clone(), token.clone());
            tokio::spawn(async move {
                let mut sent = 0;
                for body in bodies {
                    if begun.elapsed() > SPAN {
                        return sent;
                    }
                    let call = client.post(&url).bearer_auth(&token);
                    let answer = call.header("content-type", "application/json").body(body).send();
                    let answer = answer.await.unwrap().error_for_status().unwrap();
                    let receipts = answer.text().await.unwrap();
                    assert_eq!(receipts.matches("\"recorded\"").count() as u64, BATCH);
                    sent += BATCH;
                }
                panic!("more batches have to be prepared for so quick a machine");
            })
        })
        .collect();
    let mut rows = 0;
    for caller in callers {
        rows += caller.await.unwrap();
    }
    let speed = rows as f64 / begun.elapsed().as_secs_f64();
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    store.close().await;
    speed
}
