//! The record as an official reads it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

#[macro_use]
mod common;

use axum::http::StatusCode;
use common::{BEFORE, MORNING, airing_at, district::House, played, rules};
use loa::{radio::UtcMs, server::roll, store::Removed};
use serde_json::json;

on_both_databases!(every_airing_of_the_past_has_one_state, what_the_plan_refused_says_why);

async fn every_airing_of_the_past_has_one_state(house: House) {
    roll(&house.district).await.unwrap();
    assert_eq!(house.state_of("thach-lam").await["state"], "planned");
    house.clock.step_to(UtcMs(MORNING.0 + 600_000));
    let silent = house.state_of("thach-lam").await;
    assert_eq!((&silent["state"], &silent["reason"]), (&json!("unreported"), &json!("no-record")));

    // A silent speaker never counts as aired.
    let mut simulated = played("thach-lam", 1);
    simulated.evidence = Some(loa::radio::Evidence::Simulated);
    house.confirm(json!([simulated])).await;
    let state = house.state_of("thach-lam").await;
    assert_eq!((&state["state"], &state["evidence"]), (&json!("simulated"), &json!("simulated")));
    let mut second = played("thach-lam", 2);
    second.attempt = 2;
    house.confirm(json!([second])).await;
    let state = house.state_of("thach-lam").await;
    assert_eq!((&state["state"], &state["evidence"]), (&json!("aired"), &json!("played")));
    assert_eq!(state["started_at"], MORNING.to_string());

    // The other commune has no player of Loa's: one call says it.
    let id = airing_at("kim-tan", MORNING);
    let path = format!("/api/v1/airings/{id}/confirmation");
    let word = json!({"outcome": "aired"});
    assert_eq!(house.post(&path, &house.thach_lam, &word).await.status, StatusCode::FORBIDDEN);
    for _ in 0..2 {
        let declared = house.post(&path, &house.kim_tan, &word).await;
        assert_eq!(declared.status, StatusCode::OK);
        assert_eq!(declared.json()["evidence"], "declared");
    }
    let other = house.post(&path, &house.lan, &json!({"outcome": "missed"})).await;
    assert_eq!(other.problem().code, "already-declared");
    assert_eq!(house.state_of("kim-tan").await["state"], "aired");
    let tomorrow = airing_at("kim-tan", UtcMs(MORNING.0 + 86_400_000));
    let path = format!("/api/v1/airings/{tomorrow}/confirmation");
    assert_eq!(house.post(&path, &house.kim_tan, &word).await.problem().code, "not-yet");

    let own =
        house.get("/api/v1/airings?outcome=aired&records=true", &house.thach_lam).await.json();
    assert_eq!(own["airings"].as_array().unwrap().len(), 1);
    assert_eq!(own["airings"][0]["records"].as_array().unwrap().len(), 2);
}

async fn what_the_plan_refused_says_why(house: House) {
    let mut night = rules();
    night.schedules[0] = common::schedule("dem-03h", "15 3 * * *");
    let removed = Removed { schedules: vec!["sang-05h".parse().unwrap()], ..Removed::default() };
    house.district.store().apply(&night, &removed, BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    let page = house.get("/api/v1/airings?state=refused&limit=1", &house.lan).await.json();
    assert_eq!(page["airings"][0]["reason"], "quiet-hours");
    assert_eq!(page["airings"][0]["detail"], "refused: quiet hours 21:00–05:00");
    assert_eq!(house.rundown(&house.thach_lam).await.airings, []);
}
