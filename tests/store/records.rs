//! As-run records and the chains that they make.

use loa::{
    radio::{StationId, UtcMs},
    signing::{Context, Envelope},
    store::{Call, Chain, NewRecord, Store, Verdict},
    wire::{AsRunRecord, ChainFaultKind, Held, Span},
};

use crate::common::{MORNING, airing_at, key_of, played};

fn new(station: &str, sequence: u64, payload: &str) -> NewRecord {
    let envelope = Envelope::seal(Context::Record, payload.to_owned(), &key_of(station));
    NewRecord::new(&played(station, sequence), envelope)
}

pub(crate) async fn records_are_kept_once(store: &Store) {
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

pub(crate) async fn chains_grow_heal_and_fork(store: &Store) {
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
