//! Who is believed, and for how long: the district's keys, a station's, what was revoked, what expires.

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

use std::{collections::BTreeSet, time::Duration};

use common::{BEFORE, MORNING, after, airing_at, chain, district::House, played};
use loa::{
    clock::Clock,
    playout::trust::{Refused, Trust},
    radio::{AiringId, UtcMs},
    server::{Door, Expiry, Reminder, roll, serve},
    signing::{Context, DistrictKey, Envelope, SecretKey},
    wire::{AsRunRecord, Rundown, SignedRundown},
};
use serde_json::json;

const DAY: Duration = Duration::from_hours(24);

on_both_databases!(
    a_station_that_was_away_for_two_changes_of_key_takes_the_newest,
    what_is_revoked_opens_nothing_and_what_was_recorded_stays,
    a_station_that_enrols_again_keeps_its_history,
    who_has_only_the_token_can_declare_nothing,
    who_waits_for_a_rundown_waits_no_longer_than_the_token_lasts,
);

async fn sent(house: &House, token: &str) -> SignedRundown {
    serde_json::from_slice(&house.get("/api/v1/rundown", token).await.body).unwrap()
}

fn trust(key: &DistrictKey) -> Trust {
    Trust { station: "thach-lam".parse().unwrap(), key: key.clone(), version: 0 }
}

async fn a_station_that_was_away_for_two_changes_of_key_takes_the_newest(house: House) {
    let district = &house.district;
    roll(district).await.unwrap();
    let now = Some(house.clock.now());
    let first = district.keyring().newest().clone();
    let before = trust(&first).judge(&sent(&house, &house.thach_lam).await, now).unwrap();
    for _ in 0..2 {
        let next = district.keyring().rotate(house.clock.now()).unwrap();
        district.set_keyring(next);
        // Until it is signed anew, the rundown comes with the keys that lead to its signature.
        let between = sent(&house, &house.thach_lam).await;
        assert_eq!(trust(&first).judge(&between, now).unwrap().rundown, before.rundown);
    }
    assert_eq!(roll(district).await.unwrap().rundowns, 2);
    let taken = trust(&first).judge(&sent(&house, &house.thach_lam).await, now).unwrap();
    assert_eq!((taken.key.number, taken.rundown.version), (3, before.rundown.version + 1));
    assert_eq!(taken.rundown.airings, before.rundown.airings);
    // What the old key signed is then not followed, and a stranger's keys never.
    let old = trust(&taken.key);
    let second = SecretKey::from_seed(&[2; 32]);
    let mut forged = sent(&house, &house.thach_lam).await;
    forged.rundown = Envelope::seal(Context::Rundown, forged.rundown.payload.clone(), &second);
    assert!(matches!(old.judge(&forged, now), Err(Refused::BadSignature)));
}

async fn what_is_revoked_opens_nothing_and_what_was_recorded_stays(house: House) {
    roll(&house.district).await.unwrap();
    let row = chain("thach-lam", 3);
    let results = house.confirm_signed(&house.thach_lam, &json!(row[..1])).await;
    assert_eq!(results[0].0, "recorded");
    let station = "thach-lam".parse().unwrap();
    let later = UtcMs(BEFORE.0 + 1000);
    let revoked = house.district.store().revoke_station(&station, later).await.unwrap();
    assert_eq!((revoked.tokens, revoked.keys), (1, 1));
    for path in ["/api/v1/rundown", "/api/v1/airings"] {
        let answer = house.get(path, &house.thach_lam).await;
        assert_eq!(answer.problem().code, "unauthenticated", "{path}");
    }
    house.clock.step_to(UtcMs(MORNING.0 + 60_000));
    assert_eq!(house.state_of("thach-lam").await["state"], "aired");
    assert_eq!(house.get("/api/v1/rundown", &house.kim_tan).await.status, 200);

    // Enrolled again with another key, it confirms what that one signs; what the revoked one signed is not taken.
    let anew = SecretKey::from_seed(&[9; 32]);
    let token = enrol(&house, "thach-lam", &anew).await;
    let record = |sequence, key: &SecretKey| {
        let text = serde_json::to_string(&played("thach-lam", sequence)).unwrap();
        Envelope::seal(Context::Record, text, key)
    };
    let results = house.confirm_signed(&token, &json!([row[1], record(3, &anew)])).await;
    let words: Vec<_> = results.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["invalid", "recorded"]);
    assert!(results[0].1.as_ref().unwrap().contains("revoked"), "{results:?}");
}

async fn who_waits_for_a_rundown_waits_no_longer_than_the_token_lasts(house: House) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let district = house.district.clone();
    let serving =
        tokio::spawn(serve(vec![Door::plain(listener)], district.clone(), std::future::pending()));
    district.rolled().wait_for(Option::is_some).await.unwrap();
    let tag = async |token: &str| {
        let answer = house.get("/api/v1/rundown", token).await;
        answer.headers["etag"].to_str().unwrap().to_owned()
    };
    let tags = [tag(&house.thach_lam).await, tag(&house.kim_tan).await];
    house.clock.advance(Duration::from_secs(1));
    let now = house.clock.now();
    let poll = async |wait: u64, token: &str, tag: &str| {
        let path = format!("/api/v1/rundown?wait={wait}");
        house.get_with(&path, token, &[("if-none-match", tag)]).await
    };
    // As another program does it, once both wait.
    let revoke = async {
        let both_wait = async || {
            let contacts = district.store().contacts().await.unwrap();
            contacts.iter().filter(|contact| contact.at == now).count() == 2
        };
        while !both_wait().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let station = "thach-lam".parse().unwrap();
        district.store().revoke_station(&station, now).await.unwrap();
    };
    let all = async {
        tokio::join!(
            poll(60, &house.thach_lam, &tags[0]),
            poll(3, &house.kim_tan, &tags[1]),
            revoke
        )
    };
    let (ended, other, ()) = tokio::time::timeout(Duration::from_secs(40), all).await.unwrap();
    assert_eq!(ended.problem().code, "unauthenticated");
    assert_eq!(other.status.as_u16(), 304, "it is nobody else's business");
    serving.abort();
}

async fn who_has_only_the_token_can_declare_nothing(house: House) {
    roll(&house.district).await.unwrap();
    house.clock.step_to(UtcMs(MORNING.0 + 60_000));
    let path = format!("/api/v1/airings/{}/confirmation", airing_at("thach-lam", MORNING));
    let word = json!({"outcome": "aired"});
    let stolen = house.post(&path, &house.thach_lam, &word).await;
    assert_eq!((stolen.status.as_u16(), stolen.problem().code.as_str()), (403, "station-signs"));
    assert_ne!(house.state_of("thach-lam").await["state"], "aired");
    // A person may, and so may a player that never had a key.
    assert_eq!(house.post(&path, &house.lan, &word).await.status, 200);
    let foreign = house.enrol_without_key("kim-tan").await;
    let path = format!("/api/v1/airings/{}/confirmation", airing_at("kim-tan", MORNING));
    assert_eq!(house.post(&path, &foreign, &word).await.status, 200);
    // Once it has a player of Loa's, its token alone says nothing any more.
    let token = enrol(&house, "kim-tan", &SecretKey::from_seed(&[9; 32])).await;
    assert_eq!(house.post(&path, &token, &word).await.problem().code, "station-signs");
}

async fn enrol(house: &House, station: &str, key: &SecretKey) -> String {
    let (store, until) = (house.district.store(), UtcMs(MORNING.0 + 3_600_000));
    let code = store.create_code(&station.parse().unwrap(), until).await.unwrap();
    let body = json!({"code": code.reveal(), "public_key": key.public(), "software": "loa"});
    let enrolled = house.post("/api/v1/enrolments", "", &body).await;
    assert_eq!(enrolled.status, 200);
    enrolled.json()["token"].as_str().unwrap().to_owned()
}

async fn a_station_that_enrols_again_keeps_its_history(house: House) {
    roll(&house.district).await.unwrap();
    let row = chain("thach-lam", 4);
    house.confirm_signed(&house.thach_lam, &json!(row[..2])).await;
    let anew = SecretKey::from_seed(&[9; 32]);
    let token = enrol(&house, "thach-lam", &anew).await;
    assert_eq!(house.get("/api/v1/rundown", &house.thach_lam).await.status, 401);
    // Two waited that the old key has signed; the next follows them under the new one.
    let text = after(row.last(), played("thach-lam", 5)).payload;
    let next = Envelope::seal(Context::Record, text, &anew);
    let results = house.confirm_signed(&token, &json!([row[1], row[2], row[3], next])).await;
    let words: Vec<_> = results.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["duplicate", "recorded", "recorded", "recorded"]);
    let chains = house.district.store().chains().await.unwrap();
    assert_eq!((chains[0].head, chains[0].missing, chains[0].fault_count), (5, 0, 0));
    house.clock.step_to(UtcMs(MORNING.0 + 60_000));
    let airing = house.list("station=thach-lam&records=true&until=2020-10-01T00:00:00Z").await;
    assert_eq!(airing[0]["records"].as_array().unwrap().len(), 5, "{airing:?}");
}

#[tokio::test]
async fn who_has_only_the_token_can_forge_no_record() {
    let house = House::new().await;
    roll(&house.district).await.unwrap();
    let thief = SecretKey::from_seed(&[66; 32]);
    let record: AsRunRecord = played("thach-lam", 1);
    let text = serde_json::to_string(&record).unwrap();
    let own = Envelope::seal(Context::Record, text.clone(), &thief);
    let borrowed = Envelope { key: common::key_of("thach-lam").public(), ..own.clone() };
    // What the station really signed, changed afterwards.
    let mut changed = common::signed("thach-lam", &record);
    changed.payload = changed.payload.replace("\"xruns\":0", "\"xruns\":1");
    let results = house.confirm_signed(&house.thach_lam, &json!([own, borrowed, changed])).await;
    assert_eq!(results.len(), 3);
    assert!(results.iter().all(|(word, _)| word == "invalid"), "{results:?}");
    // Nor does the token make the thief's key the station's.
    let body = json!({"code": house.thach_lam, "public_key": thief.public(), "software": "x"});
    assert_eq!(house.post("/api/v1/enrolments", "", &body).await.status, 403);
    house.clock.step_to(UtcMs(MORNING.0 + 600_000));
    assert_eq!(house.state_of("thach-lam").await["state"], "unreported");
}

#[tokio::test]
async fn what_expires_is_told_by_levels() {
    let house = House::new().await;
    let end = house.district.keyring().newest().not_after;
    let told = async || house.get("/api/v1/expiries", &house.lan).await.json()["expiries"].clone();
    for (days, level) in [(91, "none"), (90, "90"), (30, "30"), (7, "7"), (0, "over")] {
        house.clock.step_to(UtcMs(end.0 - days * 86_400_000));
        let told = told().await;
        assert_eq!(told[0]["what"], "district-key");
        assert_eq!((&told[0]["level"], &told[0]["days_left"]), (&json!(level), &json!(days)));
        assert!(told[0]["detail"].as_str().unwrap().contains("loa key rotate"), "{told}");
    }
    // Another thing that expires stands beside it, the sooner first, and is replaced when it is renewed.
    for days in [3, 200] {
        house.district.set_expiry(Expiry {
            what: "tls-certificate",
            expires_at: UtcMs(house.clock.now().0 + days * 86_400_000),
            remedy: "renew it",
        });
        let told = told().await;
        assert_eq!(told.as_array().unwrap().len(), 2);
        assert_eq!(told[1]["days_left"], days);
    }
    let figures = String::from_utf8(house.get("/metrics", "").await.body).unwrap();
    let series = "loa_expires_seconds{what=\"tls-certificate\"} 17280000";
    assert!(figures.contains(series), "{figures}");
    assert!(figures.contains("loa_expires_seconds{what=\"district-key\"} 0"), "{figures}");
}

/// A commune's station as far as its rundown goes: it takes what its trust lets it take, and airs what it has.
struct Commune {
    trust: Trust,
    rundown: Option<Rundown>,
}

#[tokio::test]
async fn four_hundred_days_without_anybody_lose_no_airing_that_was_delivered() {
    let house = House::new().await;
    let first = house.district.keyring().newest().clone();
    let mut commune = Commune { trust: trust(&first), rundown: None };
    let mut reminder = Reminder::default();
    let (mut aired, mut delivered) = (BTreeSet::new(), BTreeSet::<AiringId>::new());
    let (mut refusals, mut warned) = (BTreeSet::new(), BTreeSet::new());
    let mut last_taken = 0;
    for day in 0..400 {
        roll(&house.district).await.unwrap();
        let now = house.clock.now();
        match commune.trust.judge(&sent(&house, &house.thach_lam).await, Some(now)) {
            Ok(taken) => {
                delivered.extend(taken.rundown.airings.iter().map(|airing| airing.id.clone()));
                commune.trust.version = taken.rundown.version;
                commune.trust.key = taken.key;
                commune.rundown = Some(taken.rundown);
                last_taken = day;
            }
            Err(refused) => {
                refusals.insert((refused.code(), day >= 365));
            }
        }
        let expiries = house.district.expiries();
        let due = reminder.due(&expiries, now);
        warned.extend(due.iter().map(|expiry| (expiry.level(now), expiry.days_left(now))));
        house.clock.advance(DAY);
        let rundown = commune.rundown.as_ref().unwrap();
        let until = house.clock.now();
        let due = rundown
            .airings
            .iter()
            .filter(|airing| now <= airing.starts_at && airing.starts_at < until);
        aired.extend(due.map(|airing| airing.id.clone()));
    }
    // New rundowns were taken up to the key's last day, and refused after it for that reason only.
    assert_eq!(last_taken, 364);
    assert_eq!(refusals, BTreeSet::from([("key-expired", true)]));
    // An airing a day, each of the 400 days: nothing that was delivered was lost.
    let now = house.clock.now();
    let lost: Vec<_> = delivered
        .iter()
        .filter(|id| !aired.contains(*id))
        .filter(|id| id.as_str() < common::airing_at("thach-lam", now).as_str())
        .collect();
    assert_eq!((lost, aired.len()), (vec![], 400));
    // It was said on every one of the last 90 days, and from 90, 30 and 7 days on more loudly.
    use loa::server::Level::{Days7, Days30, Days90, Over};
    for (level, days) in [(Days90, 90), (Days30, 30), (Days7, 7), (Over, 0)] {
        assert!(warned.contains(&(level, days)), "{level:?}");
    }
    assert_eq!(warned.len(), 91 + 34);
    // Somebody comes, and changes the key: the station follows again.
    let next = house.district.keyring().rotate(now).unwrap();
    house.district.set_keyring(next);
    roll(&house.district).await.unwrap();
    let taken = commune.trust.judge(&sent(&house, &house.thach_lam).await, Some(now)).unwrap();
    assert_eq!(taken.key.number, 2);
}
