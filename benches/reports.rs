//! What a year's reports cost: every form that `loa report` writes, over 700 stations and a million records, from both databases.
//!
//! `cargo bench --bench reports`; `LOA_STATIONS=20` for fewer stations.
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
    io::Read as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use common::{
    clip,
    invented::{Diary, Fate, campaign},
    postgres::Postgres,
    station, unit,
};
use loa::{
    radio::{Campaign, Station, UtcMs},
    store::{Removed, Rules, Store},
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2026-01-01T00:00:00+07:00.
const FIRST: i64 = 1_767_200_400_000;
const DAYS: i64 = 365;
/// Airings a day at each station, each of two clips.
const A_DAY: i64 = 2;
/// More than a day of all stations takes, and far less than a year does, in MB.
const MEMORY: u64 = 150;
/// How each file begins: the mark of UTF-8, an archive, an element.
const FORMS: [(&str, &[u8]); 5] = [
    ("csv", "\u{feff}".as_bytes()),
    ("xlsx", b"PK"),
    ("docx", b"PK"),
    ("diary", b"PK"),
    ("svg", b"<svg"),
];

fn main() {
    let stations = std::env::var("LOA_STATIONS").map_or(700, |number| number.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start();
    let of_postgres = runtime.block_on(postgres.database());
    let of_sqlite = format!("sqlite:{}", folder.path().join("loa.db").display());
    for (engine, url) in [("SQLite", of_sqlite), ("PostgreSQL", of_postgres)] {
        let records = runtime.block_on(furnish(&url, stations));
        println!("{engine}: {stations} stations, {DAYS} days, {records} records");
        for (form, begins) in FORMS {
            let data = (folder.path(), url.as_str());
            let month = Made::of(data, form, "2026-01-31");
            // Days that are over are judged once; the second time they are there.
            let first = Made::of(data, form, "2026-12-31");
            let year = Made::of(data, form, "2026-12-31");
            assert!(year.begins.starts_with(begins), "{form}: {:?}", year.begins);
            if form == "csv" {
                let airings = stations as i64 * DAYS * A_DAY;
                assert_eq!(year.lines as i64, airings + 1, "a line for each, and the head");
            }
            println!(
                "  {form}: {:.1?} (the first time {:.1?}), {} MB at the peak (a month of it: {:.1?}, {} MB), {:.1} MB written",
                year.took,
                first.took,
                year.peak.max(first.peak),
                month.took,
                month.peak,
                year.bytes as f64 / 1e6,
            );
            let peak = year.peak.max(first.peak);
            reach::told(&format!("a year as {form} in at most {MEMORY} MB"), peak <= MEMORY);
        }
    }
}

/// A report as `loa report` made it.
struct Made {
    took: Duration,
    /// In MB.
    peak: u64,
    bytes: u64,
    begins: Vec<u8>,
    /// Line feeds, which mean something in a list only.
    lines: usize,
}

impl Made {
    fn of((folder, url): (&Path, &str), form: &str, to: &str) -> Self {
        let out = folder.join(form);
        let begun = Instant::now();
        let mut loa = Command::new(env!("CARGO_BIN_EXE_loa"))
            .args(["report", "--from", "2026-01-01", "--to", to, "--as", form])
            .args(["--campaign", "bluezone", "--database", url, "--data"])
            .arg(folder)
            .arg("--out")
            .arg(&out)
            .env("LOA_CONFIG", "/dev/null")
            .spawn()
            .unwrap();
        let mut peak = 0;
        while loa.try_wait().unwrap().is_none() {
            let status = std::fs::read_to_string(format!("/proc/{}/status", loa.id()));
            let status = status.unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            peak = kilobytes.unwrap_or(0_u64).max(peak);
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(loa.wait().unwrap().success(), "{form}");
        let took = begun.elapsed();
        let (mut bytes, mut lines, mut begins) = (0, 0, Vec::new());
        let mut file = std::fs::File::open(&out).unwrap();
        let mut piece = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut piece).unwrap();
            if read == 0 {
                break;
            }
            if begins.is_empty() {
                begins.extend_from_slice(&piece[..read.min(8)]);
            }
            bytes += read as u64;
            lines += piece[..read].iter().filter(|byte| **byte == b'\n').count();
        }
        Self { took, peak: peak / 1024, bytes, begins, lines }
    }
}

/// Most aired, some missed.
async fn furnish(url: &str, count: usize) -> usize {
    let store = Store::open(url).await.unwrap();
    let stations: Vec<Station> = (0..count)
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
        for day in 0..DAYS {
            for number in 0..A_DAY {
                let at = UtcMs(FIRST + day * DAY + number * 24 / A_DAY * HOUR);
                let is_missed = (n as i64 + day) % 12 == 3 && number == 0;
                diary.note(at, true, if is_missed { Fate::Missed } else { Fate::Aired });
            }
        }
        kept += diary.keep(&store, None, UtcMs(FIRST + DAYS * DAY)).await;
    }
    store.close().await;
    kept
}
