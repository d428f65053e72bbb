//! The timetable, and the forms that change it.

use axum::http::StatusCode;
use loa::{
    radio::{Role, When},
    server::roll,
    store::{AuditFilter, Deed},
};

use crate::{browser::Browser, common::district::House};

on_both_databases!(
    a_schedule_is_made_by_form_and_stands_in_the_week,
    what_a_file_brought_is_taken_over_by_word_only,
    one_airing_is_moved,
);

const FORM: [(&str, &str); 9] = [
    ("title", "Buổi chiều"),
    ("programme", "ban-tin"),
    ("rhythm", "week"),
    ("days", "4"),
    ("days", "5"),
    ("times", "17:15, 22h"),
    ("units", "kim-tan"),
    ("priority", "routine"),
    ("late", "300000"),
];

async fn a_schedule_is_made_by_form_and_stands_in_the_week(house: House) {
    let store = house.district.store();
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    hoa.get("/timetable/schedules/new").await;

    // What is looked at is not saved; the quiet hours show beforehand, and are seen before anything is kept.
    let looked = hoa.post("/timetable/schedules/new", &FORM).await.text();
    assert!(looked.contains("giờ yên lặng 21:00–05:00"), "{looked}");
    assert!(looked.contains("17:15 01/10/2020"));
    let save = [&FORM[..], &[("act", "save")]].concat();
    let answer = hoa.post("/timetable/schedules/new", &save).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(store.rules().await.unwrap().schedules.len(), 1);

    let text = answer.text();
    let (_, seen) = text.split_once("name=\"seen\" value=\"").unwrap();
    let seen = [&save[..], &[("seen", &seen[..64])]].concat();
    let answer = hoa.post("/timetable/schedules/new", &seen).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, "/timetable?day=2020-10-01")
    );
    let schedule = store.rules().await.unwrap().schedules[0].clone();
    assert_eq!(schedule.id.as_str(), "buoi-chieu");
    assert_eq!(schedule.when, When::Cron("15 17 * * thu,fri\n0 22 * * thu,fri".to_owned()));
    let filter = AuditFilter { deed: Some(Deed::RuleAdded), ..AuditFilter::default() };
    assert_eq!(store.trail(&filter, None, 10).await.unwrap()[0].actor.name, "Tên hoa");

    roll(&house.district).await.unwrap();
    let week = hoa.get("/timetable?at=station:kim-tan").await.text();
    assert!(week.contains("<b class=\"time\">17:15</b>"));
    assert!(week.contains("bị từ chối: giờ yên lặng 21:00–05:00"));
    let other = hoa.get("/timetable?at=station:thach-lam").await.text();
    assert!(!other.contains("17:15"));
    assert!(hoa.get("/timetable/day?day=02/10/2020").await.text().contains("17:15"));
    let sheet = hoa.get("/timetable/sheet?at=unit:kim-tan").await.text();
    assert!(
        sheet.contains("17:15") && !sheet.contains("22:00") && !sheet.contains("Đài thach-lam")
    );

    // Others read, and only what is theirs.
    let mut officer =
        Browser::of(&house, "nam", &[(Role::CommuneOfficer, Some("thach-lam"))]).await;
    assert!(!officer.get("/timetable").await.text().contains("17:15"));
    let page = officer.get("/timetable/schedules/buoi-chieu").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    let mut planner = Browser::of(&house, "mai", &[(Role::Operator, Some("thach-lam"))]).await;
    planner.get("/timetable/schedules/new").await;
    let answer = planner.post("/timetable/schedules/new", &seen).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("trong phạm vi của mình"));

    // It ends, and what was stays.
    hoa.get("/timetable/schedules/buoi-chieu").await;
    let answer = hoa.post("/timetable/schedules/buoi-chieu/end", &[]).await;
    assert_eq!(answer.location(), "/timetable/schedules");
    let ended = store.rules().await.unwrap().schedules[0].until.unwrap();
    assert_eq!(ended.to_string(), "2020-10-01");
}

async fn what_a_file_brought_is_taken_over_by_word_only(house: House) {
    let store = house.district.store();
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    let page = hoa.get("/timetable/schedules/sang-05h").await.text();
    assert!(page.contains("do tệp cài đặt mang đến"));
    let form = [
        ("title", "Buổi sáng sớm"),
        ("programme", "ban-tin"),
        ("rhythm", "cron"),
        ("cron", "0 5 * * *"),
        ("holidays", "yes"),
        ("units", "thach-thanh"),
        ("priority", "routine"),
        ("late", "60000"),
        ("act", "save"),
    ];
    let address = "/timetable/schedules/sang-05h";
    let answer = hoa.post(address, &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("thay cho tệp"));
    let over = [&form[..], &[("take_over", "yes")]].concat();
    assert_eq!(hoa.post(address, &over).await.status, StatusCode::SEE_OTHER);
    assert_eq!(store.rules().await.unwrap().schedules[0].title, "Buổi sáng sớm");
    let wrong = [&[("rhythm", "cron"), ("cron", "0 25 * * *")][..], &form[..1]].concat();
    let text = hoa.post(address, &wrong).await.text();
    assert!(text.contains("Phần giờ (0–23) ghi “25” không đọc được."), "{text}");
}

async fn one_airing_is_moved(house: House) {
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    let dropped = "/timetable/move?schedule=sang-05h&at=2020-10-02T05:00:00&to=2020-10-02T06:00";
    let page = hoa.get(dropped).await.text();
    assert!(page.contains("05:00 02/10/2020") && page.contains("06:00 02/10/2020"), "{page}");
    let form = [
        ("schedule", "sang-05h"),
        ("at", "2020-10-02T05:00:00"),
        ("how", "once"),
        ("day", "02/10/2020"),
        ("time", "06:00"),
        ("take_over", "yes"),
        ("act", "save"),
    ];
    let answer = hoa.post("/timetable/move", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    roll(&house.district).await.unwrap();
    let day = hoa.get("/timetable/day?day=02/10/2020").await.text();
    assert!(day.contains("06:00</b>") && !day.contains("05:00</b>"));
    let next = hoa.get("/timetable/day?day=03/10/2020").await.text();
    assert!(next.contains("05:00</b>") && !next.contains("06:00</b>"));
    let page = hoa.get("/timetable/schedules/sang-05h").await.text();
    assert!(page.contains("Lần 05:00 02/10/2020 dời sang 06:00 02/10/2020"));
}
