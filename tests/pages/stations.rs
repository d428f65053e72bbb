//! Stations as they are set on pages.

use axum::http::StatusCode;
use loa::{
    radio::{AiringItem, Role},
    server::roll,
    store::{AuditFilter, Deed},
};

use crate::{browser::Browser, common::district::House};

on_both_databases!(
    a_station_is_renamed_and_sounds_softer_in_the_morning,
    units_and_stations_are_added,
    nobody_overwrites_what_another_changed_meanwhile,
);

const FORM: [(&str, &str); 10] = [
    ("name", "Đài xã Thạch Lâm"),
    ("kind", "commune"),
    ("unit", "thach-lam"),
    ("whose", "own"),
    ("quiet", "21:00–04:30, 12:00-13:00"),
    ("hours", "21:00–06:00"),
    ("lower", "6,5"),
    ("hours", ""),
    ("lower", ""),
    ("drills", "yes"),
];
const ADDRESS: &str = "/stations/thach-lam/edit";

async fn a_station_is_renamed_and_sounds_softer_in_the_morning(house: House) {
    let store = house.district.store();
    let mut admin = Browser::of(&house, "hoa", &[(Role::Administrator, None)]).await;
    let page = admin.get(ADDRESS).await.text();
    assert!(page.contains("Theo quy định chung: 21:00–05:00"), "{page}");
    let answer = admin.post(ADDRESS, &FORM).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "a file brought it");
    let over = [&FORM[..], &[("take_over", "yes")]].concat();
    let wrong = [&over[..], &[("hours", "đêm")]].concat();
    let answer = admin.post(ADDRESS, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("Mỗi dòng ghi một khoảng giờ"));
    let answer = admin.post(ADDRESS, &over).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/stations/thach-lam"));
    let page = admin.get("/stations/thach-lam").await.text();
    assert!(page.contains("<h1>Đài xã Thạch Lâm</h1>"), "{page}");
    assert!(page.contains("21:00–04:30, 12:00–13:00"), "{page}");
    assert!(page.contains("21:00–06:00: giảm 6,50 dB"), "{page}");
    let filter = AuditFilter { deed: Some(Deed::RuleChanged), ..AuditFilter::default() };
    let told = store.trail(&filter, None, 10).await.unwrap().remove(0);
    assert_eq!((told.actor.name.as_str(), told.subject.as_str()), ("Tên hoa", "station thach-lam"));
    assert_eq!(told.before.unwrap()["name"], "Đài thach-lam");

    // What the station is ordered says so; the other one is as it was.
    roll(&house.district).await.unwrap();
    let gain = async |token: &str| {
        let rundown = house.rundown(token).await;
        let AiringItem::Clip { gain, .. } = rundown.airings[0].items[0] else { panic!() };
        gain.db()
    };
    assert_eq!(gain(&house.thach_lam).await, -6.5);
    assert_eq!(gain(&house.kim_tan).await, 0.0);

    // Somebody of another unit may not.
    let mut other = Browser::of(&house, "nam", &[(Role::Administrator, Some("kim-tan"))]).await;
    assert_eq!(other.get("/stations/kim-tan/edit").await.status, StatusCode::OK);
    assert_eq!(other.post(ADDRESS, &over).await.status, StatusCode::FORBIDDEN);
    let theirs = [&over[..], &[("whose", "")]].concat();
    let answer = other.post("/stations/kim-tan/edit", &theirs).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "not into another's unit");
}

async fn units_and_stations_are_added(house: House) {
    let store = house.district.store();
    let mut admin = Browser::of(&house, "hoa", &[(Role::Administrator, None)]).await;
    admin.get("/stations/units/new").await;
    let unit = [("name", "Xã Thạch Sơn"), ("kind", "commune"), ("parent", "thach-thanh")];
    let answer = admin.post("/stations/units/new", &unit).await;
    assert_eq!(answer.location(), "/stations", "{}", answer.text());
    let station = [("name", "Đài xã Thạch Sơn"), ("kind", "commune"), ("unit", "xa-thach-son")];
    let answer = admin.post("/stations/new", &station).await;
    assert_eq!(answer.location(), "/stations/dai-xa-thach-son", "{}", answer.text());
    let rules = store.rules().await.unwrap();
    let added = rules.stations.iter().find(|one| one.id.as_str() == "dai-xa-thach-son").unwrap();
    assert_eq!(added.quiet_hours, None);
    // The same name once more is another station.
    let answer = admin.post("/stations/new", &station).await;
    assert_eq!(answer.location(), "/stations/dai-xa-thach-son-2");
    let nowhere = [&station[..2], &[("unit", "khong-co")]].concat();
    let answer = admin.post("/stations/new", &nowhere).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(admin.get("/stations").await.text().contains("Đài xã Thạch Sơn"));
}

/// How a page says that the thing stood when it was opened.
fn stood(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"stood\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

async fn nobody_overwrites_what_another_changed_meanwhile(house: House) {
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Administrator, None)]).await;
    let mut nam = Browser::of(&house, "nam", &[(Role::Administrator, None)]).await;
    let seen = stood(&hoa.get(ADDRESS).await.text());
    let over = [&FORM[..], &[("take_over", "yes"), ("stood", &seen)]].concat();
    nam.get(ADDRESS).await;
    assert_eq!(nam.post(ADDRESS, &over).await.status, StatusCode::SEE_OTHER);
    let again = hoa.post(ADDRESS, &over).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = again.text();
    assert!(text.contains("có người đã sửa mục này"), "{text}");
    let now = stood(&text);
    let knowing = [&FORM[..], &[("stood", now.as_str())]].concat();
    assert_eq!(hoa.post(ADDRESS, &knowing).await.status, StatusCode::SEE_OTHER);

    // Both save in the same moment.
    let seen = stood(&hoa.get(ADDRESS).await.text());
    let of = |name| [&[("name", name), ("stood", seen.as_str())][..], &FORM[1..]].concat();
    let (hers, his) = (of("Đài của Hoa"), of("Đài của Nam"));
    let (first, second) = tokio::join!(hoa.post(ADDRESS, &hers), nam.post(ADDRESS, &his));
    let mut both = [first.status, second.status];
    both.sort();
    assert_eq!(both, [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY]);
    // A form in which something is wrong still knows how the thing stood.
    let nameless = hoa.post(ADDRESS, &of(" ")).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(stood(&nameless.text()), seen);

    // The same of a clip, a programme and a schedule.
    let mut lan = Browser::of(&house, "lan", &[(Role::Operator, None)]).await;
    for (address, form) in [
        ("/clips/bluezone", &[("title", "Khác")][..]),
        (
            "/timetable/programmes/ban-tin",
            &[("title", "Khác"), ("item", "clip:bluezone"), ("act", "save")],
        ),
    ] {
        let seen = stood(&lan.get(address).await.text());
        let form = [form, &[("take_over", "yes"), ("stood", &seen)]].concat();
        assert_eq!(lan.post(address, &form).await.status, StatusCode::SEE_OTHER, "{address}");
        let again = lan.post(address, &form).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
        assert!(again.text().contains("có người đã sửa mục này"), "{address}");
    }
}
