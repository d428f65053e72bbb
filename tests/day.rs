//! A station's day on a test clock and a test speaker, and every way in which an airing can end.

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

use std::time::Duration;

use loa::{
    clock::Clock as _,
    playout::{record::Draft, site::Site, source::ClipFault, speaker::Format},
    radio::{
        AiringItem, ClockState, Evidence, Outcome,
        Priority::{self, Emergency, Routine},
        Reason,
    },
};
use studio::{Manners, Studio, airing, at};

const SLOW: Format = Format { sample_rate: 1_000, channels: 1 };

fn ends(records: &[Draft]) -> Vec<(u32, Outcome, Option<Reason>)> {
    records.iter().map(|draft| (draft.position, draft.outcome, draft.reason)).collect()
}

fn one(records: &[Draft], name: &str) -> Draft {
    let of: Vec<_> =
        records.iter().filter(|draft| draft.airing.as_str().starts_with(name)).collect();
    assert_eq!(of.len(), 1, "{name}: {of:?}");
    of[0].clone()
}

#[test]
fn a_whole_day() {
    let studio = Studio::new(at(-3600.0), 1_000);
    *studio.world.block.lock().unwrap() = 1_000;
    let chime = studio.clips.add(1, SLOW, 5.0, 0.1);
    let news = studio.clips.add(2, SLOW, 600.0, 0.2);
    let day: Vec<_> = (0..24)
        .map(|hour| {
            let items = vec![chime.clone(), AiringItem::Pause { ms: 1_500 }, news.clone()];
            airing(&format!("h{hour:02}"), f64::from(hour) * 3600.0, 60.0, Routine, items)
        })
        .collect();
    let records = studio.play(day.clone(), 25.0 * 3600.0);
    assert_eq!(records.len(), 48);
    for (airing, drafts) in day.iter().zip(records.chunks(2)) {
        let (chime, news) = (&drafts[0], &drafts[1]);
        assert_eq!((&chime.airing, &news.airing), (&airing.id, &airing.id));
        assert_eq!((chime.position, news.position), (0, 2));
        for draft in drafts {
            assert_eq!((draft.outcome, draft.reason), (Outcome::Aired, None), "{draft:?}");
            assert_eq!(draft.evidence, Some(Evidence::Played));
            assert_eq!(
                (draft.frames_played, draft.start_error_us),
                (draft.frames_expected, Some(0))
            );
            assert_eq!((draft.pace_ppm, draft.xruns, draft.clock), (Some(1_000_000), 0, None));
            assert_eq!((draft.attempt, draft.rundown_version, draft.sample_rate), (1, 7, 1_000));
            assert_eq!(draft.started_at, Some(draft.scheduled_at));
        }
        assert_eq!(chime.scheduled_at, airing.starts_at);
        assert_eq!(news.scheduled_at, airing.starts_at + Duration::from_millis(6_500));
        assert_eq!(news.ended_at, Some(airing.ends_at));
        assert_eq!((chime.frames_played, news.frames_played), (5_000, 600_000));
    }
    let started = studio.memory.started.lock().unwrap();
    assert_eq!(started.len(), 24);
    assert_eq!(started[0].if_lost.len(), 2);
    assert_eq!(started[0].if_lost[0].reason, Some(Reason::StationStopped));
}

#[test]
fn items_follow_without_a_gap_on_their_very_frames() {
    let studio = Studio::new(at(-20.0), 8_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let own = Format { sample_rate: 8_000, channels: 1 };
    let (a, b) = (studio.clips.add(1, own, 1.0, 0.25), studio.clips.add(2, own, 2.0, -0.5));
    studio.play(vec![airing("a", 0.0, 0.0, Routine, vec![a, b])], 10.0 + 20.0);
    let mut want = vec![0.0; 20 * 8_000];
    for clip in [1, 2] {
        let clips = studio.clips.0.lock().unwrap();
        want.extend_from_slice(&clips[&loa::radio::ClipHash([clip; 32])].samples);
    }
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    assert_eq!(tape[..want.len()], want[..]);
    assert!(tape[want.len()..].iter().all(|sample| *sample == 0.0));
}

#[test]
fn gain_and_volume_count_and_nothing_clips_beyond_full_scale() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let mut loud = studio.clips.add(1, SLOW, 1.0, 0.5);
    let AiringItem::Clip { gain, .. } = &mut loud else { unreachable!() };
    gain.centibels = 1_200;
    let mut soft = studio.clips.add(2, SLOW, 1.0, 0.5);
    let AiringItem::Clip { gain, .. } = &mut soft else { unreachable!() };
    gain.centibels = -602;
    studio.play(vec![airing("a", 0.0, 0.0, Routine, vec![loud, soft])], 12.0);
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    assert_eq!(tape[5_500], 1.0);
    assert!((tape[6_500] - 0.25).abs() < 1e-4, "{}", tape[6_500]);
}

#[test]
fn a_station_at_half_volume_halves_every_sample() {
    let mut studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    studio.site.volume = 50.try_into().unwrap();
    let a = studio.clips.add(1, SLOW, 1.0, 0.5);
    studio.play(vec![airing("a", 0.0, 0.0, Routine, vec![a])], 12.0);
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    let sound = &tape[5_001..5_999];
    assert!(sound.iter().all(|sample| (sample - 0.25).abs() < 1e-4), "{:?}", &sound[..5]);
}

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
fn the_volume_glides_while_it_plays() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let clip = studio.clips.add(1, SLOW, 20.0, 0.5);
    let deck = studio.deck();
    deck.follow(studio::rundown(vec![airing("a", 0.0, 0.0, Routine, vec![clip])]));
    studio.world.run_for(15.0);
    deck.knobs().turn(Site { volume: 40.try_into().unwrap(), ..Site::default() });
    studio.world.run_for(5.0);
    studio.world.stop(deck);
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    assert_eq!(tape[15_500], 0.5);
    assert!((tape[16_500] - 0.2).abs() < 1e-6, "{}", tape[16_500]);
    assert!(
        tape.windows(2).skip(6_000).take(10_000).all(|w| (w[0] - w[1]).abs() < 0.01),
        "it clicks"
    );
}

#[test]
fn of_two_at_once_the_more_urgent_goes_first_and_the_other_waits() {
    let studio = Studio::new(at(-5.0), 1_000);
    let (a, b) = (studio.clips.add(1, SLOW, 10.0, 0.5), studio.clips.add(2, SLOW, 10.0, 0.5));
    let day = vec![
        airing("a", 0.0, 60.0, Routine, vec![a.clone()]),
        airing("b", 0.0, 60.0, Priority::Priority, vec![b]),
        airing("c", 5.0, 3.0, Routine, vec![a]),
    ];
    let records = studio.play(day, 60.0);
    let (first, second, third) = (one(&records, "b."), one(&records, "a."), one(&records, "c."));
    assert_eq!(first.started_at, Some(at(0.0)));
    assert_eq!((second.outcome, second.start_error_us), (Outcome::Aired, Some(10_000_000)));
    assert_eq!((third.outcome, third.reason), (Outcome::Missed, Some(Reason::Occupied)));
}

#[test]
fn the_station_keeps_its_own_quiet_hours() {
    let mut studio = Studio::new(at(-5.0), 1_000);
    studio.hours.quiet = vec!["21:00-05:10".parse().unwrap()];
    let a = studio.clips.add(1, SLOW, 10.0, 0.5);
    let day = vec![
        airing("a", 0.0, 1e4, Routine, vec![a.clone()]),
        airing("b", 60.0, 60.0, Emergency, vec![a]),
    ];
    let records = studio.play(day, 120.0);
    let (routine, urgent) = (one(&records, "a."), one(&records, "b."));
    assert_eq!((routine.outcome, routine.reason), (Outcome::Refused, Some(Reason::QuietHours)));
    assert_eq!((routine.evidence, routine.started_at, routine.frames_played), (None, None, 0));
    assert_eq!(urgent.outcome, Outcome::Aired);
}

#[test]
fn a_station_that_comes_late_starts_late_or_says_that_it_was_down() {
    let mut studio = Studio::new(at(30.0), 1_000);
    let a = studio.clips.add(1, SLOW, 10.0, 0.5);
    let day = vec![
        airing("a", 0.0, 20.0, Routine, vec![a.clone()]),
        airing("b", 20.0, 60.0, Routine, vec![a.clone()]),
        airing("c", 25.0, 60.0, Routine, vec![a]),
    ];
    studio.settled.started.insert(day[2].id.clone());
    let records = studio.play(day, 60.0);
    assert_eq!(records.len(), 2, "what began before a restart is not aired again: {records:?}");
    let (down, late) = (one(&records, "a."), one(&records, "b."));
    assert_eq!((down.outcome, down.reason), (Outcome::Missed, Some(Reason::StationDown)));
    assert_eq!(late.outcome, Outcome::Aired);
    assert!(late.start_error_us.unwrap() >= 10_000_000);
}

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
fn a_loader_that_is_late_makes_a_gap_and_costs_no_sound() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    *studio.world.manners.lock().unwrap() = Manners { holds: 0.1, ..Manners::default() };
    // The loader hands over blocks of 2,400 frames, but for a fade's worth: the last 50 of the first airing are late, while
    // the second is already due right after them.
    let (a, b) = (studio.clips.add(1, SLOW, 9.65, 0.5), studio.clips.add(2, SLOW, 5.0, 0.25));
    let gate = std::sync::Arc::new(studio::Gate::default());
    studio.clips.spoil(1, |clip| clip.slow = Some((9_620, gate.clone())));
    let deck = studio.deck();
    deck.follow(studio::rundown(vec![
        airing("a", 0.0, 600.0, Routine, vec![a]),
        airing("b", 9.0, 600.0, Routine, vec![b]),
    ]));
    studio.world.run_for(25.0);
    gate.open();
    studio.world.run_for(20.0);
    studio.world.stop(deck);
    let records = studio.records();
    for (name, level, frames) in [("a.", 0.5, 9_650), ("b.", 0.25, 5_000)] {
        let draft = one(&records, name);
        assert_eq!((draft.outcome, draft.frames_played), (Outcome::Aired, frames), "{draft:?}");
        let tape = studio.world.tape.lock().unwrap();
        let heard = tape.iter().flatten().filter(|sample| **sample == level).count() as u64;
        assert_eq!(heard, frames - 2, "{name}");
    }
    let late = one(&records, "a.");
    assert!(late.xruns > 0, "{late:?}");
    assert_eq!(late.pace_ppm, Some(1_000_000));
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

#[test]
fn the_clock_steps_while_an_airing_sounds() {
    for step in [3600.0, -3600.0, f64::NEG_INFINITY] {
        let studio = Studio::new(at(-20.0), 1_000);
        let a = studio.clips.add(1, SLOW, 30.0, 0.5);
        let day = vec![
            airing("a", 0.0, 10.0, Routine, vec![a.clone()]),
            airing("b", 600.0, 10.0, Routine, vec![a.clone()]),
            airing("c", 3600.0, 60.0, Routine, vec![a]),
        ];
        let deck = studio.deck();
        deck.follow(studio::rundown(day));
        studio.world.run_for(30.0);
        let now = studio.world.now().0;
        let to = if step.is_finite() { now + (step * 1000.0) as i64 } else { 1_000_000 };
        studio.world.clock.step_to(loa::radio::UtcMs(to));
        studio.world.run_for(60.0);
        let mid = deck.status();
        assert_eq!(mid.faults, Vec::<String>::new());
        // Somebody sets it right again.
        let right = loa::radio::UtcMs(now + 60_000);
        studio.world.clock.step_to(right);
        studio.world.run_for(3700.0);
        studio.world.stop(deck);
        let records = studio.records();
        let a = one(&records, "a.");
        assert_eq!((a.outcome, a.frames_played), (Outcome::Aired, 30_000), "{step}");
        assert_eq!((a.clock, a.pace_ppm), (Some(ClockState::Untrusted), Some(1_000_000)));
        let b: Vec<_> =
            records.iter().filter(|draft| draft.airing.as_str().starts_with("b.")).collect();
        let last = b.last().unwrap();
        assert_eq!(
            (last.outcome, b.iter().filter(|b| b.outcome == Outcome::Aired).count()),
            (Outcome::Aired, 1)
        );
        if step > 0.0 {
            assert_eq!((b[0].outcome, b[0].reason), (Outcome::Missed, Some(Reason::ClockStep)));
            assert_eq!((b[0].attempt, last.attempt), (1, 2));
        }
        let c: Vec<_> =
            records.iter().filter(|draft| draft.airing.as_str().starts_with("c.")).collect();
        assert_eq!(c.iter().filter(|c| c.outcome == Outcome::Aired).count(), 1, "{step}: {c:?}");
    }
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
