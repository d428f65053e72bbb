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
        When::Cron(text) => found(&mut Rule::parse(text)?.from(begin)),
        When::Dates(dates) => {
            let mut dates = dates.clone();
            dates.sort_unstable();
            found(&mut dates.into_iter())
        }
    })
}
