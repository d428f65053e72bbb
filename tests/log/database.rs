//! The log of a district, in both databases, and what is done to them behind its back.

use std::time::Duration;

use loa::{
    log::{Head, Older, consistency, inclusion, leaf, verify_consistency, verify_inclusion},
    server::{Door, check_log, patrol, roll, serve, sign_log},
    store::{Call, Keeping, LogFaultKind, LogMark, NewRecord, Touched, Verdict},
};
use tokio::{net::TcpListener, sync::oneshot};

use super::{
    agree::python_on,
    common::{MORNING, after, played},
    forge::{verdict, word},
    place::{Place, confirm, days_work, lan, open, posters},
};

on_both!(
    what_happens_is_in_the_log_and_is_proven,
    what_is_done_behind_its_back_is_found,
    what_was_there_before_goes_in_first,
    policies_and_other_channels_are_in_the_log,
    several_write_at_once,
    only_what_may_have_been_written_is_read_again,
    an_edit_is_told_within_a_minute_while_nobody_asks_for_it,
);

async fn what_happens_is_in_the_log_and_is_proven(place: Place) {
    let district = &place.district;
    days_work(district).await;
    assert_eq!(sign_log(district).await.unwrap(), None);
    let store = district.store();
    let first = store.checkpoint().await.unwrap().unwrap();
    let export = place.export().await;
    let proven = verdict(&export, None, true).unwrap();
    assert_eq!(
        (proven.size, proven.signed, proven.unsigned, proven.stations),
        (first.size, 5, 0, 1)
    );
    assert_eq!((proven.broken, proven.first_break.clone()), (0, None), "{proven}");
    let text = String::from_utf8(export).unwrap();
    for (kind, count) in [
        ("record", 5),
        ("declaration", 1),
        ("station-key", 2),
        ("station-key-revoked", 1),
        ("log-key", 1),
        ("district-key", 1),
        ("rule", 9),
        ("deed", 2),
        ("ruling", 2),
    ] {
        let found = text.matches(&format!(" {{\"kind\":\"{kind}\"")).count();
        assert_eq!(found, count, "{kind}");
    }
    // Signed once, until something comes.
    assert_eq!(sign_log(district).await.unwrap(), None);
    assert_eq!(store.checkpoint().await.unwrap().unwrap(), first);
    // The same again is no entry; what is new is, and a second one under its number is not.
    let station = "thach-lam".parse().unwrap();
    let known = after(None, played("thach-lam", 1));
    let forged = after(None, loa::wire::AsRunRecord { xruns: 9, ..played("thach-lam", 2) });
    let both = [known, forged].map(|envelope| {
        NewRecord::new(&serde_json::from_str(&envelope.payload).unwrap(), envelope)
    });
    let call = Call::Line { status: None };
    let verdicts = store.confirm(&station, both.to_vec(), call, MORNING).await.unwrap();
    assert_eq!(verdicts, [Verdict::Duplicate, Verdict::Conflict]);
    assert_eq!(store.log_size().await.unwrap(), first.size);
    confirm(district, 6..=600).await;
    assert_eq!(sign_log(district).await.unwrap(), None);
    let second = store.checkpoint().await.unwrap().unwrap();
    assert_eq!(second.size, first.size + 595);

    let head = |signed: &loa::store::SignedHead| -> Head {
        let note: loa::signing::Note = signed.note.parse().unwrap();
        note.text().parse::<loa::log::Checkpoint>().unwrap().head
    };
    let older = Older { head: head(&first), note: first.note.parse().ok() };
    let proven = verdict(&place.export().await, Some(older), true).unwrap();
    assert_eq!((proven.older, proven.signed), (Some(first.size), 600), "{proven}");
    let (old, new) = (head(&first), head(&second));
    let path = store.log_nodes(&consistency(old.size, new.size).unwrap()).await.unwrap();
    verify_consistency((old.size, &old.root), (new.size, &new.root), &path).unwrap();
    let lines = store.log_lines(0..new.size).await.unwrap();
    for index in [0, 1, 255, 256, 300, new.size - 1] {
        let path = store.log_nodes(&inclusion(index, new.size).unwrap()).await.unwrap();
        let leaf = leaf(lines[index as usize].as_bytes());
        verify_inclusion(index, new.size, leaf, &path, &new.root).unwrap();
    }
    assert_eq!(check_log(district).await.unwrap(), None);
}

async fn what_is_done_behind_its_back_is_found(place: Place) {
    let district = &place.district;
    days_work(district).await;
    roll(district).await.unwrap();
    district.store().report_channel(&lan(), &posters(), MORNING).await.unwrap();
    assert_eq!(sign_log(district).await.unwrap(), None);
    assert_eq!(check_log(district).await.unwrap(), None);
    assert!(place.is_ready().await);
    let changed = LogFaultKind::Changed;
    let (mut bent, mut named) = (Vec::new(), Vec::new());
    let edits: [(&str, &str, LogFaultKind); 33] = [
        ("update as_run set received_at = received_at - 86400000 where sequence = 2",
         "update as_run set received_at = received_at + 86400000 where sequence = 2", changed),
        ("update as_run set record = replace(record, 'aired', 'missed') where sequence = 3",
         "update as_run set record = replace(record, 'missed', 'aired') where sequence = 3", changed),
        ("update as_run set airing = airing || 'x' where sequence = 1",
         "update as_run set airing = substr(airing, 1, length(airing) - 1) where sequence = 1", changed),
        ("update as_run set turn_at = turn_at + 1 where sequence = 1",
         "update as_run set turn_at = turn_at - 1 where sequence = 1", changed),
        ("update as_run set kind = 'volume' where sequence = 1",
         "update as_run set kind = null where sequence = 1", changed),
        ("update as_run set station = 'kim-tan' where sequence = 4",
         "update as_run set station = 'thach-lam' where sequence = 4", changed),
        ("update as_run set boot = 'another' where sequence = 4",
         "update as_run set boot = (select boot from as_run where sequence = 3) where sequence = 4", changed),
        ("update as_run set clip = null where sequence = 4",
         "update as_run set clip = (select clip from as_run where sequence = 3) where sequence = 4", changed),
        ("update as_run set position = position + 1 where sequence = 4",
         "update as_run set position = position - 1 where sequence = 4", changed),
        ("update declaration set outcome = 'missed'", "update declaration set outcome = 'aired'", changed),
        ("update declaration set declared_at = declared_at - 1",
         "update declaration set declared_at = declared_at + 1", changed),
        ("update ruling set approved = not approved where number = 2",
         "update ruling set approved = not approved where number = 2", changed),
        ("update audit set who = 'Hoa' where deed = 'four-eyes-set'",
         "update audit set who = 'Lan' where deed = 'four-eyes-set'", changed),
        ("update station_key set enrolled_at = enrolled_at - 1 where station = 'thach-lam'",
         "update station_key set enrolled_at = enrolled_at + 1 where station = 'thach-lam'", changed),
        ("update log_entry set entry = replace(entry, 'rule-added', 'rule-removed')",
         "update log_entry set entry = replace(entry, 'rule-removed', 'rule-added')", changed),
        ("update as_run set log_position = log_position + 100000 where sequence = 5",
         "update as_run set log_position = log_position - 100000 where sequence = 5", LogFaultKind::Missing),
        ("update as_run set log_position = null where sequence = 5",
         "update as_run set log_position = (select max(log_position) + 1 from as_run) where sequence = 5",
         LogFaultKind::Missing),
        ("insert into as_run (station, boot, sequence, airing, position, received_at, record)
          select station, boot, 99, airing, position, received_at, record from as_run where sequence = 1",
         "delete from as_run where sequence = 99", LogFaultKind::Strange),
        ("update channel_report set number = 1200", "update channel_report set number = 12", changed),
        ("update channel_report set photograph = photograph || 'x'",
         "update channel_report set photograph = substr(photograph, 1, 64)", changed),
        ("update channel_report set withdrawn_at = 1, withdrawn_by = 'Lan'",
         "update channel_report set withdrawn_at = null, withdrawn_by = null", LogFaultKind::Strange),
        // What is owed, planned and told apart follows from rules.
        ("update schedule set rule = replace(rule, '0 5 * * *', '0 6 * * *')",
         "update schedule set rule = replace(rule, '0 6 * * *', '0 5 * * *')", changed),
        ("update station set rule = replace(rule, 'Đài thach-lam', 'Đài kim-tan') where id = 'thach-lam'",
         "update station set rule = replace(rule, 'Đài kim-tan', 'Đài thach-lam') where id = 'thach-lam'", changed),
        ("update station set unit = 'kim-tan' where id = 'thach-lam'",
         "update station set unit = 'thach-lam' where id = 'thach-lam'", changed),
        ("update clip set sha256 = sha256 || 'x'",
         "update clip set sha256 = substr(sha256, 1, length(sha256) - 1)", changed),
        ("update programme set id = id || 'x'",
         "update programme set id = substr(id, 1, length(id) - 1)", LogFaultKind::Missing),
        ("update calendar set rule = replace(rule, '21:00', '23:00')",
         "update calendar set rule = replace(rule, '23:00', '21:00')", changed),
        ("update switch set is_on = true where id = 'four-eyes'",
         "update switch set is_on = false where id = 'four-eyes'", changed),
        ("insert into switch (id, is_on) values ('public', true)",
         "delete from switch where id = 'public'", LogFaultKind::Strange),
        ("insert into keeping (id, policy) values ('recordings', '{\"months\":6}')",
         "delete from keeping", LogFaultKind::Strange),
        ("insert into campaign (id, rule) values ('lạ', '{}')", "delete from campaign where id = 'lạ'",
         LogFaultKind::Strange),
        ("update log_head set size = size - 1", "update log_head set size = size + 1", LogFaultKind::Rewritten),
        ("update declaration set log_position = null",
         "update declaration set log_position = (select max(log_position) + 1 from as_run)", LogFaultKind::Missing),
    ];
    for (statement, undo, kind) in edits {
        assert!(place.behind_its_back(statement).await > 0, "{statement}");
        let fault = check_log(district).await.unwrap().expect(statement);
        assert_eq!(fault.kind, kind, "{statement}: {fault:?}");
        assert!(!place.is_ready().await, "{statement}");
        // What is exported names it as well.
        if let Some(entry) = fault.entry {
            let export = place.export().await;
            let said = word(&verdict(&export, None, true));
            assert_eq!(said, format!("entry {entry}"), "{statement}");
            bent.push(export);
            named.push(said);
        }
        assert!(place.behind_its_back(undo).await > 0, "{undo}");
        assert_eq!(check_log(district).await.unwrap(), None, "{undo}");
        assert!(place.is_ready().await, "{undo}");
    }
    assert_eq!(python_on(&bent), named);
    // Who knows how the log works changes the row and its hash: what was signed tells.
    place
        .behind_its_back(
            "update as_run set received_at = received_at - 86400000 where sequence = 2",
        )
        .await;
    let size = district.store().log_size().await.unwrap();
    let lines = district.store().log_lines(0..size).await.unwrap();
    let hashes: String = lines.iter().map(|line| hex::encode(leaf(line.as_bytes()))).collect();
    place
        .behind_its_back(&format!("update log_tile set hashes = '{hashes}' where level = 0"))
        .await;
    let fault = check_log(district).await.unwrap().unwrap();
    assert_eq!(fault.kind, LogFaultKind::Rewritten, "{fault:?}");
    // Nor is anything new signed on top of it.
    confirm(district, 6..=6).await;
    assert_eq!(sign_log(district).await.unwrap().unwrap().kind, LogFaultKind::Rewritten);
    assert_eq!(district.store().checkpoint().await.unwrap().unwrap().size, size);
    // A row that is gone, for good.
    assert_eq!(place.behind_its_back("delete from as_run where sequence = 3").await, 1);
    let fault = check_log(district).await.unwrap().unwrap();
    assert_eq!(fault.kind, LogFaultKind::Missing);
}

async fn only_what_may_have_been_written_is_read_again(place: Place) {
    let district = &place.district;
    days_work(district).await;
    confirm(district, 6..=600).await;
    assert_eq!(sign_log(district).await.unwrap(), None);
    let store = district.store();
    let touched = async |mark: &LogMark| store.log_touched(Some(mark)).await.unwrap().1;
    let within = |touched: Touched, tiles: &[u64]| match touched {
        Touched::Anything => false,
        Touched::Tiles(all) => all.iter().all(|tile| tiles.contains(tile)),
    };
    let (mut mark, first) = store.log_touched(None).await.unwrap();
    assert_eq!(first, Touched::Anything);
    // What another test has begun in the same PostgreSQL holds the mark back until it ends.
    let mut tries = 0;
    while !within(touched(&mark).await, &[]) {
        assert!(tries < 200, "nobody wrote: {:?}", touched(&mark).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
        (mark, _) = store.log_touched(None).await.unwrap();
        tries += 1;
    }
    // What the program itself writes at the end is no reason to read the beginning.
    confirm(district, 601..=601).await;
    store.set_four_eyes(&lan(), true, MORNING).await.unwrap();
    assert_eq!(sign_log(district).await.unwrap(), None);
    assert!(within(touched(&mark).await, &[2]), "{:?}", touched(&mark).await);

    assert_eq!(check_log(district).await.unwrap(), None);
    let edit = "update as_run set received_at = received_at - 1 where sequence = 300";
    let (mark, _) = store.log_touched(None).await.unwrap();
    place.behind_its_back(edit).await;
    let seen = match touched(&mark).await {
        Touched::Anything => true,
        Touched::Tiles(tiles) => tiles.contains(&1),
    };
    assert!(seen, "somebody wrote");
    // Who walks slowly finds it too, without being told; and all is well again when it is undone.
    let (mut tile, later) = (0, Duration::MAX);
    let fault = patrol(district, &mut tile, later).await.unwrap().unwrap();
    assert_eq!((fault.kind, tile), (LogFaultKind::Changed, 1), "{fault:?}");
    assert_eq!(check_log(district).await.unwrap(), Some(fault));
    place.behind_its_back(&edit.replace("- 1", "+ 1")).await;
    assert_eq!(check_log(district).await.unwrap(), None);
    tile = 1;
    assert_eq!(patrol(district, &mut tile, later).await.unwrap(), None);
    assert_eq!(tile, 0, "it went to the end");
    // A row that is gone touches nothing that is there.
    let (mark, _) = store.log_touched(None).await.unwrap();
    place.behind_its_back("delete from as_run where sequence = 300").await;
    assert_eq!(touched(&mark).await, Touched::Anything);
}

async fn an_edit_is_told_within_a_minute_while_nobody_asks_for_it(place: Place) {
    days_work(&place.district).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = serve(vec![Door::plain(listener)], place.district.clone(), async {
        stopped.await.ok();
    });
    let server = tokio::spawn(served);
    let until = async |is_ready: bool| {
        for _ in 0..60 {
            if place.is_ready().await == is_ready {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("a minute has passed, and ready is not {is_ready}");
    };
    until(true).await;
    let edit = "update as_run set received_at = received_at - 86400000 where sequence = 2";
    place.behind_its_back(edit).await;
    until(false).await;
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

/// A database of before there was a log: its tables have no places.
async fn what_was_there_before_goes_in_first(place: Place) {
    days_work(&place.district).await;
    confirm(&place.district, 6..=300).await;
    let store = place.district.store();
    let report = store.report_channel(&lan(), &posters(), MORNING).await.unwrap();
    assert!(store.withdraw_channel_report(&lan(), &report, MORNING).await.unwrap());
    let undo = [
        "update as_run set log_position = null",
        "update declaration set log_position = null",
        "update ruling set log_position = null",
        "update audit set log_position = null",
        "update channel_report set log_position = null, withdrawn_position = null",
        "update station_key set log_position = null, revoked_position = null",
        "delete from log_entry",
        "delete from log_tile",
        "delete from log_checkpoint",
        "update log_head set size = 0, is_begun = false",
    ];
    for statement in undo {
        place.behind_its_back(statement).await;
    }
    let again = open(&place.url, place.folder.path()).await;
    assert_eq!(sign_log(&again).await.unwrap(), None);
    assert_eq!(check_log(&again).await.unwrap(), None);
    let export = place.export().await;
    let proven = verdict(&export, None, true).unwrap();
    assert_eq!((proven.signed, proven.broken), (300, 0), "{proven}");
    let rules = String::from_utf8(export).unwrap().matches("{\"kind\":\"rule\",").count();
    assert_eq!(rules, 9, "what no entry says of rules is said");
    // Opened once more, nothing is taken in twice.
    let size = again.store().log_size().await.unwrap();
    let third = open(&place.url, place.folder.path()).await;
    assert_eq!(third.store().log_size().await.unwrap(), size);
}

async fn policies_and_other_channels_are_in_the_log(place: Place) {
    let (district, store) = (&place.district, place.district.store());
    days_work(district).await;
    assert_eq!(sign_log(district).await.unwrap(), None);
    // As an older Loa wrote them: they go in when this one opens the database first.
    let keeping = Keeping::new(Some(6)).unwrap();
    let report = store.report_channel(&lan(), &posters(), MORNING).await.unwrap();
    store.set_keeping(&lan(), keeping, MORNING).await.unwrap();
    let size = store.log_size().await.unwrap();
    assert_eq!(size, store.checkpoint().await.unwrap().unwrap().size + 2);
    for statement in [
        "update audit set log_position = null where deed = 'keeping-set'".to_owned(),
        "update channel_report set log_position = null".to_owned(),
        format!("update log_head set size = {}, is_begun = false", size - 2),
        "update log_tile set hashes = substr(hashes, 1, length(hashes) - 128) where level = 0"
            .to_owned(),
    ] {
        assert_eq!(place.behind_its_back(&statement).await, 1, "{statement}");
    }
    let again = open(&place.url, place.folder.path()).await;
    assert_eq!(again.store().log_size().await.unwrap(), size);
    assert!(store.withdraw_channel_report(&lan(), &report, MORNING).await.unwrap());
    store.set_public(&lan(), true, MORNING).await.unwrap();
    assert_eq!(sign_log(district).await.unwrap(), None);
    assert_eq!(check_log(district).await.unwrap(), None);
    let export = place.export().await;
    let proven = verdict(&export, None, true).unwrap();
    assert_eq!(proven.size, size + 2);
    let text = String::from_utf8(export.clone()).unwrap();
    for said in [
        "{\"kind\":\"channel-report\",",
        "{\"kind\":\"channel-report-withdrawn\",",
        "\"deed\":\"keeping-set\"",
        "\"deed\":\"public-set\"",
        &format!("\"photograph\":\"{}\"", super::common::sha256()),
    ] {
        assert_eq!(text.matches(said).count(), 1, "{said}");
    }
    assert_eq!(python_on(&[export]), ["proven"]);
    let edit = "update keeping set policy = replace(policy, '6', '7')";
    assert_eq!(place.behind_its_back(edit).await, 1);
    assert_eq!(check_log(district).await.unwrap().unwrap().kind, LogFaultKind::Changed);
}

/// Two programs on one database, and several at work in each.
async fn several_write_at_once(place: Place) {
    let district = &place.district;
    days_work(district).await;
    let other = open(&place.url, place.folder.path()).await;
    let (mut chain, mut batches) = (Vec::new(), Vec::new());
    for sequence in 1..=400 {
        let envelope = after(chain.last(), played("thach-lam", sequence));
        chain.push(envelope.clone());
        let record = serde_json::from_str(&envelope.payload).unwrap();
        batches.push(NewRecord::new(&record, envelope));
    }
    let mut work = tokio::task::JoinSet::new();
    for (number, batch) in batches[5..].chunks(20).enumerate() {
        let store = if number % 2 == 0 { district.store().clone() } else { other.store().clone() };
        let batch = batch.to_vec();
        work.spawn(async move {
            let (station, call) = ("thach-lam".parse().unwrap(), Call::Line { status: None });
            store.confirm(&station, batch, call, MORNING).await.unwrap();
            store.set_four_eyes(&lan(), number % 3 == 0, MORNING).await.unwrap();
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    assert_eq!(sign_log(district).await.unwrap(), None);
    assert_eq!(check_log(district).await.unwrap(), None);
    let proven = verdict(&place.export().await, None, true).unwrap();
    assert_eq!((proven.signed, proven.broken), (400, 0), "{proven}");
}
