//! What breaks an airing off: an emergency, a stop at the site, the end of the program.

use loa::{
    playout::site::Site,
    radio::{
        Outcome,
        Priority::{self, Emergency, Routine},
        Reason,
    },
};

use super::{
    SLOW, ends, one,
    studio::{self, Studio, airing, at},
};

#[test]
fn an_emergency_cuts_in_with_a_fade() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let (a, b, c) = (
        studio.clips.add(1, SLOW, 60.0, 0.5),
        studio.clips.add(2, SLOW, 60.0, 0.5),
        studio.clips.add(3, SLOW, 5.0, 0.25),
    );
    let day = vec![
        airing("a", 0.0, 0.0, Routine, vec![a, b]),
        airing("b", 10.0, 0.0, Emergency, vec![c]),
    ];
    let records = studio.play(day, 100.0);
    let cut: Vec<_> =
        records.iter().filter(|draft| draft.airing.as_str().starts_with("a.")).collect();
    let position = |n| cut.iter().find(|draft| draft.position == n).unwrap();
    assert_eq!(
        (position(0).outcome, position(0).reason),
        (Outcome::Interrupted, Some(Reason::CutIn))
    );
    assert_eq!((position(0).frames_played, position(0).frames_expected), (10_000, 60_000));
    assert_eq!((position(1).outcome, position(1).reason), (Outcome::Missed, Some(Reason::CutIn)));
    let urgent = one(&records, "b.");
    assert_eq!((urgent.outcome, urgent.start_error_us), (Outcome::Aired, Some(0)));
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    assert_eq!((tape[14_980], tape[14_999], tape[15_001]), (0.5, 0.0, 0.25));
    assert!(
        tape.windows(2).skip(5_002).take(9_990).all(|w| (w[0] - w[1]).abs() < 0.06),
        "it clicks"
    );
}

#[test]
fn a_stop_at_the_site_fades_out_and_holds_until_it_is_resumed() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let clip = studio.clips.add(1, SLOW, 60.0, 0.5);
    let short = studio.clips.add(2, SLOW, 5.0, 0.25);
    let day = vec![
        airing("a", 0.0, 0.0, Routine, vec![clip.clone(), clip]),
        airing("b", 20.0, 600.0, Priority::Priority, vec![short.clone()]),
        airing("c", 40.0, 0.0, Emergency, vec![short.clone()]),
        airing("d", 60.5, 0.0, Emergency, vec![short.clone()]),
        airing("e", 90.0, 0.0, Routine, vec![short]),
    ];
    let deck = studio.deck();
    deck.follow(studio::rundown(day));
    let knobs = deck.knobs();
    let stopped = Some(at(10.0));
    studio.world.run_for(15.0);
    knobs.turn(Site { stopped, ..Site::default() });
    studio.world.run_for(39.0);
    knobs.turn(Site { stopped, emergency_overrides_stop: true, ..Site::default() });
    studio.world.run_for(31.0);
    knobs.turn(Site::default());
    studio.world.run_for(30.0);
    studio.world.stop(deck);
    let records = studio.records();

    let ended = |name| {
        let draft = one(&records, name);
        (draft.outcome, draft.reason)
    };
    let parts: Vec<_> =
        records.iter().filter(|draft| draft.airing.as_str().starts_with("a.")).collect();
    let reasons: Vec<_> =
        parts.iter().map(|draft| (draft.position, draft.outcome, draft.reason)).collect();
    let stopped = Some(Reason::StoppedLocally);
    assert!(reasons.contains(&(0, Outcome::Interrupted, stopped)), "{reasons:?}");
    assert!(reasons.contains(&(1, Outcome::Missed, stopped)), "{reasons:?}");
    assert_eq!(reasons.len(), 2);
    // The rest of its late limit does not bring it back after the stop.
    assert_eq!(ended("b."), (Outcome::Missed, stopped));
    assert_eq!(ended("c."), (Outcome::Missed, stopped));
    assert_eq!(ended("d."), (Outcome::Aired, None));
    assert_eq!(ended("e."), (Outcome::Aired, None));

    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    // The speaker holds a second.
    let since = |is: fn(f32) -> bool| {
        15_500 + tape[15_500..].iter().position(|sample| is(*sample)).unwrap()
    };
    let (full, last) = (since(|sample| sample < 0.5), since(|sample| sample == 0.0));
    assert!((16_000..16_300).contains(&last), "silent from frame {last} on");
    assert!(last - full <= 15, "faded from {full} to {last}");
    assert!(tape[full..=last].is_sorted_by(|a, b| a >= b), "it clicks");
    assert!(tape[last..5_000 + 60_500].iter().all(|sample| *sample == 0.0));
}

#[test]
fn a_stop_in_the_middle_is_an_interruption() {
    let studio = Studio::new(at(-5.0), 1_000);
    let (a, b) = (studio.clips.add(1, SLOW, 600.0, 0.5), studio.clips.add(2, SLOW, 10.0, 0.5));
    let records = studio.play(vec![airing("a", 0.0, 60.0, Routine, vec![a, b])], 15.0);
    let mut sorted = records.clone();
    sorted.sort_by_key(|draft| draft.position);
    assert_eq!(
        ends(&sorted),
        [
            (0, Outcome::Interrupted, Some(Reason::StationStopped)),
            (1, Outcome::Missed, Some(Reason::StationStopped)),
        ]
    );
    assert!(sorted[0].frames_played >= 9_000 && sorted[0].frames_played < 600_000, "{sorted:?}");
}

#[test]
fn a_stop_just_before_an_airing_is_no_interruption_and_the_airing_may_still_air() {
    let mut studio = Studio::new(at(-10.0), 1_000);
    let (a, b) = (studio.clips.add(1, SLOW, 10.0, 0.5), studio.clips.add(2, SLOW, 10.0, 0.5));
    let day = vec![airing("a", 0.0, 60.0, Routine, vec![a, b])];
    let deck = studio.deck();
    deck.follow(studio::rundown(day.clone()));
    // The speaker holds a second, so the deck is a second ahead: a start is kept two and a half seconds before.
    studio.world.run_for(7.5);
    while studio.memory.started.lock().unwrap().is_empty() {
        studio.world.run_for(0.1);
    }
    studio.world.stop(deck);
    let stopped = (Outcome::Missed, Some(Reason::StationStopped));
    assert_eq!(ends(&studio.records()), [(0, stopped.0, stopped.1), (1, stopped.0, stopped.1)]);

    studio.memory.ended.lock().unwrap().clear();
    studio.settled.reprieved.insert(day[0].id.clone(), 1);
    let again = studio.play(day, 40.0);
    assert_eq!(ends(&again), [(0, Outcome::Aired, None), (1, Outcome::Aired, None)]);
    assert!(again.iter().all(|draft| draft.attempt == 2));
}

#[test]
fn a_stop_long_before_an_airing_says_nothing_of_it() {
    let studio = Studio::new(at(-60.0), 1_000);
    let a = studio.clips.add(1, SLOW, 10.0, 0.5);
    assert_eq!(studio.play(vec![airing("a", 0.0, 60.0, Routine, vec![a])], 30.0), []);
}

#[test]
fn what_was_made_ready_and_passed_over_is_said_once() {
    let studio = Studio::new(at(-20.0), 1_000);
    let clip = studio.clips.add(1, SLOW, 10.0, 0.5);
    let deck = studio.deck();
    deck.follow(studio::rundown(vec![airing("a", 0.0, 5.0, Routine, vec![clip])]));
    // Its start is kept by now, and where it lies in the speaker's frames is not fixed yet.
    studio.world.run_for(17.2);
    studio.world.clock.step_to(at(3600.0));
    studio.world.run_for(2.0);
    studio.world.stop(deck);
    let records = studio.records();
    let a = one(&records, "a.");
    assert_eq!((a.outcome, a.reason, a.attempt), (Outcome::Missed, Some(Reason::ClockStep), 1));
}
