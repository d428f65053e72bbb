use loa::{
    radio::{Approval, Clip, ClipHash, Item, Programme, Schedule, Subject},
    server::roll,
    store::{
        Actor, AuditFilter, ChangeKind, Deed, Former, Origin, Removed, Ruled, Rules, Said, Store,
        StoreError, Thing, ThingKind,
    },
};
use serde_json::{Value, json};

use crate::{
    common::{BEFORE, clip, district::House, sha256_of},
    somebody,
};

on_both_databases!(
    what_somebody_else_approved_airs,
    a_file_and_a_page_do_not_overwrite_each_other,
    a_programme_that_sounds_otherwise_is_approved_anew,
    one_person_alone_needs_the_switch,
    a_retired_clip_airs_no_more,
);

fn subject(id: &str) -> Subject {
    Subject::Clip(id.parse().unwrap())
}

async fn rule(
    store: &Store,
    actor: &Actor,
    subject: &Subject,
    content: ClipHash,
    approved: bool,
) -> Ruled {
    let comment = (!approved).then_some("Thiếu tên cơ quan");
    store.rule(actor, &Said { subject, content, approved, comment }, BEFORE).await.unwrap()
}

/// The reason of the morning's airing at thach-lam, after planning; none: it airs.
async fn refusal(house: &House) -> Option<String> {
    roll(&house.district).await.unwrap();
    let airing = house.state_of("thach-lam").await;
    match airing["state"].as_str().unwrap() {
        "planned" => None,
        "refused" => Some(airing["reason"].as_str().unwrap().to_owned()),
        other => panic!("{other}"),
    }
}

/// A programme of a file that sounds a clip which Lan loaded.
async fn with_a_new_clip(house: &House) -> Clip {
    house.keep_clip(b"moi");
    let new = Clip { approved_by: None, ..clip("moi", b"moi") };
    let store = house.district.store();
    let change =
        store.put(&somebody("Lan"), (Thing::Clip(&new), Former::Any), false, BEFORE).await.unwrap();
    assert_eq!(change.unwrap().kind, ChangeKind::Added);
    let programmes = vec![Programme {
        id: "ban-tin".parse().unwrap(),
        title: "Bản tin".to_owned(),
        items: vec![Item::Clip(new.id.clone())],
    }];
    let rules = Rules { programmes, ..Rules::default() };
    store.apply(&rules, &Removed::default(), BEFORE).await.unwrap();
    new
}

async fn deeds(store: &Store) -> Vec<(String, String, String)> {
    let trail = store.trail(&AuditFilter::default(), None, 100).await.unwrap();
    trail.into_iter().map(|line| (line.actor.name, line.deed, line.subject)).collect()
}

async fn what_somebody_else_approved_airs(house: House) {
    let store = house.district.store();
    let new = with_a_new_clip(&house).await;
    let it = subject("moi");
    assert_eq!(refusal(&house).await.as_deref(), Some("not-approved"));
    let pending = store.pending().await.unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!((&pending[0].subject, pending[0].content), (&it, new.sha256));
    assert_eq!(pending[0].makers[0].name.as_deref(), Some("Lan"));

    // Not the one who loaded it; not of another recording; not of nothing.
    assert_eq!(rule(store, &somebody("Lan"), &it, new.sha256, true).await, Ruled::Own);
    assert_eq!(rule(store, &somebody("Minh"), &it, sha256_of(b"x"), true).await, Ruled::Changed);
    let nothing = subject("khong-co");
    assert_eq!(rule(store, &somebody("Minh"), &nothing, new.sha256, true).await, Ruled::Unknown);
    assert_eq!(refusal(&house).await.as_deref(), Some("not-approved"));

    assert_eq!(rule(store, &somebody("Minh"), &it, new.sha256, false).await, Ruled::Done);
    let sent_back = store.pending().await.unwrap().remove(0);
    assert_eq!(sent_back.approval, Approval::SentBack);
    assert_eq!(sent_back.last.unwrap().comment.as_deref(), Some("Thiếu tên cơ quan"));
    assert_eq!(refusal(&house).await.as_deref(), Some("not-approved"));

    assert_eq!(rule(store, &somebody("Minh"), &it, new.sha256, true).await, Ruled::Done);
    assert_eq!(refusal(&house).await, None);
    assert_eq!(store.pending().await.unwrap(), []);
    let rulings = store.rulings(&it).await.unwrap();
    let seen: Vec<_> = rulings.iter().map(|one| (one.by.as_str(), one.approved, one.own)).collect();
    assert_eq!(seen, [("Minh", false, false), ("Minh", true, false)]);

    // Another recording under the same name asks anew.
    let louder = Clip { sha256: sha256_of(b"khac"), ..new };
    house.keep_clip(b"khac");
    store.put(&somebody("Minh"), (Thing::Clip(&louder), Former::Any), false, BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await.as_deref(), Some("not-approved"));
    // And it is Minh's work now.
    assert_eq!(rule(store, &somebody("Minh"), &it, louder.sha256, true).await, Ruled::Own);
    assert_eq!(rule(store, &somebody("Lan"), &it, louder.sha256, true).await, Ruled::Done);
    assert_eq!(refusal(&house).await, None);

    let names = |name: &str, deed: &str| (name.to_owned(), deed.to_owned(), "clip moi".to_owned());
    let mut trail = deeds(store).await;
    trail.sort();
    let mut expected = vec![
        names("Lan", "rule-added"),
        names("Minh", "sent-back"),
        names("Minh", "approved"),
        names("Minh", "rule-changed"),
        names("Lan", "approved"),
    ];
    expected.sort();
    assert_eq!(trail, expected);
}

async fn a_file_and_a_page_do_not_overwrite_each_other(house: House) {
    let store = house.district.store();
    let (lan, none) = (somebody("Lan"), Removed::default());
    let of_file = store.clip(&"bluezone".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((of_file.origin, of_file.approval), (Origin::File, Approval::Approved));
    assert_eq!(of_file.ruling.as_ref().unwrap().by, "Chủ tịch");
    let edited = Clip { title: "Tên mới".to_owned(), ..of_file.clip.clone() };

    // A page does not change by the way what a file brought.
    let refused =
        store.put(&lan, (Thing::Clip(&edited), Former::Any), false, BEFORE).await.unwrap_err();
    assert!(matches!(refused, StoreError::OfFile { noun: "clip", .. }), "{refused}");
    assert_eq!(deeds(store).await, []);
    let change =
        store.put(&lan, (Thing::Clip(&edited), Former::Any), true, BEFORE).await.unwrap().unwrap();
    assert_eq!(change.kind, ChangeKind::Changed(vec!["title".to_owned()]));
    // Its recording is the same, so that its approval holds, and Lan has not made it.
    let of_page = store.clip(&edited.id).await.unwrap().unwrap();
    assert_eq!((of_page.origin, of_page.approval), (Origin::Page, Approval::Approved));
    assert_eq!((of_page.clip.title.as_str(), of_page.maker.person), ("Tên mới", None));

    // The file says so, and twice changes nothing.
    let rules = crate::common::rules();
    let edition = store.edition().await.unwrap();
    let kept = store.apply(&rules, &none, BEFORE).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0].kind, kept[0].id.as_str()), (&ChangeKind::Kept, "bluezone"));
    let gone = Removed { clips: vec![edited.id.clone()], ..Removed::default() };
    let kept = store.apply(&Rules::default(), &gone, BEFORE).await.unwrap();
    assert_eq!(kept[0].kind, ChangeKind::Kept);
    assert_eq!(store.edition().await.unwrap(), edition);
    assert_eq!(store.clips().await.unwrap()[0].title, "Tên mới");

    let by = (&Actor::command("loa apply"), BEFORE);
    let taken = store.apply_by(by, &rules, &none, true).await.unwrap();
    assert_eq!(taken[0].kind, ChangeKind::Changed(vec!["title".to_owned()]));
    let filter = AuditFilter { deed: Some(Deed::FilesApplied), ..AuditFilter::default() };
    let lines = store.trail(&filter, None, 10).await.unwrap();
    assert_eq!(lines[0].actor.name, "loa apply");
    let after = json!({"added": [], "changed": ["clip bluezone"], "removed": []});
    assert_eq!(lines[0].after, Some(after));
    assert_eq!(store.apply_by(by, &rules, &none, true).await.unwrap(), []);
    assert_eq!(store.trail(&filter, None, 10).await.unwrap().len(), 1);
    assert_eq!(store.apply(&rules, &none, BEFORE).await.unwrap(), []);

    // A file that no longer says who approved a clip takes its approval back.
    let mut silent = rules.clone();
    silent.clips[0].approved_by = None;
    store.apply(&silent, &none, BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await.as_deref(), Some("not-approved"));
    // What a page says of it then holds, whatever else the file changes.
    assert_eq!(
        rule(store, &lan, &subject("bluezone"), rules.clips[0].sha256, true).await,
        Ruled::Done
    );
    silent.clips[0].title = "Tên khác".to_owned();
    store.apply(&silent, &none, BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await, None);

    // Every other kind of rule is kept in the same way.
    let unit = rules.units[0].clone();
    let refused = store.put(&lan, (Thing::Unit(&unit), Former::Any), false, BEFORE).await.unwrap();
    assert_eq!(refused, None);
    let mut schedule = rules.schedules[0].clone();
    schedule.title = "Buổi sớm".to_owned();
    assert!(
        store.put(&lan, (Thing::Schedule(&schedule), Former::Any), false, BEFORE).await.is_err()
    );
    store
        .put(&lan, (Thing::Schedule(&schedule), Former::Any), true, BEFORE)
        .await
        .unwrap()
        .unwrap();
    let kept = store.apply(&rules, &none, BEFORE).await.unwrap();
    assert!(kept.iter().any(|change| change.noun == "schedule" && change.kind == ChangeKind::Kept));
    let of = async |thing| store.origin(thing).await.unwrap();
    assert_eq!(of(Thing::Schedule(&schedule)).await, Some(Origin::Page));
    assert_eq!(of(Thing::Programme(&rules.programmes[0])).await, Some(Origin::File));
    let nothing = Schedule { id: "khong-co".parse().unwrap(), ..schedule.clone() };
    assert_eq!(of(Thing::Schedule(&nothing)).await, None);

    // What is needed stays; what is not goes.
    let needed = (ThingKind::Programme, "ban-tin");
    let refused = store.take_away(&lan, needed, true, BEFORE).await.unwrap_err();
    assert!(refused.to_string().contains("schedule sang-05h"), "{refused}");
    schedule.programme = "khong-co".parse().unwrap();
    let dangling = store
        .put(&lan, (Thing::Schedule(&schedule), Former::Any), false, BEFORE)
        .await
        .unwrap_err();
    assert!(dangling.to_string().contains("no programme khong-co"), "{dangling}");
    let sang = (ThingKind::Schedule, "sang-05h");
    assert_eq!(
        store.take_away(&lan, sang, false, BEFORE).await.unwrap().unwrap().kind,
        ChangeKind::Removed
    );
    assert_eq!(store.take_away(&lan, sang, false, BEFORE).await.unwrap(), None);
    assert!(matches!(
        store.take_away(&lan, needed, false, BEFORE).await,
        Err(StoreError::OfFile { .. })
    ));
}

async fn a_programme_that_sounds_otherwise_is_approved_anew(house: House) {
    let store = house.district.store();
    let (lan, minh) = (somebody("Lan"), somebody("Minh"));
    let mut programme = store.rules().await.unwrap().programmes.remove(0);
    programme.items.push(Item::Pause(1000));
    store.put(&lan, (Thing::Programme(&programme), Former::Any), true, BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await.as_deref(), Some("programme-not-approved"));
    let it = Subject::Programme(programme.id.clone());
    let pending = store.pending().await.unwrap().remove(0);
    assert_eq!((&pending.subject, pending.approval), (&it, Approval::Waiting));
    assert_eq!(rule(store, &lan, &it, pending.content, true).await, Ruled::Own);
    assert_eq!(rule(store, &minh, &it, pending.content, true).await, Ruled::Done);
    assert_eq!(refusal(&house).await, None);

    // Another title is no other sound.
    programme.title = "Bản tin sáng".to_owned();
    store.put(&minh, (Thing::Programme(&programme), Former::Any), false, BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await, None);
    // A longer pause is, and so is another recording in it; both are Minh's work, not Lan's.
    programme.items.push(Item::Pause(2000));
    store.put(&minh, (Thing::Programme(&programme), Former::Any), false, BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await.as_deref(), Some("programme-not-approved"));
    // What was approved before is not what waits now.
    assert_eq!(rule(store, &lan, &it, pending.content, true).await, Ruled::Changed);
    let longer = store.pending().await.unwrap().remove(0);
    assert_eq!(longer.approval, Approval::Waiting);
    assert!(longer.last.is_some_and(|last| last.approved));
    assert_eq!(rule(store, &minh, &it, longer.content, true).await, Ruled::Own);
    assert_eq!(rule(store, &lan, &it, longer.content, true).await, Ruled::Done);
    assert_eq!(refusal(&house).await, None);

    // Back to what was approved once: nothing new to hear.
    programme.items.pop();
    store.put(&lan, (Thing::Programme(&programme), Former::Any), false, BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await, None);
    let mut rules = crate::common::rules();
    rules.clips[0].sha256 = sha256_of(b"khac");
    rules.programmes.clear();
    store.apply(&rules, &Removed::default(), BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await.as_deref(), Some("programme-not-approved"));
}

async fn one_person_alone_needs_the_switch(house: House) {
    let store = house.district.store();
    let lan = somebody("Lan");
    let new = with_a_new_clip(&house).await;
    let it = subject("moi");
    assert!(store.four_eyes().await.unwrap());
    assert_eq!(rule(store, &lan, &it, new.sha256, true).await, Ruled::Own);
    // To send back one's own work takes nobody else.
    assert_eq!(rule(store, &lan, &it, new.sha256, false).await, Ruled::Done);

    store.set_four_eyes(&somebody("Admin"), false, BEFORE).await.unwrap();
    store.set_four_eyes(&somebody("Admin"), false, BEFORE).await.unwrap();
    assert!(!store.four_eyes().await.unwrap());
    assert_eq!(rule(store, &lan, &it, new.sha256, true).await, Ruled::Done);
    assert_eq!(refusal(&house).await, None);
    let approvals = house.state_of("thach-lam").await["approvals"].clone();
    let expected = serde_json::json!([{
        "noun": "clip", "id": "moi", "content": new.sha256, "approved": true, "by": "Lan",
        "at": BEFORE, "own": true,
    }]);
    assert_eq!(approvals, expected);

    store.set_four_eyes(&somebody("Admin"), true, BEFORE).await.unwrap();
    assert!(store.four_eyes().await.unwrap());
    let set = deeds(store).await.into_iter().filter(|(_, deed, _)| deed == "four-eyes-set");
    assert_eq!(set.count(), 2);
}

async fn a_retired_clip_airs_no_more(house: House) {
    let store = house.district.store();
    let (lan, bluezone) = (somebody("Lan"), "bluezone".parse().unwrap());
    assert_eq!(refusal(&house).await, None);
    let explained = house.state_of("thach-lam").await;
    assert_eq!(explained["approvals"][0]["by"], "Chủ tịch");
    assert_eq!(explained["approvals"][0].get("own"), None::<&Value>);

    assert!(store.retire(&lan, &bluezone, true, BEFORE).await.unwrap());
    assert_eq!(refusal(&house).await.as_deref(), Some("clip-retired"));
    // A file that is applied again does not bring it back.
    store.apply(&crate::common::rules(), &Removed::default(), BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await.as_deref(), Some("clip-retired"));
    assert!(store.retire(&lan, &bluezone, false, BEFORE).await.unwrap());
    assert_eq!(refusal(&house).await, None);
    assert!(!store.retire(&lan, &"khong-co".parse().unwrap(), true, BEFORE).await.unwrap());

    // Outside its days it does not air either.
    let mut rules = crate::common::rules();
    rules.clips[0].until = Some("2020-09-30".parse().unwrap());
    store.apply(&rules, &Removed::default(), BEFORE).await.unwrap();
    assert_eq!(refusal(&house).await.as_deref(), Some("clip-not-valid"));
}
