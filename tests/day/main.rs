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

#[path = "../studio/mod.rs"]
mod studio;

mod clips;
mod device;
mod sound;
mod stops;

use std::time::Duration;

use loa::{
    clock::Clock as _,
    playout::{record::Draft, speaker::Format},
    radio::{
        AiringItem, ClockState, Evidence, Outcome,
        Priority::{self, Emergency, Routine},
        Reason,
    },
};
use studio::{Studio, airing, at};

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
