//! A district and a station as processes, browsers before them, and what the station's sound server was given.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use chrono::Timelike as _;
use fantoccini::Locator;
use loa::{
    clock::{Clock as _, SystemClock},
    radio::{Grant, Grants, Role},
    store::{Actor, NewPerson, Store},
};

use crate::{
    axe,
    driver::Browser,
    screenshots::take,
    server::{Recording, Server, address},
    site::{hash, sign_in},
    village::{Village, tones},
};

/// Clips by the number of their pitch.
const NEWS: usize = 0;
const MUSIC: usize = 10;
const BULLETIN: usize = 20;

const RATE: usize = 48_000;
const ZONE: chrono_tz::Tz = chrono_tz::Asia::Ho_Chi_Minh;

fn write_rules(folder: &Path) {
    let mut toml =
        String::from("[[unit]]\nid = \"xa\"\ncode = \"1\"\nname = \"Xã\"\nkind = \"commune\"\n");
    toml += "[[station]]\nid = \"mot\"\nname = \"Đài một\"\nkind = \"commune\"\nunit = \"xa\"\n";
    for (id, title, n, seconds) in [
        ("tin", "Bản tin", NEWS, 6.0),
        ("nhac", "Ca nhạc", MUSIC, 120.0),
        ("bao", "Tin bão", BULLETIN, 4.0),
    ] {
        tones::write(&folder.join(format!("{id}.wav")), n, seconds);
        writeln!(
            toml,
            "[[clip]]\nid = \"{id}\"\nfile = \"{id}.wav\"\ntitle = \"{title}\"\napproved_by = \"Lan\"\n\
             [[programme]]\nid = \"{id}\"\ntitle = \"{title}\"\nitems = [{{ clip = \"{id}\" }}]"
        )
        .unwrap();
    }
    toml += "[[bulletin]]\nid = \"bao\"\ntitle = \"Bão khẩn cấp\"\nclips = [\"bao\"]\n";
    fs::write(folder.join("schedules.toml"), toml).unwrap();
}

/// Somebody in each of these roles, who signs in by its name. Before the district runs.
async fn admit(village: &Village, roles: &[Role]) {
    let database = village.folder.join("district").join("loa.db");
    let store = Store::open(&format!("sqlite:{}", database.display())).await.unwrap();
    let (actor, now) = (Actor::command("a test"), SystemClock.now());
    for role in roles {
        let grants = Grants(vec![Grant { role: *role, unit: None }]);
        let new = NewPerson { name: role.to_string(), sign_in: role.to_string(), grants };
        let id = store.add_person(&actor, &new, now).await.unwrap().unwrap();
        store.set_password(&actor, &id, &hash(), None, now).await.unwrap();
    }
    store.close().await;
}

/// The form of a new schedule, as far as the times.
async fn plan(browser: &Browser, title: &str, programme: &str) {
    browser.goto("/timetable/schedules/new").await;
    browser.fill("title", title).await;
    browser.choose("programme", programme).await;
    browser.tick("kinds", "commune").await;
    browser.tick("holidays", "yes").await;
}

/// The station's name on the page Today, with this state beside an airing.
async fn turns(browser: &Browser, state: &str) {
    let cell = format!("//tr[@id='at-mot']//a/span[normalize-space()='{state}']");
    let seen = browser.client.wait().at_most(Duration::from_secs(200));
    if seen.for_element(Locator::XPath(&cell)).await.is_err() {
        panic!("\"{state}\" does not appear: {}", browser.text().await);
    }
}

/// The first and the last sample of a pitch, to a tenth of a second.
fn span(samples: &[f32], n: usize) -> Option<(usize, usize)> {
    let window = RATE / 10;
    let pitch = |part: &[f32]| {
        let samples: Vec<f64> = part.iter().map(|sample| f64::from(*sample) * 32_768.0).collect();
        tones::heard_in(&samples, RATE as u32, BULLETIN + 1).first().map(|(pitch, _)| *pitch)
    };
    let pitches: Vec<_> = samples.chunks_exact(window).map(pitch).collect();
    let first = pitches.iter().position(|pitch| *pitch == Some(n))?;
    let last = pitches.iter().rposition(|pitch| *pitch == Some(n))?;
    Some((first * window, (last + 1) * window))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_airs_and_a_bulletin_of_two_people_interrupts() {
    let folder = tempfile::tempdir().unwrap();
    write_rules(folder.path());
    let village = Village::found(folder.path());
    admit(&village, &[Role::Operator, Role::Approver]).await;
    let _district = village.serve().await;
    let sound = folder.path().join("sound");
    fs::create_dir_all(&sound).unwrap();
    let server = Server::start(&sound, "loa");
    let mut command =
        village.command(&village.station_arguments("mot", "device", &village.address));
    command.env("PULSE_SERVER", address(&sound)).env("HOME", &sound);
    command.env_remove("XDG_RUNTIME_DIR").env_remove("PULSE_RUNTIME_PATH");
    let _station = village.start("mot", command);
    let recording: Recording = server.record();
    let operator = Browser::open(&village.address).await;
    let approver = Browser::open(&village.address).await;
    sign_in(&operator, Role::Operator).await;
    sign_in(&approver, Role::Approver).await;

    // Every day of the week, at the next minute that can still be reached.
    plan(&operator, "Tin buổi sáng", "tin").await;
    let local = || SystemClock.now().to_chrono().with_timezone(&ZONE);
    for day in 1..=7 {
        let day = format!("input[name='days'][value='{day}']");
        let is_ticked = format!("return document.querySelector(\"{day}\").checked");
        if operator.run(&is_ticked).await == false {
            operator.client.find(Locator::Css(&day)).await.unwrap().click().await.unwrap();
        }
    }
    let minute = (local() + Duration::from_secs(80)).with_second(0).unwrap();
    operator.fill("times", &minute.format("%H:%M").to_string()).await;
    operator.press("Xem trước").await;
    let next = operator.client.find_all(Locator::Css("ol.next li")).await.unwrap();
    assert_eq!(next.len(), 10, "{}", operator.text().await);
    assert_eq!(axe::violations(&operator).await, Vec::<String>::new());
    operator.press("Lưu").await;

    operator.goto("/today").await;
    turns(&operator, "Đã phát").await;
    let cell = "#at-mot .cell .state.good";
    assert_eq!(
        operator.client.find(Locator::Css(cell)).await.unwrap().text().await.unwrap(),
        "Đã phát"
    );
    take(&operator, "today-aired").await;

    // Music on one day, to the second.
    plan(&operator, "Ca nhạc một lần", "nhac").await;
    operator.tick("rhythm", "dates").await;
    let at = local() + Duration::from_secs(20);
    operator.fill("dates", &at.format("%d/%m/%Y %H:%M:%S").to_string()).await;
    operator.press("Lưu").await;
    village
        .until("the music plays", async || {
            village.get("stations").await["stations"][0]["status"]["playing"].is_string()
        })
        .await;

    operator.goto("/emergency").await;
    operator.tick("what", "bao").await;
    operator.fill("why", "Bão đổ bộ đêm nay").await;
    operator.fill("word", "KHẨN CẤP").await;
    operator.client.find(Locator::Css("form button.grave")).await.unwrap().click().await.unwrap();
    operator.wait_for("section.decision").await;
    let path = operator.path().await;
    assert!(
        operator.client.find(Locator::Css("[name=heard]")).await.is_err(),
        "agreed to one's own"
    );
    approver.goto("/emergency").await;
    let link = approver.client.find(Locator::LinkText("Bão khẩn cấp")).await.unwrap();
    link.click().await.unwrap();
    approver.wait_for("section.decision").await;
    assert_eq!(approver.path().await, path);
    assert_eq!(axe::violations(&approver).await, Vec::<String>::new());
    approver.tick("heard", "1").await;
    let agreed = recording.heard();
    let agree = approver.client.find(Locator::Css("section.decision button.grave")).await.unwrap();
    agree.click().await.unwrap();

    // Both see it begin and end, and touch nothing.
    for browser in [&operator, &approver] {
        browser.wait_for("#live time").await;
        let ended =
            Locator::XPath("//section[@id='live']//td/span[normalize-space()='đã phát xong']");
        let waiting = browser.client.wait().at_most(Duration::from_secs(60));
        if waiting.for_element(ended).await.is_err() {
            panic!("it does not end: {}", browser.text().await);
        }
    }
    take(&operator, "emergency-aired").await;
    operator.goto("/today").await;
    turns(&operator, "Bị ngắt").await;
    operator.close().await;
    approver.close().await;

    let samples = recording.end();
    let (begun, _) = span(&samples, BULLETIN).expect("the bulletin sounds");
    let (_, music) = span(&samples, MUSIC).expect("the music sounds");
    let seconds = |from: usize, to: usize| (to as f64 - from as f64) / RATE as f64;
    println!("the bulletin began {:.1} s after the agreement", seconds(agreed, begun));
    assert!(agreed < begun, "before two people wanted it");
    assert!(agreed < music && music <= begun + RATE / 10, "it does not interrupt");
    assert!(span(&samples, NEWS).is_some());
}
