//! What people say, and the rundowns that stations are sent.

use loa::{
    radio::UtcMs,
    signing::{Context, Envelope},
    store::{
        Actor, AuditFilter, Declared, Deed, NewTrouble, RundownHead, Store, StoredDeclaration,
        StoredRundown,
    },
};

use crate::common::{MORNING, airing_at, key_of};

pub(crate) async fn troubles(store: &Store) {
    let lan = Actor { person: None, name: "Lan".to_owned(), address: "-".to_owned() };
    let fault = NewTrouble {
        station: "kim-tan".parse().unwrap(),
        kind: "silent".to_owned(),
        detail: Some("cụm loa thôn 3".to_owned()),
        key: Some("k".to_owned()),
    };
    let kept = store.report_trouble(&lan, &fault, MORNING).await.unwrap();
    assert_eq!((kept.reported_by.as_str(), kept.reported_at), ("Lan", MORNING));
    let later = UtcMs(MORNING.0 + 1000);
    assert_eq!(store.report_trouble(&lan, &fault, later).await.unwrap(), kept);
    let unnamed = NewTrouble { key: None, ..fault };
    let second = store.report_trouble(&lan, &unnamed, later).await.unwrap();
    assert_eq!(store.open_troubles().await.unwrap(), [kept.clone(), second.clone()]);
    assert!(store.close_trouble(&lan, &kept.id, Some("thay loa"), later).await.unwrap());
    assert!(!store.close_trouble(&lan, &kept.id, None, later).await.unwrap());
    assert!(!store.close_trouble(&lan, "khong-co", None, later).await.unwrap());
    assert_eq!(store.open_troubles().await.unwrap(), [second]);
    let closed = store.closed_troubles(MORNING).await.unwrap();
    assert_eq!(closed.len(), 1);
    let closing = closed[0].closing.as_ref().unwrap();
    assert_eq!((closing.by.as_str(), closing.remedy.as_deref()), ("Lan", Some("thay loa")));
    assert_eq!(store.trouble(&kept.id).await.unwrap().as_ref(), Some(&closed[0]));
    assert_eq!(store.troubles_at(&kept.station, 1).await.unwrap().len(), 1);
}

pub(crate) async fn words_and_rundowns(store: &Store) {
    let word = StoredDeclaration {
        airing: airing_at("kim-tan", MORNING),
        outcome: "aired".to_owned(),
        started_at: None,
        cause: None,
        detail: None,
        declared_by: "Lan".to_owned(),
        declared_at: MORNING,
        key: Some("a".to_owned()),
    };
    let lan = Actor { person: None, name: "Lan".to_owned(), address: "-".to_owned() };
    let declare = async |word: &StoredDeclaration, is_correction| {
        store.declare(Some(&lan), word, is_correction).await.unwrap()
    };
    assert_eq!(declare(&word, false).await, Declared::Kept);
    let unnamed = StoredDeclaration { key: None, ..word.clone() };
    assert_eq!(declare(&unnamed, false).await, Declared::Known);
    let other = StoredDeclaration {
        outcome: "missed".to_owned(),
        cause: Some("power".to_owned()),
        key: Some("b".to_owned()),
        ..word.clone()
    };
    assert_eq!(declare(&other, false).await, Declared::Stands(word.clone()));
    // A correction stands after what it corrects, once, however often and late each is sent again.
    assert_eq!(declare(&other, true).await, Declared::Kept);
    assert_eq!(declare(&other, true).await, Declared::Known);
    assert_eq!(declare(&word, false).await, Declared::Known);
    assert_eq!(declare(&unnamed, false).await, Declared::Stands(other.clone()));
    let said = store.declarations_on(&[&word.airing]).await.unwrap();
    assert_eq!(said, [word.clone(), other]);
    let corrected = AuditFilter { deed: Some(Deed::AiringCorrected), ..AuditFilter::default() };
    let trail = store.trail(&corrected, None, 10).await.unwrap();
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].before.as_ref().unwrap()["outcome"], "aired");
    assert_eq!(trail[0].after.as_ref().unwrap()["cause"], "power");

    // Two who speak at the same moment: one is first.
    let rival = |name: &str| StoredDeclaration {
        airing: airing_at("thach-lam", MORNING),
        outcome: name.to_owned(),
        key: None,
        ..word.clone()
    };
    let (one, two) = (rival("aired"), rival("missed"));
    let (first, second) =
        tokio::join!(store.declare(None, &one, false), store.declare(None, &two, false));
    let kept = [first.unwrap(), second.unwrap()];
    assert_eq!(kept.iter().filter(|came| **came == Declared::Kept).count(), 1, "{kept:?}");
    assert_eq!(store.declarations_on(&[&one.airing]).await.unwrap().len(), 1);

    let station = "kim-tan".parse().unwrap();
    let version = |version: u64| StoredRundown {
        head: RundownHead { version, digest: version.to_string() },
        envelope: Envelope::seal(Context::Rundown, "{}".to_owned(), &key_of("district")),
    };
    assert_eq!(store.rundown(&station).await.unwrap(), None);
    assert!(store.write_rundown(&station, &version(1), MORNING).await.unwrap());
    assert!(store.write_rundown(&station, &version(2), MORNING).await.unwrap());
    assert!(!store.write_rundown(&station, &version(2), MORNING).await.unwrap());
    assert!(!store.write_rundown(&station, &version(1), MORNING).await.unwrap());
    assert_eq!(store.rundown(&station).await.unwrap(), Some(version(2)));
    assert_eq!(store.rundown_head(&station).await.unwrap(), Some(version(2).head));
}
