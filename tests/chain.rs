//! The chain of a station's records: gaps and forks are shown, and none is lost, not by a week's outage and not by a
//! restored backup.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

#[macro_use]
mod common;

use std::{path::Path, sync::Arc, time::Duration};

use common::{
    BEFORE, MORNING, after, airing_at, chain, district::House, key_of, played, rules, signed,
};
use loa::{
    clock::{Clock, TestClock},
    library::Shelf,
    playout::{
        keep::{Anchor, Keep},
        link::{self, Condition, Confirmer, Follower, Line},
    },
    radio::UtcMs,
    server::{District, Door, Keyring, Limits, roll, serve},
    signing::Envelope,
    store::{Removed, Store},
    wire::{AsRunRecord, Confirmations, Receipts, Rundown},
};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

on_both_databases!(
    what_is_missing_and_what_does_not_follow_is_shown,
    a_station_that_took_a_newer_rundown_gets_one_above_it,
);

async fn what_is_missing_and_what_does_not_follow_is_shown(house: House) {
    let of_thach_lam = async || {
        let stations = house.get("/api/v1/stations", &house.lan).await.json();
        stations["stations"][1]["chain"].clone()
    };
    let send = async |records: &[Envelope]| {
        let body = json!({"records": records});
        let answer = house.post("/api/v1/confirmations", &house.thach_lam, &body).await;
        serde_json::from_slice::<Receipts>(&answer.body).unwrap().held.unwrap()
    };
    assert_eq!(of_thach_lam().await, Value::Null);
    let row = chain("thach-lam", 6);
    let held = send(&row[..2]).await;
    assert_eq!((held.head, held.last), (2, 2));
    let held = send(&row[4..]).await;
    assert_eq!((held.head, held.last, held.missing[0].first, held.missing[0].last), (2, 6, 3, 4));
    let shown = of_thach_lam().await;
    assert_eq!(
        (&shown["head"], &shown["last"], &shown["missing"]),
        (&json!(2), &json!(6), &json!(2))
    );
    assert_eq!(shown["faults"][0]["kind"], "gap");
    assert_eq!(shown["faults"][0]["detail"], "2 of the records 3 to 6 have not come");
    // It heals when they come.
    send(&row[2..4]).await;
    let shown = of_thach_lam().await;
    assert_eq!((&shown["missing"], &shown["faults"]), (&json!(0), &json!([])));
    // A copy of the station's disk begins a second history after number 4: that stays.
    let other_boot = AsRunRecord { boot: "0".repeat(32), ..played("thach-lam", 5) };
    send(&[after(Some(&row[3]), other_boot)]).await;
    let shown = of_thach_lam().await;
    assert_eq!((&shown["fault_count"], &shown["missing"]), (&json!(1), &json!(0)));
    assert_eq!(shown["faults"][0]["kind"], "fork");
    assert_eq!(shown["faults"][0]["found_at"], BEFORE.to_string());
}

/// As after a backup of the district's database was restored.
async fn a_station_that_took_a_newer_rundown_gets_one_above_it(house: House) {
    roll(&house.district).await.unwrap();
    let status = |version: u64| {
        json!({"status": {"software": "loa", "speaker": "device", "clock": "synced", "waiting": 0,
            "faults": [], "rundown_version": version}})
    };
    let confirm = "/api/v1/confirmations";
    let before = house.rundown(&house.thach_lam).await;
    // The one that it has, or one that no district ever wrote: nothing happens.
    for version in [0, 1, u64::MAX, i64::MAX as u64, i64::MAX as u64 - 1] {
        house.post(confirm, &house.thach_lam, &status(version)).await;
        assert_eq!(house.rundown(&house.thach_lam).await.version, 1, "{version}");
    }
    house.post(confirm, &house.thach_lam, &status(41)).await;
    let anew = house.rundown(&house.thach_lam).await;
    assert_eq!(anew, Rundown { version: 42, ..before });
    assert_eq!(house.rundown(&house.kim_tan).await.version, 1);
    // From there it counts on.
    roll(&house.district).await.unwrap();
    assert_eq!(house.rundown(&house.thach_lam).await.version, 42);
    house.clock.advance(Duration::from_hours(24));
    roll(&house.district).await.unwrap();
    assert_eq!(house.rundown(&house.thach_lam).await.version, 43);
}

/// A district that serves what lies in a folder, until it is told to stop.
struct Serving {
    district: District,
    address: String,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Serving {
    async fn start(folder: &Path, clock: Arc<TestClock>) -> Self {
        let url = format!("sqlite:{}", folder.join("loa.db").display());
        let store = Store::open(&url).await.unwrap();
        let shelf = Shelf::open(&folder.join("clips")).unwrap();
        let keyring = Keyring::open(&folder.join("keys"), BEFORE).unwrap();
        let limits = Limits { farewell: Duration::from_millis(100), ..Limits::default() };
        let district = District::new(store, clock, shelf, keyring, limits);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(vec![Door::plain(listener)], district.clone(), async {
            stopped.await.ok();
        }));
        district.rolled().wait_for(Option::is_some).await.unwrap();
        Self { district, address, stop, server }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
        self.district.store().close().await;
    }
}

/// Hands everything over, and follows until a version is there.
async fn catch_up(keep: &Arc<Keep>, serving: &Serving, clock: Arc<TestClock>, version: u64) {
    let anchor = keep.anchor().await.unwrap();
    keep.set_anchor(Anchor { server: serving.address.clone(), ..anchor.clone() }).await.unwrap();
    let district = link::District::new(&Line::default(), &keep.anchor().await.unwrap()).unwrap();
    hand_over(keep, &district, clock.clone()).await;
    let (rundown, mut followed) = watch::channel(None);
    let (fault, _) = watch::channel(None);
    let follower = Follower { district, keep: keep.clone(), clock, rundown, fault };
    let following = tokio::spawn(follower.run());
    let is_there = |rundown: &Option<Arc<Rundown>>| {
        rundown.as_ref().is_some_and(|rundown| rundown.version == version)
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, followed.wait_for(is_there)).await.unwrap().unwrap();
    following.abort();
}

/// Hands over what waits, as after a start.
async fn hand_over(keep: &Arc<Keep>, district: &link::District, clock: Arc<TestClock>) {
    let (_told, condition) = watch::channel(Condition::default());
    let (heard, _) = watch::channel(None);
    let mut confirmer = Confirmer {
        district: district.clone(),
        keep: keep.clone(),
        condition,
        clock,
        heard,
        compared_at: None,
    };
    while confirmer.once().await.unwrap() {}
}

/// The station's numbers at the district, in the order in which they came.
fn numbers(folder: &Path, station: &str) -> Vec<u64> {
    let db = rusqlite::Connection::open(folder.join("loa.db")).unwrap();
    let mut rows =
        db.prepare("select sequence from as_run where station = ? order by rowid").unwrap();
    let rows = rows.query_map([station], |row| row.get::<_, i64>(0)).unwrap();
    rows.map(|number| number.unwrap().unsigned_abs()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_backup_loses_no_record_and_no_rundown() {
    let house = House::new().await;
    let folder = house.folder.path();
    house.district.store().close().await;
    let of_station = tempfile::tempdir().unwrap();
    let keep = Arc::new(Keep::open(of_station.path()).await.unwrap());
    keep.set_key(key_of("thach-lam")).await.unwrap();
    let anchor = Anchor {
        server: String::new(),
        station: "thach-lam".parse().unwrap(),
        token: house.thach_lam.clone(),
        code_sha256: String::new(),
        district_key: house.district.keyring().newest().clone(),
        pin: None,
        rundown_version: 0,
        sequence_mark: 0,
    };
    keep.set_anchor(anchor).await.unwrap();
    let air = async |count: u64| {
        for _ in 0..count {
            keep.end(played("thach-lam", 0), MORNING).await.unwrap();
        }
    };
    let change = async |serving: &Serving, gain: i32| {
        let mut louder = rules();
        louder.schedules[0].gain.centibels = gain;
        let store = serving.district.store();
        store.apply(&louder, &Removed::default(), BEFORE).await.unwrap();
        roll(&serving.district).await.unwrap();
    };

    air(130).await;
    let serving = Serving::start(folder, house.clock.clone()).await;
    catch_up(&keep, &serving, house.clock.clone(), 1).await;
    serving.stop().await;
    let backup = folder.join("backup");
    std::fs::copy(folder.join("loa.db"), &backup).unwrap();

    // What happens after the backup.
    air(270).await;
    let serving = Serving::start(folder, house.clock.clone()).await;
    change(&serving, -100).await;
    change(&serving, -200).await;
    catch_up(&keep, &serving, house.clock.clone(), 3).await;
    assert_eq!(keep.count_waiting().await.unwrap(), 0);
    serving.stop().await;
    assert_eq!(numbers(folder, "thach-lam").len(), 400);

    std::fs::copy(&backup, folder.join("loa.db")).unwrap();
    assert_eq!(numbers(folder, "thach-lam").len(), 130);
    air(5).await;
    let serving = Serving::start(folder, house.clock.clone()).await;
    change(&serving, -300).await;
    catch_up(&keep, &serving, house.clock.clone(), 4).await;
    let chains = serving.district.store().chains().await.unwrap();
    assert_eq!((chains[0].head, chains[0].missing, chains[0].fault_count), (405, 0, 0));
    serving.stop().await;
    let numbers = numbers(folder, "thach-lam");
    let in_order: Vec<u64> = (1..=405).collect();
    assert_eq!(numbers.len(), 405);
    assert!(in_order.iter().all(|number| numbers.contains(number)));
    assert_eq!(keep.count_waiting().await.unwrap(), 0);
    assert_eq!(keep.count_rejected().await.unwrap(), 0);
}

/// A station lost its folder and began again at number 1; then the district lost what that one sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_life_is_not_taken_for_the_first() {
    let house = House::new().await;
    let folder = house.folder.path();
    house.confirm_signed(&house.thach_lam, &json!(chain("thach-lam", 30))).await;
    house.district.store().close().await;
    let backup = folder.join("backup");
    std::fs::copy(folder.join("loa.db"), &backup).unwrap();

    let of_station = tempfile::tempdir().unwrap();
    let keep = Arc::new(Keep::open(of_station.path()).await.unwrap());
    keep.set_key(key_of("thach-lam")).await.unwrap();
    let anchor = Anchor {
        server: String::new(),
        station: "thach-lam".parse().unwrap(),
        token: house.thach_lam.clone(),
        code_sha256: String::new(),
        district_key: house.district.keyring().newest().clone(),
        pin: None,
        rundown_version: 0,
        sequence_mark: 0,
    };
    for _ in 0..20 {
        keep.end(played("thach-lam", 0), MORNING).await.unwrap();
    }
    for round in 0..2 {
        let serving = Serving::start(folder, house.clock.clone()).await;
        keep.set_anchor(Anchor { server: serving.address.clone(), ..anchor.clone() })
            .await
            .unwrap();
        let line = Line::default();
        let district = link::District::new(&line, &keep.anchor().await.unwrap()).unwrap();
        hand_over(&keep, &district, house.clock.clone()).await;
        assert_eq!(keep.count_waiting().await.unwrap(), 0);
        serving.stop().await;
        let mut numbers = numbers(folder, "thach-lam");
        numbers.sort_unstable();
        let both: Vec<u64> = (1..=20).flat_map(|n| [n, n]).chain(21..=30).collect();
        assert_eq!(numbers, both, "round {round}");
        std::fs::copy(&backup, folder.join("loa.db")).unwrap();
    }
    assert_eq!(keep.count_rejected().await.unwrap(), 0);
}

/// The spool as a week without a line leaves it, written at once: the station's own way to write it is tried elsewhere.
fn fill_spool(folder: &Path, count: u64) {
    let db = rusqlite::Connection::open(folder.join("station.db")).unwrap();
    let tx = db.unchecked_transaction().unwrap();
    let mut insert = tx
        .prepare("insert into spool (sequence, record, key, signature) values (?, ?, ?, ?)")
        .unwrap();
    let mut last: Option<Envelope> = None;
    for sequence in 1..=count {
        // An airing every ten minutes, of a hundred clips.
        let at = UtcMs(MORNING.0 + i64::try_from((sequence - 1) / 100).unwrap() * 600_000);
        let record = AsRunRecord {
            airing: airing_at("thach-lam", at),
            position: u32::try_from((sequence - 1) % 100).unwrap(),
            ..played("thach-lam", sequence)
        };
        let envelope = after(last.as_ref(), record);
        let (key, signature) = (envelope.key.to_string(), envelope.signature.to_string());
        insert.execute((sequence.cast_signed(), &envelope.payload, key, signature)).unwrap();
        last = Some(envelope);
    }
    drop(insert);
    tx.commit().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_without_a_line_brings_every_record_once_and_in_order() {
    const RECORDS: u64 = 100_000;
    let house = House::new().await;
    let folder = tempfile::tempdir().unwrap();
    Keep::open(folder.path()).await.unwrap().close().await;
    fill_spool(folder.path(), RECORDS);
    let keep = Keep::open(folder.path()).await.unwrap();
    house.clock.advance(Duration::from_hours(24 * 7));
    assert!(house.clock.now() > MORNING);
    let confirm = "/api/v1/confirmations";
    let (mut lost, mut doubled) = (0, 0);
    for call in 1.. {
        let waiting = keep.waiting(500).await.unwrap();
        if waiting.is_empty() {
            break;
        }
        let records = waiting.iter().map(|waiting| waiting.envelope.clone()).collect();
        let body =
            serde_json::to_vec(&Confirmations { records, status: None, tell_runs: false }).unwrap();
        let answer = house.post_bytes(confirm, &house.thach_lam, body.clone()).await;
        let receipts: Receipts = serde_json::from_slice(&answer.body).unwrap();
        if call % 41 == 0 {
            // The call arrives, its answer does not.
            lost += 1;
            continue;
        }
        if call % 53 == 0 {
            doubled += 1;
            house.post_bytes(confirm, &house.thach_lam, body).await;
        }
        let again = keep.receive(&waiting, &receipts.results, receipts.held.as_ref()).await;
        assert_eq!(again.unwrap(), 0);
    }
    assert!(lost > 0 && doubled > 0);
    assert_eq!(keep.count_rejected().await.unwrap(), 0);
    let chains = house.district.store().chains().await.unwrap();
    assert_eq!((chains[0].head, chains[0].last, chains[0].fault_count), (RECORDS, RECORDS, 0));
    house.district.store().close().await;
    let numbers = numbers(house.folder.path(), "thach-lam");
    assert_eq!(numbers.len() as u64, RECORDS);
    assert!((1..=RECORDS).eq(numbers));
}

#[tokio::test]
async fn figures_tell_of_gaps_and_faults() {
    let house = House::new().await;
    let row = chain("thach-lam", 9);
    let first = signed("thach-lam", &played("thach-lam", 2));
    house.confirm_signed(&house.thach_lam, &json!([row[0], first, row[8]])).await;
    let figures = String::from_utf8(house.get("/metrics", "").await.body).unwrap();
    for line in [
        "loa_station_missing_records{station=\"thach-lam\"} 6",
        "loa_station_chain_faults{station=\"thach-lam\"} 1",
    ] {
        assert!(figures.lines().any(|one| one == line), "{line}\n{figures}");
    }
}

/// What a thief of a token can say without the station's key.
#[tokio::test]
async fn an_unsigned_or_strangely_signed_record_breaks_no_chain() {
    let house = House::new().await;
    let row = chain("thach-lam", 2);
    let mut forged = signed("kim-tan", &played("thach-lam", 2));
    let mut answers = house.confirm_signed(&house.thach_lam, &json!([row[0], forged])).await;
    forged.key = key_of("thach-lam").public();
    answers.extend(house.confirm_signed(&house.thach_lam, &json!([forged, row[1]])).await);
    let words: Vec<&str> = answers.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["recorded", "invalid", "invalid", "recorded"]);
    assert!(answers[1].1.as_ref().unwrap().starts_with("key: "), "{answers:?}");
    assert!(answers[2].1.as_ref().unwrap().starts_with("signature: "), "{answers:?}");
    let chains = house.district.store().chains().await.unwrap();
    assert_eq!((chains[0].head, chains[0].fault_count), (2, 0));
}
