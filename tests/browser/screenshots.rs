//! Pictures of every page, for people to look at: `make screenshots`.

use std::{path::Path, time::Duration};

use loa::{
    almanac::{self, Known},
    clock::Clock,
    planning::Rule,
    radio::{AiringItem, Role, UtcMs},
    server::{Need, needs, roll},
    signing::Envelope,
    store::{Removed, Rules},
    wire::{AsRunRecord, Rundown},
};
use serde_json::json;

use crate::{
    common::{BEFORE, MORNING, after, played},
    driver::Browser,
    site::Site,
};

/// The windows that pages are looked at in: an old office computer, a phone.
const WINDOWS: [(u32, u32); 2] = [(1366, 768), (390, 844)];

/// Takes the page that is shown in both languages and in both windows.
pub(crate) async fn take(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let path = browser.path().await;
    let joint = if path.contains('?') { '&' } else { '?' };
    for (width, height) in WINDOWS {
        browser.size(width, height).await;
        for language in ["vi", "en"] {
            browser.goto(&format!("{path}{joint}lang={language}")).await;
            let file = folder.join(format!("{name}-{language}-{width}x{height}.png"));
            std::fs::write(file, browser.picture().await).unwrap();
        }
    }
    browser.goto(&format!("{path}{joint}lang=vi")).await;
}

/// What stands in the holes of addresses.
const KNOWN: [(&str, &str); 6] = [
    ("{station}", "thach-lam"),
    ("{campaign}", "bluezone"),
    ("{clip}", "bluezone-smart-thanh-hoa"),
    ("{programme}", "bluezone"),
    ("{schedule}", "sang-05h"),
    ("{bulletin}", "lu"),
];

#[tokio::test]
#[ignore = "for people to look at: make screenshots"]
async fn pictures() {
    let site = Site::thach_thanh().await;
    let aired = morning(&site).await;
    let stranger = site.browser().await;
    stranger.goto("/sign-in").await;
    take(&stranger, "sign-in").await;
    stranger.goto("/khong-co").await;
    take(&stranger, "missing").await;
    stranger.close().await;
    let person = site.house.district.store().people().await.unwrap()[0].id.to_string();
    let move_to = "/timetable/move?schedule=sang-05h&at=2020-10-02T05:00:00&to=2020-10-02T06:00";
    let fill = |path: &str| match path {
        "/timetable/move" => move_to.to_owned(),
        "/record/{airing}" => format!("/record/{aired}"),
        "/people/{person}" => format!("/people/{person}"),
        path => KNOWN.iter().fold(path.to_owned(), |path, (hole, id)| path.replace(hole, id)),
    };
    // The first who may see a page shows it.
    let looked_at = needs().into_iter().filter(|(method, ..)| *method == "GET");
    let mut left: Vec<_> = looked_at
        .map(|(_, path, need)| (fill(path), path, need))
        .filter(|(address, ..)| !address.contains('{'))
        .collect();
    for role in Role::ALL {
        let browser = site.browser_of(*role).await;
        let mine = |need: &Need| match need {
            Need::Anybody => false,
            Need::Member => true,
            Need::May(right) => role.brings(*right),
        };
        for (address, path, _) in left.extract_if(.., |(.., need)| mine(need)) {
            browser.goto(&address).await;
            let name = path.trim_matches('/').replace(['{', '}'], "").replace('/', "-");
            take(&browser, &name).await;
        }
        browser.close().await;
    }
}

/// A morning as it is: most stations have aired, one was cut off, one has no sound, some were never heard of. Gives an
/// airing with its record.
async fn morning(site: &Site) -> String {
    let house = &site.house;
    let lu =
        json!({"id": "lu", "title": "Lũ về", "clips": ["lu"], "correction": ["dinh-chinh-lu"]});
    let bulletins = vec![serde_json::from_value(lu).unwrap()];
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schedules/thach-thanh.toml");
    let schedules = almanac::read(&[file], Known::default(), Rule::check).unwrap().schedules;
    let all = Rules { bulletins, schedules, ..Rules::default() };
    house.district.store().apply(&all, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    let stations = house.district.store().stations().await.unwrap();
    let mut shown = String::new();
    let mut told: Vec<(String, Vec<Envelope>, usize)> = Vec::new();
    for (n, station) in stations.iter().enumerate().filter(|(n, _)| n % 9 != 8) {
        let token = match station.id.as_str() {
            "thach-lam" => house.thach_lam.clone(),
            "kim-tan" => house.kim_tan.clone(),
            other => house.enrol(other).await,
        };
        let rundown = house.rundown(&token).await;
        let records = records(&rundown, MORNING + Duration::from_mins(30));
        if station.id.as_str() == "thach-lam" {
            shown = rundown.airings[0].id.to_string();
        }
        told.push((token, records, n));
    }
    house.clock.step_to(MORNING + Duration::from_mins(40));
    for (token, records, n) in &told {
        if n % 12 == 4 {
            let status = status(&[]);
            house.clock.step_to(MORNING + Duration::from_mins(10));
            let body = json!({"records": [], "status": status});
            house.post("/api/v1/confirmations", token, &body).await;
            house.clock.step_to(MORNING + Duration::from_mins(40));
            continue;
        }
        let faults: &[(&str, &str)] =
            if n % 12 == 6 { &[("deck", "no sound device")] } else { &[] };
        let body = json!({"records": records, "status": status(faults)});
        let answer = house.post("/api/v1/confirmations", token, &body).await;
        assert!(answer.status.is_success(), "{}", String::from_utf8_lossy(&answer.body));
    }
    assert!(house.clock.now() > MORNING && !shown.is_empty());
    shown
}

fn status(faults: &[(&str, &str)]) -> serde_json::Value {
    let faults: Vec<_> =
        faults.iter().map(|(code, detail)| json!({"code": code, "detail": detail})).collect();
    json!({"software": "loa 0.1.0", "speaker": "device", "clock": "synced", "waiting": 0,
           "rundown_version": 1, "faults": faults})
}

/// Records of all that a rundown has before an instant, played as it was planned.
fn records(rundown: &Rundown, until: UtcMs) -> Vec<Envelope> {
    let mut records: Vec<Envelope> = Vec::new();
    for airing in rundown.airings.iter().filter(|airing| airing.starts_at < until) {
        let mut at = airing.starts_at;
        for (position, item) in (0..).zip(&airing.items) {
            let length = Duration::from_millis(item.duration_ms());
            if let AiringItem::Clip { sha256, title, frames, .. } = item {
                let sequence = records.len() as u64 + 1;
                let record = AsRunRecord {
                    airing: airing.id.clone(),
                    position,
                    scheduled_at: at,
                    started_at: Some(at),
                    ended_at: Some(at + length),
                    frames_played: *frames,
                    frames_expected: *frames,
                    clip: Some(*sha256),
                    title: title.to_string(),
                    ..played(rundown.station.as_str(), sequence)
                };
                records.push(after(records.last(), record));
            }
            at = at + length;
        }
    }
    records
}
