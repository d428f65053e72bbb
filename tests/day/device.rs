//! Devices that are missing, fail, or run at the wrong pace.

use loa::radio::{Evidence, Outcome, Priority::Routine, Reason};

use super::{
    SLOW, ends, one,
    studio::{self, Manners, Studio, airing, at},
};

#[test]
fn a_device_that_is_missing_and_comes_back() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.plugged.lock().unwrap() = false;
    let a = studio.clips.add(1, SLOW, 10.0, 0.5);
    let day = vec![
        airing("a", 0.0, 2.0, Routine, vec![a.clone()]),
        airing("b", 60.0, 60.0, Routine, vec![a]),
    ];
    let deck = studio.deck();
    deck.follow(studio::rundown(day));
    studio.world.run_for(12.0);
    assert!(deck.status().faults[0].contains("no sound device"), "{:?}", deck.status());
    *studio.world.plugged.lock().unwrap() = true;
    studio.world.run_for(80.0);
    assert_eq!(deck.status().faults, Vec::<String>::new());
    studio.world.stop(deck);
    let records = studio.records();
    let (missed, aired) = (one(&records, "a."), one(&records, "b."));
    assert_eq!((missed.outcome, missed.reason), (Outcome::Missed, Some(Reason::DeviceMissing)));
    assert_eq!((aired.outcome, aired.start_error_us), (Outcome::Aired, Some(0)));
}

#[test]
fn a_device_that_fails_in_the_middle() {
    let studio = Studio::new(at(-5.0), 1_000);
    let (a, b) = (studio.clips.add(1, SLOW, 10.0, 0.5), studio.clips.add(2, SLOW, 10.0, 0.5));
    *studio.world.manners.lock().unwrap() =
        Manners { fails_after: Some(8_000), ..Manners::default() };
    let records = studio.play(vec![airing("a", 0.0, 60.0, Routine, vec![a, b])], 60.0);
    assert_eq!(
        ends(&records),
        [
            (0, Outcome::Interrupted, Some(Reason::DeviceLost)),
            (1, Outcome::Missed, Some(Reason::DeviceLost)),
        ]
    );
    let cut = &records[0];
    assert!((2_000..=4_000).contains(&cut.frames_played), "{cut:?}");
    let took = cut.ended_at.unwrap().since(cut.started_at.unwrap());
    assert_eq!(took.as_millis(), u128::from(cut.frames_played));
}

#[test]
fn the_wrong_pace_is_not_aired_and_a_file_is_not_played() {
    for (pace, evidence) in
        [(1.2, Evidence::Played), (0.8, Evidence::Played), (1.0, Evidence::Simulated)]
    {
        let studio = Studio::new(at(-5.0), 1_000);
        let a = studio.clips.add(1, SLOW, 10.0, 0.5);
        *studio.world.manners.lock().unwrap() = Manners { pace, evidence, ..Manners::default() };
        let records = studio.play(vec![airing("a", 0.0, 60.0, Routine, vec![a])], 60.0);
        let draft = one(&records, "a.");
        if pace == 1.0 {
            assert_eq!(
                (draft.outcome, draft.evidence),
                (Outcome::Aired, Some(Evidence::Simulated))
            );
        } else {
            assert_eq!((draft.outcome, draft.reason), (Outcome::Partial, Some(Reason::WrongPace)));
            assert_eq!(draft.evidence, None);
        }
    }
}
