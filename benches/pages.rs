//! How long the pages take at the server: every page with 25 stations and a year of records, and those that grow with the
//! stations with 700 of them.
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
use chrono::Days;
use common::{clip, district::House, key_of, played, schedule, sha256, station, unit};
use loa::{
    clock::{Clock, SystemClock},
    radio::{
        Airing, AiringId, AiringItem, Campaign, Directive, Outcome, PreparedBulletin, Priority,
        Reason, RecordHash, Role, Schedule, Selection, Station, UtcMs,
    },
    server::{Need, needs, settle},
    signing::{Context, Envelope},
    store::{Bearer, Call, NewRecord, PlannedAiring, Removed, Rules},
    wire::{AsRunRecord, Fault},
};
use serde_json::json;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// When there are sessions: hours of the local day, seven hours ahead of UTC.
const SESSIONS: [i64; 4] = [5, 6, 11, 17];
const ROUNDS: usize = 15;
/// Days since a campaign of two airings a day began, as long as the district's longest was.
const CAMPAIGN: i64 = 52;
/// Days that are planned ahead.
const AHEAD: i64 = 7;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (stations, days) in [(25, 365), (700, 1)] {
        runtime.block_on(async {
            let house = House::new().await;
            let now = SystemClock.now();
            house.clock.step_to(now);
            let began = Instant::now();
            let records = furnish(&house, stations, days, now).await;
            settle(house.district.store(), now).await.unwrap();
            println!(
                "{stations} stations, {days} days, {records} records (written in {:.0?})",
                began.elapsed()
            );
            let all: Vec<_> = Role::ALL.iter().map(|role| (*role, None)).collect();
            let mut lan = Browser::of(&house, "lan", &all).await;
            let person = house.district.store().people().await.unwrap()[0].id.clone();
            for path in pages(person.as_str(), days, now) {
                let (median, slowest, bytes) = time(&mut lan, &path).await;
                println!("  {path}: {median:.1?} (slowest {slowest:.1?}), {} kB", bytes / 1000);
                let limit = Duration::from_millis(if stations > 25 { 200 } else { 50 });
                reach::told(&format!("{path} under {limit:?}"), median < limit);
            }
        });
    }
}

/// Every page that is looked at, and some of them with what is asked of them most, or finds the least.
fn pages(person: &str, days: i64, now: UtcMs) -> Vec<String> {
    let first = rules(1, now).stations.remove(0);
    let known = [
        ("{station}", "s3"),
        ("{campaign}", "bluezone"),
        ("{clip}", "bluezone"),
        ("{programme}", "ban-tin"),
        ("{schedule}", "buoi"),
        ("{bulletin}", "lu"),
        ("{person}", person),
    ];
    let airing = airing(&first, session(now, 0, SESSIONS[0], 0), &items()).id;
    let known = known.into_iter().chain([("{airing}", airing.as_str())]);
    let fill = |path: &str| {
        known.clone().fold(path.to_owned(), |path, (hole, value)| path.replace(hole, value))
    };
    let looked_at = |(method, path, need): &(&str, &str, Need)| {
        *method == "GET" && *need != Need::Anybody && *path != "/timetable/move"
    };
    let whole = needs().into_iter().filter(looked_at);
    let whole = whole.map(|(_, path, _)| fill(path)).filter(|path| !path.contains('{'));
    let year = (now + Duration::from_hours(7)).to_chrono().date_naive() - Days::new(days as u64);
    let asked = [
        "/today?only=trouble".to_owned(),
        "/record?state=missed".to_owned(),
        format!("/record?state=missed&from={year}"),
        format!("/record?state=interrupted&from={year}"),
        format!("/record?evidence=declared&from={year}"),
        format!("/record?station=s3&from={year}"),
        "/timetable?at=station:s3".to_owned(),
    ];
    whole.chain(asked).collect()
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
    let rules = rules(count, now);
    store.apply(&rules, &Removed::default(), now).await.unwrap();
    let items = items();
    let mut kept = 0;
    for (n, station) in rules.stations.iter().enumerate() {
        store.create_token(&Bearer::Station(station.id.clone()), now).await.unwrap();
        let (mut planned, mut records) = (Vec::new(), Vec::new());
        let (mut previous, mut sequence) = (None::<RecordHash>, 0);
        let is_silent = n % 20 == 7;
        for day in (-AHEAD..days).rev() {
            for hour in SESSIONS {
                let at = session(now, day, hour, n);
                let campaign =
                    (day < CAMPAIGN && hour % 12 == 5).then(|| "bluezone".parse().unwrap());
                let airing = Airing { campaign, ..airing(station, at, &items) };
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

/// When a station's session is, so many days ago: neighbours begin some minutes apart.
fn session(now: UtcMs, day: i64, hour: i64, n: usize) -> UtcMs {
    let midnight = (now.0 + 7 * HOUR).div_euclid(DAY) * DAY - 7 * HOUR;
    UtcMs(midnight - day * DAY + hour * HOUR + (n % 3) as i64 * 300_000)
}

fn items() -> std::sync::Arc<[AiringItem]> {
    let item = json!({"kind": "clip", "clip": "bluezone", "sha256": sha256(), "bytes": 1,
        "title": clip("bluezone", b"").title, "frames": 1_440_000, "sample_rate": 48_000, "gain": 0});
    let items: Vec<AiringItem> = vec![serde_json::from_value(item).unwrap(); 2];
    items.into()
}

/// A district with so many communes, each with its station, and a campaign that goes on.
fn rules(count: usize, now: UtcMs) -> Rules {
    let commune = |n: usize| format!("xa-{n}");
    let stations = (0..count).map(|n| Station {
        name: format!("Đài xã số {n}"),
        ..station(&format!("s{n}"), &commune(n))
    });
    let units = (0..count).map(|n| unit(&commune(n), Some("huyen")));
    let today = (now + Duration::from_hours(7)).to_chrono().date_naive();
    let everywhere = Selection { units: vec!["huyen".parse().unwrap()], ..Selection::default() };
    let campaign = Campaign {
        id: "bluezone".parse().unwrap(),
        title: "Cài đặt Bluezone".to_owned(),
        directive: Directive { number: "1".to_owned(), date: today, issuer: "UBND".to_owned() },
        from: today - Days::new(CAMPAIGN as u64 - 1),
        until: today + Days::new(AHEAD as u64),
        stations: everywhere.clone(),
        airings_per_day: 2,
        clips: vec!["bluezone".parse().unwrap()],
    };
    let lu = json!({"id": "lu", "title": "Lũ", "clips": ["bluezone"]});
    let lu: PreparedBulletin = serde_json::from_value(lu).unwrap();
    Rules {
        units: std::iter::once(unit("huyen", None)).chain(units).collect(),
        stations: stations.collect(),
        campaigns: vec![campaign],
        schedules: vec![Schedule { stations: everywhere, ..schedule("buoi", "0 5,6,11,17 * * *") }],
        bulletins: vec![lu],
        ..common::rules()
    }
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
