//! The planner's laws, on worlds small enough to be crowded.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::radio::{
    Calendar, Campaign, Clip, ClipHash, ClipId, Directive, Gain, Holiday, Item, Priority,
    Programme, Schedule, Selection, SofterHours, Station, StationKind, Unit, UtcMs, When, Window,
};

const ZONES: [Tz; 3] = [Tz::Asia__Ho_Chi_Minh, Tz::Europe__Berlin, Tz::Pacific__Apia];

pub(super) fn day(offset: i64) -> NaiveDate {
    // The clocks of Berlin change on the day after.
    NaiveDate::from_ymd_opt(2021, 3, 27).unwrap() + TimeDelta::days(offset)
}

pub(super) fn midnight(offset: i64) -> UtcMs {
    day(offset).and_time(NaiveTime::MIN).and_utc().into()
}

pub(super) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: impl AsRef<str>) -> T {
    text.as_ref().parse().unwrap()
}

pub(super) fn clip(number: usize, seconds: u64, approved: bool) -> (ClipId, Clip) {
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
        from: None,
        until: None,
        retired: false,
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

/// Selections, and by hand the stations that each means: `one` is a commune's in `left`, `two` the district's in `top`.
fn selections() -> Vec<(Selection, &'static [&'static str])> {
    let of = |stations: &[&str], units: &[&str], kinds: &[StationKind]| Selection {
        stations: stations.iter().map(id).collect(),
        units: units.iter().map(id).collect(),
        kinds: kinds.to_vec(),
        ..Selection::default()
    };
    let but = |stations: &[&str], units: &[&str], selection: Selection| Selection {
        except_stations: stations.iter().map(id).collect(),
        except_units: units.iter().map(id).collect(),
        ..selection
    };
    let (commune, district) = ([StationKind::Commune], [StationKind::District]);
    vec![
        (of(&[], &["top"], &[]), &["one", "two"]),
        (of(&["one"], &[], &district), &["one", "two"]),
        (of(&[], &["left"], &[]), &["one"]),
        (of(&[], &["top"], &commune), &["one"]),
        (of(&[], &[], &commune), &["one"]),
        (of(&["two"], &[], &[]), &["two"]),
        (of(&[], &["left"], &district), &[]),
        (but(&[], &["left"], of(&[], &["top"], &[])), &["two"]),
        (but(&["one"], &[], of(&[], &["top"], &[])), &["two"]),
        (but(&["two"], &[], of(&["one", "two"], &[], &[])), &["one"]),
    ]
}

fn schedule() -> impl Strategy<Value = Schedule> {
    // The first, which means everybody, often: a crowd is where it gets difficult.
    let meant = || selections().into_iter().map(|(selection, _)| selection).collect::<Vec<_>>();
    let selection = prop_oneof![Just(meant()[0].clone()), prop::sample::select(meant())];
    let bound = prop::option::weighted(0.2, -2..4i64);
    let bounds = (bound.clone(), bound);
    let late = prop_oneof![Just(0u64), 1..60u64, 60..1800u64];
    let priority = prop_oneof![3 => Just(Priority::Routine), 1 => Just(Priority::Priority), 1 => Just(Priority::Emergency)];
    let flags = any::<[bool; 2]>();
    (rules(), 0..5usize, 0..3usize, selection, bounds, priority, late, flags).prop_map(
        |(when, programme, zone, stations, bounds, priority, late, [campaign, on_holidays])| {
            Schedule {
                id: id("set-later"),
                title: String::new(),
                programme: id(format!("programme-{programme}")),
                campaign: campaign.then(|| id("campaign")),
                when,
                zone: ZONES[zone],
                from: bounds.0.map(day),
                until: bounds.1.map(day),
                stations,
                priority,
                late_limit_ms: late * 1000,
                gain: Gain::UNITY,
                on_holidays,
                except: vec![],
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
        softer in prop::collection::vec((0..24u32, 1..24u32, 0..12u8), 0..3),
        history in prop::collection::btree_map((0..2usize, 0..4usize), -400_000i64..400_000, 0..5),
        validity in prop::collection::vec(prop::option::weighted(0.3, (-3..2i64, 0..3i64)), 5),
        retired in prop::option::weighted(0.3, 0..5usize),
        unapproved in prop::option::weighted(0.3, 0..5usize),
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
        let softer: Vec<_> = softer.into_iter().map(|(begin, span, db)| SofterHours {
            hours: format!("{begin:02}:00-{:02}:00", (begin + span) % 24).parse().unwrap(),
            gain: Gain::from_db(-f64::from(db)),
        }).collect();
        let station = |name: &str, kind, unit: &str, quiet_hours| Station {
            id: id(name), name: name.into(), kind, unit: id(unit), quiet_hours,
            softer: softer.clone(), drills: false, resume_after_bulletin: false,
        };
        let programme = |number: usize, items: Vec<Item>| Programme {
            id: id(format!("programme-{number}")), title: format!("Programme {number}"), items,
        };
        let fixed = |number: usize| Item::Clip(id(format!("clip-{number}")));
        let stations = vec![
            station("one", StationKind::Commune, "left", None),
            station("two", StationKind::District, "top", own.then(|| vec!["03:00-03:30".parse().unwrap()])),
        ];
        let mut schedules = schedules;
        for (number, schedule) in schedules.iter_mut().enumerate() {
            schedule.id = id(format!("schedule-{number}"));
        }
        let clips = lengths.into_iter().zip(validity).enumerate().map(|(number, (seconds, valid))| {
            let (name, clip) = clip(number, seconds, number != 3);
            let (from, until) = valid.map(|(from, days)| (day(from), day(from + days))).unzip();
            (name, Clip { from, until, retired: retired == Some(number), ..clip })
        });
        Wishes {
            units: vec![unit("top", None, None), unit("left", Some("top"), ends.map(day))],
            clips: clips.collect(),
            unapproved: unapproved.map(|number| id(format!("programme-{number}"))).into_iter().collect(),
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
pub(super) fn joined(one: Plan, other: Plan) -> Plan {
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
        let meant = selections().into_iter().find(|(one, _)| *one == schedule.stations).unwrap().1;
        for station in &wishes.stations {
            if !meant.contains(&station.id.as_str()) {
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
                let date = time.date();
                if schedule.from.is_some_and(|from| date < from)
                    || schedule.until.is_some_and(|until| until < date)
                {
                    continue;
                }
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
