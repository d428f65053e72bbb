//! The record, and the stations that make it.

use axum::http::StatusCode;
use loa::{
    radio::{Outcome, Reason, Role},
    store::{AuditFilter, Deed, Removed, Rules},
    wire::AsRunRecord,
};
use serde_json::json;

use crate::{
    browser::Browser,
    common::{self, BEFORE, MORNING, after, airing_at, chain, district::House, played, schedule},
};

on_both_databases!(
    a_line_opens_to_all_that_is_known_of_it,
    the_record_is_found_by_what_came_of_it_and_page_by_page,
    an_officer_reads_their_own_stations_only,
    a_machine_is_enrolled_and_revoked,
    reasons_are_told_in_the_readers_language,
    the_record_says_who_approved_their_own_work,
);

async fn a_line_opens_to_all_that_is_known_of_it(house: House) {
    loa::server::roll(&house.district).await.unwrap();
    let mut lan = Browser::of(&house, "lan", &[(Role::Auditor, None)]).await;
    let version = house.rundown(&house.thach_lam).await.version;
    let first = after(None, played("thach-lam", 1));
    let mut second = played("thach-lam", 2);
    second.rundown_version = version;
    second.attempt = 2;
    let second = after(Some(&first), second);
    house.clock.advance(std::time::Duration::from_mins(5));
    let status = json!({"software": "loa", "speaker": "device", "clock": "synced", "waiting": 0,
                        "rundown_version": version,
                        "disk_free": 12_340_000_000_u64, "faults": []});
    let body = json!({"records": [first, second], "status": status});
    house.post("/api/v1/confirmations", &house.thach_lam, &body).await;

    let airing = airing_at("thach-lam", MORNING);
    let list = lan.get("/record").await.text();
    assert!(list.contains(&format!("/record/{airing}")) && list.contains("Đã phát"), "{list}");
    let page = lan.get(&format!("/record/{airing}")).await.text();
    for said in [
        "Buổi sáng",
        "thông thường",
        "Đúng chữ ký của đài",
        "Là báo cáo đầu tiên",
        "Nối đúng báo cáo liền trước",
        "lệch 0,1 mili giây",
        "1.440.000 trên 1.440.000 khung âm thanh (100,00 %)",
        "05:04 01/10/2020",
        "lần thử 2",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // Who approved what sounded.
    assert!(page.contains("Chủ tịch") && page.contains(&common::sha256().to_string()), "{page}");
    assert!(!page.contains("tự duyệt"));
    assert!(!page.contains("Chữ ký không khớp") && !page.contains("chưa nhận"));
    assert_eq!(lan.get("/record/khong.co.20200101T000000Z").await.status, StatusCode::NOT_FOUND);

    let station = lan.get("/stations/thach-lam?day=2020-10-01").await.text();
    assert!(station.contains(&format!("/record/{airing}")) && station.contains("2 báo cáo."));
    assert!(station.contains("còn trống 12,3 GB"), "{station}");
    assert!(station.contains("Liền mạch") && station.contains("21:00–05:00"), "{station}");
}

async fn the_record_is_found_by_what_came_of_it_and_page_by_page(house: House) {
    loa::server::roll(&house.district).await.unwrap();
    house.clock.advance(std::time::Duration::from_hours(40 * 24));
    let mut lan = Browser::of(&house, "lan", &[(Role::Operator, None)]).await;
    let records = chain("thach-lam", 1);
    house.confirm_signed(&house.thach_lam, &json!(records)).await;
    let mut lines = async |query: &str| {
        let page = lan.get(&format!("/record?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        let text = page.text();
        let next = text.split_once("rel=\"next\" href=\"").map(|(_, rest)| {
            rest.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&")
        });
        (text.matches("<th scope=\"row\">").count(), next)
    };
    assert_eq!(lines("from=2020-09-01&state=aired").await, (1, None));
    assert_eq!(lines("from=2020-09-01&state=aired&evidence=heard").await, (0, None));
    assert_eq!(lines("from=2020-09-01&state=aired&station=kim-tan").await, (0, None));
    assert_eq!(lines("from=2020-09-01&evidence=played&unit=thach-lam").await, (1, None));
    // 36 days of rundowns at two stations, page by page.
    let (mut seen, mut next) = lines("from=2020-09-01").await;
    assert_eq!(seen, 50);
    while let Some(address) = next {
        let (more, after) = lines(address.split_once('?').unwrap().1).await;
        (seen, next) = (seen + more, after);
    }
    assert_eq!(seen, 72);
}

async fn an_officer_reads_their_own_stations_only(house: House) {
    loa::server::roll(&house.district).await.unwrap();
    house.clock.advance(std::time::Duration::from_mins(30));
    let of_unit = [(Role::CommuneOfficer, Some("kim-tan"))];
    let mut officer = Browser::of(&house, "nam", &of_unit).await;
    let list = officer.get("/record").await.text();
    let [own, other] = ["kim-tan", "thach-lam"].map(|station| airing_at(station, MORNING));
    assert!(list.contains(&format!("/record/{own}")), "{list}");
    assert!(!list.contains("thach-lam"));
    for (path, status) in [
        (format!("/record/{own}"), StatusCode::OK),
        (format!("/record/{other}"), StatusCode::FORBIDDEN),
        ("/record?station=thach-lam".to_owned(), StatusCode::FORBIDDEN),
        ("/record?unit=thach-thanh".to_owned(), StatusCode::FORBIDDEN),
        ("/stations/kim-tan".to_owned(), StatusCode::OK),
        ("/stations/thach-lam".to_owned(), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(officer.get(&path).await.status, status, "{path}");
    }
    let stations = officer.get("/stations").await.text();
    assert!(stations.contains("Đài kim-tan") && !stations.contains("thach-lam"));
}

async fn a_machine_is_enrolled_and_revoked(house: House) {
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Administrator, None)]).await;
    hoa.get("/stations/kim-tan").await;
    let page = hoa.post("/stations/kim-tan/code", &[]).await.text();
    let (_, rest) = page.split_once("<code class=\"secret\">").unwrap();
    let code = rest.split_once('<').unwrap().0;
    assert!(page.contains("<svg class=\"qr\"") && code.contains(".key-"));
    let body = json!({"code": code.split('.').next().unwrap(), "software": "another"});
    let enrolled = house.post("/api/v1/enrolments", "", &body).await;
    assert_eq!(enrolled.status, StatusCode::OK);
    let token = enrolled.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(house.get("/api/v1/airings", &token).await.status, StatusCode::OK);

    // Asked once more before it is done.
    let ask = hoa.get("/stations/kim-tan/revoke").await.text();
    assert!(ask.contains("Thu hồi quyền của máy tại Đài kim-tan?"), "{ask}");
    assert_eq!(house.get("/api/v1/airings", &token).await.status, StatusCode::OK);
    hoa.post("/stations/kim-tan/revoke", &[]).await;
    assert!(hoa.get("/stations/kim-tan").await.text().contains("Đã thu hồi quyền"));
    assert_eq!(house.get("/api/v1/airings", &token).await.status, StatusCode::UNAUTHORIZED);
    for deed in [Deed::StationCodeMade, Deed::StationRevoked] {
        let filter = AuditFilter { deed: Some(deed), ..AuditFilter::default() };
        let trail = house.district.store().trail(&filter, None, 10).await.unwrap();
        let told: Vec<_> =
            trail.iter().map(|line| (line.actor.name.as_str(), line.subject.as_str())).collect();
        assert_eq!(told, [("Tên hoa", "kim-tan")]);
    }
    // An administrator of another unit cannot.
    let of_unit = [(Role::Administrator, Some("thach-lam"))];
    let mut other = Browser::of(&house, "nam", &of_unit).await;
    other.get("/stations").await;
    let answer = other.post("/stations/kim-tan/code", &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

async fn reasons_are_told_in_the_readers_language(house: House) {
    let store = house.district.store();
    let night = Rules { schedules: vec![schedule("dem", "30 4 * * *")], ..Rules::default() };
    store.apply(&night, &Removed::default(), BEFORE).await.unwrap();
    loa::server::roll(&house.district).await.unwrap();
    let missed = AsRunRecord {
        started_at: None,
        ended_at: None,
        frames_played: 0,
        outcome: Outcome::Missed,
        reason: Some(Reason::DeviceMissing),
        detail: Some("no sound device is connected".to_owned()),
        evidence: None,
        ..played("thach-lam", 1)
    };
    house.confirm(json!([missed])).await;
    house.clock.step_to(MORNING + std::time::Duration::from_mins(10));
    let said = json!({"outcome": "missed", "cause": "power", "detail": "cả xã"});
    let by_hand = format!("/api/v1/airings/{}/confirmation", airing_at("kim-tan", MORNING));
    assert_eq!(house.post(&by_hand, &house.lan, &said).await.status, StatusCode::OK);
    house.clock.step_to(MORNING + std::time::Duration::from_hours(24));
    let mut lan = Browser::of(&house, "lan", &[(Role::Auditor, None)]).await;
    let refused = house
        .list("station=kim-tan&from=2020-10-01T20:00:00Z&until=2020-10-01T21:45:00Z")
        .await
        .remove(0);
    let refused = refused["id"].as_str().unwrap().to_owned();
    let mut page = async |id: &str| lan.get(&format!("/record/{id}")).await.text();

    let of_device = page(airing_at("thach-lam", MORNING).as_str()).await;
    assert!(of_device.contains("Không tìm thấy thiết bị âm thanh."), "{of_device}");
    assert_eq!(of_device.matches("no sound device").count(), 2, "in the record, and in its text");
    assert!(of_device.contains("<q lang=\"en\">no sound device is connected</q>"));
    let of_plan = page(&refused).await;
    assert!(
        of_plan.contains("giờ yên lặng 21:00–05:00") && of_plan.contains("Rơi vào giờ yên lặng"),
        "{of_plan}"
    );
    assert!(!of_plan.contains("quiet hours"));
    let of_word = page(airing_at("kim-tan", MORNING).as_str()).await;
    assert!(
        of_word.contains("Nguyên nhân: Mất điện") && of_word.contains("Ghi chú: cả xã"),
        "{of_word}"
    );
    assert!(!of_word.contains("declared by"));
}

async fn the_record_says_who_approved_their_own_work(house: House) {
    let all: Vec<_> = Role::ALL.iter().map(|role| (*role, None)).collect();
    let mut hoa = Browser::of(&house, "hoa", &all).await;
    let programme = "/timetable/programmes/ban-tin";
    hoa.get(programme).await;
    let form = [
        ("title", "Bản tin sáng"),
        ("item", "clip:bluezone"),
        ("item", "pause:1000"),
        ("take_over", "yes"),
        ("act", "save"),
    ];
    assert_eq!(hoa.post(programme, &form).await.status, StatusCode::SEE_OTHER);
    hoa.post("/approvals/four-eyes", &[("on", "false")]).await;
    let page = hoa.get("/approvals").await.text();
    let (_, content) = page.split_once("name=\"content\" value=\"").unwrap();
    let ruling = [
        ("noun", "programme"),
        ("id", "ban-tin"),
        ("content", content.split('"').next().unwrap()),
        ("word", "approve"),
    ];
    let answer = hoa.post("/approvals", &ruling).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    loa::server::roll(&house.district).await.unwrap();
    house.clock.step_to(MORNING + std::time::Duration::from_mins(5));
    let airing = airing_at("thach-lam", MORNING);
    for path in [format!("/record/{airing}"), "/record".to_owned()] {
        let page = hoa.get(&path).await.text();
        assert!(page.contains("tự duyệt: người làm cũng là người duyệt"), "{path}: {page}");
    }
    let report = house.list("station=thach-lam&until=2020-10-01T22:00:00Z").await.remove(0);
    let own = |ruling: &serde_json::Value| ruling["own"] == true && ruling["by"] == "Tên hoa";
    assert!(report["approvals"].as_array().unwrap().iter().any(own), "{report}");
}
