//! Rules come, change and go.

use loa::{
    radio::{CalendarParts, Holiday, Programme},
    store::{Actor, ChangeKind, Former, Removed, Rules, Store, StoreError, Thing, ThingKind},
};

use crate::common::{BEFORE, MORNING, airing_at, rules};

pub(crate) async fn rules_come_and_are_the_same(store: &Store) {
    let rules = rules();
    let none = Removed::default();
    let added = store.apply(&rules, &none, BEFORE).await.unwrap();
    assert_eq!(added.len(), 3 + 2 + 1 + 1 + 1 + 1);
    assert!(added.iter().all(|change| change.kind == ChangeKind::Added));
    let edition = store.edition().await.unwrap();
    assert_eq!(store.apply(&rules, &none, BEFORE).await.unwrap(), []);
    assert_eq!(store.edition().await.unwrap(), edition);

    let mut louder = rules.clone();
    louder.schedules[0].gain.centibels = -600;
    let changed = store.apply(&louder, &none, BEFORE).await.unwrap();
    assert_eq!(
        changed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["changed schedule sang-05h: gain_db"]
    );
    assert!(store.edition().await.unwrap() > edition);
    let mut stored = store.rules().await.unwrap();
    stored.units.sort_by_key(|unit| louder.units.iter().position(|other| other.id == unit.id));
    assert_eq!(stored, louder);

    // Who speaks of holidays only leaves the quiet hours as they are, and the other way round.
    let tet = Holiday { date: "2021-02-12".parse().unwrap(), name: "Tết".to_owned() };
    for calendar in [
        CalendarParts { holidays: Some(vec![tet.clone()]), ..CalendarParts::default() },
        louder.calendar.clone(),
    ] {
        let only = Rules { calendar, ..Rules::default() };
        let changed = store.apply(&only, &none, BEFORE).await.unwrap();
        assert_eq!(
            changed.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["changed calendar house: holidays"]
        );
        let stored = store.rules().await.unwrap().calendar;
        assert_eq!(stored.quiet_hours, louder.calendar.quiet_hours);
    }

    // All or nothing.
    let mut wrong = louder.clone();
    wrong.programmes[0].title = "Khác".to_owned();
    wrong.stations[1].unit = "nowhere".parse().unwrap();
    let refused = store.apply(&wrong, &none, BEFORE).await.unwrap_err();
    assert!(refused.to_string().contains("nowhere"), "{refused}");
    let mut after = store.rules().await.unwrap();
    after.units.sort_by_key(|unit| louder.units.iter().position(|other| other.id == unit.id));
    assert_eq!(after, louder);
}

pub(crate) async fn of_two_who_write_at_once_one_wins(store: &Store) {
    let actor = |name: &str| Actor { person: None, name: name.to_owned(), address: "-".to_owned() };
    let (lan, minh) = (actor("Lan"), actor("Minh"));
    let called = |title: String| Programme { id: "moi".parse().unwrap(), title, items: vec![] };
    let mut stood: Option<String> = None;
    for round in 0..10 {
        let former = stood.as_deref().map_or(Former::Absent, Former::Version);
        let write = async |actor, programme| {
            store.put(actor, (Thing::Programme(programme), former), false, MORNING).await
        };
        let (hers, his) = (called(format!("Lan {round}")), called(format!("Minh {round}")));
        let won = match tokio::join!(write(&lan, &hers), write(&minh, &his)) {
            (Ok(Some(_)), Err(StoreError::Stale { noun: "programme", .. })) => hers,
            (Err(StoreError::Stale { noun: "programme", .. }), Ok(Some(_))) => his,
            both => panic!("round {round}: {both:?}"),
        };
        let kept = store.rules().await.unwrap().programmes;
        assert_eq!(kept.iter().find(|one| one.id == won.id), Some(&won));
        stood = Some(Thing::Programme(&won).version());
    }
    let gone = store.take_away(&lan, (ThingKind::Programme, "moi"), false, MORNING).await.unwrap();
    assert_eq!(gone.unwrap().kind, ChangeKind::Removed);
    let late = (Thing::Programme(&called("Muộn".to_owned())), Former::Version("khac"));
    let late = store.put(&lan, late, false, MORNING).await;
    assert!(matches!(late, Err(StoreError::Stale { .. })), "{late:?}");
}

pub(crate) async fn rules_go(store: &Store) {
    let nothing = loa::store::Rules::default();
    let commune = Removed { units: vec!["kim-tan".parse().unwrap()], ..Removed::default() };
    let refused = store.apply(&nothing, &commune, MORNING).await.unwrap_err();
    assert!(refused.to_string().contains("station kim-tan"), "{refused}");

    let both = Removed { stations: vec!["kim-tan".parse().unwrap()], ..commune };
    let gone = store.apply(&nothing, &both, MORNING).await.unwrap();
    assert_eq!(
        gone.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["removed station kim-tan", "removed unit kim-tan"]
    );
    // The record of what it aired stays.
    assert_eq!(store.records_of(&[&airing_at("kim-tan", MORNING)]).await.unwrap().len(), 40);
}
