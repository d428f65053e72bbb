//! The store's story, told on both databases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

mod common;

use common::{BEFORE, MORNING, airing_at, key_of, played, rules};
use loa::{
    radio::{Airing, CalendarParts, Holiday, Priority, StationId, UtcMs, Window},
    signing::{Context, Envelope},
    store::{
        Actor, AiringFilter, AuditFilter, Bearer, Call, Chain, ChangeKind, Declared, Deed,
        NewRecord, NewTrouble, Order, PlannedAiring, Removed, Revoked, Rules, RundownHead, Store,
        StoreError, StoredDeclaration, StoredRundown, Verdict,
    },
    wire::{AsRunRecord, ChainFaultKind, Held, Span},
};
use sqlx::Connection as _;

#[tokio::test]
async fn the_story_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("loa.db").display());
    let store = Store::open(&url).await.unwrap();
    story(&store).await;
    let before = runs(&store).await;
    store.close().await;
    {
        let db = rusqlite::Connection::open(folder.path().join("loa.db")).unwrap();
        BEFORE_CHAINS.iter().for_each(|statement| assert!(db.execute(statement, []).is_ok()));
    }
    // What was kept is there again, and the tables are not made twice.
    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.rules().await.unwrap().stations.len(), 1);
    assert!(store.airing(&airing_at("thach-lam", MORNING)).await.unwrap().is_some());
    assert_eq!(runs(&store).await, before);
    store.close().await;
}

#[tokio::test]
async fn the_story_on_postgresql() {
    let server = common::postgres::Postgres::start();
    let url = server.database().await;
    let store = Store::open(&url).await.unwrap();
    story(&store).await;
    let before = runs(&store).await;
    store.close().await;
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    for statement in BEFORE_CHAINS {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let (engine, looked) = Store::look(&url).await.unwrap();
    looked.close().await;
    assert!(engine.starts_with("PostgreSQL "), "{engine}");
    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.rules().await.unwrap().stations.len(), 1);
    assert_eq!(runs(&store).await, before);
    store.close().await;
}

/// Makes a database one of before there were chains.
const BEFORE_CHAINS: [&str; 3] = [
    "drop table chain_run",
    "drop table chain_fault",
    "delete from _sqlx_migrations where version = 4",
];

/// Which records of each station are there, without what was found wrong with them.
async fn runs(store: &Store) -> Vec<Chain> {
    let chains = store.chains().await.unwrap();
    assert!(chains.len() >= 3, "{chains:?}");
    chains.into_iter().map(|chain| Chain { fault_count: 0, faults: vec![], ..chain }).collect()
}

#[tokio::test]
async fn a_damaged_or_strange_database_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loa.db");
    std::fs::write(&file, vec![0x55; 8192]).unwrap();
    assert!(Store::open(&format!("sqlite:{}", file.display())).await.is_err());
    let strange = Store::open("mysql://loa:secret@localhost/loa").await.unwrap_err();
    assert!(matches!(strange, StoreError::Address(_)), "{strange}");
    assert!(!strange.to_string().contains("secret"), "{strange}");
}

#[tokio::test]
async fn a_look_makes_and_changes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loa.db");
    let url = format!("sqlite:{}", file.display());
    assert!(Store::look(&url).await.is_err());
    assert!(!file.exists());
    Store::open(&url).await.unwrap().close().await;
    let before = std::fs::read(&file).unwrap();
    let (engine, looked) = Store::look(&url).await.unwrap();
    assert_eq!(looked.chains().await.unwrap(), []);
    assert!(looked.create_token(&Bearer::Person("Lan".into()), BEFORE).await.is_err());
    looked.close().await;
    assert!(engine.contains("SQLite 3."), "{engine}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

async fn story(store: &Store) {
    store.ping().await.unwrap();
    rules_come_and_are_the_same(store).await;
    plans_change_only_ahead(store).await;
    records_are_kept_once(store).await;
    chains_grow_heal_and_fork(store).await;
    words_and_rundowns(store).await;
    troubles(store).await;
    stations_enrol_once(store).await;
    rules_go(store).await;
}

async fn rules_come_and_are_the_same(store: &Store) {
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

fn planned(station: &str, at: UtcMs, digest: &str) -> PlannedAiring {
    PlannedAiring {
        airing: Airing {
            id: airing_at(station, at),
            schedule: "sang-05h".parse().unwrap(),
            station: station.parse().unwrap(),
            programme: "ban-tin".parse().unwrap(),
            title: digest.into(),
            campaign: None,
            priority: Priority::Emergency,
            bulletin: None,
            nominal_at: at,
            starts_at: at,
            ends_at: UtcMs(at.0 + 30_000),
            latest_start: UtcMs(at.0 + 60_000),
            items: [].into(),
        },
        unit: station.parse().unwrap(),
        refused: false,
        reason: Some("after".to_owned()),
        decision: Some("moved 40 s: after sang-05h".to_owned()),
        digest: digest.to_owned(),
    }
}

async fn plans_change_only_ahead(store: &Store) {
    const DAY: i64 = 86_400_000;
    let tomorrow = UtcMs(MORNING.0 + DAY);
    let both = |digest| {
        [
            planned("thach-lam", MORNING, digest),
            planned("kim-tan", MORNING, digest),
            planned("thach-lam", tomorrow, digest),
        ]
    };
    store.change_plan(&both("first"), &[], BEFORE, BEFORE).await.unwrap();
    // The morning has begun when the plan changes: it stays as it was.
    store.change_plan(&both("second"), &[], UtcMs(MORNING.0 + 1), MORNING).await.unwrap();
    let all = AiringFilter::default();
    let airings = store.airings(&all, Order::Oldest, None, 10).await.unwrap();
    let seen: Vec<_> = airings
        .iter()
        .map(|stored| (stored.planned.airing.station.as_str(), stored.planned.digest.as_str()))
        .collect();
    assert_eq!(seen, [("kim-tan", "first"), ("thach-lam", "first"), ("thach-lam", "second")]);
    assert_eq!(airings[2].planned, both("second")[2]);

    // Pages fit together, in both orders.
    let mut paged = Vec::new();
    while let Some(one) = store
        .airings(
            &all,
            Order::Newest,
            paged.last().map(|last: &loa::store::StoredAiring| {
                (last.planned.airing.starts_at, last.planned.airing.id.as_str())
            }),
            1,
        )
        .await
        .unwrap()
        .pop()
    {
        paged.push(one);
    }
    paged.reverse();
    assert_eq!(paged, airings);

    // Filters.
    let count = async |filter: AiringFilter| {
        store.airings(&filter, Order::Oldest, None, 10).await.unwrap().len()
    };
    let name = |text: &str| Some(text.parse().unwrap());
    assert_eq!(count(AiringFilter { station: name("kim-tan"), ..all.clone() }).await, 1);
    let district = vec!["thach-thanh".parse().unwrap()];
    assert_eq!(count(AiringFilter { units: district, ..all.clone() }).await, 3);
    let commune = vec!["thach-lam".parse().unwrap()];
    assert_eq!(count(AiringFilter { units: commune, ..all.clone() }).await, 2);
    let both = ["thach-lam", "kim-tan"].map(|unit| unit.parse().unwrap()).to_vec();
    assert_eq!(count(AiringFilter { units: both, ..all.clone() }).await, 3);
    let unknown = vec!["lam".parse().unwrap()];
    assert_eq!(count(AiringFilter { units: unknown, ..all.clone() }).await, 0);
    assert_eq!(count(AiringFilter { from: Some(tomorrow), ..all.clone() }).await, 1);
    assert_eq!(count(AiringFilter { until: Some(tomorrow), ..all.clone() }).await, 2);
    assert_eq!(count(AiringFilter { clip: Some(common::sha256()), ..all.clone() }).await, 0);

    // What is dropped is withdrawn, and comes back when it is planned again.
    let dropped = [airing_at("thach-lam", tomorrow)];
    store.change_plan(&[], &dropped, UtcMs(MORNING.0 + 1), MORNING).await.unwrap();
    assert_eq!(count(all.clone()).await, 2);
    let ahead = Window { from: MORNING, until: UtcMs(tomorrow.0 + DAY) };
    let station: StationId = "thach-lam".parse().unwrap();
    assert_eq!(store.stamps_at(&station, ahead).await.unwrap().len(), 1);
    let again = [planned("thach-lam", tomorrow, "third")];
    store.change_plan(&again, &[], UtcMs(MORNING.0 + 1), MORNING).await.unwrap();
    assert_eq!(store.stamps_at(&station, ahead).await.unwrap().len(), 2);
    assert_eq!(store.planned_at(&station, ahead).await.unwrap().len(), 2);
}

fn new(station: &str, sequence: u64, payload: &str) -> NewRecord {
    let envelope = Envelope::seal(Context::Record, payload.to_owned(), &key_of(station));
    NewRecord::new(&played(station, sequence), envelope)
}

async fn records_are_kept_once(store: &Store) {
    use Verdict::{Conflict, Duplicate, Recorded};
    let station: StationId = "thach-lam".parse().unwrap();
    let many: Vec<_> = (0..120).map(|n| new("thach-lam", n, "{}")).collect();
    let verdicts = store.confirm(&station, many.clone(), Call::HERE, MORNING).await.unwrap();
    assert_eq!(verdicts, vec![Recorded; 120]);
    let verdicts = store.confirm(&station, many, Call::HERE, MORNING).await.unwrap();
    assert_eq!(verdicts, vec![Duplicate; 120]);
    let mixed = vec![
        new("thach-lam", 119, "{}"),
        new("thach-lam", 120, "{}"),
        new("thach-lam", 7, "{\"other\":1}"),
        new("thach-lam", 120, "{}"),
    ];
    let verdicts = store
        .confirm(&station, mixed, Call::Line { status: Some("{\"x\":1}".into()) }, MORNING)
        .await
        .unwrap();
    assert_eq!(verdicts, [Duplicate, Recorded, Conflict, Duplicate]);
    // Asked for among more names than one statement takes.
    let mut airings: Vec<_> =
        (1..100).map(|day| airing_at("thach-lam", UtcMs(MORNING.0 - day * 86_400_000))).collect();
    airings.push(airing_at("thach-lam", MORNING));
    let kept = store.records_of(&airings.iter().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(kept.len(), 121);
    assert!(kept.iter().all(|record| record.json == "{}" && record.received_at == MORNING));
    assert_eq!(store.records_of(&[&airings[0]]).await.unwrap(), []);

    // Many calls at once are committed together, and each hears of its own.
    let calls = (0..40).map(|call| {
        let own = vec![new("kim-tan", call, "{}"), new("kim-tan", call / 2, "{}")];
        let station = "kim-tan".parse().unwrap();
        async move { store.confirm(&station, own, Call::HERE, MORNING).await.unwrap() }
    });
    let verdicts = futures_util::future::join_all(calls).await.concat();
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Recorded).count(), 40);

    // A status stays when a later call has none.
    let later = UtcMs(MORNING.0 + 1000);
    store.confirm(&station, vec![], Call::HERE, later).await.unwrap();
    let contacts = store.contacts().await.unwrap();
    assert_eq!(contacts.len(), 2);
    assert_eq!((contacts[1].at, contacts[1].status.as_deref()), (later, Some("{\"x\":1}")));
}

/// A record that follows another, of one run or another of a station's program.
fn linked(boot: char, sequence: u64, after: Option<&NewRecord>) -> NewRecord {
    let record = AsRunRecord {
        boot: boot.to_string().repeat(32),
        previous: after.map(|after| after.hash),
        ..played("xe-loa", sequence)
    };
    let text = serde_json::to_string(&record).unwrap();
    NewRecord::new(&record, Envelope::seal(Context::Record, text, &key_of("xe-loa")))
}

async fn chains_grow_heal_and_fork(store: &Store) {
    let station: StationId = "xe-loa".parse().unwrap();
    let keep = async |records: Vec<NewRecord>| {
        store.confirm(&station, records, Call::HERE, MORNING).await.unwrap();
        let all = store.chains().await.unwrap();
        all.into_iter().find(|chain| chain.station == station).unwrap()
    };
    let span = |first, last| Span { first, last };
    let held = |head, last, missing| Held { head, last, missing };
    let mut row: Vec<NewRecord> = Vec::new();
    for sequence in 1..=12 {
        row.push(linked('a', sequence, row.last()));
    }
    let of = |numbers: &[usize]| numbers.iter().map(|n| row[n - 1].clone()).collect::<Vec<_>>();
    assert_eq!(store.held(&station).await.unwrap(), Held::default());

    // In any order and many at once, what comes is known, and what is missing between.
    let chain = keep(of(&[4, 3, 8])).await;
    assert_eq!((chain.head, chain.last, chain.missing, chain.fault_count), (0, 8, 5, 0));
    let gaps = vec![span(1, 2), span(5, 7)];
    assert_eq!(store.held(&station).await.unwrap(), held(0, 8, gaps));
    assert_eq!(chain.gap().unwrap().sequence, 1);
    let chain = keep(of(&[1, 2])).await;
    assert_eq!((chain.head, chain.missing), (4, 3));
    assert_eq!(chain.gap().unwrap().kind, ChainFaultKind::Gap);
    let chain = keep(of(&[6, 4, 5, 7])).await;
    assert_eq!((chain.head, chain.last, chain.missing, chain.fault_count), (8, 8, 0, 0));
    assert_eq!(chain.gap(), None);
    assert_eq!(store.held(&station).await.unwrap(), held(8, 8, vec![]));

    // One that names none before it, and one that follows another history than the one that is here.
    let chain = keep(vec![linked('b', 9, None)]).await;
    let kinds = |chain: &Chain| {
        chain.faults.iter().map(|fault| (fault.sequence, fault.kind)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&chain), [(9, ChainFaultKind::Break)]);
    let chain = keep(of(&[10])).await;
    assert_eq!(kinds(&chain)[0], (10, ChainFaultKind::Fork));
    // The right number 9 comes too: 10 follows it now, but there are two of it, and what was found stays.
    let chain = keep(of(&[9])).await;
    assert_eq!((chain.head, chain.fault_count), (10, 3));
    assert!(kinds(&chain).contains(&(9, ChainFaultKind::Fork)), "{chain:?}");
    let chain = keep(of(&[11])).await;
    assert_eq!((chain.head, chain.fault_count), (11, 3));
    // A second record under the same key is not taken, and told. So is one before those that are here.
    let other = NewRecord { envelope: of(&[1])[0].envelope.clone(), ..row[11].clone() };
    keep(of(&[12])).await;
    let chain = keep(vec![other]).await;
    assert_eq!((kinds(&chain)[0], chain.fault_count), ((12, ChainFaultKind::Fork), 4));
    keep(vec![linked('c', 21, Some(&row[0]))]).await;
    let chain = keep(vec![linked('c', 20, Some(&row[1]))]).await;
    assert_eq!(kinds(&chain)[0], (21, ChainFaultKind::Fork));
    assert_eq!((chain.head, chain.last, chain.missing), (12, 21, 7));
    // The same again is no news.
    assert_eq!(keep(of(&[1, 2, 9, 10])).await, chain);
}

async fn troubles(store: &Store) {
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

async fn words_and_rundowns(store: &Store) {
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

async fn stations_enrol_once(store: &Store) {
    let station: StationId = "kim-tan".parse().unwrap();
    let later = UtcMs(MORNING.0 + 1000);
    assert!(store.create_code(&"nobody".parse().unwrap(), later).await.is_err());
    let late = store.create_code(&station, MORNING).await.unwrap();
    assert_eq!(store.enrol(late.reveal(), None, MORNING).await.unwrap(), None);
    assert_eq!(store.enrol("guess", None, MORNING).await.unwrap(), None);

    let code = store.create_code(&station, later).await.unwrap();
    let key = |name| Some(key_of(name).public());
    let (who, first) = store.enrol(code.reveal(), key("old"), MORNING).await.unwrap().unwrap();
    assert_eq!(who, station);
    assert_eq!(store.enrol(code.reveal(), key("old"), MORNING).await.unwrap(), None);
    let bearer = Some(Bearer::Station(station.clone()));
    assert_eq!(store.bearer(first.reveal()).await.unwrap(), bearer);
    assert_eq!(store.bearer(code.reveal()).await.unwrap(), None);
    assert!(!format!("{first:?}").contains(first.reveal()));

    // Another station's key is not taken, and the code stays good.
    let code = store.create_code(&"thach-lam".parse().unwrap(), later).await.unwrap();
    assert_eq!(store.enrol(code.reveal(), key("old"), MORNING).await.unwrap(), None);
    assert!(store.enrol(code.reveal(), key("theirs"), MORNING).await.unwrap().is_some());

    // Enrolling again ends the token before; what the key before signed stays signed.
    let code = store.create_code(&station, later).await.unwrap();
    let (_, second) = store.enrol(code.reveal(), key("new"), MORNING).await.unwrap().unwrap();
    assert_eq!(store.bearer(first.reveal()).await.unwrap(), None);
    assert_eq!(store.bearer(second.reveal()).await.unwrap(), bearer);
    assert_eq!(store.station_keys(&station).await.unwrap().len(), 2);

    // A key that was revoked does not come back.
    let unused = store.create_code(&station, UtcMs(later.0 + 1000)).await.unwrap();
    let revoked = store.revoke_station(&station, later).await.unwrap();
    assert_eq!(revoked, Revoked { tokens: 1, keys: 2, codes: 1 });
    assert_eq!(store.station_keys(&station).await.unwrap(), []);
    assert_eq!(store.bearer(second.reveal()).await.unwrap(), None);
    assert_eq!(store.enrol(unused.reveal(), key("newest"), later).await.unwrap(), None);
    let code = store.create_code(&station, UtcMs(later.0 + 1000)).await.unwrap();
    assert_eq!(store.enrol(code.reveal(), key("new"), later).await.unwrap(), None);
    assert!(store.enrol(code.reveal(), key("newest"), later).await.unwrap().is_some());

    let lan = Bearer::Person("Lan".to_owned());
    let token = store.create_token(&lan, MORNING).await.unwrap();
    assert_eq!(store.bearer(token.reveal()).await.unwrap(), Some(lan.clone()));
    assert_eq!(store.revoke_tokens(&lan, later).await.unwrap(), 1);
    assert_eq!(store.bearer(token.reveal()).await.unwrap(), None);
}

async fn rules_go(store: &Store) {
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
