//! Cases worked out by hand: who goes first, who waits, whose turn it is, what a change of the clocks does.

use chrono_tz::Tz;

use super::{
    laws::{clip, day, id, joined, midnight},
    *,
};
use crate::radio::{
    AiringItem, Campaign, Directive, Gain, Item, Priority, Programme, Schedule, Selection,
    SofterHours, Station, StationKind, Unit, UtcMs, When, Window,
};

/// A world with a rule for each of these: (id, cron, priority, late limit in s, clip's seconds).
fn rules_of(rules: &[(&str, &str, Priority, u64, u64)]) -> Wishes {
    let mut wishes = Wishes {
        units: vec![Unit {
            id: id("top"),
            code: "1".into(),
            name: "Top".into(),
            kind: "commune".into(),
            parent: None,
            since: None,
            until: None,
        }],
        stations: vec![Station {
            id: id("one"),
            name: "One".into(),
            kind: StationKind::Commune,
            unit: id("top"),
            quiet_hours: None,
            softer: vec![],
            drills: false,
            resume_after_bulletin: false,
        }],
        ..Wishes::default()
    };
    for (number, (name, cron, priority, late, seconds)) in rules.iter().enumerate() {
        wishes.clips.extend([clip(number, *seconds, true)]);
        wishes.programmes.push(Programme {
            id: id(*name),
            title: (*name).into(),
            items: vec![Item::Clip(id(format!("clip-{number}")))],
        });
        wishes.schedules.push(Schedule {
            id: id(*name),
            title: (*name).into(),
            programme: id(*name),
            campaign: None,
            when: When::Cron((*cron).into()),
            zone: Tz::UTC,
            from: None,
            until: None,
            stations: Selection { units: vec![id("top")], ..Selection::default() },
            priority: *priority,
            late_limit_ms: late * 1000,
            gain: Gain::UNITY,
            on_holidays: false,
            except: vec![],
        });
    }
    wishes
}

fn told(wishes: &Wishes, days: i64) -> Vec<String> {
    let made = plan(wishes, Window { from: midnight(0), until: midnight(days) });
    let lines = sheet::lines(&made);
    let time = |at: UtcMs| local(Tz::UTC, at).format("%d %H:%M:%S").to_string();
    lines
        .iter()
        .map(|line| {
            let ends = line.ends_at.map(time).unwrap_or_default();
            format!(
                "{} {}..{ends} {}",
                line.schedule,
                time(line.starts_at),
                line.reason.clone().unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn the_urgent_go_first_and_the_others_wait_while_they_may() {
    use Priority::{Emergency, Priority as Soon, Routine};
    let wishes = rules_of(&[
        ("a-long", "0 5 * * *", Routine, 600, 300),
        ("b-short", "0 5 * * *", Routine, 60, 10),
        ("c-soon", "1 5 * * *", Soon, 600, 60),
        ("d-now", "1 5 * * *", Emergency, 0, 30),
    ]);
    assert_eq!(
        told(&wishes, 1),
        [
            "b-short 27 05:00:00..27 05:00:10 ",
            "d-now 27 05:01:00..27 05:01:30 ",
            "c-soon 27 05:01:30..27 05:02:30 moved 30 s: after d-now",
            "a-long 27 05:02:30..27 05:07:30 moved 2 min 30 s: after c-soon",
        ]
    );
}

#[test]
fn who_waits_too_long_is_refused_with_the_reason() {
    let routine = Priority::Routine;
    let wishes = rules_of(&[
        ("first", "0 5 * * *", routine, 0, 300),
        ("second", "1 5 * * *", routine, 239, 10),
    ]);
    assert_eq!(
        told(&wishes, 1),
        [
            "first 27 05:00:00..27 05:05:00 ",
            "second 27 05:01:00.. refused: first sounds until after its latest start",
        ]
    );
}

#[test]
fn what_sounds_over_midnight_is_whole_and_keeps_its_place_in_any_window() {
    let routine = Priority::Routine;
    let wishes = rules_of(&[
        ("late", "58 23 * * *", routine, 60, 300),
        ("early", "1 0 * * *", routine, 600, 60),
    ]);
    let window = |from, until| Window { from: UtcMs(from), until: UtcMs(until) };
    let (begin, end) = (midnight(0).0, midnight(2).0);
    let whole = plan(&wishes, window(begin, end));
    assert_eq!(
        told(&wishes, 2)[1..3],
        [
            "late 27 23:58:00..28 00:03:00 ",
            "early 28 00:03:00..28 00:04:00 moved 2 min: after late",
        ]
    );
    for minute in -5..10 {
        let middle = midnight(1).0 + minute * 60_000;
        let parts =
            joined(plan(&wishes, window(begin, middle)), plan(&wishes, window(middle, end)));
        assert_eq!(parts, whole, "cut {minute} min after midnight");
    }
}

#[test]
fn a_station_without_a_free_moment_is_cut_at_the_days_end() {
    let wishes = rules_of(&[("dense", "*/7 * * * *", Priority::Routine, 600, 200)]);
    let window = |from, until| Window { from: midnight(from), until: midnight(until) };
    let whole = plan(&wishes, window(0, 4));
    assert_eq!(check(&wishes, window(0, 4), &whole), []);
    assert_eq!(joined(plan(&wishes, window(0, 1)), plan(&wishes, window(1, 4))), whole);
    let crowded = rules_of(&[("dense", "*/1 * * * *", Priority::Routine, 600, 70)]);
    let made = plan(&crowded, window(0, 2));
    assert_eq!(check(&crowded, window(0, 2), &made), []);
    assert!(made.decisions.iter().any(|one| matches!(one.why, Why::Crowded(_))));
}

/// Hands of one rotation: which clips each airing took, by station.
fn turns(wishes: &Wishes, days: i64) -> Vec<String> {
    let made = plan(wishes, Window { from: midnight(0), until: midnight(days) });
    let clips = |airing: &crate::radio::Airing| {
        let clips = airing.items.iter().filter_map(|item| match item {
            crate::radio::AiringItem::Clip { clip, .. } => {
                Some(clip.as_str().trim_start_matches("clip-").to_owned())
            }
            crate::radio::AiringItem::Pause { .. } => None,
        });
        clips.collect::<String>()
    };
    made.airings.iter().map(clips).collect()
}

#[test]
fn clips_take_turns_least_recently_aired_first() {
    let mut wishes = rules_of(&[("turns", "0 5 * * *", Priority::Routine, 0, 10)]);
    wishes.clips.extend([clip(1, 10, true), clip(2, 10, true), clip(3, 10, false)]);
    let selection = wishes.schedules[0].stations.clone();
    wishes.campaigns.push(Campaign {
        id: id("campaign"),
        title: String::new(),
        directive: Directive { number: "1".into(), date: day(0), issuer: String::new() },
        from: day(0),
        until: day(5),
        stations: selection,
        airings_per_day: 1,
        clips: [2, 0, 3, 1].map(|number| id(format!("clip-{number}"))).to_vec(),
    });
    let rotate = || Item::Rotate(id("campaign"));
    wishes.programmes[0].items = vec![rotate()];
    assert_eq!(
        turns(&wishes, 4),
        ["2", "0", "1", "2"],
        "the campaign's order, without the unapproved"
    );

    wishes.programmes[0].items = vec![rotate(), rotate()];
    assert_eq!(turns(&wishes, 3), ["20", "12", "01"], "two in one programme are different");
    wishes.programmes[0].items = vec![rotate(), rotate(), rotate(), rotate()];
    assert_eq!(turns(&wishes, 3), Vec::<String>::new());

    wishes.programmes[0].items = vec![rotate()];
    wishes.history_until = midnight(0);
    let aired = |number: usize, ago: i64| {
        ((id("one"), id(format!("clip-{number}"))), UtcMs(midnight(0).0 - ago))
    };
    wishes.history = [aired(2, 10), aired(0, 30), aired(1, 20)].into();
    assert_eq!(turns(&wishes, 4), ["0", "1", "2", "0"], "what really aired counts");
    assert_eq!(
        told(&wishes, 7).last().unwrap(),
        "turns 02 05:00:00.. refused: campaign campaign does not run on 2021-04-02"
    );
}

#[test]
fn an_unreadable_rule_is_told_and_harms_no_other() {
    let mut wishes = rules_of(&[
        ("good", "0 5 * * *", Priority::Routine, 0, 10),
        ("bad", "0 5 31 2 *", Priority::Routine, 0, 10),
    ]);
    wishes.schedules[1].late_limit_ms = u64::MAX;
    let made = plan(&wishes, Window { from: midnight(0), until: midnight(1) });
    assert_eq!((made.airings.len(), made.unreadable.len()), (1, 1));
}

/// The local times, in Berlin, of what a rule airs on the day that the clocks change; summer time is marked with `*`.
fn in_berlin(rule: &str, day: &str) -> Vec<String> {
    let mut wishes = rules_of(&[("rule", rule, Priority::Routine, 0, 10)]);
    wishes.schedules[0].zone = Tz::Europe__Berlin;
    let from: UtcMs = format!("{day}T00:00:00Z").parse().unwrap();
    let window = Window { from: UtcMs(from.0 - 3_600_000), until: UtcMs(from.0 + 4 * 3_600_000) };
    let made = plan(&wishes, window);
    assert_eq!(made.decisions, []);
    let told = |at: UtcMs| {
        let local = local(Tz::Europe__Berlin, at);
        let summer = local.and_utc().timestamp_millis() - at.0 == 7_200_000;
        format!("{}{}", local.format("%H:%M"), if summer { "*" } else { "" })
    };
    let starts = made.airings.iter().map(|airing| airing.starts_at);
    starts.map(told).filter(|time| ("01:30".."04:00").contains(&time.as_str())).collect()
}

#[test]
fn a_time_that_is_skipped_airs_right_after_and_one_that_comes_twice_airs_once() {
    let (forward, back) = ("2021-03-28", "2021-10-31");
    // From 02:00 straight to 03:00.
    assert_eq!(in_berlin("30 2 * * *", forward), ["03:00*"]);
    assert_eq!(in_berlin("30 2 * * *", back), ["02:30*"]);
    // All times of the skipped hour are one instant, which is also 03:00's own: it airs once.
    assert_eq!(in_berlin("*/20 * * * *", forward), ["01:40", "03:00*", "03:20*", "03:40*"]);
    // The hour from 02:00 comes twice. A rule that says every 20 minutes airs through the first and rests in the second.
    assert_eq!(
        in_berlin("*/20 * * * *", back),
        ["01:40*", "02:00*", "02:20*", "02:40*", "03:00", "03:20", "03:40"]
    );
}

#[test]
fn it_is_softer_where_some_of_it_sounds_in_softer_hours() {
    let minute = |name| (name, Priority::Routine);
    let rules = [
        (minute("before"), "58 20 * * *", 59),
        (minute("into"), "59 20 * * *", 61),
        (minute("night"), "0 5 * * *", 60),
        (minute("day"), "0 6 * * *", 60),
        (("alarm", Priority::Emergency), "0 23 * * *", 60),
    ];
    let rules = rules.map(|((name, priority), cron, seconds)| (name, cron, priority, 0, seconds));
    let mut wishes = rules_of(&rules);
    let softer =
        |hours: &str, db| SofterHours { hours: hours.parse().unwrap(), gain: Gain::from_db(db) };
    wishes.stations[0].softer = vec![softer("21:00-06:00", -6.0), softer("04:00-05:30", -9.0)];
    let window = Window { from: midnight(0), until: midnight(1) };
    let made = plan(&wishes, window);
    assert_eq!(check(&wishes, window, &made), []);
    let gains: Vec<_> = made
        .airings
        .iter()
        .map(|airing| match &airing.items[0] {
            AiringItem::Clip { gain, .. } => (airing.schedule.as_str(), gain.db()),
            AiringItem::Pause { .. } => panic!("nothing sounds"),
        })
        .collect();
    let expected = [("night", -9.0), ("day", 0.0), ("before", 0.0), ("into", -6.0), ("alarm", 0.0)];
    assert_eq!(gains, expected);
}
