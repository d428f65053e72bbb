//! How far a campaign is: what each station owed on each day, what of it aired, and whether the rest is planned.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Territory, territory::exists};
use crate::radio::{Campaign, Evidence, Station, StationId};

/// What one airing is worth to its campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// It aired, on this evidence. Simulated, it is worth nothing.
    Aired(Evidence),
    /// It is planned and not over yet.
    Ahead,
    /// It did not air, or not wholly.
    Nothing,
}

/// How a station's day stands against what it owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayStanding {
    /// Nothing is owed on it.
    Free,
    /// All that is owed has aired.
    Full,
    /// It will be, if what is planned airs.
    Coming,
    /// Too little is planned on it.
    Lacking,
    /// It is over, and less aired than was owed.
    Short,
    /// It is not planned yet.
    Open,
}

/// One day at one station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Which day, local.
    pub date: NaiveDate,
    /// Airings owed.
    pub owed: u32,
    /// Airings that aired, whatever more than owed included.
    pub aired: u32,
    /// Those of them that rest on a person's word alone.
    pub declared: u32,
    /// Airings that are planned and not over.
    pub ahead: u32,
    /// How that stands.
    pub standing: DayStanding,
}

/// One station's days, all that the campaign has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which station.
    pub station: StationId,
    /// Its days, in order.
    pub days: Vec<Day>,
}

/// Whether a campaign is met, as far as can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forecast {
    /// No airings are owed.
    NothingOwed,
    /// All days are full.
    Met,
    /// All days are full or will be, if what is planned airs.
    WillBe,
    /// So far nothing is lacking; later days are not planned yet.
    SoFar,
    /// So many airings are lost, and so many more will be unless more is planned.
    Short {
        /// On days that are over.
        lost: u64,
        /// On today and days to come.
        lacking: u64,
    },
}

impl Day {
    /// Airings that count: more on one day does not make up for another.
    pub fn counted(&self) -> u32 {
        self.aired.min(self.owed)
    }

    fn new(date: NaiveDate, owed: u32, tally: Tally, (today, planned_to): Horizon) -> Self {
        let Tally { aired, declared, ahead } = tally;
        let standing = if owed == 0 {
            DayStanding::Free
        } else if aired >= owed {
            DayStanding::Full
        } else if aired.saturating_add(ahead) >= owed {
            DayStanding::Coming
        } else if date < today {
            DayStanding::Short
        } else if date > planned_to {
            DayStanding::Open
        } else {
            DayStanding::Lacking
        };
        Self { date, owed, aired, declared, ahead, standing }
    }

    /// Airings that are lost or will be.
    fn missing(&self) -> u64 {
        u64::from(self.owed.saturating_sub(self.aired.saturating_add(self.ahead)))
    }
}

/// Today, and the last day that is wholly planned.
type Horizon = (NaiveDate, NaiveDate);

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    aired: u32,
    declared: u32,
    ahead: u32,
}

/// The days of each station that the campaign means, in the order of the stations. `airings` are the campaign's, each with
/// its local day; those elsewhere or on other days count nowhere.
pub fn progress(
    campaign: &Campaign,
    (territory, stations): (&Territory<'_>, &[Station]),
    airings: impl IntoIterator<Item = (StationId, NaiveDate, Worth)>,
    horizon: Horizon,
) -> Vec<Row> {
    let mut tallies: HashMap<(StationId, NaiveDate), Tally> = HashMap::new();
    for (station, day, worth) in airings {
        let tally = tallies.entry((station, day)).or_default();
        match worth {
            Worth::Aired(Evidence::Simulated) | Worth::Nothing => {}
            Worth::Aired(evidence) => {
                tally.aired += 1;
                tally.declared += u32::from(evidence == Evidence::Declared);
            }
            Worth::Ahead => tally.ahead += 1,
        }
    }
    let meant = stations.iter().filter(|station| territory.means(&campaign.stations, station));
    meant
        .map(|station| {
            let unit = territory.unit(&station.unit);
            let days = campaign.from.iter_days().take_while(|day| *day <= campaign.until);
            let days = days.map(|day| {
                let is_there = unit.is_none_or(|unit| exists(unit, day));
                let owed = if is_there { campaign.airings_per_day } else { 0 };
                let tally = tallies.get(&(station.id.clone(), day)).copied().unwrap_or_default();
                Day::new(day, owed, tally, horizon)
            });
            Row { station: station.id.clone(), days: days.collect() }
        })
        .collect()
}

/// Whether all these will be met with the present timetable.
pub fn forecast(rows: &[Row]) -> Forecast {
    let days = || rows.iter().flat_map(|row| &row.days);
    let missing = |standing: DayStanding| -> u64 {
        days().filter(|day| day.standing == standing).map(Day::missing).sum()
    };
    let has = |standing| days().any(|day| day.standing == standing);
    let (lost, lacking) = (missing(DayStanding::Short), missing(DayStanding::Lacking));
    if days().all(|day| day.standing == DayStanding::Free) {
        Forecast::NothingOwed
    } else if lost + lacking > 0 {
        Forecast::Short { lost, lacking }
    } else if has(DayStanding::Open) {
        Forecast::SoFar
    } else if has(DayStanding::Coming) {
        Forecast::WillBe
    } else {
        Forecast::Met
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::radio::{Directive, Selection, StationKind, Unit};

    const DAYS: i64 = 6;

    fn day(offset: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 9, 28).unwrap() + TimeDelta::days(offset)
    }

    fn campaign(owed: u32) -> Campaign {
        Campaign {
            id: "bluezone".parse().unwrap(),
            title: String::new(),
            directive: Directive { number: String::new(), date: day(0), issuer: String::new() },
            from: day(0),
            until: day(DAYS - 1),
            stations: Selection { units: vec!["huyen".parse().unwrap()], ..Selection::default() },
            airings_per_day: owed,
            clips: Vec::new(),
        }
    }

    fn unit(until: Option<NaiveDate>) -> Unit {
        Unit {
            id: "huyen".parse().unwrap(),
            code: String::new(),
            name: String::new(),
            kind: String::new(),
            parent: None,
            since: None,
            until,
        }
    }

    fn station(id: &str) -> Station {
        serde_json::from_value(serde_json::json!(
            {"id": id, "name": id, "kind": StationKind::Commune, "unit": "huyen"}
        ))
        .unwrap()
    }

    fn rows(
        owed: u32,
        airings: Vec<(StationId, NaiveDate, Worth)>,
        today: i64,
        to: i64,
    ) -> Vec<Row> {
        let units = [unit(None)];
        let stations = [station("a"), station("b")];
        let places = (&Territory::new(&units), &stations[..]);
        progress(&campaign(owed), places, airings, (day(today), day(to)))
    }

    fn worths() -> impl Strategy<Value = Worth> {
        prop_oneof![
            Just(Worth::Aired(Evidence::Played)),
            Just(Worth::Aired(Evidence::Declared)),
            Just(Worth::Aired(Evidence::Simulated)),
            Just(Worth::Ahead),
            Just(Worth::Nothing),
        ]
    }

    fn airings() -> impl Strategy<Value = Vec<(StationId, NaiveDate, Worth)>> {
        let station = prop_oneof![Just("a"), Just("b"), Just("elsewhere")];
        let one = (station, -1..=DAYS, worths())
            .prop_map(|(station, offset, worth)| (station.parse().unwrap(), day(offset), worth));
        prop::collection::vec(one, 0..60)
    }

    proptest! {
        #[test]
        fn simulated_and_lost_airings_change_nothing(
            all in airings(), owed in 0..4u32, today in 0..DAYS, ahead in 0..DAYS,
        ) {
            let is_worth = |worth: &Worth| {
                !matches!(worth, Worth::Nothing | Worth::Aired(Evidence::Simulated))
            };
            let real = all.iter().filter(|(_, _, worth)| is_worth(worth)).cloned().collect();
            prop_assert_eq!(rows(owed, all, today, today + ahead), rows(owed, real, today, today + ahead));
        }

        #[test]
        fn every_airing_counts_once_and_never_for_more_than_is_owed(
            all in airings(), owed in 0..4u32, today in 0..DAYS,
        ) {
            let made = rows(owed, all.clone(), today, today);
            prop_assert_eq!(made.len(), 2);
            for row in &made {
                prop_assert_eq!(row.days.len() as i64, DAYS);
                for it in &row.days {
                    let here = all.iter().filter(|(at, on, _)| *at == row.station && *on == it.date);
                    let (mut aired, mut declared, mut ahead) = (0, 0, 0);
                    for (_, _, worth) in here {
                        match worth {
                            Worth::Aired(Evidence::Played) => aired += 1,
                            Worth::Aired(Evidence::Declared) => (aired, declared) = (aired + 1, declared + 1),
                            Worth::Ahead => ahead += 1,
                            _ => {}
                        }
                    }
                    prop_assert_eq!((it.aired, it.declared, it.ahead), (aired, declared, ahead));
                    prop_assert!(it.counted() <= it.owed);
                    prop_assert_eq!(it.standing == DayStanding::Free, owed == 0);
                    prop_assert_eq!(it.standing == DayStanding::Full, owed > 0 && aired >= owed);
                }
            }
        }

        #[test]
        fn one_more_airing_never_makes_it_worse(
            all in airings(), owed in 1..4u32, today in 0..DAYS, ahead in 0..DAYS, offset in 0..DAYS,
        ) {
            let lost = |rows: &[Row]| match forecast(rows) {
                Forecast::Short { lost, lacking } => lost + lacking,
                _ => 0,
            };
            let before = lost(&rows(owed, all.clone(), today, today + ahead));
            let more = ("a".parse().unwrap(), day(offset), Worth::Aired(Evidence::Heard));
            let after = lost(&rows(owed, [all, vec![more]].concat(), today, today + ahead));
            prop_assert!(after <= before && before - after <= 1);
        }

        #[test]
        fn what_is_planned_and_airs_is_met(owed in 1..4u32, today in 0..DAYS) {
            let all = |worth: fn(i64, i64) -> Worth| -> Vec<_> {
                let stations = ["a", "b"].into_iter();
                stations.flat_map(|at| (0..DAYS).flat_map(move |offset| {
                    let one = (at.parse::<StationId>().unwrap(), day(offset), worth(offset, 0));
                    vec![one; owed as usize]
                })).collect()
            };
            let aired = all(|_, _| Worth::Aired(Evidence::Played));
            prop_assert_eq!(forecast(&rows(owed, aired.clone(), today, DAYS)), Forecast::Met);
            // Without the last day's at one station it depends on where today is.
            let mut lacking = aired;
            lacking.pop();
            let short = forecast(&rows(owed, lacking.clone(), today, DAYS));
            prop_assert_eq!(short, Forecast::Short { lost: 0, lacking: 1 });
            prop_assert_eq!(forecast(&rows(owed, lacking.clone(), DAYS, DAYS)), Forecast::Short { lost: 1, lacking: 0 });
            lacking.push(("b".parse().unwrap(), day(DAYS - 1), Worth::Ahead));
            prop_assert_eq!(forecast(&rows(owed, lacking.clone(), today, DAYS)), Forecast::WillBe);
            lacking.pop();
            if today < DAYS - 1 {
                prop_assert_eq!(forecast(&rows(owed, lacking, today, DAYS - 2)), Forecast::SoFar);
            }
        }
    }

    #[test]
    fn a_unit_that_is_gone_owes_nothing() {
        let units = [unit(Some(day(1)))];
        let stations = [station("a")];
        let places = (&Territory::new(&units), &stations[..]);
        let rows = progress(&campaign(2), places, [], (day(0), day(DAYS)));
        let owed: Vec<u32> = rows[0].days.iter().map(|day| day.owed).collect();
        assert_eq!(owed, [2, 2, 0, 0, 0, 0]);
        assert_eq!(forecast(&rows), Forecast::Short { lost: 0, lacking: 4 });
        assert_eq!(forecast(&[]), Forecast::NothingOwed);
    }
}
