//! Stations whose clock is years or an hour out, at their start and while they play, with and without a line: nothing
//! sounds later than it may or twice, and everything has its state in the end.

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

use std::{collections::HashSet, time::Duration};

use loa::{
    clock::Clock as _,
    playout::{cue::Settled, record::Draft, speaker::Format, station_clock::StationClock},
    radio::{AiringId, ClockState, Outcome, Priority, Reason, UtcMs},
    wire::RundownAiring,
};
use studio::{Studio, airing, at};

const SLOW: Format = Format { sample_rate: 1_000, channels: 1 };
const HOUR: f64 = 3_600.0;
const YEARS: f64 = 10.0 * 365.0 * 24.0 * HOUR;
const SEEDS: u64 = 100;

/// Numbers that nobody chose, the same every time.
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, most: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64 * most
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.up_to(of.len() as f64) as usize]
    }
}

/// A station from one start to the next stop.
struct Run {
    studio: Studio,
    /// The right time at its start.
    begins: UtcMs,
}

impl Run {
    fn begin(begins: UtcMs, out_by: f64, last_known: UtcMs, settled: Settled) -> Self {
        let mut studio = Studio::new(moved(begins, out_by), SLOW.sample_rate);
        *studio.world.block.lock().unwrap() = 500;
        *studio.world.tape.lock().unwrap() = Some(Vec::new());
        studio.settled = settled;
        let own = StationClock::new(studio.world.clock.clone(), last_known);
        studio.world.own.set(own).unwrap();
        Self { studio, begins }
    }

    fn own(&self) -> &StationClock {
        self.studio.world.own.get().unwrap()
    }

    fn right_time(&self) -> UtcMs {
        self.begins + self.studio.world.clock.read().monotonic
    }

    fn set_clock(&self, out_by: f64) {
        self.studio.world.clock.step_to(moved(self.right_time(), out_by));
    }

    fn hear_the_district(&self) {
        let now = self.studio.world.clock.read().monotonic;
        for _ in 0..3 {
            self.own().hear(self.right_time(), now, now);
        }
    }

    /// When each airing's clip began to sound, by the level that tells it from the others.
    fn heard(&self, levels: &[f32]) -> Vec<(usize, UtcMs)> {
        let tape = self.studio.world.tape.lock().unwrap().take().unwrap();
        let mut heard = Vec::new();
        let mut frame = 0;
        for steady in tape.chunk_by(|a, b| a == b) {
            // A fade passes through every level, but stays at none.
            if steady.len() > 2
                && let Some(airing) = levels.iter().position(|level| *level == steady[0])
            {
                // Its first frame is silent.
                heard.push((airing, self.begins + Duration::from_millis(frame - 1)));
            }
            frame += steady.len() as u64;
        }
        heard
    }
}

fn moved(time: UtcMs, seconds: f64) -> UtcMs {
    UtcMs(time.0 + (seconds * 1000.0) as i64)
}

/// What the station's store makes of its records.
fn settled(records: &[Draft]) -> Settled {
    let mut settled = Settled::default();
    for draft in records {
        match draft.outcome {
            Outcome::Missed | Outcome::Refused => {
                settled.reprieved.insert(draft.airing.clone(), draft.attempt);
            }
            Outcome::Aired | Outcome::Partial | Outcome::Interrupted => {
                settled.started.insert(draft.airing.clone());
            }
        }
    }
    settled
}

/// Plays a while, is off for a while, and plays again with a clock that is out.
fn a_life(seed: u64, step: f64, at_start: bool) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let levels: Vec<f32> = (1..=60u8).map(|n| f32::from(n) / 100.0).collect();
    let first = Run::begin(at(-30.0), 0.0, at(-60.0), Settled::default());
    // From two hours ago till an hour hence, so that each wrong time finds airings of its own; most of them now.
    let mut when = -2.0 * HOUR;
    let mut day: Vec<RundownAiring> = Vec::new();
    let clips: Vec<_> = (0..60u8)
        .zip(&levels)
        .map(|(n, level)| first.studio.clips.add(n, SLOW, 3.0, *level))
        .collect();
    for (n, clip) in clips.into_iter().enumerate() {
        let late = dice.one_of(&[0.0, 5.0, 60.0, 600.0]);
        let priority = dice.one_of(&[Priority::Routine, Priority::Routine, Priority::Priority]);
        day.push(airing(&format!("a{n}"), when, late, priority, vec![clip]));
        when += if (-60.0..500.0).contains(&when) { 20.0 } else { 60.0 + dice.up_to(500.0) };
        when = if when > -600.0 && when < -60.0 { -60.0 } else { when };
    }

    let deck = first.studio.deck();
    deck.follow(studio::rundown(day.clone()));
    first.studio.world.run_for(60.0 + dice.up_to(60.0));
    first.studio.world.stop(deck);
    let mut records = first.studio.records();
    let (known, stopped) = (first.own().now(), first.right_time());
    assert_eq!(known, stopped);
    let mut heard = first.heard(&levels);

    // An hour back shows only where the station was off for less.
    let off = dice.one_of(&[1.0, 60.0, 0.8 * HOUR]);
    let out_by = if at_start { step } else { 0.0 };
    let second = Run::begin(moved(stopped, off), out_by, known, settled(&records));
    *second.studio.clips.0.lock().unwrap() = first.studio.clips.0.lock().unwrap().clone();
    let has_line = dice.one_of(&[true, false]);
    let deck = second.studio.deck();
    deck.follow(studio::rundown(day.clone()));
    let world = &second.studio.world;
    let _time = studio::OnFailure(world.clone());
    let mut held_from = stopped;
    if !at_start {
        world.run_for(dice.up_to(100.0));
        if has_line {
            second.hear_the_district();
        }
        world.run_for(dice.up_to(20.0));
        second.set_clock(step);
        held_from = second.right_time() + Duration::from_secs(1);
    }
    // A start that was already fixed takes place within a second.
    world.run_for(2.0 + dice.up_to(120.0));
    let is_held = step < 0.0 && (at_start || !has_line);
    assert_eq!(second.own().is_known(), !is_held);
    let code = second.own().fault().map(|fault| fault.code);
    assert_eq!(code.as_deref() == Some("clock-untrusted"), is_held);
    if is_held {
        assert_eq!(second.own().state(), ClockState::Untrusted);
        assert!(deck.status().next.is_none(), "{:?}", deck.status());
    }
    // In the end the time becomes known: by the district, or because somebody sets the clock right.
    if has_line || step > 0.0 {
        second.hear_the_district();
    } else {
        second.set_clock(0.0);
    }
    let known_at = second.right_time();
    world.run_for(60.0);
    assert!(second.own().is_known());
    let out = second.own().now().0 - second.right_time().0;
    assert!(out.abs() <= 1, "{out} ms out");
    world.stop(deck);

    let over = second.right_time();
    records.extend(second.studio.records());
    heard.extend(second.heard(&levels));
    let what = format!("seed {seed}, {step} s, at start {at_start}, line {has_line}");
    for (airing, began) in &heard {
        // What it cuts into fades first.
        let latest = day[*airing].latest_start + Duration::from_millis(15);
        assert!(*began <= latest, "{what}: {} began {began}", day[*airing].id);
        assert_eq!(heard.iter().filter(|other| other.0 == *airing).count(), 1, "{what}");
    }
    // What was passed over under the wrong time airs in the right one.
    let ahead = known_at.0 + 15_000..over.0 - 5_000;
    for (n, airing) in day.iter().enumerate().filter(|(_, a)| ahead.contains(&a.starts_at.0)) {
        let occupied =
            |draft: &Draft| draft.airing == airing.id && draft.reason == Some(Reason::Occupied);
        let aired = heard.iter().any(|heard| heard.0 == n) || records.iter().any(occupied);
        assert!(aired, "{what}: {} stayed silent", airing.id);
    }
    let said: HashSet<&AiringId> = records.iter().map(|draft| &draft.airing).collect();
    for airing in day.iter().filter(|airing| airing.latest_start < over) {
        assert!(said.contains(&airing.id), "{what}: nothing is said of {}", airing.id);
    }
    let sounded: HashSet<&AiringId> = records
        .iter()
        .filter(|draft| draft.started_at.is_some())
        .map(|draft| &draft.airing)
        .collect();
    assert_eq!(sounded.len(), heard.len(), "{what}");
    let before: HashSet<AiringId> =
        settled(&first.studio.records()).reprieved.into_keys().collect();
    for draft in second.studio.records().iter().filter(|draft| draft.started_at.is_none()) {
        let latest = day.iter().find(|airing| airing.id == draft.airing).unwrap().latest_start;
        if is_held && held_from < latest && latest < known_at && !before.contains(&draft.airing) {
            assert_eq!(draft.reason, Some(Reason::ClockStep), "{what}: {draft:?}");
        }
    }
}

#[test]
fn years_ahead_and_a_restart_do_not_silence_what_is_to_come() {
    let wrong = Run::begin(at(-600.0), YEARS, at(-3_600.0), Settled::default());
    let clip = wrong.studio.clips.add(1, SLOW, 3.0, 0.5);
    let day: Vec<_> = (0..5u8)
        .map(|n| {
            let name = format!("a{n}");
            airing(&name, f64::from(n) * 30.0, 10.0, Priority::Routine, vec![clip.clone()])
        })
        .collect();
    let records = wrong.studio.play(day.clone(), 10.0);
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|draft| draft.outcome == Outcome::Missed), "{records:?}");

    // Power off, a new battery, power on.
    let right = Run::begin(at(-60.0), 0.0, at(-3_600.0), settled(&records));
    right.studio.clips.add(1, SLOW, 3.0, 0.5);
    let records = right.studio.play(day, 240.0);
    let said: Vec<_> = records.iter().map(|draft| (draft.outcome, draft.attempt)).collect();
    assert_eq!(said, [(Outcome::Aired, 2); 5]);
}

fn lives(step: f64, at_start: bool) {
    (0..SEEDS).for_each(|seed| a_life(seed, step, at_start));
}

#[test]
fn ten_years_behind_at_the_start() {
    lives(-YEARS, true);
}

#[test]
fn an_hour_behind_at_the_start() {
    lives(-HOUR, true);
}

#[test]
fn an_hour_ahead_at_the_start() {
    lives(HOUR, true);
}

#[test]
fn ten_years_ahead_at_the_start() {
    lives(YEARS, true);
}

#[test]
fn ten_years_back_while_it_plays() {
    lives(-YEARS, false);
}

#[test]
fn an_hour_back_while_it_plays() {
    lives(-HOUR, false);
}

#[test]
fn an_hour_on_while_it_plays() {
    lives(HOUR, false);
}

#[test]
fn ten_years_on_while_it_plays() {
    lives(YEARS, false);
}
