//! What is kept of how airings stand, in both databases, and what is done to it behind the program's back.

use std::time::Duration;

use chrono::NaiveDate;
use loa::{
    radio::{AiringId, Role, UtcMs, Window},
    reports::{Letter, Period},
    server::{
        Language, Mended, check_kept, check_log,
        reports::{Ask, Progress, reconcile},
        roll, settle, sign_log,
    },
    store::{AuditFilter, Deed},
};
use serde_json::json;

use super::{
    browser::Browser,
    common::{MORNING, airing_at, district::House, played},
    place::{Place, confirm, days_work},
};

on_both!(
    what_is_kept_is_held_against_the_records,
    an_airing_that_somebody_took_away_is_there_again,
);

const DAY: Duration = Duration::from_hours(24);

/// The first instant of the day on which the airings are.
fn midnight() -> UtcMs {
    MORNING - Duration::from_hours(5)
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 10, 1).unwrap()
}

fn mended(day: NaiveDate, stations: &[&str]) -> Vec<Mended> {
    vec![Mended { day, stations: stations.iter().map(|&name| name.to_owned()).collect() }]
}

/// A day's work that is settled, judged and kept.
async fn furnish(place: &Place) {
    days_work(&place.district).await;
    roll(&place.district).await.unwrap();
    keep(place).await;
}

/// Settles what is over, judges the day and keeps it; gives how many airings of it aired.
async fn keep(place: &Place) -> u64 {
    let (store, now) = (place.district.store(), MORNING + DAY * 5 / 6);
    settle(store, now).await.unwrap();
    let ask = Ask {
        period: Period::new(day(), day()),
        units: vec![],
        station: None,
        campaign: None,
        letter: Letter::default(),
        language: Language::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        now,
    };
    let made = reconcile(store, &ask, &Progress::default()).await.unwrap();
    let kept = store.judged(window()).await.unwrap().days;
    assert_eq!(kept.len(), 1, "the day is kept");
    made.total().tally.aired()
}

fn window() -> Window {
    Window { from: midnight(), until: midnight() + DAY }
}

/// How an airing of the morning is kept.
async fn kept(place: &Place, airing: &AiringId) -> Option<(String, Option<String>)> {
    let all = place.district.store().kept_states(window()).await.unwrap();
    let found = all.into_iter().find(|(_, kept)| kept.airing == *airing);
    found.map(|(_, kept)| (kept.state, kept.evidence))
}

async fn what_is_kept_is_held_against_the_records(place: Place) {
    furnish(&place).await;
    let (district, mut mark) = (&place.district, None);
    // What the program kept itself is right, however often it is looked at, and also when more comes late.
    assert_eq!(check_kept(district, &mut mark).await.unwrap(), []);
    assert_eq!(check_kept(district, &mut mark).await.unwrap(), []);
    confirm(district, 6..=6).await;
    assert_eq!(keep(&place).await, 2);
    assert_eq!(check_kept(district, &mut mark).await.unwrap(), []);
    assert_eq!(check_kept(district, &mut None).await.unwrap(), []);

    let tomorrow = (midnight() + DAY).0;
    let (here, there) = (airing_at("thach-lam", MORNING), airing_at("kim-tan", MORNING));
    let next = airing_at("kim-tan", MORNING + DAY);
    let second = NaiveDate::from_ymd_opt(2020, 10, 2).unwrap();
    let edits = [
        (format!("update airing set state = 'missed' where id = '{here}'"), day(), "Đài thach-lam"),
        (
            format!("update airing set evidence = 'heard' where id = '{there}'"),
            day(),
            "Đài kim-tan",
        ),
        (
            format!("update airing set state = 'anything' where id = '{there}'"),
            day(),
            "Đài kim-tan",
        ),
        // What is still to come.
        (
            format!("update airing set state = 'aired', evidence = 'heard' where id = '{next}'"),
            second,
            "Đài kim-tan",
        ),
        // The figures of the day, an airing that no longer serves what it served, and a day that is not over.
        (
            "update judged_day set tallies = replace(tallies, 'declared', 'heard')".to_owned(),
            day(),
            "Đài kim-tan",
        ),
        (
            "update judged_day set tallies = replace(tallies, 'thach-lam', 'thach-lem')".to_owned(),
            day(),
            "Đài thach-lam",
        ),
        ("update judged_day set tallies = '?'".to_owned(), day(), "Đài kim-tan"),
        (
            format!("insert into judged_day (from_at, tallies) values ({tomorrow}, '[]')"),
            second,
            "",
        ),
        (format!("update airing set campaign = 'khac' where id = '{there}'"), day(), "Đài kim-tan"),
    ];
    for (edit, day, station) in &edits {
        assert_eq!(keep(&place).await, 2, "{edit}");
        assert_eq!(place.behind_its_back(edit).await, 1, "{edit}");
        let found = check_kept(district, &mut mark).await.unwrap();
        assert_eq!(found.len(), 1, "{edit}: {found:?}");
        assert_eq!(found[0].day, *day, "{edit}");
        match *station {
            "" => assert!(found[0].stations.is_empty(), "{edit}: {found:?}"),
            station => {
                assert!(found[0].stations.iter().any(|it| it == station), "{edit}: {found:?}")
            }
        }
        assert_eq!(check_kept(district, &mut mark).await.unwrap(), [], "{edit}: put right once");
    }
    // What is kept is what the records say.
    keep(&place).await;
    let said = |state: &str, on: &str| Some((state.to_owned(), Some(on.to_owned())));
    assert_eq!(kept(&place, &here).await, said("aired", "played"));
    assert_eq!(kept(&place, &there).await, said("aired", "declared"));
    assert_eq!(kept(&place, &next).await, None);
    // It stands in the trail and in the log, which holds.
    let filter = AuditFilter { deed: Some(Deed::KeptPutRight), ..AuditFilter::default() };
    let trail = district.store().trail(&filter, None, 50).await.unwrap();
    assert_eq!(trail.len(), edits.len());
    assert_eq!(sign_log(district).await.unwrap(), None);
    assert_eq!(check_log(district).await.unwrap(), None);
    let text = String::from_utf8(place.export().await).unwrap();
    assert_eq!(text.matches("\"deed\":\"kept-put-right\"").count(), edits.len());
}

async fn an_airing_that_somebody_took_away_is_there_again(place: Place) {
    furnish(&place).await;
    let district = &place.district;
    let here = airing_at("thach-lam", MORNING);
    let gone = format!("delete from airing where id = '{here}'");
    let mut mark = None;
    assert_eq!(check_kept(district, &mut mark).await.unwrap(), []);
    assert_eq!(place.behind_its_back(&gone).await, 1);
    // PostgreSQL counts what was taken away a moment after it was.
    let (mut found, mut tries) = (Vec::new(), 0);
    while found.is_empty() {
        assert!(tries < 200, "an airing was taken away, and nobody says so");
        tokio::time::sleep(Duration::from_millis(50)).await;
        found = check_kept(district, &mut mark).await.unwrap();
        tries += 1;
    }
    assert_eq!(found, mended(day(), &["Đài thach-lam"]));
    assert_eq!(keep(&place).await, 2);
    let again = district.store().airing(&here).await.unwrap().unwrap();
    assert!(again.unplanned, "only the record tells of it");
    assert_eq!(check_kept(district, &mut None).await.unwrap(), []);
    // A record that is itself another than it was is no airing's; the log says so.
    assert_eq!(place.behind_its_back("update as_run set airing = 'x' where sequence = 2").await, 1);
    assert_eq!(check_kept(district, &mut None).await.unwrap(), []);
    assert!(check_log(district).await.unwrap().is_some());
}

#[tokio::test]
async fn every_page_says_for_a_day_what_was_put_right() {
    let house = House::new().await;
    roll(&house.district).await.unwrap();
    house.confirm(json!([played("thach-lam", 1)])).await;
    house.clock.step_to(MORNING + Duration::from_hours(3));
    settle(house.district.store(), MORNING + Duration::from_hours(3)).await.unwrap();
    let mut mark = None;
    assert_eq!(check_kept(&house.district, &mut mark).await.unwrap(), []);
    let mut lan = Browser::of(&house, "lan", &[(Role::Auditor, None)]).await;
    let alarm = "ngày 01/10/2020, nơi Đài thach-lam, đã bị sửa thẳng trong cơ sở dữ liệu";
    assert!(!lan.get("/today").await.text().contains(alarm));
    let file = rusqlite::Connection::open(house.folder.path().join("loa.db")).unwrap();
    let edit = "update airing set state = 'missed' where state = 'aired'";
    assert_eq!(file.execute(edit, []).unwrap(), 1);
    assert_eq!(check_kept(&house.district, &mut mark).await.unwrap().len(), 1);
    for page in ["/today", "/record", "/help"] {
        let text = lan.get(page).await.text();
        assert!(text.contains(alarm), "{page}: {text}");
    }
    let stranger = Browser::new(&house).get("/sign-in").await.text();
    assert!(!stranger.contains("sửa thẳng"), "who is not signed in is told nothing");
    house.clock.advance(Duration::from_hours(25));
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Auditor, None)]).await;
    assert!(!hoa.get("/today").await.text().contains("sửa thẳng"));
}
