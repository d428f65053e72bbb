//! Every airing in one column, and the columns add up.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::{
    radio::{AiringState, Directive, Selection, StationKind, UtcMs},
    reports::Entry,
};

const ZONE: chrono_tz::Tz = chrono_tz::Asia::Ho_Chi_Minh;
const DAYS: i64 = 5;
const HOUR: i64 = 3_600_000;

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()
}

fn day(offset: i64) -> NaiveDate {
    first() + TimeDelta::days(offset)
}

/// An hour of a day there.
fn at(offset: i64, hour: i64) -> UtcMs {
    let midnight = first().and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_millis() - 7 * HOUR;
    UtcMs(midnight + (offset * 24 + hour) * HOUR)
}

fn evidence() -> impl Strategy<Value = Option<Evidence>> {
    prop::sample::select(vec![
        None,
        Some(Evidence::Simulated),
        Some(Evidence::Declared),
        Some(Evidence::Played),
        Some(Evidence::Heard),
    ])
}

prop_compose! {
    fn entry()(
        station in "[ab]", campaign in prop::option::of("[xy]"), offset in 0..DAYS, hour in 0..24i64,
        state in prop::sample::select(AiringState::ALL.to_vec()), evidence in evidence(),
        is_planned in any::<bool>(), reason in prop::option::of("(power|late)"),
        arrivals in prop::collection::vec(0..100i64, 0..3),
    ) -> Entry {
        let starts_at = at(offset, hour);
        Entry {
            id: format!("buoi.{station}.{offset}-{hour}").parse().unwrap(),
            station: station.parse().unwrap(),
            unit: "xa".parse().unwrap(),
            campaign: campaign.map(|id| id.parse().unwrap()),
            title: String::new(),
            starts_at,
            ends_at: starts_at,
            started_at: None,
            state,
            evidence,
            reason,
            word: None,
            is_planned,
            is_late: false,
            arrivals: arrivals.into_iter().map(|after| UtcMs(starts_at.0 + after * HOUR)).collect(),
        }
    }
}

fn campaign(id: &str, owed: u32) -> Campaign {
    Campaign {
        id: id.parse().unwrap(),
        title: String::new(),
        directive: Directive { number: String::new(), date: first(), issuer: String::new() },
        from: day(-3),
        until: day(DAYS - 2),
        stations: Selection {
            stations: vec!["a".parse().unwrap(), "c".parse().unwrap()],
            ..Selection::default()
        },
        airings_per_day: owed,
        clips: vec![],
    }
}

fn station(id: &str) -> Station {
    Station {
        id: id.parse().unwrap(),
        name: String::new(),
        kind: StationKind::Commune,
        unit: "xa".parse().unwrap(),
        quiet_hours: None,
        drills: false,
        resume_after_bulletin: false,
        softer: vec![],
    }
}

fn reconciled(entries: &[Entry], owed: u32) -> Reconciliation {
    let mut made = Reconciliation::new(Period::new(first(), day(DAYS - 1)));
    for entry in entries {
        let mut tally = Tally::default();
        tally.count(entry, ZONE);
        let day = entry.starts_at.to_chrono().with_timezone(&ZONE).date_naive();
        made.add(day, &entry.station, entry.campaign.as_ref(), &tally);
    }
    let stations = ["a", "b", "c"].map(station);
    made.owe(&campaign("x", owed), (&Territory::new(&[]), &stations), day(DAYS));
    made
}

proptest! {
    #[test]
    fn each_airing_stands_in_one_column_and_the_columns_add_up(
        entries in prop::collection::vec(entry(), 0..40), owed in 0..4u32,
    ) {
        let made = reconciled(&entries, owed);
        for (campaign, at, line) in made.lines() {
            let here: Vec<_> = entries
                .iter()
                .filter(|entry| entry.station == *at && entry.campaign.as_ref() == campaign)
                .collect();
            let mut sum = 0;
            for column in Column::ALL {
                let stand = |entry: &&&Entry| Column::of(entry.state, entry.evidence) == *column;
                prop_assert_eq!(line.tally.of(*column), here.iter().filter(stand).count() as u64);
                sum += line.tally.of(*column);
            }
            let tally = &line.tally;
            prop_assert_eq!(sum, here.len() as u64);
            prop_assert_eq!(tally.planned() + tally.unplanned(), sum);
            prop_assert_eq!(tally.planned(), here.iter().filter(|entry| entry.is_planned).count() as u64);
            prop_assert_eq!((0..24).map(|hour| tally.at_hour(hour)).sum::<u64>(), tally.aired());
            let mut of_days = Cell::default();
            for cell in &line.days {
                prop_assert!(cell.declared <= cell.aired && cell.aired + cell.ahead <= cell.airings);
                of_days.airings += cell.airings;
                of_days.aired += cell.aired;
                of_days.owed += cell.owed;
            }
            prop_assert_eq!(u64::from(of_days.airings), sum);
            prop_assert_eq!(u64::from(of_days.aired), tally.aired());
            prop_assert_eq!(u64::from(of_days.owed), line.owed);
            prop_assert!(line.met <= line.owed && line.met <= tally.aired());
            prop_assert!(line.met + line.lacking() <= line.owed);
        }
        let total = made.total();
        prop_assert_eq!(total.tally.airings(), entries.len() as u64);
        // Four days of the period lie in the campaign; it means two of the stations.
        prop_assert_eq!(total.owed, 2 * 4 * u64::from(owed));
        let mut stations = Line::new(made.period().length());
        made.by_station().values().for_each(|line| stations.join(line));
        prop_assert_eq!(stations, total);
    }

    #[test]
    fn nothing_that_nobody_heard_counts_as_aired(state in prop::sample::select(AiringState::ALL.to_vec()), on in evidence()) {
        let counts = Column::of(state, on).is_aired();
        prop_assert_eq!(counts, state == AiringState::Aired && on > Some(Evidence::Simulated));
    }

    #[test]
    fn a_tally_survives_its_text(entries in prop::collection::vec(entry(), 0..20)) {
        let mut tally = Tally::default();
        entries.iter().for_each(|entry| tally.count(entry, ZONE));
        let text = serde_json::to_string(&tally).unwrap();
        prop_assert_eq!(serde_json::from_str::<Tally>(&text).unwrap(), tally);
    }

    #[test]
    fn in_whatever_order_it_comes_it_is_the_same(entries in prop::collection::vec(entry(), 0..20)) {
        let backwards: Vec<_> = entries.iter().rev().cloned().collect();
        prop_assert_eq!(reconciled(&entries, 2), reconciled(&backwards, 2));
    }
}

#[test]
fn what_came_after_its_day_is_told_by_the_day_it_came() {
    let entry = |arrivals: Vec<UtcMs>| Entry {
        id: "buoi.a.1".parse().unwrap(),
        station: "a".parse().unwrap(),
        unit: "xa".parse().unwrap(),
        campaign: None,
        title: String::new(),
        starts_at: at(0, 5),
        ends_at: at(0, 5),
        started_at: None,
        state: AiringState::Aired,
        evidence: Some(Evidence::Played),
        reason: None,
        word: None,
        is_planned: true,
        is_late: false,
        arrivals,
    };
    let mut tally = Tally::default();
    tally.count(&entry(vec![at(0, 6), UtcMs(at(1, 0).0 - 1), at(1, 0), at(3, 9), at(3, 10)]), ZONE);
    assert_eq!(tally.late().collect::<Vec<_>>(), [(day(1), 1), (day(3), 2)]);
}
