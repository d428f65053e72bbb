//! The holidays, and what rests on them.

use axum::http::StatusCode;
use loa::{
    radio::{Calendar, Holiday, Role, Schedule},
    server::roll,
    store::{AuditFilter, Deed, Removed, Rules},
};

use crate::{
    browser::Browser,
    common::{BEFORE, district::House, schedule},
};

on_both_databases!(
    a_holiday_is_looked_at_saved_renamed_and_taken_away,
    holidays_are_changed_by_who_plans_for_the_whole_district,
    quiet_hours_are_the_administrators,
);

const ADDRESS: &str = "/timetable/calendar";

/// The morning rests on holidays, the evening does not.
async fn ready(house: &House) {
    let morning = Schedule { on_holidays: false, ..schedule("sang-05h", "0 5 * * *") };
    let evening =
        Schedule { title: "Buổi chiều".to_owned(), ..schedule("chieu", "0 17 * * *") };
    let change = Rules { schedules: vec![morning, evening], ..Rules::default() };
    house.district.store().apply(&change, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
}

async fn kept(house: &House) -> Calendar {
    house.district.store().rules().await.unwrap().calendar.onto(Calendar::default())
}

fn said(holidays: &[Holiday]) -> Vec<String> {
    holidays.iter().map(|one| format!("{} {}", one.date, one.name)).collect()
}

/// A hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

async fn a_holiday_is_looked_at_saved_renamed_and_taken_away(house: House) {
    ready(&house).await;
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    let page = hoa.get(ADDRESS).await.text();
    assert!(page.contains("Năm 2020 chưa ghi ngày nghỉ lễ nào"), "{page}");

    // What is looked at is told, and not saved.
    let add =
        [("year", "2020"), ("from", "02/10/2020"), ("until", "03/10/2020"), ("title", "Ngày hội")];
    let looked = hoa.post(ADDRESS, &add).await.text();
    assert!(looked.contains("Buổi sáng (05:00)") && looked.contains("Buổi chiều (17:00)"));
    assert!(looked.contains("ngày nghỉ: Ngày hội") && looked.contains("05:00 03/10/2020"));
    assert!(!looked.contains("17:00 02/10/2020") && !looked.contains("05:00 04/10/2020"));
    assert_eq!(kept(&house).await.holidays, []);

    // What rests is seen before it is saved; and a file brought the calendar.
    let save = [&add[..], &[("act", "save")]].concat();
    let answer = hoa.post(ADDRESS, &save).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let shown = hidden(&answer.text(), "seen");
    let save = [&save[..], &[("seen", shown.as_str())]].concat();
    let answer = hoa.post(ADDRESS, &save).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("thay cho tệp"));
    assert_eq!(kept(&house).await.holidays, []);
    let save = [&save[..], &[("take_over", "yes")]].concat();
    let answer = hoa.post(ADDRESS, &save).await;
    assert_eq!(answer.location(), "/timetable/calendar?year=2020", "{}", answer.text());
    let calendar = kept(&house).await;
    assert_eq!(said(&calendar.holidays), ["2020-10-02 Ngày hội", "2020-10-03 Ngày hội"]);
    assert_eq!(calendar.quiet_hours, ["21:00-05:00".parse().unwrap()]);
    let filter = AuditFilter { deed: Some(Deed::RuleChanged), ..AuditFilter::default() };
    let trail = house.district.store().trail(&filter, None, 10).await.unwrap();
    assert_eq!(
        (trail[0].actor.name.as_str(), trail[0].subject.as_str()),
        ("Tên hoa", "calendar house")
    );
    roll(&house.district).await.unwrap();
    let day = hoa.get("/timetable/day?day=02/10/2020").await.text();
    assert!(day.contains("bị từ chối: ngày nghỉ: Ngày hội"), "{day}");

    // Another year's days are its own page's; a day that is there already is told.
    let next =
        [("year", "2021"), ("from", "01/01/2021"), ("title", "Tết Dương lịch"), ("act", "save")];
    let shown = hidden(&hoa.post(ADDRESS, &next).await.text(), "seen");
    let next = [&next[..], &[("seen", shown.as_str())]].concat();
    assert_eq!(hoa.post(ADDRESS, &next).await.location(), "/timetable/calendar?year=2021");
    assert_eq!(kept(&house).await.holidays.len(), 3);
    let page = hoa.get("/timetable/calendar?year=2020").await.text();
    assert!(page.contains("value=\"03/10/2020\"") && !page.contains("01/01/2021"), "{page}");
    let rows = [
        ("year", "2020"),
        ("date", "02/10/2020"),
        ("name", "Ngày hội làng"),
        ("date", "03/10/2020"),
        ("name", "Ngày hội"),
    ];
    let twice = [&rows[..], &[("from", "03/10/2020"), ("title", "Chủ nhật"), ("act", "save")]];
    let answer = hoa.post(ADDRESS, &twice.concat()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("đã có trong danh sách"));

    // A new name and a day that is none any more move nothing: one look is enough.
    let stood = hidden(&page, "stood");
    let change = [&rows[..], &[("remove", "1"), ("stood", stood.as_str()), ("act", "save")]];
    let answer = hoa.post(ADDRESS, &change.concat()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let now = ["2020-10-02 Ngày hội làng", "2021-01-01 Tết Dương lịch"];
    assert_eq!(said(&kept(&house).await.holidays), now);
    // The same form again is from before that change.
    let answer = hoa.post(ADDRESS, &change.concat()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("có người đã sửa mục này"));
    assert_eq!(said(&kept(&house).await.holidays), now);
}

async fn holidays_are_changed_by_who_plans_for_the_whole_district(house: House) {
    ready(&house).await;
    let form = [("from", "02/10/2020"), ("title", "Ngày hội"), ("act", "save")];
    let roles = [
        ("hoa", Role::Auditor, None),
        ("nam", Role::Operator, Some("kim-tan")),
        ("quan", Role::Administrator, None),
    ];
    for (name, role, unit) in roles {
        let mut browser = Browser::of(&house, name, &[(role, unit)]).await;
        let page = browser.get(ADDRESS).await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
        assert!(!page.text().contains("name=\"title\""), "{name}");
        assert_eq!(browser.post(ADDRESS, &form).await.status, StatusCode::FORBIDDEN, "{name}");
    }
    assert_eq!(kept(&house).await.holidays, []);
}

async fn quiet_hours_are_the_administrators(house: House) {
    ready(&house).await;
    let address = "/timetable/calendar/quiet-hours";
    let form = [("quiet", "21:00–05:00, 16:30–17:30"), ("act", "save"), ("take_over", "yes")];
    let mut lan = Browser::of(&house, "lan", &[(Role::Operator, None)]).await;
    let page = lan.get(ADDRESS).await.text();
    assert!(page.contains("21:00–05:00") && !page.contains("name=\"quiet\""), "{page}");
    assert_eq!(lan.post(address, &form).await.status, StatusCode::FORBIDDEN);

    let mut hoa = Browser::of(&house, "hoa", &[(Role::Administrator, None)]).await;
    hoa.get(ADDRESS).await;
    let answer = hoa.post(address, &[("quiet", "21 giờ"), ("act", "save")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("Hãy ghi các khoảng giờ"));
    // What rests from now on is seen before it is kept.
    let answer = hoa.post(address, &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(
        page.contains("17:00 01/10/2020") && page.contains("giờ yên lặng 16:30–17:30"),
        "{page}"
    );
    let seen = hidden(&page, "seen");
    let form = [&form[..], &[("seen", seen.as_str())]].concat();
    assert_eq!(hoa.post(address, &form).await.status, StatusCode::SEE_OTHER);
    let hours = ["21:00-05:00", "16:30-17:30"].map(|text| text.parse().unwrap());
    assert_eq!(kept(&house).await.quiet_hours, hours);
}
