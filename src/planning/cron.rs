//! Rules as crontab(5) writes them, read exactly as that page says.
//!
//! The crate `cron` walks the calendar; what a text means is settled here, because that crate counts Sunday as 1 and
//! wants both day fields to match. Times are local wall time: zones are `zone`'s matter.

mod field;

use std::{iter::Peekable, str::FromStr};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use self::field::Field;
pub(super) use self::field::Set;

/// When something airs, in local time.
#[derive(Debug, Clone)]
pub struct Rule {
    /// For each line one walk for the day of the month, one for the day of the week, or one for both.
    walks: Vec<::cron::Schedule>,
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// Not five or six fields.
    #[error(
        "\"{text}\" has {count} fields: write five (minute hour day month weekday), or six with the second in front"
    )]
    Count {
        /// What was written.
        text: String,
        /// How many fields it has.
        count: usize,
    },
    /// An `@` word that crontab(5) does not know.
    #[error(
        "\"{0}\" is not known: use @yearly, @annually, @monthly, @weekly, @daily, @midnight or @hourly"
    )]
    Nickname(String),
    /// `@reboot`.
    #[error("\"@reboot\" names no time of day: write five fields, or list dates")]
    Reboot,
    /// One field cannot be read.
    #[error("{field} \"{text}\": {why}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is written there.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// It names only days that no year has.
    #[error("\"{0}\" can never fire: no year has such a day")]
    Never(String),
}

const SECOND: Field = Field { name: "second", min: 0, max: 59, names: &[] };
const MINUTE: Field = Field { name: "minute", min: 0, max: 59, names: &[] };
const HOUR: Field = Field { name: "hour", min: 0, max: 23, names: &[] };
const DAY: Field = Field { name: "day of the month", min: 1, max: 31, names: &[] };
const MONTH: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAY: Field = Field {
    name: "day of the week",
    min: 0,
    max: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

/// From here on no rule fires.
const AFTER: NaiveDateTime = match NaiveDate::from_ymd_opt(2101, 1, 1) {
    Some(day) => day.and_time(NaiveTime::MIN),
    None => NaiveDateTime::MAX,
};

/// One line, read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Second, minute, hour.
    pub(super) time: [Set; 3],
    days: Set,
    months: Set,
    weekdays: Set,
    /// Both day fields say something: then either is enough.
    either: bool,
}

impl Line {
    fn read(text: &str) -> Result<Self, BadRule> {
        let fields: Vec<&str> = match text.strip_prefix('@') {
            Some(_) => nickname(text)?.split_ascii_whitespace().collect(),
            None => text.split_whitespace().collect(),
        };
        let (second, rest) = match fields.len() {
            5 => ("0", &fields[..]),
            6 => (fields[0], &fields[1..]),
            count => return Err(BadRule::Count { text: text.to_owned(), count }),
        };
        let time = [SECOND.read(second)?, MINUTE.read(rest[0])?, HOUR.read(rest[1])?];
        let (days, months, weekdays) =
            (DAY.read(rest[2])?, MONTH.read(rest[3])?, WEEKDAY.read(rest[4])?.sunday_is_zero());
        let restricted = |field: &str| !field.contains('*');
        let either = restricted(rest[2]) && restricted(rest[4]);
        Ok(Self { time, days, months, weekdays, either })
    }

    /// The days of the week, 0 for Sunday, if nothing else is said of days.
    pub(super) fn weekly(&self) -> Option<Set> {
        let every_day = self.days.covers(1, 31) && self.months.covers(1, 12);
        (every_day && !self.either).then_some(self.weekdays)
    }

    fn walks(&self) -> impl Iterator<Item = Result<::cron::Schedule, ::cron::error::Error>> {
        let Self { time, days, months, weekdays, either } = *self;
        let by_day = month_has_day(months, days)
            .then(|| walk(time, days, months, if either { Set::ALL } else { weekdays }));
        let by_weekday = either.then(|| walk(time, Set::ALL, months, weekdays));
        by_day.into_iter().chain(by_weekday)
    }
}

/// The lines of a rule.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, BadRule> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.map(Line::read).collect::<Result<Vec<_>, _>>()?;
    if lines.is_empty() {
        return Err(BadRule::Count { text: text.trim().to_owned(), count: 0 });
    }
    Ok(lines)
}

impl Rule {
    /// Reads a rule: a line, or several of which each counts, as in a crontab. Names may stand in ranges and lists too
    /// (`mon-fri`), which some implementations allow.
    ///
    /// # Errors
    /// When the text is no rule, or a line names only days that never come.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        let never = || BadRule::Never(text.trim().to_owned());
        let mut walks = Vec::new();
        for line in lines(text)? {
            let before = walks.len();
            for walk in line.walks() {
                walks.push(walk.map_err(|_| never())?);
            }
            if walks.len() == before {
                return Err(never());
            }
        }
        Ok(Self { walks })
    }

    /// Says in words why a text is no rule; what the almanac asks of every rule it reads.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn check(text: &str) -> Result<(), String> {
        Self::parse(text).map(drop).map_err(|bad| bad.to_string())
    }

    /// Every local time at which it fires, from `from` on, in order, within the years 1970 to 2100.
    pub fn from(&self, from: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        // The crate takes a year before Christ for one after 2100, and breaks at the end of chrono's time.
        let from = from.clamp(DateTime::UNIX_EPOCH.naive_utc(), AFTER);
        let before = (from.and_utc()).checked_sub_signed(TimeDelta::nanoseconds(1));
        let mut walks: Vec<Peekable<::cron::ScheduleIterator<'_, Utc>>> = self
            .walks
            .iter()
            .map(|walk| walk.after(&before.unwrap_or(from.and_utc())).peekable())
            .collect();
        std::iter::from_fn(move || {
            let next = walks.iter_mut().filter_map(|walk| walk.peek().copied()).min()?;
            for walk in &mut walks {
                walk.next_if_eq(&next);
            }
            Some(next.naive_utc())
        })
    }
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        Self::parse(text)
    }
}

fn nickname(text: &str) -> Result<&'static str, BadRule> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        "@reboot" => return Err(BadRule::Reboot),
        _ => return Err(BadRule::Nickname(text.to_owned())),
    })
}

fn month_has_day(months: Set, days: Set) -> bool {
    const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    (1..=12).zip(LENGTHS).any(|(month, last)| months.has(month) && days.first() <= last)
}

/// The same rule as the crate `cron` writes it: seconds first, and Sunday is 1.
fn walk(
    [second, minute, hour]: [Set; 3],
    days: Set,
    months: Set,
    weekdays: Set,
) -> Result<::cron::Schedule, ::cron::error::Error> {
    let weekdays = weekdays.shifted_by_one();
    format!("{second} {minute} {hour} {days} {months} {weekdays} *").parse()
}

#[cfg(test)]
mod tests;
