//! How long the pages take at the server: 25 stations with a year of records, and a day of 700 stations.
//!
//! `cargo bench --bench pages`
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
#[path = "../tests/pages/browser.rs"]
#[expect(dead_code, reason = "shared with tests")]
mod browser;
mod reach;

use std::time::{Duration, Instant};

use browser::Browser;
use common::{clip, district::House, key_of, played, sha256, station, unit};
use loa::{
    clock::{Clock, SystemClock},
    radio::{
        Airing, AiringId, AiringItem, Outcome, Priority, Reason, RecordHash, Role, Station, UtcMs,
    },
    signing::{Context, Envelope},
    store::{Bearer, Call, NewRecord, PlannedAiring, Removed, Rules},
    wire::{AsRunRecord, Fault},
};
use serde_json::json;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// When there are sessions: hours of the local day, seven hours ahead of UTC.
const SESSIONS: [i64; 4] = [5, 6, 11, 17];
const ROUNDS: usize = 31;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (stations, days, pages) in [
        (25, 365, &["/today", "/record", "/record?state=missed", "/stations", "/stations/s3"][..]),
        (700, 1, &["/today", "/today?only=trouble", "/stations"][..]),
    ] {
        runtime.block_on(async {
            let house = House::new().await;
            let now = SystemClock.now();
            house.clock.step_to(now);
            let began = Instant::now();
            let records = furnish(&house, stations, days, now).await;
            println!(
                "{stations} stations, {days} days, {records} records (written in {:.0?})",
                began.elapsed()
            );
            let mut lan = Browser::of(&house, "lan", &[(Role::Auditor, None)]).await;
            for path in pages {
                let (median, slowest, bytes) = time(&mut lan, path).await;
                println!("  {path}: {median:.1?} (slowest {slowest:.1?}), {} kB", bytes / 1000);
                let limit = Duration::from_millis(if stations > 25 { 200 } else { 50 });
                reach::told(&format!("{path} under {limit:?}"), median < limit);
            }
        });
    }
}

async fn time(browser: &mut Browser<'_>, path: &str) -> (Duration, Duration, usize) {
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let answer = browser.get(path).await;
        times.push(begun.elapsed());
        assert_eq!(answer.status, 200, "{path}");
        bytes = answer.body.len();
    }
    times.sort();
    (times[ROUNDS / 2], times[ROUNDS - 1], bytes)
}

/// Stations as they are on an ordinary day: most well, some silent, some with a fault.
async fn furnish(house: &House, count: usize, days: i64, now: UtcMs) -> usize {
    let store = house.district.store();
    let stations: Vec<Station> = (0..count)
        .map(|n| Station { name: format!("Đài xã số {n}"), ..station(&format!("s{n}"), "xa") })
        .collect();
    let units = vec![unit("huyen", None), unit("xa", Some("huyen"))];
    let rules = Rules { units, stations, ..Rules::default() };
    store.apply(&rules, &Removed::default(), now).await.unwrap();
    let midnight = (now.0 + 7 * HOUR).div_euclid(DAY) * DAY - 7 * HOUR;
    let item = json!({"kind": "clip", "clip": "bluezone", "sha256": sha256(), "bytes": 1,
        "title": clip("bluezone", b"").title, "frames": 1_440_000, "sample_rate": 48_000, "gain": 0});
    let items: Vec<AiringItem> = vec![serde_json::from_value(item).unwrap(); 2];
    let items: std::sync::Arc<[AiringItem]> = items.into();
    let mut kept = 0;
    for (n, station) in rules.stations.iter().enumerate() {
        store.create_token(&Bearer::Station(station.id.clone()), now).await.unwrap();
        let (mut planned, mut records) = (Vec::new(), Vec::new());
        let (mut previous, mut sequence) = (None::<RecordHash>, 0);
        let is_silent = n % 20 == 7;
        for day in (0..days).rev() {
            for hour in SESSIONS {
                let at = UtcMs(midnight - day * DAY + hour * HOUR + (n % 3) as i64 * 300_000);
                let airing = airing(station, at, &items);
                let is_missed = n % 12 == 3 && hour == 11;
                if at < now && !(is_silent && day == 0) {
                    for position in 0..2 {
                        sequence += 1;
                        let record = record(&airing, (position, sequence), previous, is_missed);
                        let text = serde_json::to_string(&record).unwrap();
                        let envelope =
                            Envelope::seal(Context::Record, text, &key_of(station.id.as_str()));
                        let record = NewRecord::new(&record, envelope);
                        previous = Some(record.hash);
                        records.push(record);
                    }
                }
                let refused = false;
                let (reason, decision, digest) = (None, None, String::new());
                let unit = station.unit.clone();
                planned.push(PlannedAiring { airing, unit, refused, reason, decision, digest });
            }
        }
        kept += records.len();
        store.change_plan(&planned, &[], UtcMs(0), now).await.unwrap();
        let faults: &[Fault] =
            if n % 15 == 5 { &[Fault::new("deck", "no sound device")] } else { &[] };
        let status = json!({"software": "loa 0.1.0", "speaker": "device", "clock": "synced",
            "rundown_version": 1, "waiting": 0, "faults": faults});
        let heard = if is_silent { UtcMs(now.0 - 3 * HOUR) } else { now };
        store
            .confirm(&station.id, records, Call::Line { status: Some(status.to_string()) }, heard)
            .await
            .unwrap();
    }
    kept
}

fn airing(station: &Station, at: UtcMs, items: &std::sync::Arc<[AiringItem]>) -> Airing {
    let schedule = "buoi".parse().unwrap();
    Airing {
        id: AiringId::derive(&schedule, &station.id, at),
        schedule,
        station: station.id.clone(),
        programme: "ban-tin".parse().unwrap(),
        title: "Bản tin tuyên truyền".into(),
        campaign: None,
        priority: Priority::Routine,
        nominal_at: at,
        starts_at: at,
        ends_at: at + Duration::from_mins(1),
        latest_start: at + Duration::from_mins(15),
        items: items.clone(),
        bulletin: None,
    }
}

fn record(
    airing: &Airing,
    (position, sequence): (u32, u64),
    previous: Option<RecordHash>,
    is_missed: bool,
) -> AsRunRecord {
    let starts = airing.starts_at + Duration::from_secs(30) * position;
    let sounded = AsRunRecord {
        airing: airing.id.clone(),
        position,
        scheduled_at: starts,
        started_at: Some(starts),
        ended_at: Some(starts + Duration::from_secs(30)),
        previous,
        ..played(airing.station.as_str(), sequence)
    };
    if !is_missed {
        return sounded;
    }
    AsRunRecord {
        started_at: None,
        ended_at: None,
        frames_played: 0,
        outcome: Outcome::Missed,
        reason: Some(Reason::DeviceMissing),
        evidence: None,
        ..sounded
    }
}
