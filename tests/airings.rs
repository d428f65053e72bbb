//! The record as an official reads it, and the plan as it follows the record.

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

use std::{collections::BTreeMap, time::Duration};

use axum::http::StatusCode;
use common::{
    BEFORE, MORNING, airing_at, clip, district::House, played, rules, schedule, station, unit,
};
use loa::{
    clock::Clock,
    radio::{AiringItem, Campaign, Directive, Item, Outcome, Reason, UtcMs},
    server::{Rolled, roll, settle},
    store::{Removed, Rules},
    wire::{AsRunRecord, RundownAiring},
};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

on_both_databases!(
    every_airing_of_the_past_has_one_state,
    what_the_plan_refused_says_why,
    what_was_not_planned_is_listed_too,
    what_comes_late_is_marked,
    every_filter_finds_its_own,
    pages_fit_together,
    a_clip_whose_turn_was_missed_is_next,
    what_is_settled_is_found_as_before_and_follows_what_is_said_later,
);

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
    let kim_tan = house.enrol_without_key("kim-tan").await;
    for _ in 0..2 {
        let declared = house.post(&path, &kim_tan, &word).await;
        assert_eq!(declared.status, StatusCode::OK);
        assert_eq!(declared.json()["evidence"], "declared");
    }
    let other = house.post(&path, &house.lan, &json!({"outcome": "missed"})).await;
    assert_eq!(other.problem().code, "already-declared");
    assert_eq!(house.state_of("kim-tan").await["state"], "aired");
    let tomorrow = airing_at("kim-tan", UtcMs(MORNING.0 + 86_400_000));
    let path = format!("/api/v1/airings/{tomorrow}/confirmation");
    assert_eq!(house.post(&path, &kim_tan, &word).await.problem().code, "not-yet");

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

async fn what_was_not_planned_is_listed_too(house: House) {
    roll(&house.district).await.unwrap();
    // The plan drops tomorrow's airing, and the station does not hear of it.
    let removed = Removed { schedules: vec!["sang-05h".parse().unwrap()], ..Removed::default() };
    let none = Rules::default();
    let tomorrow = UtcMs(MORNING.0 + DAY);
    house.district.store().apply(&none, &removed, BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    let query = "station=thach-lam&from=2020-10-01T00:00:00Z";
    assert_eq!(house.list(query).await, Vec::<Value>::new());

    house.clock.step_to(UtcMs(tomorrow.0 + 60_000));
    let at = |at: UtcMs, sequence| AsRunRecord {
        airing: airing_at("thach-lam", at),
        scheduled_at: at,
        ..played("thach-lam", sequence)
    };
    let strange = |at: UtcMs, sequence| AsRunRecord {
        airing: format!("la.thach-lam.{}", at.compact()).parse().unwrap(),
        position: 3,
        ..moved(at, &played("thach-lam", sequence))
    };
    let ahead = UtcMs(tomorrow.0 + 3 * DAY);
    let records = json!([at(tomorrow, 1), strange(tomorrow, 2), strange(ahead, 3)]);
    let results = house.confirm(records.clone()).await;
    assert!(results.iter().all(|(word, _)| word == "recorded"), "{results:?}");
    // Told twice, listed once.
    assert!(house.confirm(records).await.iter().all(|(word, _)| word == "duplicate"));

    let listed = house.list(&format!("{query}&records=true")).await;
    let told: Vec<_> = listed
        .iter()
        .map(|airing| {
            let word = |field: &str| airing[field].as_str().unwrap_or_default().to_owned();
            assert_eq!((&airing["planned"], &airing["unit"]), (&json!(false), &json!("thach-lam")));
            assert_eq!(airing["records"].as_array().unwrap().len(), 1);
            (word("schedule"), word("state"), word("reason"), word("programme"))
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(a, b, c, d)| [a, b, c, d].map(String::as_str)).collect();
    assert_eq!(
        told,
        [
            ["la", "aired", "not-planned", ""],
            ["sang-05h", "aired", "withdrawn", "ban-tin"],
            ["la", "aired", "not-planned", ""],
        ]
    );
    assert_eq!(listed[1]["title"], "Bản tin");
    assert_eq!(listed[0]["title"], "Cài đặt Bluezone");
    assert_eq!(listed[0]["starts_at"], tomorrow.to_string());

    // No record orders an airing.
    roll(&house.district).await.unwrap();
    assert_eq!(house.rundown(&house.thach_lam).await.airings, []);
    assert_eq!(house.list(query).await.len(), 3);
}

/// The same, due at another instant.
fn moved(at: UtcMs, record: &AsRunRecord) -> AsRunRecord {
    AsRunRecord {
        scheduled_at: at,
        started_at: Some(at),
        ended_at: Some(at + Duration::from_secs(30)),
        ..record.clone()
    }
}

async fn what_comes_late_is_marked(house: House) {
    roll(&house.district).await.unwrap();
    // It sounds for 30 s, may start 60 s late, and may be told 10 minutes after that.
    let in_time = UtcMs(MORNING.0 + 30_000 + 60_000 + 600_000);
    house.clock.step_to(in_time);
    let first = played("thach-lam", 1);
    house.confirm(json!([first])).await;
    let told = &house.list("station=thach-lam&outcome=aired&records=true").await[0];
    assert_eq!((&told["late"], &told["records"][0]["late"]), (&json!(false), &json!(false)));
    assert_eq!(told["received_at"], in_time.to_string());
    assert_eq!(told["records"][0]["received_at"], in_time.to_string());

    let late = UtcMs(in_time.0 + 1);
    house.clock.step_to(late);
    let second = AsRunRecord { attempt: 2, ..played("thach-lam", 2) };
    house.confirm(json!([first, second])).await;
    let told = &house.list("station=thach-lam&outcome=aired&records=true").await[0];
    assert_eq!((&told["late"], &told["received_at"]), (&json!(true), &json!(late.to_string())));
    assert_eq!(told["records"][0]["late"], false);
    assert_eq!(told["records"][1]["late"], true);
    assert_eq!(told["records"][1]["record"]["sequence"], 2);

    let path = format!("/api/v1/airings/{}/confirmation", airing_at("kim-tan", MORNING));
    let kim_tan = house.enrol_without_key("kim-tan").await;
    let word = house.post(&path, &kim_tan, &json!({"outcome": "aired"})).await.json();
    assert_eq!((&word["late"], &word["received_at"]), (&json!(true), &json!(late.to_string())));
    // Of what nobody told, nothing came.
    let silent = house.list("from=2020-10-01T00:00:00Z&limit=1").await;
    assert_eq!((&silent[0]["late"], &silent[0]["received_at"]), (&json!(false), &Value::Null));
}

/// A hamlet below Thạch Lâm, an evening session for it alone, with a clip and a campaign of its own.
fn wider() -> Rules {
    let mut wider = rules();
    wider.units.push(unit("thon-dang", Some("thach-lam")));
    wider.stations.push(station("thon-dang", "thon-dang"));
    wider.clips.push(clip("rung", b"forest"));
    wider.programmes.push(loa::radio::Programme {
        id: "toi".parse().unwrap(),
        title: "Buổi tối".to_owned(),
        items: vec![Item::Chime("bluezone".parse().unwrap()), Item::Clip("rung".parse().unwrap())],
    });
    wider.campaigns.push(campaign("rung", &["rung"]));
    let mut evening = schedule("toi-19h", "0 19 * * *");
    evening.programme = "toi".parse().unwrap();
    evening.campaign = Some("rung".parse().unwrap());
    evening.stations.units = vec!["thon-dang".parse().unwrap()];
    wider.schedules.push(evening);
    wider
}

fn campaign(id: &str, clips: &[&str]) -> Campaign {
    Campaign {
        id: id.parse().unwrap(),
        title: id.to_owned(),
        directive: Directive {
            number: "16/CT-TTg".to_owned(),
            date: "2020-03-31".parse().unwrap(),
            issuer: "Thủ tướng".to_owned(),
        },
        from: "2020-09-01".parse().unwrap(),
        until: "2020-12-31".parse().unwrap(),
        stations: loa::radio::Selection::default(),
        airings_per_day: 1,
        clips: clips.iter().map(|clip| clip.parse().unwrap()).collect(),
    }
}

async fn every_filter_finds_its_own(house: House) {
    let none = Removed::default();
    house.district.store().apply(&wider(), &none, BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    house.clock.step_to(UtcMs(MORNING.0 + HOUR));
    // An old rundown made Kim Tân sound another clip than was planned.
    let forest = common::sha256_of(b"forest");
    let mut other = played("kim-tan", 1);
    other.clip = Some(forest);
    house.confirm_as(&house.kim_tan, json!([other])).await;

    let until = "until=2020-10-02T00:00:00%2B07:00";
    let cases = [
        ("", 4),
        ("&station=kim-tan", 1),
        ("&station=thon-dang", 2),
        ("&station=nowhere", 0),
        ("&unit=thach-thanh", 4),
        ("&unit=thach-lam", 3),
        ("&unit=thon-dang", 2),
        ("&unit=kim-tan", 1),
        ("&unit=nowhere", 0),
        ("&campaign=rung", 1),
        ("&campaign=nothing", 0),
        (&format!("&clip={forest}"), 2),
        (&format!("&clip={}", common::sha256()), 4),
        (&format!("&clip={}", "0".repeat(64)), 0),
        ("&from=2020-10-01T05:00:00%2B07:00", 4),
        ("&from=2020-10-01T05:00:00.001%2B07:00", 1),
        ("&from=2020-10-01T19:00:00%2B07:00", 1),
        ("&outcome=aired", 1),
        ("&state=unreported", 2),
        ("&state=planned", 1),
        ("&state=missed", 0),
        (&format!("&clip={forest}&unit=thach-lam&campaign=rung&state=planned"), 1),
        (&format!("&clip={forest}&unit=thach-lam&state=aired"), 0),
    ];
    for (filter, expected) in cases {
        assert_eq!(house.list(&format!("{until}{filter}")).await.len(), expected, "{filter}");
    }
    assert_eq!(house.list("until=2020-09-30T22:00:00Z").await.len(), 0);
    assert_eq!(house.list("until=2020-09-30T22:00:00.001Z").await.len(), 3);
}

async fn pages_fit_together(house: House) {
    house.district.store().apply(&wider(), &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    let forest = common::sha256_of(b"forest");
    for filter in ["".to_owned(), "&unit=thach-lam".to_owned(), format!("&clip={forest}")] {
        let ids = |airings: &[Value]| -> Vec<String> {
            airings.iter().map(|airing| airing["id"].as_str().unwrap().to_owned()).collect()
        };
        let mut whole = ids(&house.list(&format!("limit=500{filter}")).await);
        assert!(whole.len() >= 35, "{filter}");
        for order in ["oldest", "newest"] {
            for state in ["", "&state=planned"] {
                let mut stitched = Vec::new();
                let mut cursor = String::new();
                loop {
                    let query = format!("limit=7&order={order}{filter}{state}{cursor}");
                    let path = format!("/api/v1/airings?{query}");
                    let page = house.get(&path, &house.lan).await.json();
                    let airings = page["airings"].as_array().unwrap();
                    assert!(airings.len() <= 7);
                    stitched.extend(ids(airings));
                    match page["next"].as_str() {
                        Some(next) => cursor = format!("&cursor={next}"),
                        None => break,
                    }
                }
                assert_eq!(stitched, whole, "{order} {filter}");
            }
            whole.reverse();
        }
    }

    // One of a rare state among many of another is on the first page, and is all there is.
    let far = UtcMs(MORNING.0 + 20 * DAY);
    let missed = AsRunRecord {
        airing: airing_at("thach-lam", far),
        outcome: Outcome::Missed,
        reason: Some(Reason::StationDown),
        frames_played: 0,
        evidence: None,
        ..moved(far, &played("thach-lam", 1))
    };
    house.confirm(json!([missed])).await;
    let page = house.get("/api/v1/airings?state=missed&limit=1", &house.lan).await.json();
    assert_eq!(page["airings"][0]["starts_at"], far.to_string());
    let rest = match page["next"].as_str() {
        Some(next) => house.list(&format!("state=missed&limit=1&cursor={next}")).await,
        None => Vec::new(),
    };
    assert_eq!(rest, Vec::<Value>::new());
}

/// What a station is to sound, by the clips' names.
async fn to_sound(house: &House, token: &str) -> BTreeMap<UtcMs, (RundownAiring, String)> {
    let rundown = house.rundown(token).await;
    let named = |airing: RundownAiring| {
        let AiringItem::Clip { clip, .. } = &airing.items[0] else { panic!("{airing:?}") };
        let clip = clip.to_string();
        (airing.starts_at, (airing, clip))
    };
    rundown.airings.into_iter().map(named).collect()
}

/// What the station says of the first item of an airing.
fn record_of(airing: &RundownAiring, sequence: u64) -> AsRunRecord {
    let AiringItem::Clip { sha256, .. } = &airing.items[0] else { panic!("{airing:?}") };
    AsRunRecord {
        airing: airing.id.clone(),
        clip: Some(*sha256),
        ..moved(airing.starts_at, &played("thach-lam", sequence))
    }
}

async fn a_clip_whose_turn_was_missed_is_next(house: House) {
    let mut turns = rules();
    turns.clips = vec![clip("a", b"a"), clip("b", b"b"), clip("c", b"c")];
    turns.campaigns = vec![campaign("covid", &["a", "b", "c"])];
    turns.programmes[0].items = vec![Item::Rotate("covid".parse().unwrap())];
    turns.schedules.push(schedule("chieu-17h", "0 17 * * *"));
    let store = house.district.store();
    store.apply(&turns, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    let order = async |token: &str, count: usize| -> String {
        let sounds = to_sound(&house, token).await;
        sounds.values().map(|(_, clip)| clip.as_str()).take(count).collect()
    };
    assert_eq!(order(&house.thach_lam, 6).await, "abcabc");

    // Two days without a word from anybody, planned anew every hour: what is ahead stays as it was.
    let first = to_sound(&house, &house.thach_lam).await;
    for _ in 0..48 {
        house.clock.advance(Duration::from_hours(1));
        let rolled = roll(&house.district).await.unwrap();
        let midnight = house.clock.now().0 % DAY < HOUR;
        if !midnight {
            assert_eq!(rolled, Rolled::default(), "{}", house.clock.now());
        }
        for (at, airing) in to_sound(&house, &house.thach_lam).await {
            assert!(first.get(&at).is_none_or(|before| *before == airing), "{at}");
        }
    }

    // Then its line is back: the first morning and evening aired, the second morning was missed.
    let told: Vec<_> = first.values().take(4).map(|(airing, _)| airing).collect();
    let silent = |number: usize, reason| AsRunRecord {
        outcome: Outcome::Missed,
        reason: Some(reason),
        frames_played: 0,
        evidence: None,
        ..record_of(told[number], number as u64)
    };
    let missed = silent(2, Reason::StationDown);
    house.confirm(json!([record_of(told[0], 0), record_of(told[1], 1), missed])).await;
    let rolled = roll(&house.district).await.unwrap();
    assert_eq!(rolled.rundowns, 1, "only where it was missed");
    let ahead = async |token: &str| -> String {
        let sounds = to_sound(&house, token).await;
        sounds.range(house.clock.now()..).map(|(_, (_, clip))| clip.as_str()).take(4).collect()
    };
    // a, b, not c, and a that is not reported yet.
    assert_eq!(ahead(&house.thach_lam).await, "cbac");
    assert_eq!(ahead(&house.kim_tan).await, "bcab");
    // A clip that is at fault itself has had its turn: it must not silence the others.
    house.confirm(json!([silent(3, Reason::ClipCorrupt)])).await;
    assert_eq!(roll(&house.district).await.unwrap(), Rolled::default());
}

async fn what_is_settled_is_found_as_before_and_follows_what_is_said_later(house: House) {
    roll(&house.district).await.unwrap();
    house.clock.step_to(UtcMs(MORNING.0 + 3 * DAY));
    house.confirm(json!([played("thach-lam", 1)])).await;
    let mut states: Vec<String> =
        house.list("limit=500").await.iter().map(|one| one["state"].to_string()).collect();
    states.sort();
    states.dedup();
    assert_eq!(states, ["\"aired\"", "\"planned\"", "\"unreported\""]);
    let all = async || {
        let mut found = Vec::new();
        for state in ["aired", "missed", "planned", "unreported"] {
            let airings = house.list(&format!("limit=500&state={state}")).await;
            assert!(airings.iter().all(|one| one["state"] == state), "{state}");
            found.push(airings);
        }
        found
    };
    let before = all().await;
    let over = before[0].len() + before[3].len();
    assert_eq!(settle(house.district.store(), house.clock.now()).await.unwrap(), over as u64);
    assert_eq!(settle(house.district.store(), house.clock.now()).await.unwrap(), 0);
    assert_eq!(all().await, before);
    assert_eq!(before[1].len(), 0);

    // A person speaks, and then the player, whose record outranks it.
    let airing = airing_at("kim-tan", MORNING);
    let path = format!("/api/v1/airings/{airing}/confirmation");
    let word = json!({"outcome": "missed", "cause": "power"});
    assert_eq!(house.post(&path, &house.lan, &word).await.status, StatusCode::OK);
    let told = all().await;
    assert_eq!((told[1].len(), told[3].len()), (1, before[3].len() - 1));
    assert_eq!(settle(house.district.store(), house.clock.now()).await.unwrap(), 1);
    assert_eq!(all().await, told);
    house.confirm_as(&house.kim_tan, json!([played("kim-tan", 1)])).await;
    let heard = all().await;
    assert_eq!((heard[0].len(), heard[1].len()), (2, 0));
    assert_eq!(settle(house.district.store(), house.clock.now()).await.unwrap(), 1);
    assert_eq!(all().await, heard);
}
