use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::{
    cron::{BadRule, Rule},
    zone::{instant, local},
};
use crate::radio::{Campaign, Schedule, UtcMs, When, Window};

/// One instant that a rule names.
#[derive(Debug)]
pub(super) struct Occurrence {
    pub(super) at: UtcMs,
    /// The local day of the rule's zone.
    pub(super) day: NaiveDate,
    /// The instant as it stands in an airing's name, written once for all stations.
    pub(super) compact: String,
}

/// Every instant in the window that the schedule names, in order, each once.
pub(super) fn occurrences(
    schedule: &Schedule,
    campaign: Option<&Campaign>,
    window: Window,
) -> Result<Vec<Occurrence>, BadRule> {
    let first = schedule.from.max(campaign.map(|campaign| campaign.from));
    let last =
        [schedule.until, campaign.map(|campaign| campaign.until)].into_iter().flatten().min();
    let inside = |time: &NaiveDateTime| {
        first.is_none_or(|first| first <= time.date())
            && last.is_none_or(|last| time.date() <= last)
    };
    // A day early: the times that a change of the clocks skips come later than they are written.
    let begin = local(schedule.zone, window.from);
    let begin = begin.checked_sub_signed(TimeDelta::days(1)).unwrap_or(begin);
    let begin = first.map_or(begin, |first| begin.max(first.and_time(chrono::NaiveTime::MIN)));

    let found = |times: &mut dyn Iterator<Item = NaiveDateTime>| {
        let mut found: Vec<Occurrence> = Vec::new();
        for time in times.take_while(|time| last.is_none_or(|last| time.date() <= last)) {
            let Some(at) = instant(schedule.zone, time) else { continue };
            if at >= window.until {
                break;
            }
            let again = found.last().is_some_and(|last| last.at == at);
            if at >= window.from && inside(&time) && !again {
                found.push(Occurrence { at, day: time.date(), compact: at.compact() });
            }
        }
        found
    };
    Ok(match &schedule.when {
        When::Cron(text) => {
            let rule = Rule::parse(text)?;
            let moved = moved(schedule, |at| inside(at) && rule.from(*at).next() == Some(*at));
            found(&mut excepted(rule.from(begin), schedule, moved))
        }
        When::Dates(dates) => {
            let mut dates = dates.clone();
            dates.sort_unstable();
            let moved = moved(schedule, |at| inside(at) && dates.contains(at));
            found(&mut excepted(dates.into_iter(), schedule, moved))
        }
    })
}

/// The instants in a window that a schedule names.
///
/// # Errors
/// Its rule cannot be read.
pub fn within(
    schedule: &Schedule,
    campaign: Option<&Campaign>,
    window: Window,
) -> Result<Vec<UtcMs>, BadRule> {
    let found = occurrences(schedule, campaign, window)?;
    Ok(found.into_iter().map(|one| one.at).collect())
}

/// The next instants that a schedule names from one on, at most `count`, within ten years.
///
/// # Errors
/// Its rule cannot be read.
pub fn next(
    schedule: &Schedule,
    campaign: Option<&Campaign>,
    from: UtcMs,
    count: usize,
) -> Result<Vec<UtcMs>, BadRule> {
    const DAY_MS: i64 = 86_400_000;
    // A rule of every minute is not walked for ten years to see ten of its instants.
    for days in [2, 40, 400, 3660] {
        let window = Window { from, until: UtcMs(from.0.saturating_add(days * DAY_MS)) };
        let mut found = occurrences(schedule, campaign, window)?;
        if found.len() >= count || days == 3660 {
            found.truncate(count);
            return Ok(found.into_iter().map(|one| one.at).collect());
        }
    }
    Ok(Vec::new())
}

/// Where a schedule's exceptions put what the rule names, in order.
fn moved(schedule: &Schedule, names: impl Fn(&NaiveDateTime) -> bool) -> Vec<NaiveDateTime> {
    let named = schedule.except.iter().filter(|one| names(&one.at));
    let mut moved: Vec<_> = named.filter_map(|one| one.to).collect();
    moved.sort_unstable();
    moved
}

/// What a rule names, without its exceptions and with what they make of it, in order.
fn excepted(
    times: impl Iterator<Item = NaiveDateTime>,
    schedule: &Schedule,
    moved: Vec<NaiveDateTime>,
) -> impl Iterator<Item = NaiveDateTime> {
    let stays = |time: &NaiveDateTime| schedule.except.iter().all(|one| one.at != *time);
    let mut times = times.filter(stays).peekable();
    let mut moved = moved.into_iter().peekable();
    std::iter::from_fn(move || match (times.peek(), moved.peek()) {
        (Some(time), Some(other)) if other < time => moved.next(),
        (None, Some(_)) => moved.next(),
        _ => times.next(),
    })
}
