//! The form of a schedule, and the schedule that it says: one is made of the other and back, and nothing is lost. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::said::times_text;
use crate::{
    planning::{BadRule, Rhythm, Rule},
    radio::{Exception, Priority, Schedule, ScheduleId, When},
    server::pages::{
        dates::read_day,
        lower::{lowered, read_lower},
        selection::{Ticked, words},
    },
};

/// The form as it is filled in.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    pub(super) title: String,
    pub(super) programme: String,
    pub(super) campaign: String,
    /// `week`, `dates` or `cron`.
    pub(super) rhythm: String,
    /// 1 for Monday to 7.
    pub(super) days: Vec<String>,
    pub(super) times: String,
    pub(super) dates: String,
    pub(super) cron: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) holidays: String,
    pub(super) stations: Vec<String>,
    pub(super) units: Vec<String>,
    pub(super) kinds: Vec<String>,
    pub(super) except_stations: Vec<String>,
    pub(super) except_units: Vec<String>,
    pub(super) priority: String,
    /// In milliseconds.
    pub(super) late: String,
    /// In decibels: by how much it is lower.
    pub(super) lower: String,
    /// The exceptions that stay.
    pub(super) keep: Vec<String>,
    /// Which button was pressed: `save`, or anything else to look only.
    pub(super) act: String,
    /// The hash of what was last shown before it was saved.
    pub(super) seen: String,
}

/// What is wrong in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Title,
    Programme,
    Days,
    Times,
    Dates,
    Cron,
    From,
    Until,
    Stations,
    Priority,
    Late,
    Lower,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Wrong {
    pub(super) fields: BTreeSet<Field>,
    pub(super) cron: Option<BadRule>,
}

/// `05:00` or `5h`, `5h30`, `5:30`.
pub(in crate::server::pages::timetable) fn read_time(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.split_once([':', 'h', 'H', 'g']).unwrap_or((text, ""));
    let number = |text: &str, empty: Option<u32>| match text {
        "" => empty,
        digits if digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().ok()
        }
        _ => None,
    };
    NaiveTime::from_hms_opt(number(hour, None)?, number(minute, Some(0))?, 0)
}

/// Times with whatever stands between them.
fn read_times(text: &str) -> Option<Vec<NaiveTime>> {
    let parts = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    let times = parts.filter(|part| !part.is_empty()).map(read_time);
    let times: BTreeSet<NaiveTime> = times.collect::<Option<_>>()?;
    (!times.is_empty()).then(|| times.into_iter().collect())
}

/// The time of a date, with seconds only where there are any.
fn exact(time: NaiveTime) -> String {
    use chrono::Timelike;
    let whole = time.second() == 0 && time.nanosecond() == 0;
    time.format(if whole { "%H:%M" } else { "%H:%M:%S%.f" }).to_string()
}

/// A line a day: `02/09/2026 05:00, 17:00`.
fn dates_text(dates: &[NaiveDateTime]) -> String {
    let mut days: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
    for date in dates {
        days.entry(date.date()).or_default().push(exact(date.time()));
    }
    let line = |(day, times): (NaiveDate, Vec<String>)| {
        format!("{} {}", day.format("%d/%m/%Y"), times.join(", "))
    };
    days.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn read_dates(text: &str) -> Option<Vec<NaiveDateTime>> {
    let mut dates = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (day, times) = line.split_once(char::is_whitespace)?;
        let day = read_day(day)?;
        let parts = times.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
        let before = dates.len();
        for part in parts.filter(|part| !part.is_empty()) {
            let to_the_second = || NaiveTime::parse_from_str(part, "%H:%M:%S%.f").ok();
            dates.insert(day.and_time(read_time(part).or_else(to_the_second)?));
        }
        if dates.len() == before {
            return None;
        }
    }
    (!dates.is_empty()).then(|| dates.into_iter().collect())
}

/// `2026-11-26T05:00:00>2026-11-26T06:00:00`, without what follows the angle where it does not air.
pub(super) fn exception_text(one: &Exception) -> String {
    let to = one.to.map(|to| to.to_string()).unwrap_or_default();
    format!("{}>{to}", one.at)
}

impl Wish {
    /// The form of a new schedule.
    pub(super) fn new() -> Self {
        Self {
            rhythm: "week".to_owned(),
            days: (1..=7).map(|day| day.to_string()).collect(),
            priority: Priority::Routine.to_string(),
            late: "300000".to_owned(),
            lower: "0".to_owned(),
            ..Self::default()
        }
    }

    /// The form that says a schedule.
    pub(super) fn of(schedule: &Schedule) -> Self {
        let day = |day: Option<NaiveDate>| {
            day.map(|day| day.format("%d/%m/%Y").to_string()).unwrap_or_default()
        };
        let mut wish = Self {
            title: schedule.title.clone(),
            programme: schedule.programme.to_string(),
            campaign: schedule.campaign.as_ref().map(ToString::to_string).unwrap_or_default(),
            from: day(schedule.from),
            until: day(schedule.until),
            holidays: if schedule.on_holidays { "yes".to_owned() } else { String::new() },
            stations: words(&schedule.stations.stations),
            units: words(&schedule.stations.units),
            kinds: words(&schedule.stations.kinds),
            except_stations: words(&schedule.stations.except_stations),
            except_units: words(&schedule.stations.except_units),
            priority: schedule.priority.to_string(),
            late: schedule.late_limit_ms.to_string(),
            lower: lowered(schedule.gain),
            keep: schedule.except.iter().map(exception_text).collect(),
            ..Self::default()
        };
        if let When::Cron(text) = &schedule.when {
            wish.cron.clone_from(text);
        }
        match Rhythm::of(&schedule.when) {
            Rhythm::Week { days, times } => {
                wish.rhythm = "week".to_owned();
                let chosen = (1..=7).filter(|day| days[day - 1]);
                wish.days = chosen.map(|day| day.to_string()).collect();
                wish.times = times_text(&times);
            }
            Rhythm::Dates(dates) => {
                wish.rhythm = "dates".to_owned();
                wish.dates = dates_text(&dates);
            }
            Rhythm::Cron(_) => wish.rhythm = "cron".to_owned(),
        }
        wish
    }

    /// The schedule that it says. What `before` says already stays as it is written there.
    pub(super) fn read(
        &self,
        id: ScheduleId,
        before: Option<&Schedule>,
        zone: Tz,
    ) -> Result<Schedule, Wrong> {
        let mut wrong = Wrong::default();
        let title: String = self.title.trim().nfc().collect();
        if title.is_empty() || title.chars().count() > 200 {
            wrong.fields.insert(Field::Title);
        }
        let programme = self.programme.parse().ok();
        if programme.is_none() {
            wrong.fields.insert(Field::Programme);
        }
        let rhythm = self.rhythm(&mut wrong);
        let mut day = |text: &str, field| match text.trim() {
            "" => None,
            text => {
                let day = read_day(text);
                if day.is_none() {
                    wrong.fields.insert(field);
                }
                day
            }
        };
        let (from, until) = (day(&self.from, Field::From), day(&self.until, Field::Until));
        if until.is_some() && from > until {
            wrong.fields.insert(Field::Until);
        }
        let stations = self.ticked().selection(before.map(|before| &before.stations));
        if stations.is_none() {
            wrong.fields.insert(Field::Stations);
        }
        // An emergency needs a second person's word: it has a page of its own.
        let known = before.map(|before| before.priority);
        let priority = [Priority::Routine, Priority::Priority].into_iter().chain(known);
        let priority = priority.into_iter().find(|one| one.to_string() == self.priority);
        if priority.is_none() {
            wrong.fields.insert(Field::Priority);
        }
        let late = self.late.parse::<u64>().ok();
        let same_late = before.is_some_and(|before| Some(before.late_limit_ms) == late);
        let late = late.filter(|ms| same_late || *ms <= 86_400_000);
        if late.is_none() {
            wrong.fields.insert(Field::Late);
        }
        let gain = read_lower(&self.lower);
        let same_gain = before.is_some_and(|before| Some(before.gain) == gain);
        let gain = gain.filter(|gain| same_gain || (-6000..=0).contains(&gain.centibels));
        if gain.is_none() {
            wrong.fields.insert(Field::Lower);
        }
        let except = before.map(|before| &before.except[..]).unwrap_or_default().iter();
        let except = except.filter(|one| self.keep.contains(&exception_text(one)));
        let except = except.cloned().collect();
        let all = programme.zip(rhythm).zip(stations).zip(priority).zip(late).zip(gain);
        let Some((((((programme, rhythm), stations), priority), late_limit_ms), gain)) =
            all.filter(|_| wrong.fields.is_empty())
        else {
            return Err(wrong);
        };
        Ok(Schedule {
            id,
            title,
            programme,
            campaign: self.campaign.parse().ok(),
            when: before.map_or_else(|| rhythm.when(), |before| rhythm.onto(&before.when)),
            zone: before.map_or(zone, |before| before.zone),
            from,
            until,
            stations,
            priority,
            late_limit_ms,
            gain,
            on_holidays: !self.holidays.is_empty(),
            except,
        })
    }

    fn rhythm(&self, wrong: &mut Wrong) -> Option<Rhythm> {
        match self.rhythm.as_str() {
            "dates" => {
                let dates = read_dates(&self.dates);
                if dates.is_none() {
                    wrong.fields.insert(Field::Dates);
                }
                dates.map(Rhythm::Dates)
            }
            "cron" => match Rule::parse(&self.cron) {
                Ok(_) => {
                    let text = self.cron.replace("\r\n", "\n");
                    Some(Rhythm::of(&When::Cron(text)))
                }
                Err(bad) => {
                    wrong.fields.insert(Field::Cron);
                    wrong.cron = Some(bad);
                    None
                }
            },
            _ => {
                let days: [bool; 7] =
                    std::array::from_fn(|day| self.days.contains(&(day + 1).to_string()));
                if days == [false; 7] {
                    wrong.fields.insert(Field::Days);
                }
                let times = read_times(&self.times).filter(|times| times.len() <= 24);
                if times.is_none() {
                    wrong.fields.insert(Field::Times);
                }
                times.map(|times| Rhythm::Week { days, times })
            }
        }
    }

    /// The stations that are ticked.
    pub(super) fn ticked(&self) -> Ticked<'_> {
        Ticked {
            stations: &self.stations,
            units: &self.units,
            kinds: &self.kinds,
            except_stations: &self.except_stations,
            except_units: &self.except_units,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::radio::{Gain, Selection};

    fn schedule(when: When) -> Schedule {
        Schedule {
            id: "sang".parse().unwrap(),
            title: "Buổi sáng".to_owned(),
            programme: "ban-tin".parse().unwrap(),
            campaign: None,
            when,
            zone: Tz::Asia__Ho_Chi_Minh,
            from: None,
            until: None,
            stations: Selection { units: vec!["kim-tan".parse().unwrap()], ..Selection::default() },
            priority: Priority::Routine,
            late_limit_ms: 300_000,
            gain: Gain::UNITY,
            on_holidays: false,
            except: Vec::new(),
        }
    }

    fn rules() -> impl Strategy<Value = When> {
        let cron = prop::sample::select(vec![
            "0 5 * * mon-sat",
            "0 5 * * 1-6",
            "*/7 5-6 * * 0",
            "0 5 1 * *",
            "30 0 5 * * *",
            "@daily",
            "15 5 * * 1\n30 17 * * 1",
            "* * * * *",
            "0  5 * *  mon , ",
        ]);
        let cron = cron.prop_filter("a rule", |text| Rule::parse(text).is_ok());
        let time = (0..800i64, 0..86_400u32).prop_map(|(day, second)| {
            let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(day);
            day.and_time(NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap())
        });
        prop_oneof![
            cron.prop_map(|text| When::Cron(text.to_owned())),
            prop::collection::vec(time, 1..6).prop_map(When::Dates),
        ]
    }

    proptest! {
        #[test]
        fn a_schedule_comes_back_from_its_form_as_it_was(
            when in rules(),
            late in prop::sample::select(vec![0, 40_000, 300_000, 900_001, u64::MAX]),
            centibels in -12_000..=6_000i32,
            priority in prop::sample::select(vec![Priority::Routine, Priority::Priority, Priority::Emergency]),
            (holidays, reverse, from) in (any::<bool>(), any::<bool>(), prop::option::of(0..300u64)),
            excepted in prop::collection::vec((0..20u64, prop::option::of(0..20u64)), 0..3),
        ) {
            let day = |days| NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(days);
            let mut before = schedule(when);
            before.late_limit_ms = late;
            before.gain = Gain { centibels };
            before.priority = priority;
            before.on_holidays = holidays;
            before.from = from.map(day);
            before.until = from.map(|from| day(from + 3));
            before.campaign = holidays.then(|| "bluezone".parse().unwrap());
            before.stations.except_stations = vec!["b".parse().unwrap(), "a".parse().unwrap()];
            before.except = excepted
                .into_iter()
                .map(|(at, to)| Exception {
                    at: day(at).and_time(NaiveTime::MIN),
                    to: to.map(|to| day(to).and_time(NaiveTime::MIN)),
                })
                .collect();
            let mut wish = Wish::of(&before);
            if reverse {
                wish.except_stations.reverse();
                wish.days.reverse();
            }
            let after = wish.read(before.id.clone(), Some(&before), Tz::UTC);
            prop_assert_eq!(after, Ok(before));
        }
    }

    #[test]
    fn what_is_typed_is_read_as_it_is_meant() {
        let mut wish = Wish {
            times: "17h30; 5h 5:00".to_owned(),
            ..Wish::of(&schedule(When::Cron("0 5 * * *".to_owned())))
        };
        let id: ScheduleId = "sang".parse().unwrap();
        let read = |wish: &Wish| wish.read(id.clone(), None, Tz::UTC);
        assert_eq!(read(&wish).unwrap().when, When::Cron("0 5 * * *\n30 17 * * *".to_owned()));
        wish.rhythm = "dates".to_owned();
        wish.dates = "02/09/2026 5h, 17:00\r\n2026-09-03 05:00\r\n".to_owned();
        let When::Dates(dates) = read(&wish).unwrap().when else { panic!("no dates") };
        assert_eq!(dates.len(), 3);
        wish.rhythm = "cron".to_owned();
        wish.cron = "0 25 * * *".to_owned();
        wish.title = " ".to_owned();
        wish.units.clear();
        wish.until = "31/02/2026".to_owned();
        let wrong = read(&wish).unwrap_err();
        let fields = [Field::Title, Field::Cron, Field::Until, Field::Stations];
        assert_eq!(wrong.fields, fields.into());
        assert!(matches!(wrong.cron, Some(BadRule::Field { field: "hour", .. })));
        // Nobody makes an emergency by the way.
        wish = Wish::of(&schedule(When::Cron("0 5 * * *".to_owned())));
        wish.priority = "emergency".to_owned();
        assert_eq!(read(&wish).unwrap_err().fields, [Field::Priority].into());
    }
}
