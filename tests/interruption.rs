//! Bulletins at a station, on a test clock and a test speaker: what they interrupt, what goes on, and what drills may not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

mod studio;

use std::sync::Arc;

use loa::{
    playout::{record::Draft, source::ClipFault, speaker::Format},
    radio::{
        AiringItem, BulletinOrder, ClipHash, DRILL_MARK, Outcome,
        Priority::{self, Emergency, Routine},
        Reason,
    },
    wire::RundownAiring,
};
use studio::{OnFailure, Studio, airing, at, item, rundown};

const SLOW: Format = Format { sample_rate: 1_000, channels: 1 };

/// What was said of each item of an airing: position, attempt, outcome, reason, frames.
type Said = (u32, u32, Outcome, Option<Reason>, u64);

fn said(records: &[Draft], name: &str) -> Vec<Said> {
    let of = records.iter().filter(|draft| draft.airing.as_str().starts_with(name));
    let mut said: Vec<_> =
        of.map(|d| (d.position, d.attempt, d.outcome, d.reason, d.frames_played)).collect();
    said.sort_unstable_by_key(|(position, attempt, ..)| (*attempt, *position));
    said
}

fn order(name: &str) -> BulletinOrder {
    BulletinOrder { id: name.parse().unwrap(), drill: false, resumes: true, corrects: None }
}

fn bulletin(
    name: &str,
    seconds: f64,
    items: Vec<AiringItem>,
    change: impl FnOnce(&mut BulletinOrder),
) -> RundownAiring {
    let mut order = order(name);
    change(&mut order);
    RundownAiring { bulletin: Some(order), ..airing(name, seconds, 600.0, Emergency, items) }
}

/// The mark of a drill, two seconds long.
fn mark(studio: &Studio) -> AiringItem {
    let AiringItem::Clip { sha256, frames, sample_rate, .. } =
        studio.clips.add(200, SLOW, 2.0, 0.1)
    else {
        unreachable!()
    };
    let mut clips = studio.clips.0.lock().unwrap();
    let clip = clips.remove(&sha256).unwrap();
    clips.insert(DRILL_MARK, clip);
    item(DRILL_MARK, frames, sample_rate)
}

fn tape(studio: &Studio) -> Vec<f32> {
    studio.world.tape.lock().unwrap().take().unwrap()
}

#[test]
fn what_a_bulletin_interrupts_goes_on_where_it_stopped() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let (a, b) = (studio.clips.add(1, SLOW, 60.0, 0.5), studio.clips.add(2, SLOW, 30.0, -0.5));
    let news = studio.clips.add(3, SLOW, 5.0, 0.25);
    let day = vec![
        airing("a", 0.0, 0.0, Routine, vec![a, AiringItem::Pause { ms: 500 }, b]),
        bulletin("bulletin", 10.0, vec![news], |_| ()),
    ];
    let records = studio.play(day, 120.0);
    assert_eq!(said(&records, "bulletin."), [(0, 1, Outcome::Aired, None, 5_000)]);
    assert_eq!(
        said(&records, "a."),
        [
            (0, 1, Outcome::Interrupted, Some(Reason::Bulletin), 10_000),
            (2, 1, Outcome::Missed, Some(Reason::Bulletin), 0),
            (0, 2, Outcome::Aired, None, 50_000),
            (2, 2, Outcome::Aired, None, 30_000),
        ]
    );
    let again: Vec<_> = records.iter().filter(|draft| draft.attempt == 2).collect();
    assert_eq!((again[0].scheduled_at, again[1].scheduled_at), (at(15.0), at(65.5)));
    assert_eq!(again[0].frames_expected, 50_000);
    assert!(again.iter().all(|draft| draft.start_error_us == Some(0)));
    let started = studio.memory.started.lock().unwrap();
    let started: Vec<_> = started.iter().map(|one| (one.attempt, one.if_lost.len())).collect();
    assert_eq!(started, [(1, 2), (1, 1), (2, 2)]);
    // All but the two fades of fifteen frames sounds as if nothing had happened, five seconds later.
    let tape = tape(&studio);
    let whole = |at: usize| tape[at..at + 9_900].iter().filter(|s| **s == 0.5).count();
    assert_eq!(whole(5_020), 9_900);
    assert_eq!(tape[15_500], 0.25);
    assert_eq!((tape[20_000], tape[20_016]), (0.0, 0.5));
    let sounds = |level: f32| tape.iter().filter(|sample| **sample == level).count();
    assert!((59_965..=60_000).contains(&sounds(0.5)), "{}", sounds(0.5));
    assert_eq!(sounds(-0.5), 29_998);
    assert!(tape.windows(2).all(|w| (w[0] - w[1]).abs() < 0.06 || w.contains(&0.0)), "it clicks");
}

#[test]
fn where_the_station_does_not_resume_the_rest_is_missed() {
    let studio = Studio::new(at(-5.0), 1_000);
    let (a, b) = (studio.clips.add(1, SLOW, 60.0, 0.5), studio.clips.add(2, SLOW, 30.0, -0.5));
    let news = studio.clips.add(3, SLOW, 5.0, 0.25);
    let day = vec![
        airing("a", 0.0, 0.0, Routine, vec![a, b]),
        bulletin("bulletin", 10.0, vec![news], |order| order.resumes = false),
        airing("next", 20.0, 5.0, Routine, vec![studio.clips.add(4, SLOW, 3.0, 0.1)]),
    ];
    let records = studio.play(day, 60.0);
    assert_eq!(
        said(&records, "a."),
        [
            (0, 1, Outcome::Interrupted, Some(Reason::Bulletin), 10_000),
            (1, 1, Outcome::Missed, Some(Reason::Bulletin), 0),
        ]
    );
    assert_eq!(said(&records, "next."), [(0, 1, Outcome::Aired, None, 3_000)]);
}

#[test]
fn others_wait_until_what_was_interrupted_is_over() {
    let studio = Studio::new(at(-5.0), 1_000);
    let a = studio.clips.add(1, SLOW, 20.0, 0.5);
    let (news, more) = (studio.clips.add(3, SLOW, 5.0, 0.25), studio.clips.add(4, SLOW, 3.0, 0.1));
    let day = vec![
        airing("a", 0.0, 0.0, Routine, vec![a]),
        bulletin("bulletin", 10.0, vec![news], |_| ()),
        airing("equal", 12.0, 60.0, Routine, vec![more.clone()]),
        airing("urgent", 13.0, 60.0, Priority::Priority, vec![more]),
    ];
    let records = studio.play(day, 60.0);
    let began = |name: &str| {
        let of = records.iter().filter(|draft| draft.airing.as_str().starts_with(name));
        of.map(|draft| draft.started_at.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(began("urgent."), [at(15.0)]);
    assert_eq!(began("a."), [at(0.0), at(18.0)]);
    assert_eq!(began("equal."), [at(28.0)]);
}

#[test]
fn what_would_go_on_in_quiet_hours_does_not() {
    let mut studio = Studio::new(at(-5.0), 1_000);
    // The programme was to be over by then.
    studio.hours.quiet = vec!["05:01-06:00".parse().unwrap()];
    let a = studio.clips.add(1, SLOW, 58.0, 0.5);
    let news = studio.clips.add(3, SLOW, 5.0, 0.25);
    let day = vec![
        airing("a", 0.0, 0.0, Routine, vec![a]),
        bulletin("bulletin", 50.0, vec![news], |_| ()),
    ];
    let records = studio.play(day, 120.0);
    assert_eq!(said(&records, "bulletin.").len(), 1);
    assert_eq!(
        said(&records, "a."),
        [(0, 1, Outcome::Interrupted, Some(Reason::Bulletin), 50_000)]
    );
}

#[test]
fn a_bulletin_that_is_taken_back_ends_at_once_and_the_programme_goes_on() {
    let studio = Studio::new(at(-5.0), 1_000);
    let a = studio.clips.add(1, SLOW, 60.0, 0.5);
    let news = studio.clips.add(3, SLOW, 30.0, 0.25);
    let programme = airing("a", 0.0, 0.0, Routine, vec![a]);
    let wrong = bulletin("bulletin", 10.0, vec![news], |_| ());
    let deck = studio.deck();
    let _open = OnFailure(studio.world.clone());
    deck.follow(rundown(vec![programme.clone(), wrong]));
    studio.world.run_for(18.0);
    deck.follow(rundown(vec![programme]));
    studio.world.run_for(80.0);
    studio.world.stop(deck);
    let records = studio.records();
    let wrong = &said(&records, "bulletin.")[..];
    let [(0, 1, Outcome::Interrupted, Some(Reason::Withdrawn), frames)] = wrong else {
        panic!("{wrong:?}")
    };
    assert!((2_000..5_000).contains(frames), "{frames}");
    assert_eq!(said(&records, "a.").last(), Some(&(0, 2, Outcome::Aired, None, 50_000)));
}

#[test]
fn a_correction_cuts_in_on_what_it_corrects_and_another_bulletin_waits() {
    let studio = Studio::new(at(-5.0), 1_000);
    let wrong = studio.clips.add(1, SLOW, 30.0, 0.5);
    let (right, other) = (studio.clips.add(2, SLOW, 3.0, 0.1), studio.clips.add(3, SLOW, 3.0, 0.2));
    let day = vec![
        bulletin("wrong", 0.0, vec![wrong], |_| ()),
        bulletin("other", 5.0, vec![other], |_| ()),
        bulletin("right", 10.0, vec![right], |order| {
            order.corrects = Some("wrong".parse().unwrap());
        }),
    ];
    let records = studio.play(day, 60.0);
    assert_eq!(
        said(&records, "wrong."),
        [(0, 1, Outcome::Interrupted, Some(Reason::Bulletin), 10_000)]
    );
    let began = |name: &str| {
        let of = records.iter().find(|draft| draft.airing.as_str().starts_with(name));
        of.unwrap().started_at.unwrap()
    };
    assert_eq!((began("right."), began("other.")), (at(10.0), at(13.0)));
}

#[test]
fn a_drill_sounds_with_its_mark_and_gives_way_to_what_is_real() {
    let studio = Studio::new(at(-5.0), 1_000);
    let (mark, clip) = (mark(&studio), studio.clips.add(1, SLOW, 20.0, 0.5));
    let news = studio.clips.add(2, SLOW, 3.0, 0.25);
    let day = vec![
        airing("a", 0.0, 0.0, Routine, vec![studio.clips.add(4, SLOW, 5.0, 0.3)]),
        bulletin("drill", 2.0, vec![mark.clone(), clip, mark], |order| order.drill = true),
        bulletin("real", 10.0, vec![news], |_| ()),
    ];
    let records = studio.play(day, 60.0);
    assert_eq!(
        said(&records, "drill."),
        [
            (0, 1, Outcome::Aired, None, 2_000),
            (1, 1, Outcome::Interrupted, Some(Reason::Bulletin), 6_000),
            (2, 1, Outcome::Missed, Some(Reason::Bulletin), 0),
        ]
    );
    let (drills, others): (Vec<_>, Vec<_>) = records.iter().partition(|draft| draft.drill);
    assert_eq!((drills.len(), others.len()), (3, 3));
    let cut = others.iter().find(|draft| draft.outcome == Outcome::Interrupted).unwrap();
    assert!(cut.detail.as_deref().unwrap().contains("the drill"), "{cut:?}");
}

#[test]
fn a_drill_without_its_mark_never_sounds() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let (mark, clip) = (mark(&studio), studio.clips.add(1, SLOW, 20.0, 0.5));
    let drill = |order: &mut BulletinOrder| order.drill = true;
    let rotten = ClipFault::Decode("test".into());
    let day = vec![
        bulletin("none", 0.0, vec![clip.clone()], drill),
        bulletin("behind", 10.0, vec![clip.clone(), mark.clone()], drill),
        bulletin("once", 20.0, vec![mark.clone(), clip.clone(), clip.clone()], drill),
        bulletin("rotten", 30.0, vec![mark, clip], drill),
    ];
    studio.clips.0.lock().unwrap().get_mut(&DRILL_MARK).unwrap().fault = Some(rotten);
    let records = studio.play(day, 700.0);
    assert_eq!(records.len(), 8);
    for draft in &records {
        assert!(draft.drill && draft.frames_played == 0, "{draft:?}");
        let is_mark = draft.airing.as_str().starts_with("rotten.") && draft.position == 0;
        let reason = if is_mark { Reason::DecodeFailed } else { Reason::DrillUnmarked };
        assert_eq!(draft.reason, Some(reason), "{draft:?}");
    }
    assert!(tape(&studio).iter().all(|sample| *sample == 0.0));
}

#[test]
fn a_drill_keeps_quiet_hours_and_a_stop_at_the_site_and_an_emergency_does_not() {
    let records = |quiet: &str, stopped: bool| {
        let mut studio = Studio::new(at(-5.0), 1_000);
        studio.hours.quiet = quiet.split_whitespace().map(|text| text.parse().unwrap()).collect();
        studio.site.stopped = stopped.then(|| at(-60.0));
        studio.site.emergency_overrides_stop = true;
        let (mark, clip) = (mark(&studio), studio.clips.add(1, SLOW, 2.0, 0.5));
        let day = vec![
            bulletin("drill", 0.0, vec![mark, clip.clone()], |order| order.drill = true),
            bulletin("real", 20.0, vec![clip], |_| ()),
        ];
        let records = studio.play(day, 60.0);
        ["drill.", "real."].map(|name| (said(&records, name)[0].2, said(&records, name)[0].3))
    };
    let aired = (Outcome::Aired, None);
    assert_eq!(records("", false), [aired, aired]);
    assert_eq!(
        records("05:00-06:00", false),
        [(Outcome::Refused, Some(Reason::QuietHours)), aired]
    );
    assert_eq!(records("", true), [(Outcome::Missed, Some(Reason::StoppedLocally)), aired]);
}

#[test]
fn a_bulletin_waits_for_its_clip_however_near_the_next_airing_is() {
    let studio = Studio::new(at(-5.0), 1_000);
    let clip = studio.clips.add(1, SLOW, 2.0, 0.5);
    let hash = ClipHash([1; 32]);
    let held = studio.clips.0.lock().unwrap().remove(&hash).unwrap();
    let day = vec![
        bulletin("bulletin", 0.0, vec![clip], |_| ()),
        airing("a", 3.0, 120.0, Routine, vec![studio.clips.add(4, SLOW, 5.0, 0.3)]),
    ];
    let deck = studio.deck();
    let _open = OnFailure(Arc::clone(&studio.world));
    deck.follow(rundown(day));
    studio.world.run_for(30.0);
    studio.clips.0.lock().unwrap().insert(hash, held);
    studio.world.run_for(60.0);
    studio.world.stop(deck);
    let records = studio.records();
    assert_eq!(said(&records, "bulletin."), [(0, 1, Outcome::Aired, None, 2_000)]);
    assert_eq!(said(&records, "a."), [(0, 1, Outcome::Aired, None, 5_000)]);
}
