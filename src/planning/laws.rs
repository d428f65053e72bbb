//! The planner's laws, on worlds small enough to be crowded.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::radio::{
    Calendar, Campaign, Clip, ClipHash, ClipId, Directive, Gain, Holiday, Item, Priority,
    Programme, Schedule, Selection, Station, StationKind, Unit, UtcMs, When, Window,
};

const ZONES: [Tz; 3] = [Tz::Asia__Ho_Chi_Minh, Tz::Europe__Berlin, Tz::Pacific__Apia];

fn day(offset: i64) -> NaiveDate {
    // The clocks of Berlin change on the day after.
    NaiveDate::from_ymd_opt(2021, 3, 27).unwrap() + TimeDelta::days(offset)
}

fn midnight(offset: i64) -> UtcMs {
    day(offset).and_time(NaiveTime::MIN).and_utc().into()
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: impl AsRef<str>) -> T {
    text.as_ref().parse().unwrap()
}

fn clip(number: usize, seconds: u64, approved: bool) -> (ClipId, Clip) {
    let clip_id: ClipId = id(format!("clip-{number}"));
    let clip = Clip {
        id: clip_id.clone(),
        sha256: ClipHash([u8::try_from(number).unwrap(); 32]),
        bytes: 1,
        frames: seconds * 8000,
        sample_rate: 8000,
        title: format!("Clip {number}"),
        gain: Gain::UNITY,
        source_document: None,
        issuing_office: None,
        transcript: None,
        language: None,
        approved_by: approved.then(|| "editor".to_owned()),
    };
    (clip_id, clip)
}

fn rules() -> impl Strategy<Value = When> {
    let cron = prop_oneof![
        4 => (0..60u32, 0..24u32).prop_map(|(minute, hour)| format!("{minute} {hour} * * *")),
        2 => (1..30u32).prop_map(|step| format!("*/{step} 2-6 * * *")),
        2 => Just("*/20 * * * *".to_owned()),
        1 => Just("* * * * *".to_owned()),
        1 => Just("30 1-3 * * sun".to_owned()),
    ];
    let time = (-2..4i64, 0..1440i64).prop_map(|(offset, minute)| {
        day(offset).and_time(NaiveTime::MIN) + TimeDelta::minutes(minute)
    });
    prop_oneof![
        4 => cron.prop_map(When::Cron),
        1 => prop::collection::vec(time, 1..5).prop_map(When::Dates),
    ]
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let selection = prop_oneof![
        3 => Just((vec!["top"], vec![])),
        1 => Just((vec!["left"], vec![])),
        1 => Just((vec!["top"], vec!["left"])),
    ];
    let late = prop_oneof![Just(0u64), 1..60u64, 60..1800u64];
    let priority = prop_oneof![3 => Just(Priority::Routine), 1 => Just(Priority::Priority), 1 => Just(Priority::Emergency)];
    (rules(), 0..5usize, 0..3usize, selection, priority, late, any::<[bool; 2]>()).prop_map(
        |(when, programme, zone, (units, except), priority, late, [campaign, on_holidays])| {
            Schedule {
                id: id("set-later"),
                title: String::new(),
                programme: id(format!("programme-{programme}")),
                campaign: campaign.then(|| id("campaign")),
                when,
                zone: ZONES[zone],
                from: None,
                until: None,
                stations: Selection {
                    units: units.into_iter().map(id).collect(),
                    except_units: except.into_iter().map(id).collect(),
                    ..Selection::default()
                },
                priority,
                late_limit_ms: late * 1000,
                gain: Gain::UNITY,
                on_holidays,
            }
        },
    )
}

prop_compose! {
    fn world()(
        schedules in prop::collection::vec(schedule(), 1..6),
        lengths in prop::collection::vec(5..900u64, 5),
        quiet in prop::option::of((0..24u32, 1..24u32)),
        own in any::<bool>(),
        history in prop::collection::btree_map((0..2usize, 0..4usize), -400_000i64..400_000, 0..5),
        anchor in -3..4i64,
        ends in prop::option::of(-1..3i64),
    ) -> Wishes {
        let unit = |name: &str, parent: Option<&str>, until| Unit {
            id: id(name),
            code: "1".into(),
            name: name.into(),
            kind: "commune".into(),
            parent: parent.map(id),
            since: None,
            until,
        };
        let hours = quiet.map(|(begin, span)| format!("{begin:02}:00-{:02}:00", (begin + span) % 24));
        let quiet_hours: Vec<_> = hours.iter().map(|hours| hours.parse().unwrap()).collect();
        let station = |name: &str, unit: &str, quiet_hours| Station {
            id: id(name), name: name.into(), kind: StationKind::Commune, unit: id(unit), quiet_hours,
        };
        let programme = |number: usize, items: Vec<Item>| Programme {
            id: id(format!("programme-{number}")), title: format!("Programme {number}"), items,
        };
        let fixed = |number: usize| Item::Clip(id(format!("clip-{number}")));
        let stations = vec![
            station("one", "left", None),
            station("two", "top", own.then(|| vec!["03:00-03:30".parse().unwrap()])),
        ];
        let mut schedules = schedules;
        for (number, schedule) in schedules.iter_mut().enumerate() {
            schedule.id = id(format!("schedule-{number}"));
        }
        Wishes {
            units: vec![unit("top", None, None), unit("left", Some("top"), ends.map(day))],
            clips: lengths.into_iter().enumerate().map(|(number, seconds)| clip(number, seconds, number != 3)).collect(),
            programmes: vec![
                programme(0, vec![fixed(0)]),
                programme(1, vec![Item::Chime(id("clip-4")), Item::Pause(1500), fixed(1)]),
                programme(2, vec![Item::Rotate(id("campaign"))]),
                programme(3, vec![Item::Rotate(id("campaign")), fixed(4), Item::Rotate(id("campaign"))]),
                programme(4, vec![fixed(3)]),
            ],
            campaigns: vec![Campaign {
                id: id("campaign"),
                title: String::new(),
                directive: Directive { number: "1".into(), date: day(-5), issuer: String::new() },
                from: day(-3),
                until: day(2),
                stations: Selection::default(),
                airings_per_day: 2,
                clips: (0..4).map(|number| id(format!("clip-{number}"))).collect(),
            }],
            calendar: Calendar { quiet_hours, holidays: vec![Holiday { date: day(1), name: "Tết".into() }] },
            history: history.into_iter().map(|((station, clip), ago)| {
                let key = (stations[station].id.clone(), id(format!("clip-{clip}")));
                (key, UtcMs(midnight(anchor).0 - ago.abs() * 1000))
            }).collect(),
            history_until: midnight(anchor),
            stations,
            schedules,
        }
    }
}

prop_compose! {
    fn cuts()(mut times in prop::collection::vec(-2 * 1440..4 * 1440i64, 3)) -> [UtcMs; 3] {
        times.sort_unstable();
        [0, 1, 2].map(|index| UtcMs(midnight(0).0 + times[index] * 60_000))
    }
}

/// Two plans of neighbouring windows as one.
fn joined(one: Plan, other: Plan) -> Plan {
    let mut both = Plan {
        airings: [one.airings, other.airings].concat(),
        decisions: [one.decisions, other.decisions].concat(),
        unreadable: one.unreadable,
    };
    both.airings.sort_by(|a, b| (&a.station, a.starts_at).cmp(&(&b.station, b.starts_at)));
    let key = |one: &Decision| (one.station.clone(), one.nominal_at, one.schedule.clone());
    both.decisions.sort_by_key(key);
    both
}

/// Every wish by its name, found without the planner: each schedule's instants at each station it means.
fn wished(wishes: &Wishes, window: Window) -> std::collections::BTreeSet<String> {
    let campaign = &wishes.campaigns[0];
    let mut names = std::collections::BTreeSet::new();
    for schedule in &wishes.schedules {
        for station in &wishes.stations {
            let left = station.unit.as_str() == "left";
            let meant = schedule.stations.units[0].as_str() == "top" || left;
            if !meant || (left && !schedule.stations.except_units.is_empty()) {
                continue;
            }
            let begin = local(schedule.zone, UtcMs(window.from.0 - 2 * 86_400_000));
            let end = local(schedule.zone, UtcMs(window.until.0 + 2 * 86_400_000));
            let times: Vec<_> = match &schedule.when {
                When::Cron(text) => {
                    Rule::parse(text).unwrap().from(begin).take_while(|time| *time < end).collect()
                }
                When::Dates(dates) => dates.clone(),
            };
            for time in times {
                let bound = schedule.campaign.is_some();
                if bound && (time.date() < campaign.from || campaign.until < time.date()) {
                    continue;
                }
                let at = zone::instant(schedule.zone, time).unwrap();
                if window.contains(at) {
                    names.insert(format!("{}.{}.{}", schedule.id, station.id, at.compact()));
                }
            }
        }
    }
    names
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn same_in_same_out_and_no_law_is_broken(wishes in world(), [from, _, until] in cuts()) {
        let window = Window { from, until };
        let made = plan(&wishes, window);
        prop_assert_eq!(check(&wishes, window, &made), []);
        prop_assert_eq!(&plan(&wishes, window), &made, "replanning changes nothing");
        let mut turned = wishes.clone();
        turned.schedules.reverse();
        turned.stations.reverse();
        turned.programmes.reverse();
        turned.units.reverse();
        prop_assert_eq!(&plan(&turned, window), &made, "the order of entries says nothing");
    }

    #[test]
    fn plans_of_neighbouring_windows_fit_together(wishes in world(), [from, middle, until] in cuts()) {
        let whole = plan(&wishes, Window { from, until });
        let left = plan(&wishes, Window { from, until: middle });
        let right = plan(&wishes, Window { from: middle, until });
        prop_assert_eq!(joined(left, right), whole);
    }

    #[test]
    fn every_wish_is_placed_or_explained(wishes in world(), [from, _, until] in cuts()) {
        let window = Window { from, until };
        // What waits may start after the window: look a day further for it, and expect nothing that nobody wished for.
        let wider = Window { from: UtcMs(from.0 - 86_400_000), until: UtcMs(until.0 + 86_400_000) };
        let made = plan(&wishes, wider);
        let names: std::collections::BTreeSet<_> = made.airings.iter().map(|one| one.id.to_string())
            .chain(made.decisions.iter().map(|one| one.airing.to_string())).collect();
        let wished_inside = wished(&wishes, window);
        prop_assert!(wished_inside.is_subset(&names), "{:?}", wished_inside.difference(&names).collect::<Vec<_>>());
        let inside = plan(&wishes, window);
        let earlier = wished(&wishes, wider);
        for airing in &inside.airings {
            prop_assert!(earlier.contains(airing.id.as_str()));
        }
    }

    #[test]
    fn nothing_less_urgent_is_in_the_way(wishes in world(), [from, _, until] in cuts()) {
        let made = plan(&wishes, Window { from, until });
        let by_rule: BTreeMap<_, _> = wishes.schedules.iter().map(|one| (&one.id, one.priority)).collect();
        for decision in &made.decisions {
            if let Why::After(other) | Why::Occupied(other) = &decision.why {
                prop_assert!(by_rule[other] >= by_rule[&decision.schedule], "{}", decision);
            }
        }
    }
}

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
