use serde_json::{Value, json};

use super::*;
use crate::{
    radio::{AiringItem, Gain, Priority},
    signing::{Envelope, SecretKey},
    wire::RundownAiring,
};

const NOW: UtcMs = UtcMs(1_601_503_200_000);
const DAY: i64 = 86_400_000;

fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn key(number: u8) -> DistrictKey {
    DistrictKey {
        number: number.into(),
        key: secret(number).public(),
        not_before: UtcMs(NOW.0 - DAY),
        not_after: UtcMs(NOW.0 + 365 * DAY),
    }
}

fn keys(until: u8) -> Vec<Envelope> {
    (1..=until).map(|n| key(n).seal(&secret(n.max(2) - 1)).unwrap()).collect()
}

fn rundown() -> Rundown {
    let chime = AiringItem::Clip {
        clip: "nhac-hieu".parse().unwrap(),
        sha256: "ab".repeat(32).parse().unwrap(),
        bytes: 9_000,
        title: "Nhạc hiệu".into(),
        frames: 96_000,
        sample_rate: 48_000,
        gain: Gain { centibels: -150 },
        chime: true,
    };
    let airing = |nominal: &str| RundownAiring {
        id: format!("sang-05h.thach-lam.{nominal}").parse().unwrap(),
        schedule: "sang-05h".parse().unwrap(),
        campaign: Some("bluezone".parse().unwrap()),
        title: "Buổi sáng".to_owned(),
        priority: Priority::Routine,
        bulletin: None,
        starts_at: NOW,
        ends_at: UtcMs(NOW.0 + 3_000),
        latest_start: UtcMs(NOW.0 + 60_000),
        items: vec![chime.clone(), AiringItem::Pause { ms: 1_000 }],
    };
    Rundown {
        station: "thach-lam".parse().unwrap(),
        station_name: "Thạch Lâm".to_owned(),
        version: 7,
        not_before: UtcMs(NOW.0 - DAY),
        not_after: UtcMs(NOW.0 + 35 * DAY),
        from: UtcMs(NOW.0 - DAY),
        until: UtcMs(NOW.0 + 35 * DAY),
        airings: vec![airing("20200930T220000Z"), airing("20201001T220000Z")],
        prepared: vec![],
    }
}

fn sent_by(number: u8, text: String) -> SignedRundown {
    let rundown = Envelope::seal(Context::Rundown, text, &secret(number));
    SignedRundown { keys: keys(number), rundown }
}

fn sent(rundown: &Rundown) -> SignedRundown {
    sent_by(1, serde_json::to_string(rundown).unwrap())
}

fn trust() -> Trust {
    Trust { station: "thach-lam".parse().unwrap(), key: key(1), version: 7 }
}

fn code(sent: &SignedRundown, now: UtcMs) -> &'static str {
    trust().judge(sent, Some(now)).err().map_or("taken", |refused| refused.code())
}

#[test]
fn what_the_district_signed_is_taken_and_nothing_else() {
    let good = sent(&rundown());
    let taken = trust().judge(&good, Some(NOW)).unwrap();
    assert_eq!((taken.rundown, taken.key), (rundown(), key(1)));

    let other = Rundown { station: "kim-tan".parse().unwrap(), airings: vec![], ..rundown() };
    assert_eq!(code(&sent(&other), NOW), "other-station");
    let mut stray = rundown();
    stray.airings[0].id = "sang-05h.kim-tan.20200930T220000Z".parse().unwrap();
    assert_eq!(code(&sent(&stray), NOW), "other-station");
    assert_eq!(code(&sent(&Rundown { version: 6, ..rundown() }), NOW), "older-version");
    assert_eq!(code(&sent(&Rundown { version: 8, ..rundown() }), NOW), "taken");
    let early = UtcMs(rundown().not_before.0 - 1);
    assert_eq!(code(&good, early), "not-yet-valid");
    assert_eq!(code(&good, rundown().not_after), "expired");
    let late = UtcMs(key(1).not_after.0 + 1);
    let long = Rundown { not_after: UtcMs(late.0 + 1), ..rundown() };
    assert_eq!(code(&sent(&long), late), "key-expired");

    let mut unsigned = good.clone();
    unsigned.rundown.payload.push(' ');
    assert_eq!(code(&unsigned, NOW), "bad-signature");
    let mut forged = sent_by(2, good.rundown.payload.clone());
    forged.keys = keys(1);
    assert_eq!(code(&forged, NOW), "bad-signature");
    let record = Envelope::seal(Context::Record, good.rundown.payload.clone(), &secret(1));
    assert_eq!(code(&SignedRundown { rundown: record, ..good.clone() }, NOW), "bad-signature");
    assert_eq!(code(&SignedRundown { keys: vec![], ..good }, NOW), "unknown-key");
}

#[test]
fn fields_that_a_station_does_not_know_are_not_passed_over() {
    let text = serde_json::to_string(&rundown()).unwrap();
    for (place, field) in
        [("{\"station\"", "rundown"), ("{\"id\"", "airing"), ("{\"kind\"", "item")]
    {
        let with = text.replace(place, &place.replace('{', "{\"repeat\":2,"));
        assert_ne!(with, text, "{field}");
        assert_eq!(code(&sent_by(1, with), NOW), "unreadable", "{field}");
    }
    for part in ["SignedRundown", "Envelope"] {
        let mut value = serde_json::to_value(sent(&rundown())).unwrap();
        let at = if part == "Envelope" { &mut value["rundown"] } else { &mut value };
        at["note"] = "x".into();
        assert!(serde_json::from_value::<SignedRundown>(value).is_err(), "{part}");
    }
}

#[test]
fn a_station_that_missed_two_changes_of_key_finds_the_third() {
    let text = serde_json::to_string(&rundown()).unwrap();
    let taken = trust().judge(&sent_by(3, text.clone()), Some(NOW)).unwrap();
    assert_eq!(taken.key, key(3));
    // From then on the old key's word counts no more.
    let trust = Trust { key: key(3), ..trust() };
    let refused = trust.judge(&sent_by(2, text), Some(NOW)).unwrap_err();
    assert_eq!(refused.code(), "unknown-key");
}

#[test]
fn without_a_time_to_believe_the_dates_are_not_asked_and_the_rest_is() {
    let long_over = Rundown { not_after: UtcMs(0), ..rundown() };
    assert!(trust().judge(&sent(&long_over), None).is_ok());
    let older = Rundown { version: 6, ..rundown() };
    assert!(matches!(trust().judge(&sent(&older), None), Err(Refused::OlderVersion { .. })));
    assert!(trust().open(&sent(&older)).is_ok());
}

/// Every byte of what goes over the line, in every value that it can take: none is followed, none breaks the station.
#[test]
fn no_changed_byte_is_followed() {
    let whole = serde_json::to_vec(&sent(&rundown())).unwrap();
    assert!((1_200..2_500).contains(&whole.len()), "{} bytes", whole.len());
    let trust = trust();
    let follows = |bytes: &[u8]| {
        serde_json::from_slice::<SignedRundown>(bytes)
            .is_ok_and(|sent| trust.judge(&sent, Some(NOW)).is_ok())
    };
    assert!(follows(&whole));
    let followed: Vec<(usize, u8)> = (0..whole.len())
        .flat_map(|place| (0..=u8::MAX).map(move |value| (place, value)))
        .filter(|(place, value)| {
            let mut changed = whole.clone();
            let is_change = std::mem::replace(&mut changed[*place], *value) != *value;
            is_change && follows(&changed)
        })
        .collect();
    assert_eq!(followed, []);
}

/// Every field of what is signed and of what it is sent in, left out or given another value.
#[test]
fn no_changed_field_is_followed() {
    let payload: Value = serde_json::from_str(&sent(&rundown()).rundown.payload).unwrap();
    let mut changes = 0;
    for pointer in pointers(&payload) {
        for change in changed(&payload, &pointer) {
            let mut sent = sent(&rundown());
            sent.rundown.payload = change.to_string();
            assert_eq!(code(&sent, NOW), "bad-signature", "{pointer}");
            // Signed by somebody who is not the district.
            let forged = sent_by(2, change.to_string());
            let forged = SignedRundown { keys: keys(1), ..forged };
            assert_eq!(code(&forged, NOW), "bad-signature", "{pointer}");
            changes += 1;
        }
    }
    let outside = serde_json::to_value(sent(&rundown())).unwrap();
    for pointer in pointers(&outside) {
        for change in changed(&outside, &pointer) {
            let followed = serde_json::from_value::<SignedRundown>(change)
                .is_ok_and(|sent| trust().judge(&sent, Some(NOW)).is_ok());
            assert!(!followed, "{pointer}");
            changes += 1;
        }
    }
    assert!(changes > 200, "only {changes}");
}

/// Where every value in a document lies (RFC 6901), but for the whole.
fn pointers(value: &Value) -> Vec<String> {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, below)| (name.clone(), below)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(n, below)| (n.to_string(), below)).collect()
        }
        _ => Vec::new(),
    };
    let one = |(name, below): (String, &Value)| {
        let deeper: Vec<String> =
            pointers(below).into_iter().map(|deeper| format!("/{name}{deeper}")).collect();
        std::iter::once(format!("/{name}")).chain(deeper).collect::<Vec<_>>()
    };
    below.into_iter().flat_map(one).collect()
}

/// A document with the value at a place replaced by others, and without it.
fn changed(whole: &Value, pointer: &str) -> Vec<Value> {
    let was = whole.pointer(pointer).unwrap();
    let mut others = vec![Value::Null, json!([]), json!({}), json!(0), json!(-1), json!("x")];
    match was {
        Value::String(text) => others.push(format!("{text} ").into()),
        Value::Number(number) => others.push((number.as_i64().unwrap() + 1).into()),
        Value::Array(items) if !items.is_empty() => {
            others.push(items[1..].into());
            others.push(items.iter().chain(&items[..1]).cloned().collect());
        }
        _ => {}
    }
    let replaced = others.into_iter().filter(|other| other != was).map(|other| {
        let mut whole = whole.clone();
        *whole.pointer_mut(pointer).unwrap() = other;
        whole
    });
    let mut without = whole.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    if let Some(fields) = without.pointer_mut(parent).unwrap().as_object_mut() {
        fields.remove(name);
    }
    replaced.chain((without != *whole).then_some(without)).collect()
}
