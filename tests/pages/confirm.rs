//! Confirming by hand without scripts, and what comes of a fault that is reported.

use std::time::Duration;

use axum::http::StatusCode;
use loa::{
    clock::Clock,
    radio::{Role, UtcMs},
    server::roll,
    store::{AuditFilter, Deed},
};
use serde_json::json;

use crate::{
    browser::Browser,
    common::{MORNING, airing_at, district::House, played},
};

on_both_databases!(
    an_officer_says_how_it_went_and_takes_it_back,
    what_the_player_knows_is_not_asked,
    a_fault_is_reported_seen_and_put_right,
    somebody_else_said_otherwise,
);

const OF_KIM_TAN: [(Role, Option<&str>); 1] = [(Role::CommuneOfficer, Some("kim-tan"))];

fn minutes_later(house: &House, minutes: u64) {
    house.clock.step_to(house.clock.now() + Duration::from_mins(minutes));
}

async fn an_officer_says_how_it_went_and_takes_it_back(house: House) {
    roll(&house.district).await.unwrap();
    let mut officer = Browser::of(&house, "nam", &OF_KIM_TAN).await;
    // A minute before: shown, and not asked yet.
    let early = officer.get("/confirm").await.text();
    assert!(early.contains("chưa đến giờ") && early.contains("<div class=\"asks\" hidden>"));
    assert!(early.contains("Đài kim-tan") && !early.contains("Đài thach-lam"));
    let airing = format!("/confirm/{}", airing_at("kim-tan", MORNING));
    officer.post(&airing, &[("outcome", "aired")]).await;
    assert!(officer.get("/confirm").await.text().contains("Chưa đến giờ phát"));

    minutes_later(&house, 5);
    let page = officer.get("/confirm").await.text();
    assert!(page.contains("chờ xác nhận") && page.contains("<div class=\"asks\">"));
    officer.post(&airing, &[("outcome", "aired")]).await;
    let page = officer.get("/confirm").await.text();
    assert!(page.contains("Đã ghi nhận.") && page.contains("Tên nam khai lúc 05:04 01/10/2020"));
    assert_eq!(house.state_of("kim-tan").await["evidence"], "declared");

    // It was the wrong button.
    let no =
        [("outcome", "missed"), ("cause", "power"), ("detail", "cả xã"), ("correction", "yes")];
    for _ in 0..2 {
        assert_eq!(officer.post(&airing, &no).await.status, StatusCode::SEE_OTHER);
    }
    let page = officer.get("/confirm").await.text();
    assert!(page.contains("đã sửa 1 lần") && page.contains("Mất điện") && page.contains("cả xã"));
    let path = "/api/v1/airings?records=true&station=kim-tan&until=2020-10-01T22:00:00Z";
    let told = house.get(path, &house.lan).await.json()["airings"][0].clone();
    assert_eq!((&told["state"], &told["reason"]), (&json!("missed"), &json!("reported")));
    let said = told["declarations"].as_array().unwrap();
    assert_eq!(said.len(), 2);
    assert_eq!((&said[0]["outcome"], &said[1]["cause"]), (&json!("aired"), &json!("power")));
    let filter = AuditFilter { deed: Some(Deed::AiringCorrected), ..AuditFilter::default() };
    assert_eq!(house.district.store().trail(&filter, None, 10).await.unwrap().len(), 1);

    // Not elsewhere, and not without a reason.
    let elsewhere = format!("/confirm/{}", airing_at("thach-lam", MORNING));
    let answer = officer.post(&elsewhere, &[("outcome", "aired")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = officer.post(&airing, &[("outcome", "missed")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn what_the_player_knows_is_not_asked(house: House) {
    roll(&house.district).await.unwrap();
    minutes_later(&house, 5);
    house.confirm_as(&house.kim_tan, json!([played("kim-tan", 1)])).await;
    let mut officer = Browser::of(&house, "nam", &OF_KIM_TAN).await;
    let page = officer.get("/confirm").await.text();
    assert!(page.contains("Máy phát đã ghi nhận"));
    assert!(!page.contains("value=\"aired\""), "{page}");
}

async fn somebody_else_said_otherwise(house: House) {
    roll(&house.district).await.unwrap();
    minutes_later(&house, 5);
    let id = airing_at("kim-tan", MORNING);
    let path = format!("/api/v1/airings/{id}/confirmation");
    let keyed = json!({"outcome": "missed", "cause": "weather", "key": "a1"});
    for _ in 0..2 {
        assert_eq!(house.post(&path, &house.lan, &keyed).await.status, StatusCode::OK);
    }
    let mut officer = Browser::of(&house, "nam", &OF_KIM_TAN).await;
    officer.post(&format!("/confirm/{id}"), &[("outcome", "aired")]).await;
    let page = officer.get("/confirm").await.text();
    assert!(page.contains("người khác đã khai") && page.contains("Lan khai lúc"));
    let told = house.post(&path, &house.lan, &json!({"outcome": "aired"})).await;
    assert_eq!(told.problem().code, "already-declared");
    let corrected = json!({"outcome": "aired", "correction": true});
    assert_eq!(house.post(&path, &house.lan, &corrected).await.json()["state"], "aired");
    // What comes again late under its key changes nothing.
    assert_eq!(house.post(&path, &house.lan, &keyed).await.json()["state"], "aired");
    let long = json!({"outcome": "aired", "key": "x".repeat(65)});
    assert_eq!(house.post(&path, &house.lan, &long).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn a_fault_is_reported_seen_and_put_right(house: House) {
    let mut officer = Browser::of(&house, "nam", &OF_KIM_TAN).await;
    let fault = [("station", "kim-tan"), ("kind", "partly"), ("detail", "loa thôn 3")];
    officer.post("/faults", &fault).await;
    let page = officer.get("/confirm").await.text();
    assert!(page.contains("Đã báo sự cố") && page.contains("Một số loa không có tiếng"));
    let elsewhere = [("station", "thach-lam"), ("kind", "partly")];
    assert_eq!(officer.post("/faults", &elsewhere).await.status, StatusCode::FORBIDDEN);

    let mut operator = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    let page = operator.get("/faults").await.text();
    assert!(page.contains("loa thôn 3") && page.contains("Tên nam"));
    for path in ["/today", "/stations/kim-tan"] {
        let page = operator.get(path).await.text();
        assert!(page.contains("Người ở đài báo sự cố: Một số loa không có tiếng"), "{path}");
    }
    let store = house.district.store();
    let id = store.open_troubles().await.unwrap()[0].id.clone();
    let close = format!("/faults/{id}/close");
    assert_eq!(officer.post(&close, &[]).await.status, StatusCode::FORBIDDEN);
    operator.post(&close, &[("remedy", "đã thay loa")]).await;
    let page = operator.get("/faults").await.text();
    assert!(page.contains("Không có sự cố nào") && page.contains("đã thay loa"));
    let mut other = Browser::of(&house, "chi", &[(Role::CommuneOfficer, Some("thach-lam"))]).await;
    assert!(!other.get("/faults").await.text().contains("đã thay loa"));

    // A program reports by the API, and each is kept once by its key.
    let report = json!({"station": "kim-tan", "kind": "danger", "key": "k1"});
    let first = officer_free(&house, &report).await;
    assert_eq!(officer_free(&house, &report).await, first);
    assert_eq!(store.open_troubles().await.unwrap().len(), 1);
    assert!(store.open_troubles().await.unwrap()[0].reported_at > UtcMs(0));
}

async fn officer_free(house: &House, report: &serde_json::Value) -> serde_json::Value {
    let answer = house.post("/api/v1/faults", &house.lan, report).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
}
