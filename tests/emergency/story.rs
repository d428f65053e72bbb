//! Who may send what, by the API of a district on a test clock.

use std::time::Duration;

use axum::http::StatusCode;
use loa::{
    radio::{DRILL_MARK, Grant, Grants, PreparedBulletin, Role, UtcMs},
    server::roll,
    store::{Actor, AuditFilter, Bearer, NewPerson, Removed, Rules},
    wire::Rundown,
};
use serde_json::{Value, json};

use crate::common::{
    BEFORE, after, clip,
    district::{Answer, House},
    played, rules, sha256, sha256_of,
};

on_both_databases!(
    who_has_a_unit_hears_of_what_is_meant_for_it,
    two_people_send_a_bulletin,
    nobody_agrees_in_time_or_with_themselves,
    only_what_may_air_can_be_asked_for,
    a_drill_goes_where_drills_are_taken,
    a_bulletin_is_taken_back_and_put_right,
);

const RIGHT: &[u8] = b"right";
const PRACTICE: &[u8] = b"practice";

/// A district with a real bulletin and a drill ready, which thach-lam takes.
async fn ready(house: &House) {
    let mut all = rules();
    all.clips.extend([clip("dinh-chinh", RIGHT), clip("tap-duot", PRACTICE)]);
    all.stations[1].drills = true;
    all.stations[0].resume_after_bulletin = true;
    let bulletin = |id: &str, drill, clip: &str, correction: &[&str]| PreparedBulletin {
        id: id.parse().unwrap(),
        title: "Xả lũ".to_owned(),
        drill,
        clips: vec![clip.parse().unwrap()],
        correction: correction.iter().map(|clip| clip.parse().unwrap()).collect(),
    };
    all.bulletins = vec![
        bulletin("xa-lu", false, "bluezone", &["dinh-chinh"]),
        bulletin("tap", true, "tap-duot", &[]),
    ];
    house.keep_clip(RIGHT);
    house.keep_clip(PRACTICE);
    house.district.store().apply(&all, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
}

/// The token of somebody with a role.
async fn person(house: &House, name: &str, role: Role) -> String {
    person_in(house, name, role, None).await
}

/// The token of somebody with a role in a unit.
async fn person_in(house: &House, name: &str, role: Role, unit: Option<&str>) -> String {
    let unit = unit.map(|unit| unit.parse().unwrap());
    let grants = Grants(vec![Grant { role, unit }]);
    let sign_in = name.to_lowercase().replace(' ', ".");
    let new = NewPerson { name: name.to_owned(), sign_in: sign_in.clone(), grants };
    let store = house.district.store();
    store.add_person(&Actor::command("test"), &new, BEFORE).await.unwrap().unwrap();
    store.create_token(&Bearer::Person(sign_in), BEFORE).await.unwrap().reveal().to_owned()
}

fn wish() -> Value {
    json!({"prepared": "xa-lu", "stations": {"units": ["thach-thanh"]}, "word": "KHẨN CẤP", "why": "Hồ đầy"})
}

fn with(key: &str, value: Value) -> Value {
    let mut wish = wish();
    wish[key] = value;
    wish
}

async fn ask(house: &House, token: &str, wish: &Value) -> Answer {
    house.post("/api/v1/bulletins", token, wish).await
}

async fn asked(house: &House, token: &str, wish: &Value) -> String {
    let answer = ask(house, token, wish).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn act(house: &House, token: &str, id: &str, what: &str) -> Answer {
    house.post(&format!("/api/v1/bulletins/{id}/{what}"), token, &json!({})).await
}

async fn look(house: &House, id: &str) -> Value {
    house.get(&format!("/api/v1/bulletins/{id}"), &house.lan).await.json()
}

/// What a station is told of bulletins: schedule, seconds from now to its start, drill, resumes.
async fn told(house: &House, token: &str) -> Vec<(String, i64, bool, bool)> {
    let rundown: Rundown = house.rundown(token).await;
    let of = rundown.airings.into_iter().filter_map(|airing| {
        let order = airing.bulletin?;
        assert_eq!(order.id.as_str(), airing.schedule.as_str());
        let ahead = airing.starts_at.0 - house.clock_now().0;
        Some((order.id.to_string(), ahead, order.drill, order.resumes))
    });
    of.collect()
}

impl House {
    fn clock_now(&self) -> UtcMs {
        loa::clock::Clock::now(self.clock.as_ref())
    }
}

async fn who_has_a_unit_hears_of_what_is_meant_for_it(house: House) {
    ready(&house).await;
    let lan = person(&house, "Lan Anh", Role::Operator).await;
    let minh = person_in(&house, "Minh", Role::Approver, Some("thach-lam")).await;
    let of = |stations: Value| with("stations", json!({"stations": stations}));
    let both = asked(&house, &lan, &of(json!(["kim-tan", "thach-lam"]))).await;
    let other = asked(&house, &lan, &of(json!(["kim-tan"]))).await;
    let listed = house.get("/api/v1/bulletins", &minh).await.json();
    let listed: Vec<_> =
        listed["bulletins"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(listed, [&json!(both)]);
    let shown = house.get(&format!("/api/v1/bulletins/{both}"), &minh).await.json();
    let stations = shown["stations"].as_array().unwrap();
    let stations: Vec<_> = stations.iter().map(|one| &one["station"]).collect();
    assert_eq!((stations, &shown["of"]), (vec![&json!("thach-lam")], &json!(1)));
    for path in ["", "/events"] {
        let refused = house.get(&format!("/api/v1/bulletins/{other}{path}"), &minh).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    let whole = house.get(&format!("/api/v1/bulletins/{both}"), &lan).await.json();
    assert_eq!(whole["stations"].as_array().unwrap().len(), 2);
}

async fn two_people_send_a_bulletin(house: House) {
    ready(&house).await;
    let (lan, minh) = (
        person(&house, "Lan Anh", Role::Operator).await,
        person(&house, "Minh", Role::Approver).await,
    );
    let rundown = house.rundown(&house.kim_tan).await;
    let prepared: Vec<_> = rundown.prepared.iter().map(|clip| clip.sha256).collect();
    assert_eq!(prepared, [sha256(), sha256_of(RIGHT)], "kept ahead at a station without drills");
    let prepared = house.get("/api/v1/bulletins/prepared", &lan).await.json();
    assert_eq!(prepared["prepared"][1]["clips"][0]["duration_ms"], 30_000);
    assert_eq!(prepared["prepared"][0]["wrong"], Value::Null);

    let id = asked(&house, &lan, &wish()).await;
    assert!(told(&house, &house.kim_tan).await.is_empty(), "nobody has agreed");
    let waiting = look(&house, &id).await;
    assert_eq!((&waiting["state"], &waiting["of"]), (&json!("asked"), &json!(2)));
    assert_eq!(waiting["asked"]["by"], "Lan Anh");

    let sent = act(&house, &minh, &id, "agreement").await;
    assert_eq!(sent.status, StatusCode::OK);
    assert_eq!(
        (&sent.json()["state"], &sent.json()["agreed"]["by"]),
        (&json!("sent"), &json!("Minh"))
    );
    let one = |resumes| vec![(id.clone(), 1_200, false, resumes)];
    assert_eq!(told(&house, &house.kim_tan).await, one(true));
    assert_eq!(told(&house, &house.thach_lam).await, one(false));
    assert_eq!(act(&house, &minh, &id, "agreement").await.problem().code, "already-sent");
    // Planning anew leaves it where it is.
    let version = house.rundown(&house.kim_tan).await.version;
    roll(&house.district).await.unwrap();
    assert_eq!(house.rundown(&house.kim_tan).await.version, version);

    // One says that it sounds, and then what sounded.
    let airing = |rundown: Rundown| {
        rundown.airings.into_iter().find(|airing| airing.bulletin.is_some()).unwrap()
    };
    let airing = airing(house.rundown(&house.kim_tan).await);
    let status = json!({"software": "loa", "speaker": "x", "clock": "synced", "waiting": 0,
                        "faults": [], "playing": airing.id});
    house
        .post("/api/v1/confirmations", &house.kim_tan, &json!({"records": [], "status": status}))
        .await;
    let report = look(&house, &id).await;
    assert_eq!((&report["begun"], &report["stations"][0]["playing"]), (&json!(1), &json!(true)));
    assert_eq!(report["stations"][1]["begun"], false);
    let mut record = played("kim-tan", 1);
    (record.airing, record.started_at) = (airing.id.clone(), Some(airing.starts_at));
    let record = after(None, record);
    house.confirm_signed(&house.kim_tan, &json!([record])).await;
    house.clock.advance(Duration::from_mins(11));
    let report = look(&house, &id).await;
    assert_eq!(report["state"], "ended");
    assert_eq!(report["stations"][0]["state"], "aired");
    assert_eq!(report["stations"][1]["state"], "unreported");
    let listed = house.get("/api/v1/bulletins", &house.lan).await.json();
    assert_eq!(
        (&listed["bulletins"][0]["id"], &listed["bulletins"][0]["state"]),
        (&json!(id), &json!("ended"))
    );
    let trail = house.district.store().trail(&AuditFilter::default(), None, 10).await.unwrap();
    // At one instant of the test's clock.
    let mut deeds: Vec<_> = trail
        .iter()
        .map(|line| (line.deed.as_str(), line.actor.name.as_str()))
        .filter(|(deed, _)| deed.starts_with("bulletin-"))
        .collect();
    deeds.sort_unstable();
    assert_eq!(deeds, [("bulletin-agreed", "Minh"), ("bulletin-asked", "Lan Anh")]);
}

async fn nobody_agrees_in_time_or_with_themselves(house: House) {
    ready(&house).await;
    let chief = person(&house, "Chánh", Role::Administrator).await;
    let lan = person(&house, "Lan Anh", Role::Operator).await;
    let id = asked(&house, &chief, &wish()).await;
    let refused = act(&house, &chief, &id, "agreement").await;
    assert_eq!(
        (refused.status, refused.problem().code.as_str()),
        (StatusCode::FORBIDDEN, "same-person")
    );
    assert_eq!(act(&house, &lan, &id, "agreement").await.problem().code, "forbidden");
    assert_eq!(act(&house, &house.lan, &id, "agreement").await.problem().code, "forbidden");
    house.clock.advance(Duration::from_mins(5));
    let minh = person(&house, "Minh", Role::Approver).await;
    assert_eq!(act(&house, &minh, &id, "agreement").await.problem().code, "lapsed");
    assert_eq!(look(&house, &id).await["state"], "lapsed");
    assert!(told(&house, &house.kim_tan).await.is_empty());
    assert_eq!(act(&house, &minh, &id, "correction").await.problem().code, "not-sent");
    assert_eq!(act(&house, &minh, "bulletin-x", "agreement").await.status, StatusCode::NOT_FOUND);
}

async fn only_what_may_air_can_be_asked_for(house: House) {
    ready(&house).await;
    let lan = person(&house, "Lan Anh", Role::Operator).await;
    let minh = person(&house, "Minh", Role::Approver).await;
    let code = async |wish: Value| ask(&house, &lan, &wish).await.problem().code;
    assert_eq!(code(with("word", json!("khẩn cấp"))).await, "wrong-word");
    assert_eq!(code(with("word", json!("DIỄN TẬP"))).await, "wrong-word");
    assert_eq!(code(with("prepared", json!("la"))).await, "no-such-bulletin");
    assert_eq!(code(with("prepared", json!("tap"))).await, "other-kind");
    assert_eq!(code(with("prepared", Value::Null)).await, "nothing-to-say");
    assert_eq!(code(with("stations", json!({}))).await, "no-station");
    assert_eq!(code(with("current_minutes", json!(0))).await, "bad-minutes");
    assert_eq!(code(with("corrects", json!("bulletin-x"))).await, "not-found");
    let mut recorded = with("prepared", Value::Null);
    recorded["recording"] = json!(sha256());
    assert_eq!(code(recorded.clone()).await, "no-title");
    recorded["title"] = json!("Xả lũ");
    assert_eq!(code(recorded).await, "no-such-recording");
    assert_eq!(ask(&house, &minh, &wish()).await.problem().code, "forbidden");
    assert_eq!(ask(&house, &house.kim_tan, &wish()).await.problem().code, "forbidden");
    // Nobody approves it any more: stations need not keep it, and it cannot be sent.
    let mut clip = clip("bluezone", crate::common::SOUND);
    clip.approved_by = None;
    let only = Rules { clips: vec![clip], ..Rules::default() };
    house.district.store().apply(&only, &Removed::default(), BEFORE).await.unwrap();
    assert_eq!(code(wish()).await, "not-approved");
    roll(&house.district).await.unwrap();
    let prepared = house.rundown(&house.kim_tan).await.prepared;
    assert_eq!(prepared.len(), 1, "{prepared:?}");
    // A recording is for drills or for emergencies.
    let mixed = PreparedBulletin {
        id: "mixed".parse().unwrap(),
        title: "x".into(),
        drill: true,
        clips: vec!["dinh-chinh".parse().unwrap()],
        correction: vec![],
    };
    let mixed = Rules { bulletins: vec![mixed], ..Rules::default() };
    let refused = house.district.store().apply(&mixed, &Removed::default(), BEFORE).await;
    assert!(refused.unwrap_err().to_string().contains("dinh-chinh"));
}

async fn a_drill_goes_where_drills_are_taken(house: House) {
    ready(&house).await;
    let (lan, minh) = (
        person(&house, "Lan Anh", Role::Operator).await,
        person(&house, "Minh", Role::Approver).await,
    );
    let mut drill = with("word", json!("DIỄN TẬP"));
    (drill["drill"], drill["prepared"]) = (json!(true), json!("xa-lu"));
    assert_eq!(ask(&house, &lan, &drill).await.problem().code, "other-kind");
    drill["prepared"] = json!("tap");
    let mut nowhere = drill.clone();
    nowhere["stations"] = json!({"stations": ["kim-tan"]});
    assert_eq!(ask(&house, &lan, &nowhere).await.problem().code, "no-drills");
    let id = asked(&house, &lan, &drill).await;
    assert!(id.starts_with("drill-"));
    let report = look(&house, &id).await;
    assert_eq!(report["without"], json!(["kim-tan"]));
    let marks: Vec<_> =
        report["recordings"].as_array().unwrap().iter().map(|one| one["mark"].clone()).collect();
    assert_eq!(marks, [true, false, true]);
    act(&house, &minh, &id, "agreement").await;
    assert_eq!(told(&house, &house.thach_lam).await, [(id, 1_200, true, false)]);
    assert!(told(&house, &house.kim_tan).await.is_empty());
    let prepared = house.rundown(&house.thach_lam).await.prepared;
    assert!(prepared.iter().any(|clip| clip.sha256 == DRILL_MARK));
    let mark = house.get(&format!("/api/v1/clips/{DRILL_MARK}"), &house.thach_lam).await;
    assert_eq!(mark.status, StatusCode::OK);
}

async fn a_bulletin_is_taken_back_and_put_right(house: House) {
    ready(&house).await;
    let (lan, minh) = (
        person(&house, "Lan Anh", Role::Operator).await,
        person(&house, "Minh", Role::Approver).await,
    );
    let early = asked(&house, &lan, &wish()).await;
    assert_eq!(act(&house, &lan, &early, "cancellation").await.json()["state"], "cancelled");
    assert_eq!(act(&house, &minh, &early, "agreement").await.problem().code, "cancelled");
    let id = asked(&house, &lan, &wish()).await;
    act(&house, &minh, &id, "agreement").await;
    house.clock.advance(Duration::from_secs(20));
    let right = act(&house, &lan, &id, "correction").await;
    assert_eq!(right.status, StatusCode::CREATED);
    let right = right.json();
    assert_eq!((&right["corrects"], &right["state"]), (&json!(id), &json!("sent")));
    assert_eq!(right["recordings"][0]["sha256"], json!(sha256_of(RIGHT)));
    let right = right["id"].as_str().unwrap().to_owned();
    // The station is told to leave the one off and to air the other.
    assert_eq!(told(&house, &house.thach_lam).await, [(right.clone(), 1_200, false, false)]);
    assert_eq!(act(&house, &minh, &right, "correction").await.problem().code, "no-correction");
    assert_eq!(act(&house, &minh, &right, "cancellation").await.json()["state"], "cancelled");
    assert!(told(&house, &house.thach_lam).await.is_empty());
    house.clock.advance(Duration::from_mins(30));
    assert_eq!(act(&house, &minh, &id, "cancellation").await.problem().code, "ended");
}
