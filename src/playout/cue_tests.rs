use super::*;

const T: i64 = 1_601_503_200_000; // 2020-10-01T05:00:00+07:00

fn airing(name: &str, at_s: i64, length_s: i64, late_s: i64, priority: Priority) -> RundownAiring {
    let starts_at = UtcMs(T + at_s * 1000);
    RundownAiring {
        id: format!("{name}.tt.x").parse().unwrap(),
        schedule: name.parse().unwrap(),
        campaign: None,
        title: name.to_owned(),
        priority,
        bulletin: None,
        starts_at,
        ends_at: UtcMs(starts_at.0 + length_s * 1000),
        latest_start: UtcMs(starts_at.0 + late_s * 1000),
        items: Vec::new(),
    }
}

fn hours(quiet: &str) -> Hours {
    let quiet = quiet.split_whitespace().map(|text| text.parse().unwrap()).collect();
    Hours { quiet, zone: chrono_tz::Asia::Ho_Chi_Minh }
}

fn situation(now_s: i64, hours: &Hours) -> Situation<'_> {
    let since = UtcMs(T - 1_000_000);
    Situation {
        now: UtcMs(T + now_s * 1000),
        is_time_known: true,
        since,
        jump: None,
        unknown: None,
        on_air: None,
        paused: &[],
        speaker: true,
        hours,
        site: Site::default(),
    }
}

fn horizon(now_s: i64) -> UtcMs {
    UtcMs(T + now_s * 1000 + 10_000)
}

use Priority::{Emergency, Priority as Urgent, Routine};

#[test]
fn an_airing_starts_on_its_instant_or_late_but_not_too_late() {
    let day = [airing("a", 5, 10, 60, Routine)];
    let (none, free) = (Settled::default(), hours(""));
    let at = |now| cue(&day, &none, horizon(now), &situation(now, &free));
    assert_eq!(at(-10).next, None);
    assert_eq!(at(0).next.unwrap().at, UtcMs(T + 5_000));
    assert_eq!(at(65).next.unwrap().at, UtcMs(T + 65_000));
    let late = at(66);
    assert_eq!((late.next, late.skipped[0].reason), (None, Reason::TooLate));
}

#[test]
fn what_began_never_begins_again() {
    let day = [airing("a", 0, 10, 60, Routine)];
    let mut settled = Settled::default();
    settled.started.insert(day[0].id.clone());
    settled.set_back();
    let free = hours("");
    assert_eq!(cue(&day, &settled, horizon(0), &situation(0, &free)), Cue::default());
}

#[test]
fn what_was_passed_over_may_air_when_the_clock_goes_back() {
    let day = [airing("a", 0, 10, 60, Routine)];
    let mut settled = Settled::default();
    settled.skip(&day[0].id);
    let free = hours("");
    assert_eq!(cue(&day, &settled, horizon(0), &situation(0, &free)).next, None);
    settled.set_back();
    assert_eq!(settled.attempt(&day[0].id), 2);
    assert!(cue(&day, &settled, horizon(0), &situation(0, &free)).next.is_some());
    // What was said of it stands when it comes too late after all.
    assert_eq!(cue(&day, &settled, horizon(61), &situation(61, &free)), Cue::default());
}

#[test]
fn each_miss_says_why() {
    let day = [airing("a", 0, 10, 60, Routine)];
    let (none, free) = (Settled::default(), hours(""));
    let reason = |change: &dyn Fn(&mut Situation<'_>)| {
        let mut situation = situation(100, &free);
        change(&mut situation);
        cue(&day, &none, horizon(100), &situation).skipped[0].reason
    };
    let step = Some((UtcMs(T - 5), UtcMs(T + 100_000)));
    assert_eq!(reason(&|s| s.jump = step), Reason::ClockStep);
    assert_eq!(reason(&|s| s.since = UtcMs(T + 90_000)), Reason::StationDown);
    assert_eq!(reason(&|s| s.speaker = false), Reason::DeviceMissing);
    let long = OnAir { rank: Rank::Routine, bulletin: None, ends_at: UtcMs(T + 200_000) };
    assert_eq!(reason(&|s| s.on_air = Some(long)), Reason::Occupied);
    assert_eq!(reason(&|_| ()), Reason::TooLate);
}

#[test]
fn of_two_due_together_the_more_urgent_goes_first() {
    let day = [airing("a", 0, 10, 60, Routine), airing("b", 0, 10, 60, Urgent)];
    let (mut settled, free) = (Settled::default(), hours(""));
    let first = cue(&day, &settled, horizon(0), &situation(0, &free)).next.unwrap();
    assert_eq!(first.airing.schedule.as_str(), "b");
    settled.started.insert(day[1].id.clone());
    let mut busy = situation(1, &free);
    busy.on_air = Some(OnAir { rank: Rank::Priority, bulletin: None, ends_at: UtcMs(T + 10_000) });
    let second = cue(&day, &settled, horizon(1), &busy).next.unwrap();
    assert_eq!((second.at, second.cuts_in), (UtcMs(T + 10_000), false));
}

#[test]
fn the_next_waits_for_the_end_unless_it_is_more_urgent() {
    let free = hours("");
    let mut busy = situation(0, &free);
    busy.on_air = Some(OnAir { rank: Rank::Routine, bulletin: None, ends_at: UtcMs(T + 30_000) });
    let next = |late, priority| {
        let day = [airing("a", 5, 10, late, priority)];
        let cue = cue(&day, &Settled::default(), horizon(0), &busy);
        cue.next.map(|due| (due.at, due.cuts_in))
    };
    assert_eq!(next(60, Routine), Some((UtcMs(T + 30_000), false)));
    assert_eq!(next(10, Routine), None);
    assert_eq!(next(10, Emergency), Some((UtcMs(T + 5_000), true)));
}

#[test]
fn quiet_hours_hold_for_the_routine_only_and_in_the_stations_zone() {
    let none = Settled::default();
    let refused = |quiet: &str, length, priority| {
        let day = [airing("a", 0, length, 60, priority)];
        let hours = hours(quiet);
        let cue = cue(&day, &none, horizon(0), &situation(0, &hours));
        assert!(cue.next.is_some() != cue.skipped.iter().any(|s| s.reason == Reason::QuietHours));
        cue.next.is_none()
    };
    assert!(refused("21:00-05:01", 10, Routine));
    assert!(!refused("21:00-05:00", 10, Routine));
    assert!(!refused("21:00-05:01", 10, Urgent));
    assert!(!refused("21:00-05:01", 10, Emergency));
    assert!(refused("05:01-05:02", 600, Routine), "it would sound through them");
    assert!(!refused("05:01-05:02", 60, Routine), "the end is outside");
    assert!(!refused("22:00-23:00", 10, Routine), "these are not UTC");
}

#[test]
fn what_is_due_while_the_station_is_stopped_is_missed_when_its_time_comes() {
    let day = [airing("a", 0, 10, 60, Routine), airing("b", 5, 10, 60, Emergency)];
    let (none, free) = (Settled::default(), hours(""));
    let at = |now, since: i64, emergency_overrides_stop| {
        let stopped = Some(UtcMs(T + since * 1000));
        let site = Site { stopped, emergency_overrides_stop, ..Site::default() };
        cue(&day, &none, horizon(now), &Situation { site, ..situation(now, &free) })
    };
    let reasons = |cue: &Cue<'_>| {
        cue.skipped.iter().map(|one| (one.airing.id.clone(), one.reason)).collect::<Vec<_>>()
    };
    let (a, b) = (day[0].id.clone(), day[1].id.clone());
    assert_eq!(at(-1, -5, false), Cue::default());
    assert_eq!(reasons(&at(0, -5, false)), [(a.clone(), Reason::StoppedLocally)]);
    assert_eq!(at(-1, -5, true).next.map(|due| &due.airing.id), Some(&b));
    // Looked at late, or stopped when its time was over already.
    let late = at(90, 30, false);
    assert_eq!(
        reasons(&late),
        [(a.clone(), Reason::StoppedLocally), (b.clone(), Reason::StoppedLocally)]
    );
    assert_eq!(reasons(&at(90, 80, false)), [(a, Reason::TooLate), (b, Reason::TooLate)]);
}
