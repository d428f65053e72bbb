//! A month's compliance matrix over a million records on both databases, and what a year's reports take in memory.
//!
//! `cargo bench --bench matrix`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    reason = "a benchmark"
)]

#[macro_use]
#[path = "../tests/common/mod.rs"]
mod common;
mod reach;

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use chrono::NaiveDate;
use common::{
    clip,
    invented::{Diary, Fate, campaign},
    postgres::Postgres,
    station, unit,
};
use loa::{
    radio::{Campaign, Station, UtcMs},
    reports::{Letter, Period},
    server::{
        Language,
        reports::{Ask, Progress, reconcile},
        settle,
    },
    store::{Removed, Rules, Store},
};

const STATIONS: usize = 700;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2026-01-01T00:00:00+07:00.
const FIRST: i64 = 1_767_200_400_000;
const ROUNDS: usize = 15;
const MATRIX: Duration = Duration::from_millis(300);
/// More than a day of all stations takes, and far less than a year does, in MB.
const MEMORY: u64 = 150;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).join("loa.db").display());
    for name in ["month", "year"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let postgres = Postgres::start();
    runtime.block_on(async {
        let of_postgres = postgres.database().await;
        for (engine, url) in [("SQLite", url("month")), ("PostgreSQL", of_postgres)] {
            let store = Store::open(&url).await.unwrap();
            // Two records an airing, every hour.
            let records = furnish(&store, 30, 24).await;
            println!("{engine}: {STATIONS} stations, 30 days, {records} records");
            matrix(engine, &store).await;
            store.close().await;
        }
    });
    drop(postgres);
    let records = runtime.block_on(async {
        let store = Store::open(&url("year")).await.unwrap();
        let records = furnish(&store, 365, 2).await;
        store.close().await;
        records
    });
    println!("{STATIONS} stations, 365 days, {records} records");
    for form in ["csv", "xlsx", "docx", "diary", "svg"] {
        let (month, _, _) = report(&folder.path().join("year"), form, "2026-01-31");
        let (year, took, bytes) = report(&folder.path().join("year"), form, "2026-12-31");
        println!(
            "  {form}: {year} MB at the peak (a month of it: {month} MB), {took:.1?}, {} MB written",
            bytes / 1_000_000
        );
        reach::told(&format!("a year as {form} in at most {MEMORY} MB"), year <= MEMORY);
    }
}

async fn matrix(engine: &str, store: &Store) {
    let ask = Ask {
        period: Period::new(day(0), day(29)),
        units: vec![],
        station: None,
        campaign: Some("bluezone".parse().unwrap()),
        letter: Letter::default(),
        language: Language::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        now: UtcMs(FIRST + 40 * DAY),
    };
    let begun = Instant::now();
    let made = reconcile(store, &ask, &Progress::default()).await.unwrap();
    let first = begun.elapsed();
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let again = reconcile(store, &ask, &Progress::default()).await.unwrap();
        times.push(begun.elapsed());
        assert_eq!(again, made);
    }
    times.sort();
    let total = made.total();
    assert_eq!((made.lines().count(), total.days.len()), (STATIONS, 30));
    println!(
        "  month's matrix: {:.1?} (slowest {:.1?}); judged anew, as it is once a day is over: {first:.1?}",
        times[ROUNDS / 2],
        times[ROUNDS - 1]
    );
    println!(
        "  {} airings, {} aired, {} of {} owed",
        total.tally.airings(),
        total.tally.aired(),
        total.met,
        total.owed
    );
    reach::told(
        &format!("month's matrix on {engine} under {MATRIX:?}"),
        times[ROUNDS / 2] < MATRIX,
    );
}

fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(offset)
}

/// Runs `loa report`; gives its peak of memory in MB, how long it took, and how many bytes it wrote.
fn report(data: &Path, form: &str, to: &str) -> (u64, Duration, u64) {
    let out = data.join(form);
    let begun = Instant::now();
    let mut loa = Command::new(env!("CARGO_BIN_EXE_loa"))
        .args(["report", "--from", "2026-01-01", "--to", to, "--as", form, "--data"])
        .arg(data)
        .arg("--out")
        .arg(&out)
        .env("LOA_CONFIG", "/dev/null")
        .spawn()
        .unwrap();
    let mut peak = 0;
    while loa.try_wait().unwrap().is_none() {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", loa.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = kilobytes.unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(loa.wait().unwrap().success(), "{form}");
    (peak / 1024, begun.elapsed(), std::fs::metadata(&out).unwrap().len())
}

/// So many airings a day at each station, each of two clips; most aired, some missed.
async fn furnish(store: &Store, days: i64, a_day: i64) -> usize {
    let stations: Vec<Station> = (0..STATIONS)
        .map(|n| Station { name: format!("Đài xã số {n}"), ..station(&format!("s{n}"), "xa") })
        .collect();
    let campaign = Campaign { airings_per_day: 2, ..campaign("huyen", "2026-01-01", "2026-12-31") };
    let units = vec![unit("huyen", None), unit("xa", Some("huyen"))];
    let clips = vec![clip("bluezone", b"")];
    let rules = Rules { units, stations, clips, campaigns: vec![campaign], ..Rules::default() };
    store.apply(&rules, &Removed::default(), UtcMs(FIRST)).await.unwrap();
    let mut kept = 0;
    for (n, station) in rules.stations.iter().enumerate() {
        let mut diary = Diary::of(station, 2);
        for day in 0..days {
            for number in 0..a_day {
                let at = UtcMs(FIRST + day * DAY + number * 24 / a_day * HOUR);
                let is_missed = (n as i64 + day) % 12 == 3 && number == 0;
                diary.note(at, true, if is_missed { Fate::Missed } else { Fate::Aired });
            }
        }
        kept += diary.keep(store, None, UtcMs(FIRST + days * DAY)).await;
    }
    let begun = Instant::now();
    let settled = settle(store, UtcMs(FIRST + (days + 1) * DAY)).await.unwrap();
    println!("  {settled} airings settled in {:.0?}", begun.elapsed());
    kept
}
