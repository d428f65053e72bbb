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
    a_week_is_copied_where_it_is_not_there_yet,
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

    let shown = seen(&answer.text());
    let seen = [&save[..], &[("seen", shown.as_str())]].concat();
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
    assert_eq!(page.status, StatusCode::FORBIDDEN);
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

/// The hash of what a page shows that would change.
fn seen(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"seen\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
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
    // What the page showed when it was dropped there has been seen; another time has not.
    let shown = seen(&page);
    let seen = [("seen", shown.as_str())];
    let elsewhere = [&form[..4], &[("time", "07:00")], &form[5..], &seen];
    let answer = hoa.post("/timetable/move", &elsewhere.concat()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("hãy xem những gì sẽ thay đổi"));
    let form = [&form[..], &seen].concat();
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

async fn a_week_is_copied_where_it_is_not_there_yet(house: House) {
    let store = house.district.store();
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    hoa.get("/timetable/schedules/new").await;
    let dates = [
        ("title", "Tuần lễ nước sạch"),
        ("programme", "ban-tin"),
        ("rhythm", "dates"),
        ("dates", "05/10/2020 17:00\n07/10/2020 17:00"),
        ("units", "kim-tan"),
        ("priority", "routine"),
        ("late", "300000"),
        ("act", "save"),
    ];
    let answer = hoa.post("/timetable/schedules/new", &dates).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());

    // What airs every morning is there already; only the two dates are copied.
    let page = hoa.get("/timetable/copy?day=2020-10-06").await.text();
    assert!(page.contains("05/10/2020 – 11/10/2020") && page.contains("12/10/2020"), "{page}");
    assert!(page.contains("17:00 12/10/2020") && page.contains("17:00 14/10/2020"), "{page}");
    let form = [
        ("day", "2020-10-05"),
        ("to", "14/10/2020"),
        ("schedule", "tuan-le-nuoc-sach"),
        ("schedule", "sang-05h"),
        ("act", "save"),
    ];
    let unseen = hoa.post("/timetable/copy", &form).await;
    assert_eq!(unseen.status, StatusCode::UNPROCESSABLE_ENTITY);
    let shown = seen(&unseen.text());
    let known = [&form[..], &[("seen", shown.as_str())]].concat();
    let answer = hoa.post("/timetable/copy", &known).await;
    assert_eq!(answer.location(), "/timetable?day=2020-10-12", "{}", answer.text());
    let rules = store.rules().await.unwrap();
    assert_eq!(rules.schedules.len(), 2);
    let copied = rules.schedules.iter().find(|one| one.id.as_str() == "tuan-le-nuoc-sach");
    let When::Dates(dates) = &copied.unwrap().when else { panic!("no dates") };
    let dates: Vec<_> = dates.iter().map(|date| date.format("%d %H:%M").to_string()).collect();
    assert_eq!(dates, ["05 17:00", "07 17:00", "12 17:00", "14 17:00"]);

    // Once more there is nothing left to copy, and a week is not copied onto itself.
    let again = hoa.post("/timetable/copy", &form).await.text();
    assert!(again.contains("Không có gì để chép"), "{again}");
    let same = [&[("to", "06/10/2020")][..], &form[..1], &form[2..]].concat();
    assert_eq!(hoa.post("/timetable/copy", &same).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    // What a rule that has ended brought is copied as dates of its own.
    hoa.get("/timetable/schedules/sang-05h").await;
    hoa.post("/timetable/schedules/sang-05h/end", &[("take_over", "yes")]).await;
    let page = hoa.get("/timetable/copy?day=2020-09-30&to=20/10/2020").await.text();
    assert!(page.contains("05:00 22/10/2020"), "{page}");
    let form =
        [("day", "2020-09-28"), ("to", "20/10/2020"), ("schedule", "sang-05h"), ("act", "save")];
    let shown = seen(&hoa.post("/timetable/copy", &form).await.text());
    let known = [&form[..], &[("seen", shown.as_str())]].concat();
    let answer = hoa.post("/timetable/copy", &known).await;
    assert_eq!(answer.location(), "/timetable?day=2020-10-19", "{}", answer.text());
    let rules = store.rules().await.unwrap();
    let new = rules.schedules.iter().find(|one| one.title == "Buổi sáng (tuần 19/10/2020)");
    assert_eq!(new.unwrap().until, None);
}
