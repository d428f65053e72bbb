//! Pictures of every page, for people to look at: `make screenshots`.

use std::{path::Path, time::Duration};

use loa::{
    almanac::{self, Known},
    clock::Clock,
    planning::Rule,
    radio::{AiringItem, Outcome, Reason, Role, UtcMs},
    server::{Need, roll},
    signing::Envelope,
    store::{Removed, Rules},
    wire::{AsRunRecord, Rundown},
};
use serde_json::json;

use crate::{
    common::{
        BEFORE, MORNING, after,
        pages::{Examples, Page},
        played,
    },
    driver::Browser,
    site::Site,
};

/// The windows that pages are looked at in: an old office computer, a phone.
pub(crate) const WINDOWS: [(u32, u32); 2] = [(1366, 768), (390, 844)];

/// Takes the page that is shown in both languages and in both windows.
pub(crate) async fn take(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let path = browser.path().await;
    let joint = if path.contains('?') { '&' } else { '?' };
    for (width, height) in WINDOWS {
        browser.size((width, height)).await;
        for language in ["vi", "en"] {
            browser.goto(&format!("{path}{joint}lang={language}")).await;
            let file = folder.join(format!("{name}-{language}-{width}x{height}.png"));
            std::fs::write(file, browser.picture().await).unwrap();
        }
    }
    browser.goto(&format!("{path}{joint}lang=vi")).await;
}

/// Every page, by the name of its picture: its address, and who may see it.
type Pages = Vec<(String, String, Need)>;

/// A district on a morning of its campaign, with all of its pages; some of them more than once, with what makes them
/// otherwise.
pub(crate) async fn everything(site: &Site) -> (Examples, Pages) {
    let Morning { aired, missed, mute } = morning(site).await;
    let known = [
        ("{airing}", aired.as_str()),
        ("{bulletin}", "lu"),
        ("{clip}", "bluezone-smart-thanh-hoa"),
        ("{schedule}", "sang-05h"),
        ("{station}", "thach-lam"),
    ];
    let examples = Examples::of(&site.house, &known).await;
    let name = |path: &str| path.trim_matches('/').replace(['{', '}'], "").replace('/', "-");
    let mut pages: Pages = examples
        .pages()
        .into_iter()
        .map(|Page { path, address, need, .. }| (name(path), address, need))
        .collect();
    pages.extend(
        [
            ("emergency-drill", "/emergency?drill=1"),
            ("record-missed", &format!("/record/{missed}")),
            ("reports-figures", "/reports?show=1&campaign=bluezone"),
            ("stations-no-sound", &format!("/stations/{mute}")),
            ("timetable-station", "/timetable?at=station:thach-lam"),
            ("today-trouble", "/today?only=trouble"),
        ]
        .map(|(name, address)| (name.to_owned(), address.to_owned(), Need::Member)),
    );
    pages.push(("missing".to_owned(), "/khong-co".to_owned(), Need::Anybody));
    (examples, pages)
}

/// Goes to each page as the first who may see it, and does something there.
pub(crate) async fn shown(site: &Site, mut left: Pages, act: impl AsyncFn(&Browser, &str)) {
    let stranger = site.browser().await;
    for (name, address, _) in left.extract_if(.., |(.., need)| *need == Need::Anybody) {
        stranger.goto(&address).await;
        act(&stranger, &name).await;
    }
    stranger.close().await;
    for role in [Role::Operator].iter().chain(Role::ALL) {
        let browser = site.browser_of(*role).await;
        let mine = |need: &Need| match need {
            Need::Anybody => false,
            Need::Member => true,
            Need::May(right) | Need::Everywhere(right) => role.brings(*right),
        };
        for (name, address, _) in left.extract_if(.., |(.., need)| mine(need)) {
            browser.goto(&address).await;
            act(&browser, &name).await;
        }
        browser.close().await;
    }
    assert_eq!(left, []);
}

#[tokio::test]
#[ignore = "for people to look at: make screenshots"]
async fn pictures() {
    let site = Site::thach_thanh().await;
    let (examples, pages) = everything(&site).await;
    shown(&site, pages, take).await;
    // The second person's page, and then the list of who has begun.
    let approver = site.browser_of(Role::Approver).await;
    approver.goto(&examples.fill("/emergency/{id}")).await;
    take(&approver, "emergency-id-second").await;
    approver.run("document.querySelector('[name=heard]').click()").await;
    approver.press("Đồng ý, phát ngay ở 1 đài").await;
    take(&approver, "emergency-id-sent").await;
    approver.close().await;
}

/// An airing that sounded, and one that did not.
struct Morning {
    aired: String,
    missed: String,
    /// The station of the one that did not.
    mute: String,
}

/// A morning as it is: most stations have aired, one was cut off, some have no sound, some were never heard of.
async fn morning(site: &Site) -> Morning {
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
    let (mut aired, mut missed, mut mute) = (String::new(), String::new(), String::new());
    let mut told: Vec<(String, Vec<Envelope>, usize)> = Vec::new();
    for (n, station) in stations.iter().enumerate().filter(|(n, _)| n % 9 != 8) {
        let token = match station.id.as_str() {
            "thach-lam" => house.thach_lam.clone(),
            "kim-tan" => house.kim_tan.clone(),
            other => house.enrol(other).await,
        };
        let rundown = house.rundown(&token).await;
        let sounds = n % 12 != 6;
        let records = records(&rundown, MORNING + Duration::from_mins(30), sounds);
        match station.id.as_str() {
            "thach-lam" => aired = rundown.airings[0].id.to_string(),
            id if !sounds => {
                mute = id.to_owned();
                missed = rundown.airings[0].id.to_string();
            }
            _ => {}
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
    assert!(house.clock.now() > MORNING && !aired.is_empty() && !missed.is_empty());
    Morning { aired, missed, mute }
}

fn status(faults: &[(&str, &str)]) -> serde_json::Value {
    let faults: Vec<_> =
        faults.iter().map(|(code, detail)| json!({"code": code, "detail": detail})).collect();
    json!({"software": "loa 0.1.0", "speaker": "device", "clock": "synced", "waiting": 0,
           "rundown_version": 1, "disk_free": 12_340_000_000_u64, "faults": faults})
}

/// Records of all that a rundown has before an instant: played as it was planned, or nothing for want of a device.
fn records(rundown: &Rundown, until: UtcMs, sounds: bool) -> Vec<Envelope> {
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
                let missed = AsRunRecord {
                    started_at: None,
                    ended_at: None,
                    frames_played: 0,
                    outcome: Outcome::Missed,
                    reason: Some(Reason::DeviceMissing),
                    detail: Some("no sound device is connected".to_owned()),
                    evidence: None,
                    ..record.clone()
                };
                records.push(after(records.last(), if sounds { record } else { missed }));
            }
            at = at + length;
        }
    }
    records
}
