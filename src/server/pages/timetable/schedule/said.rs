//! A rule's times in words.

use chrono::NaiveTime;

use crate::{
    planning::{BadRule, Rhythm},
    server::pages::visitor::Visitor,
};

/// `05:00, 17:00`.
pub(super) fn times_text(times: &[NaiveTime]) -> String {
    times.iter().map(|time| time.format("%H:%M").to_string()).collect::<Vec<_>>().join(", ")
}

/// The name of a day of the week, 0 for Monday.
pub(super) fn day_name(v: &Visitor, day: usize) -> String {
    v.code("dates", &format!("weekday-{}", day + 1)).to_string()
}

/// `Thứ Hai – Thứ Bảy: 05:00, 17:00`.
pub(in crate::server::pages::timetable) fn when_in_words(v: &Visitor, rhythm: &Rhythm) -> String {
    match rhythm {
        Rhythm::Week { days, times } => {
            let chosen: Vec<usize> = (0..7).filter(|day| days[*day]).collect();
            let days = if chosen.len() == 7 {
                v.of("schedule.every-day").to_string()
            } else {
                let runs = chosen.chunk_by(|day, next| day + 1 == *next).map(|run| match run {
                    [first, _, .., last] => {
                        format!("{} – {}", day_name(v, *first), day_name(v, *last))
                    }
                    run => run.iter().map(|day| day_name(v, *day)).collect::<Vec<_>>().join(", "),
                });
                runs.collect::<Vec<_>>().join(", ")
            };
            format!("{days}: {}", times_text(times))
        }
        Rhythm::Dates(dates) => {
            let first = dates.first().map(|date| date.format("%H:%M %d/%m/%Y").to_string());
            v.of("schedule.on-dates")
                .with("count", dates.len())
                .with("first", first.unwrap_or_default())
                .to_string()
        }
        Rhythm::Cron(text) => v.of("schedule.by-cron").with("text", text).to_string(),
    }
}

/// Why a text is no rule, in the reader's language.
pub(super) fn bad_rule(v: &Visitor, bad: &BadRule) -> String {
    match bad {
        BadRule::Count { count, .. } => v.of("schedule.cron-count").with("count", count),
        BadRule::Nickname(text) => v.of("schedule.cron-nickname").with("text", text),
        BadRule::Reboot => v.of("schedule.cron-reboot"),
        BadRule::Never(text) => v.of("schedule.cron-never").with("text", text),
        BadRule::Field { field, text, .. } => {
            let name = match *field {
                "second" => v.of("schedule.cron-second"),
                "minute" => v.of("schedule.cron-minute"),
                "hour" => v.of("schedule.cron-hour"),
                "day of the month" => v.of("schedule.cron-day"),
                "month" => v.of("schedule.cron-month"),
                _ => v.of("schedule.cron-weekday"),
            };
            v.of("schedule.cron-field").with("field", name).with("text", text)
        }
    }
    .to_string()
}
