use std::sync::Arc;

use super::*;
use crate::{
    clock::{Clock as _, TestClock},
    playout::{
        cue::Settled,
        record::{Draft, Recorder},
    },
    radio::{ClockState, Outcome, Reason, RecordHash, UtcMs},
    signing::{Context, DistrictKey, SecretKey},
    wire::{AsRunRecord, Event, EventRecord, Hand, Held, Receipt, ReceiptResult, Span},
};

pub(super) const NOW: UtcMs = UtcMs(1_601_503_200_000);

pub(super) fn record(airing: &str) -> AsRunRecord {
    AsRunRecord {
        station: "thach-lam".parse().unwrap(),
        boot: String::new(),
        sequence: 0,
        airing: airing.parse().unwrap(),
        drill: false,
        position: 0,
        attempt: 1,
        scheduled_at: NOW,
        started_at: Some(NOW),
        ended_at: None,
        frames_played: 0,
        frames_expected: 48_000,
        sample_rate: 48_000,
        start_error_us: None,
        outcome: Outcome::Aired,
        reason: None,
        detail: None,
        evidence: None,
        pace_ppm: None,
        xruns: 0,
        speaker: None,
        clip: None,
        title: "Bluezone".to_owned(),
        rundown_version: 1,
        clock: ClockState::Holdover,
        previous: None,
    }
}

fn anchor() -> Anchor {
    Anchor {
        pin: None,
        server: "http://127.0.0.1:1".to_owned(),
        station: "thach-lam".parse().unwrap(),
        token: "secret".to_owned(),
        code_sha256: String::new(),
        district_key: DistrictKey {
            number: 1,
            key: SecretKey::from_seed(&[1; 32]).public(),
            not_before: NOW,
            not_after: NOW,
        },
        rundown_version: 3,
        sequence_mark: 0,
    }
}

async fn records(keep: &Keep) -> Vec<AsRunRecord> {
    let waiting = keep.waiting(10).await.unwrap();
    waiting.iter().map(|w| serde_json::from_str(&w.envelope.payload).unwrap()).collect()
}

fn draft(clock: Option<ClockState>) -> Draft {
    Draft {
        airing: "s.a.20200930T220000Z".parse().unwrap(),
        drill: false,
        position: 0,
        attempt: 1,
        scheduled_at: NOW,
        started_at: None,
        ended_at: None,
        frames_played: 0,
        frames_expected: 48_000,
        sample_rate: 48_000,
        start_error_us: None,
        outcome: Outcome::Missed,
        reason: Some(Reason::TooLate),
        detail: None,
        evidence: None,
        pace_ppm: None,
        xruns: 0,
        speaker: None,
        clip: None,
        title: "Bluezone".into(),
        rundown_version: 1,
        clock,
    }
}

#[tokio::test]
async fn sequence_numbers_have_no_gap_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    for boot in 0..3 {
        let keep = Keep::open(folder.path()).await.unwrap();
        for _ in 0..2 {
            keep.end(record("s.a.20200930T220000Z"), NOW).await.unwrap();
        }
        let numbers: Vec<u64> =
            keep.waiting(100).await.unwrap().iter().map(|w| w.sequence).collect();
        assert_eq!(numbers, (1..=(boot + 1) * 2).collect::<Vec<u64>>());
        keep.close().await;
    }
}

#[tokio::test]
async fn what_began_and_never_ended_is_interrupted_and_not_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    let draft = AsRunRecord {
        outcome: Outcome::Interrupted,
        reason: Some(Reason::StationStopped),
        ..record("s.a.20200930T220000Z")
    };
    keep.begin(&draft.airing, std::slice::from_ref(&draft), NOW).await.unwrap();
    drop(keep);

    let keep = Keep::open(folder.path()).await.unwrap();
    assert_eq!(keep.end_interrupted(NOW).await.unwrap(), 1);
    assert_eq!(keep.end_interrupted(NOW).await.unwrap(), 0);
    let record = &records(&keep).await[0];
    assert_eq!(record.outcome, Outcome::Interrupted);
    assert_eq!(record.reason, Some(Reason::StationStopped));
    assert!(keep.settled().await.unwrap().started.contains(&record.airing));
}

#[tokio::test]
async fn only_what_has_sounded_is_settled_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    let missed = |airing, attempt| AsRunRecord {
        outcome: Outcome::Missed,
        reason: Some(Reason::StationDown),
        started_at: None,
        attempt,
        ..record(airing)
    };
    let (passed, heard) = ("s.a.20200930T220000Z", "t.a.20200930T220000Z");
    keep.end(missed(passed, 1), NOW).await.unwrap();
    keep.end(missed(passed, 2), NOW).await.unwrap();
    // One clip of several sounded: that counts, in whatever order it is said.
    keep.end(missed(heard, 1), NOW).await.unwrap();
    keep.end(record(heard), NOW).await.unwrap();
    keep.end(missed(heard, 1), NOW).await.unwrap();
    drop(keep);

    let keep = Keep::open(folder.path()).await.unwrap();
    let settled = keep.settled().await.unwrap();
    assert_eq!(settled.started, [heard.parse().unwrap()].into());
    assert_eq!(settled.reprieved, [(passed.parse().unwrap(), 2)].into());
    assert_eq!(settled.attempt(&passed.parse().unwrap()), 3);

    // What is forgotten goes by when the airing was due, whatever the clock shows.
    keep.forget_settled(NOW).await.unwrap();
    assert_eq!(keep.settled().await.unwrap(), settled);
    keep.forget_settled(UtcMs(NOW.0 + 1)).await.unwrap();
    assert_eq!(keep.settled().await.unwrap(), Settled::default());
}

#[tokio::test]
async fn the_time_is_remembered_by_itself_and_with_every_record() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    assert_eq!(keep.last_known_time().await.unwrap(), None);
    keep.know_time(NOW).await.unwrap();
    assert_eq!(keep.last_known_time().await.unwrap(), Some(NOW));
    let (begun, ended) = (UtcMs(NOW.0 + 1), UtcMs(NOW.0 + 2));
    let record = record("s.a.20200930T220000Z");
    keep.begin(&record.airing, std::slice::from_ref(&record), begun).await.unwrap();
    assert_eq!(keep.last_known_time().await.unwrap(), Some(begun));
    keep.end(record, ended).await.unwrap();
    drop(keep);
    let keep = Keep::open(folder.path()).await.unwrap();
    assert_eq!(keep.last_known_time().await.unwrap(), Some(ended));
    // A time that turned out to be too late is taken back.
    keep.know_time(NOW).await.unwrap();
    assert_eq!(keep.last_known_time().await.unwrap(), Some(NOW));
}

#[tokio::test]
async fn a_start_that_comes_after_its_end_leaves_nothing_begun() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    let missed = AsRunRecord {
        outcome: Outcome::Missed,
        started_at: None,
        ..record("s.a.20200930T220000Z")
    };
    keep.end(missed.clone(), NOW).await.unwrap();
    keep.begin(&missed.airing, std::slice::from_ref(&missed), NOW).await.unwrap();
    assert_eq!(keep.begun().await.unwrap(), []);
    let again = AsRunRecord { attempt: 2, ..missed };
    keep.begin(&again.airing, std::slice::from_ref(&again), NOW).await.unwrap();
    assert_eq!(keep.begun().await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_a_receipt_ends_the_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    for _ in 0..3 {
        keep.end(record("s.a.20200930T220000Z"), NOW).await.unwrap();
    }
    let sent = keep.waiting(2).await.unwrap();
    let receipt = |result| Receipt { sequence: None, result, why: None };
    let receipts = [receipt(ReceiptResult::Recorded), receipt(ReceiptResult::Conflict)];
    assert_eq!(keep.receive(&sent, &receipts, None).await.unwrap(), 0);
    assert_eq!(keep.waiting(10).await.unwrap()[0].sequence, 3);
    assert_eq!((keep.count_waiting().await.unwrap(), keep.count_rejected().await.unwrap()), (1, 1));
}

#[tokio::test]
async fn what_the_district_has_lost_waits_again_and_nothing_else() {
    use ReceiptResult::{Conflict, Duplicate, Invalid, Recorded};
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    for _ in 0..10 {
        keep.end(record("s.a.20200930T220000Z"), NOW).await.unwrap();
    }
    let waiting = async || {
        let waiting = keep.waiting(20).await.unwrap();
        waiting.iter().map(|waiting| waiting.sequence).collect::<Vec<_>>()
    };
    let sent = keep.waiting(8).await.unwrap();
    let receipts: Vec<Receipt> =
        [Recorded, Recorded, Recorded, Invalid, Recorded, Conflict, Duplicate, Recorded]
            .map(|result| Receipt { sequence: None, result, why: None })
            .to_vec();
    let span = |first, last| Span { first, last };
    // Number 4 is missing for good: the district did not take it. Nothing of that is news.
    let held = Held { head: 3, last: 8, missing: vec![span(4, 4)] };
    assert_eq!(keep.receive(&sent, &receipts, Some(&held)).await.unwrap(), 0);
    assert_eq!(waiting().await, [9, 10]);
    // Restored from a backup that has 1, 3, 5 and 6.
    let held = Held { head: 1, last: 6, missing: vec![span(2, 2), span(4, 4)] };
    assert_eq!(keep.receive(&[], &[], Some(&held)).await.unwrap(), 3);
    assert_eq!(waiting().await, [2, 7, 8, 9, 10]);
    // One that has nothing at all.
    assert_eq!(keep.receive(&[], &[], Some(&Held::default())).await.unwrap(), 3);
    assert_eq!(waiting().await, [1, 2, 3, 5, 7, 8, 9, 10]);
}

#[tokio::test]
async fn a_record_says_what_the_machine_knows_of_its_clock_unless_the_deck_knows_better() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Arc::new(Keep::open(folder.path()).await.unwrap());
    let clock = Arc::new(TestClock::at(NOW));
    let recorder = Arc::new(KeepRecorder {
        keep: keep.clone(),
        station: "thach-lam".parse().unwrap(),
        clock: clock.clone(),
        runtime: tokio::runtime::Handle::current(),
    });
    for (is_kept, deck, said) in [
        (false, None, ClockState::Holdover),
        (true, None, ClockState::Synced),
        (true, Some(ClockState::Untrusted), ClockState::Untrusted),
    ] {
        clock.keep(is_kept);
        let (recorder, draft) = (recorder.clone(), draft(deck));
        tokio::task::spawn_blocking(move || recorder.ended(&draft)).await.unwrap().unwrap();
        assert_eq!(records(&keep).await.last().map(|record| record.clock), Some(said));
    }
}

#[tokio::test]
async fn every_record_is_signed_and_names_the_one_before_it_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let keep = Keep::open(folder.path()).await.unwrap();
        for _ in 0..2 {
            keep.end(record("s.a.20200930T220000Z"), NOW).await.unwrap();
        }
        keep.close().await;
    }
    let keep = Keep::open(folder.path()).await.unwrap();
    let key = keep.public_key().await;
    let mut previous = None;
    for Waiting { envelope, .. } in keep.waiting(10).await.unwrap() {
        assert_eq!(envelope.key, key);
        let payload = envelope.open(Context::Record).unwrap();
        let record: AsRunRecord = serde_json::from_str(payload).unwrap();
        assert_eq!(record.previous, previous);
        previous = Some(RecordHash::of(payload.as_bytes()));
    }
    assert_eq!(keep.count_waiting().await.unwrap(), 4);

    // What another key signs follows on all the same.
    keep.set_key(SecretKey::from_seed(&[7; 32])).await.unwrap();
    keep.end(record("s.a.20200930T220000Z"), NOW).await.unwrap();
    let last = keep.waiting(10).await.unwrap().pop().unwrap();
    assert_eq!(last.envelope.key, SecretKey::from_seed(&[7; 32]).public());
    assert_eq!(records(&keep).await[4].previous, previous);
}

#[tokio::test]
async fn the_anchor_is_kept_and_its_token_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    assert_eq!(keep.anchor().await, None);
    let anchor = anchor();
    keep.set_anchor(anchor.clone()).await.unwrap();
    assert_eq!(keep.anchor().await, Some(anchor.clone()));
    keep.close().await;
    assert_eq!(Keep::open(folder.path()).await.unwrap().anchor().await, Some(anchor.clone()));
    assert!(!format!("{anchor:?}").contains("secret"));
}

#[tokio::test]
async fn no_question_that_is_asked_often_reads_the_whole_history() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    for (question, index) in [
        ("select count(*) from spool where receipt in ('conflict', 'invalid')", "spool_rejected"),
        ("select count(*) from spool where receipt is null", "spool_waiting"),
    ] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("explain query plan {question}")))
                .fetch_all(&keep.db)
                .await
                .unwrap();
        assert!(plan.iter().all(|(_, _, _, step)| step.contains(index)), "{question}: {plan:?}");
    }
}

#[tokio::test]
#[ignore = "it measures: run it with --ignored --nocapture"]
async fn a_start_with_a_long_history() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    let filler = "x".repeat(900);
    sqlx::query(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000)
         insert into spool (sequence, record, key, signature, receipt)
         select i, $1, $2, $2, 'recorded' from n",
    )
    .bind(&filler)
    .bind("k".repeat(64))
    .execute(&keep.db)
    .await
    .unwrap();
    sqlx::query(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
         insert into settled (airing, due, has_sounded, attempts)
         select 's.xa.' || i, 0, true, 1 from n",
    )
    .execute(&keep.db)
    .await
    .unwrap();
    keep.close().await;
    let clock = crate::clock::SystemClock;
    let begun = clock.read().monotonic;
    let keep = Keep::open(folder.path()).await.unwrap();
    eprintln!("opened after {:?}", clock.read().monotonic - begun);
    keep.end_interrupted(NOW).await.unwrap();
    keep.settled().await.unwrap();
    eprintln!("ready after {:?}", clock.read().monotonic - begun);
    let asked = clock.read().monotonic;
    keep.count_rejected().await.unwrap();
    keep.count_waiting().await.unwrap();
    keep.waiting(100).await.unwrap();
    eprintln!("a sign of life asks for {:?}", clock.read().monotonic - asked);
    let checked = clock.read().monotonic;
    keep.check().await.unwrap();
    eprintln!("the doctor's check takes {:?}", clock.read().monotonic - checked);
}

#[tokio::test]
async fn a_full_disk_is_forgotten_when_it_has_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let keep = Keep::open(folder.path()).await.unwrap();
    let most = |pages: u32| {
        let pragma = sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"));
        sqlx::query(pragma).execute(&keep.db)
    };
    most(20).await.unwrap();
    let long = AsRunRecord { title: "x".repeat(20_000), ..record("s.a.20200930T220000Z") };
    let mut kept = 0;
    let error = loop {
        match keep.end(long.clone(), NOW).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("full"), "{error}");
    most(1_000_000).await.unwrap();
    let sequence = keep.end(long.clone(), NOW).await.unwrap();
    assert_eq!(sequence, kept + 1);
    assert_eq!(keep.count_waiting().await.unwrap(), sequence);
}

#[tokio::test]
async fn what_is_said_at_the_site_outlives_a_restart_and_stands_among_the_records() {
    let folder = tempfile::tempdir().unwrap();
    let until = Some(NOW + std::time::Duration::from_hours(2));
    let clock = ClockState::Synced;
    {
        let keep = Keep::open(folder.path()).await.unwrap();
        let unknown = keep.say(Event::Resumed, (Hand::Page, None), NOW, clock).await;
        assert!(matches!(unknown, Err(KeepError::NotEnrolled)));
        keep.set_anchor(anchor()).await.unwrap();
        assert_eq!(keep.said().await.unwrap(), Said::default());
        keep.end(record("s.thach-lam.20200930T220000Z"), NOW).await.unwrap();
        let lan = Some("lan".to_owned());
        keep.say(Event::Stopped { until }, (Hand::Command, lan), NOW, clock).await.unwrap();
        keep.say(Event::Volume { percent: 40.try_into().unwrap() }, (Hand::Page, None), NOW, clock)
            .await
            .unwrap();
        assert!(matches!(Keep::open(folder.path()).await, Err(KeepError::Busy(_))));
        keep.close().await;
    }
    let keep = Keep::open(folder.path()).await.unwrap();
    let said = keep.said().await.unwrap();
    assert_eq!(said.stop, Some(Stop { at: NOW, until }));
    assert_eq!(said.volume.map(|volume| volume.percent()), Some(40));
    // A store whose table was lost in damage knows it from the events.
    sqlx::query("delete from site").execute(&keep.db).await.unwrap();
    said::gather(&mut keep.db.acquire().await.unwrap()).await.unwrap();
    assert_eq!(keep.said().await.unwrap(), said);

    let said = keep.say(Event::Resumed, (Hand::Time, None), NOW, clock).await.unwrap();
    assert_eq!((said.stop, said.volume.is_some()), (None, true));

    let waiting = keep.waiting(10).await.unwrap();
    let mut previous = None;
    for (place, one) in (1..).zip(&waiting) {
        let value: serde_json::Value = serde_json::from_str(&one.envelope.payload).unwrap();
        assert_eq!((value["sequence"].as_u64(), one.sequence), (Some(place), place));
        assert_eq!(value["previous"].as_str().map(str::to_owned), previous);
        one.envelope.open(Context::Record).unwrap();
        previous = Some(RecordHash::of(one.envelope.payload.as_bytes()).to_string());
    }
    let events: Vec<EventRecord> = waiting[1..]
        .iter()
        .map(|one| serde_json::from_str(&one.envelope.payload).unwrap())
        .collect();
    let kinds: Vec<_> = events.iter().map(|event| event.event.kind()).collect();
    assert_eq!(kinds, ["stopped", "volume", "resumed"]);
    assert_eq!((events[0].by, events[0].who.as_deref()), (Hand::Command, Some("lan")));
    assert_ne!(events[0].boot, events[2].boot);
}
