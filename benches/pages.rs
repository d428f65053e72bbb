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
use common::{
    district::House,
    invented::{Diary, Fate, campaign, everywhere},
    pages::{Examples, Page},
    schedule, station, unit,
};
use loa::{
    clock::{Clock, SystemClock},
    radio::{Campaign, PreparedBulletin, Role, Schedule, Station, UtcMs},
    server::{Need, settle},
    store::{Bearer, Removed, Rules},
    wire::Fault,
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
            let mut stranger = Browser::new(&house);
            for (address, need) in pages(&house, days, now).await {
                let browser = if need == Need::Anybody { &mut stranger } else { &mut lan };
                let (median, slowest, bytes) = time(browser, &address).await;
                println!("  {address}: {median:.1?} (slowest {slowest:.1?}), {} kB", bytes / 1000);
                let limit = Duration::from_millis(if stations > 25 { 200 } else { 50 });
                reach::told(&format!("{address} under {limit:?}"), median < limit);
            }
        });
    }
}

/// Every page that is looked at, and some of them with what is asked of them most, or finds the least.
async fn pages(house: &House, days: i64, now: UtcMs) -> Vec<(String, Need)> {
    let first = rules(1, now).stations.remove(0);
    let airing = Diary::airing_at(&first.id, session(now, 0, SESSIONS[0], 0));
    let known = [("{station}", "s3"), ("{schedule}", "buoi"), ("{airing}", airing.as_str())];
    let whole = Examples::of(house, &known).await.pages().into_iter();
    let whole = whole.map(|Page { address, need, .. }| (address, need));
    let year = (now + Duration::from_hours(7)).to_chrono().date_naive() - Days::new(days as u64);
    let asked = [
        "/today?only=trouble".to_owned(),
        "/record?state=missed".to_owned(),
        format!("/record?state=missed&from={year}"),
        format!("/record?state=interrupted&from={year}"),
        format!("/record?evidence=declared&from={year}"),
        format!("/record?station=s3&from={year}"),
        "/timetable?at=station:s3".to_owned(),
        "/reports?show=1&campaign=bluezone".to_owned(),
    ];
    whole.chain(asked.map(|address| (address, Need::Member))).collect()
}

async fn time(browser: &mut Browser<'_>, path: &str) -> (Duration, Duration, usize) {
    let mut times = Vec::new();
    let mut bytes = 0;
    let joint = if path.contains('?') { '&' } else { '?' };
    for round in 0..ROUNDS {
        // Public pages are given again for a minute: asked for otherwise, each is made anew.
        let path = format!("{path}{joint}round={round}");
        let begun = Instant::now();
        let answer = browser.get(&path).await;
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
    let mut kept = 0;
    for (n, station) in rules.stations.iter().enumerate() {
        store.create_token(&Bearer::Station(station.id.clone()), now).await.unwrap();
        let mut diary = Diary::of(station, 2);
        let is_silent = n % 20 == 7;
        for day in (-AHEAD..days).rev() {
            for hour in SESSIONS {
                let at = session(now, day, hour, n);
                let fate = if at >= now || (is_silent && day == 0) {
                    Fate::Unreported
                } else if n % 12 == 3 && hour == 11 {
                    Fate::Missed
                } else {
                    Fate::Aired
                };
                diary.note(at, day < CAMPAIGN && hour % 12 == 5, fate);
            }
        }
        let faults: &[Fault] =
            if n % 15 == 5 { &[Fault::new("deck", "no sound device")] } else { &[] };
        let status = json!({"software": "loa 0.1.0", "speaker": "device", "clock": "synced",
            "rundown_version": 1, "waiting": 0, "faults": faults});
        let heard = if is_silent { UtcMs(now.0 - 3 * HOUR) } else { now };
        kept += diary.keep(store, Some(status.to_string()), heard).await;
    }
    kept
}

/// When a station's session is, so many days ago: neighbours begin some minutes apart.
fn session(now: UtcMs, day: i64, hour: i64, n: usize) -> UtcMs {
    let midnight = (now.0 + 7 * HOUR).div_euclid(DAY) * DAY - 7 * HOUR;
    UtcMs(midnight - day * DAY + hour * HOUR + (n % 3) as i64 * 300_000)
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
    let (from, until) = (today - Days::new(CAMPAIGN as u64 - 1), today + Days::new(AHEAD as u64));
    let campaign =
        Campaign { airings_per_day: 2, ..campaign("huyen", &from.to_string(), &until.to_string()) };
    let lu = json!({"id": "lu", "title": "Lũ", "clips": ["bluezone"]});
    let lu: PreparedBulletin = serde_json::from_value(lu).unwrap();
    Rules {
        units: std::iter::once(unit("huyen", None)).chain(units).collect(),
        stations: stations.collect(),
        campaigns: vec![campaign],
        schedules: vec![Schedule {
            stations: everywhere("huyen"),
            ..schedule("buoi", "0 5,6,11,17 * * *")
        }],
        bulletins: vec![lu],
        ..common::rules()
    }
}
