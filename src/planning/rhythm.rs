use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, NaiveTime, Timelike};

use super::cron::{Line, lines};
use crate::radio::When;

/// More times a day than these are no list that anybody would read.
const MOST: usize = 24;

/// Days of the week as crontab(5) writes them, from Monday on.
const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When a schedule airs, as people say it. What cannot be said so stays cron's text, letter by letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rhythm {
    /// At these times of day on these days of the week, Monday first. A day and a time at least.
    Week {
        /// Which days.
        days: [bool; 7],
        /// Which times, in order, each once, of whole minutes.
        times: Vec<NaiveTime>,
    },
    /// At these local instants, in order, each once.
    Dates(Vec<NaiveDateTime>),
    /// As crontab(5) says.
    Cron(String),
}

impl Rhythm {
    /// What a rule says.
    pub fn of(when: &When) -> Self {
        match when {
            When::Dates(dates) => {
                Self::Dates(dates.iter().copied().collect::<BTreeSet<_>>().into_iter().collect())
            }
            When::Cron(text) => week(text).unwrap_or_else(|| Self::Cron(text.clone())),
        }
    }

    /// The rule that says so.
    pub fn when(&self) -> When {
        match self {
            Self::Week { days, times } => When::Cron(cron(days, times)),
            Self::Dates(dates) => When::Dates(dates.clone()),
            Self::Cron(text) => When::Cron(text.clone()),
        }
    }

    /// The same in place of another rule, which stays letter by letter if it says the same already.
    pub fn onto(&self, before: &When) -> When {
        if Self::of(before) == *self { before.clone() } else { self.when() }
    }
}

/// Reads what has the same times on every one of its days.
fn week(text: &str) -> Option<Rhythm> {
    let lines = lines(text).ok()?;
    let weekdays = lines.first()?.weekly()?;
    let mut times = BTreeSet::new();
    for line in &lines {
        if line.weekly()? != weekdays {
            return None;
        }
        times.extend(times_of(line)?);
        if times.len() > MOST {
            return None;
        }
    }
    // crontab(5) begins with Sunday.
    let days = [1, 2, 3, 4, 5, 6, 0].map(|day| weekdays.has(day));
    Some(Rhythm::Week { days, times: times.into_iter().collect() })
}

fn times_of(line: &Line) -> Option<impl Iterator<Item = NaiveTime>> {
    let [second, minute, hour] = line.time;
    let on_the_minute = second.has(0) && (1..60).all(|number| !second.has(number));
    let hours = (0..24).filter(move |number| hour.has(*number));
    let times = hours.flat_map(move |hour| {
        let minutes = (0..60).filter(move |number| minute.has(*number));
        minutes.filter_map(move |minute| NaiveTime::from_hms_opt(hour, minute, 0))
    });
    on_the_minute.then_some(times)
}

/// As few lines as there are sets of hours with different minutes.
fn cron(days: &[bool; 7], times: &[NaiveTime]) -> String {
    let mut hours: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for time in times {
        hours.entry(time.minute()).or_default().insert(time.hour());
    }
    let mut minutes: Vec<(BTreeSet<u32>, Vec<u32>)> = Vec::new();
    for (minute, hours) in hours {
        match minutes.iter_mut().find(|(known, _)| *known == hours) {
            Some((_, minutes)) => minutes.push(minute),
            None => minutes.push((hours, vec![minute])),
        }
    }
    minutes.sort();
    let list = |numbers: &mut dyn Iterator<Item = &u32>| {
        numbers.map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    let days = weekdays(days);
    let lines = minutes.iter().map(|(hours, minutes)| {
        format!("{} {} * * {days}", list(&mut minutes.iter()), list(&mut hours.iter()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `mon-sat`, `sun`, `mon,wed,fri`, `*`.
fn weekdays(days: &[bool; 7]) -> String {
    if days.iter().all(|day| *day) {
        return "*".to_owned();
    }
    let chosen: Vec<usize> = (0..7).filter(|day| days[*day]).collect();
    let runs = chosen.chunk_by(|day, next| day + 1 == *next);
    let runs = runs.map(|run| match run {
        [first, _, .., last] => format!("{}-{}", NAMES[*first], NAMES[*last]),
        run => run.iter().map(|day| NAMES[*day]).collect::<Vec<_>>().join(","),
    });
    runs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};
    use proptest::prelude::*;

    use super::*;
    use crate::planning::Rule;

    fn fires(when: &When) -> Vec<NaiveDateTime> {
        let When::Cron(text) = when else { panic!("dates") };
        let from = NaiveDate::from_ymd_opt(2024, 2, 20).unwrap().and_time(NaiveTime::MIN);
        let until = from + TimeDelta::days(45);
        Rule::parse(text).unwrap().from(from).take_while(|time| *time < until).collect()
    }

    fn cron(text: &str) -> When {
        When::Cron(text.to_owned())
    }

    #[test]
    fn what_people_can_say_is_said() {
        for (text, said) in [
            ("0 5 * * mon-sat", "0 5 * * mon-sat"),
            ("0 6,17 * * sun", "0 6,17 * * sun"),
            ("0 5 * * 1-6", "0 5 * * mon-sat"),
            ("00 05 1-31 1-12 *", "0 5 * * *"),
            ("@daily", "0 0 * * *"),
            ("30 4 * * fri-sun", "30 4 * * fri-sun"),
            ("0 5 * * 0,6", "0 5 * * sat,sun"),
            ("15 5 * * 1\n30 17 * * mon", "15 5 * * mon\n30 17 * * mon"),
            ("0 5 * * 1\n30 17 * * 1\n30 5 * * 1\n0 17 * * 1", "0,30 5,17 * * mon"),
        ] {
            let rhythm = Rhythm::of(&cron(text));
            assert!(matches!(rhythm, Rhythm::Week { .. }), "{text}");
            assert_eq!(rhythm.when(), cron(said), "{text}");
            assert_eq!(rhythm.onto(&cron(text)), cron(text));
        }
    }

    #[test]
    fn what_people_cannot_say_stays_as_it_is() {
        for text in [
            "0 5 1 * *",
            "0 5 * jan *",
            "0 5 1-31 * mon",
            "30 0 5 * * *",
            "* * * * *",
            "0 5 * * mon\n0 6 * * tue",
            "0 5 */2 * *",
        ] {
            assert_eq!(Rhythm::of(&cron(text)), Rhythm::Cron(text.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn saying_it_changes_nothing(
            minutes in prop::collection::vec(0..60u32, 1..4),
            hours in prop::collection::vec(0..24u32, 1..4),
            days in prop::sample::select(vec!["*", "sun", "1-6", "5-7", "0,3", "mon,wed-fri", "0-7", "*/2"]),
            dom in prop::sample::select(vec!["*", "*", "*", "1-31", "15", "*/2"]),
            more in prop::option::of((0..60u32, 0..24u32)),
        ) {
            let list = |numbers: &[u32]| {
                numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
            };
            let mut text = format!("{} {} {dom} * {days}", list(&minutes), list(&hours));
            if let Some((minute, hour)) = more {
                text = format!("{text}\n{minute} {hour} {dom} * {days}");
            }
            let when = When::Cron(text);
            let rhythm = Rhythm::of(&when);
            prop_assert_eq!(fires(&rhythm.when()), fires(&when));
            prop_assert_eq!(Rhythm::of(&rhythm.when()), rhythm.clone());
            prop_assert_eq!(rhythm.onto(&when), when);
        }
    }
}
