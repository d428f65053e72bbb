//! Clips that are wrong, late or not there.

use loa::{
    playout::source::ClipFault,
    radio::{Outcome, Priority::Routine, Reason},
};

use super::{
    SLOW, ends, one,
    studio::{self, Studio, airing, at},
};

#[test]
fn a_clip_that_is_wrong_keeps_its_place_silent() {
    let studio = Studio::new(at(-15.0), 1_000);
    let items: Vec<_> = (1..=5).map(|n| studio.clips.add(n, SLOW, 10.0, 0.5)).collect();
    studio.clips.spoil(1, |clip| clip.fault = Some(ClipFault::Corrupt("test".into())));
    studio.clips.0.lock().unwrap().remove(&loa::radio::ClipHash([2; 32]));
    studio.clips.spoil(3, |clip| clip.breaks_after = Some(4_000));
    studio.clips.spoil(4, |clip| clip.breaks_after = Some(0));
    let records = studio.play(vec![airing("a", 0.0, 0.0, Routine, items)], 80.0);
    let mut sorted = records.clone();
    sorted.sort_by_key(|draft| draft.position);
    assert_eq!(
        ends(&sorted),
        [
            (0, Outcome::Refused, Some(Reason::ClipCorrupt)),
            (1, Outcome::Missed, Some(Reason::ClipMissing)),
            (2, Outcome::Partial, Some(Reason::DecodeFailed)),
            (3, Outcome::Missed, Some(Reason::DecodeFailed)),
            (4, Outcome::Aired, None),
        ]
    );
    assert_eq!((sorted[2].frames_played, sorted[3].evidence), (4_000, None));
    assert_eq!((sorted[4].started_at, sorted[4].start_error_us), (Some(at(40.0)), Some(0)));
}

#[test]
fn an_airing_without_one_sound_clip_is_not_started() {
    let studio = Studio::new(at(-15.0), 1_000);
    let gone = studio::item(loa::radio::ClipHash([9; 32]), 1_000, 1_000);
    let records = studio.play(vec![airing("a", 0.0, 60.0, Routine, vec![gone])], 80.0);
    assert_eq!(ends(&records), [(0, Outcome::Missed, Some(Reason::ClipMissing))]);
    assert!(studio.memory.started.lock().unwrap().is_empty(), "it was said to start");
}

#[test]
fn an_airing_waits_for_a_clip_that_is_still_being_fetched() {
    let studio = Studio::new(at(-15.0), 1_000);
    let clips = || studio.clips.0.lock().unwrap();
    let (chime, news) = (studio.clips.add(1, SLOW, 2.0, 0.5), studio.clips.add(2, SLOW, 10.0, 0.5));
    let fetched = clips().remove(&loa::radio::ClipHash([2; 32])).unwrap();
    let deck = studio.deck();
    deck.follow(studio::rundown(vec![airing("a", 0.0, 60.0, Routine, vec![chime, news])]));
    studio.world.run_for(35.0);
    assert!(studio.records().is_empty());
    clips().insert(loa::radio::ClipHash([2; 32]), fetched);
    studio.world.run_for(20.0);
    studio.world.stop(deck);
    let records = studio.records();
    assert_eq!(ends(&records), [(0, Outcome::Aired, None), (1, Outcome::Aired, None)]);
    let late = records[0].start_error_us.unwrap();
    assert!((20_000_000..30_000_000).contains(&late), "{late}");
}

#[test]
fn an_airing_waits_for_a_clip_that_had_rotted_and_is_fetched_again() {
    for comes_again in [true, false] {
        let studio = Studio::new(at(-15.0), 1_000);
        let clips = || studio.clips.0.lock().unwrap();
        let news = studio.clips.add(2, SLOW, 10.0, 0.5);
        let chime = studio.clips.add(1, SLOW, 2.0, 0.5);
        let fetched = clips().get(&loa::radio::ClipHash([2; 32])).unwrap().clone();
        studio.clips.spoil(2, |clip| clip.fault = Some(ClipFault::Corrupt("test".into())));
        let deck = studio.deck();
        deck.follow(studio::rundown(vec![airing("a", 0.0, 60.0, Routine, vec![chime, news])]));
        studio.world.run_for(35.0);
        assert_eq!(ends(&studio.records()), []);
        if comes_again {
            clips().insert(loa::radio::ClipHash([2; 32]), fetched);
        }
        studio.world.run_for(60.0);
        studio.world.stop(deck);
        let mut records = studio.records();
        records.sort_by_key(|draft| draft.position);
        let second = match comes_again {
            true => (1, Outcome::Aired, None),
            false => (1, Outcome::Refused, Some(Reason::ClipCorrupt)),
        };
        assert_eq!(ends(&records), [(0, Outcome::Aired, None), second]);
    }
}

#[test]
fn an_airing_that_lacks_its_clip_does_not_hold_up_the_next() {
    let studio = Studio::new(at(-15.0), 1_000);
    let a = studio.clips.add(1, SLOW, 10.0, 0.5);
    let gone = studio::item(loa::radio::ClipHash([9; 32]), 10_000, 1_000);
    let day = vec![
        airing("a", 0.0, 600.0, Routine, vec![gone]),
        airing("b", 30.0, 0.0, Routine, vec![a]),
    ];
    let records = studio.play(day, 60.0);
    let (lacking, next) = (one(&records, "a."), one(&records, "b."));
    assert_eq!((lacking.outcome, lacking.reason), (Outcome::Missed, Some(Reason::ClipMissing)));
    assert_eq!((next.outcome, next.start_error_us), (Outcome::Aired, Some(0)));
}
