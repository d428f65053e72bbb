//! One line of a timetable: what airs at one moment, at all the stations where it is the same.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Timelike};

use super::{super::visitor::Visitor, ground::Ground, names::Names};
use crate::{
    planning::local,
    radio::{Priority, ScheduleId, sort_key},
    store::PlannedAiring,
};

pub(super) struct Entry {
    pub(super) day: NaiveDate,
    pub(super) hour: u32,
    /// `05:00`.
    pub(super) time: String,
    /// How long; none where it is refused.
    pub(super) length: Option<String>,
    pub(super) schedule: ScheduleId,
    /// The schedule's title; none: it is there no longer.
    pub(super) rule: Option<String>,
    pub(super) title: String,
    /// The order that its campaign carries out.
    pub(super) directive: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) is_refused: bool,
    /// What is to be known of it: that it is refused, or not at its time, and why.
    pub(super) why: Option<String>,
    /// Where, by name.
    pub(super) stations: Vec<String>,
    /// Whether it has begun.
    pub(super) is_past: bool,
    /// The time that the rule names, local in the rule's zone, for the page that moves it; none: it cannot be moved.
    pub(super) moves: Option<String>,
}

impl Entry {
    /// Its length, its schedule, what it serves, how urgent it is: what is small beside its title.
    pub(super) fn notes(&self) -> String {
        let rule = self.rule.as_ref().filter(|rule| **rule != self.title);
        let parts = [rule, self.directive.as_ref(), self.priority.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join(" · ")
    }

    /// The stations as one text: all by name where they are few.
    pub(super) fn places(&self, v: &Visitor) -> String {
        match &self.stations[..] {
            [one] => one.clone(),
            [one, other] => format!("{one}, {other}"),
            more => v.of("timetable.stations").with("count", more.len()).to_string(),
        }
    }
}

/// The words for a priority above the usual.
pub(super) fn urgency(v: &Visitor, priority: Priority) -> Option<String> {
    match priority {
        Priority::Routine => None,
        Priority::Priority => Some(v.of("timetable.priority").to_string()),
        Priority::Emergency => Some(v.of("timetable.emergency").to_string()),
    }
}

/// Why it is refused, or not at its time, with by how much it was moved.
fn because(v: &Visitor, names: &Names, planned: &PlannedAiring) -> Option<String> {
    let why = names.because(v, planned)?;
    let airing = &planned.airing;
    let phrase = if planned.refused {
        v.of("timetable.refused")
    } else {
        let span = v.dates().span(&airing.nominal_at, &airing.starts_at);
        v.of("timetable.moved").with("span", span)
    };
    Some(phrase.with("why", why).to_string())
}

/// A length as people say it: `3 phút 20 giây`.
pub(super) fn length(v: &Visitor, ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    let (minutes, rest) = (seconds / 60, seconds % 60);
    match (minutes, rest) {
        (0, _) => v.of("timetable.seconds").with("seconds", rest).to_string(),
        (_, 0) => v.of("timetable.minutes").with("minutes", minutes).to_string(),
        _ => v
            .of("timetable.minutes-seconds")
            .with("minutes", minutes)
            .with("seconds", rest)
            .to_string(),
    }
}

/// Airings as lines, in order of time.
pub(super) fn entries(v: &Visitor, ground: &Ground, planned: &[PlannedAiring]) -> Vec<Entry> {
    let names = &ground.names;
    let mut groups: BTreeMap<_, Vec<&PlannedAiring>> = BTreeMap::new();
    for one in planned {
        let airing = &one.airing;
        let key = (
            airing.starts_at,
            &airing.schedule,
            one.refused,
            one.decision.as_deref(),
            airing.nominal_at,
        );
        groups.entry(key).or_default().push(one);
    }
    groups.into_values().map(|group| entry(v, ground, names, &group)).collect()
}

fn entry(v: &Visitor, ground: &Ground, names: &Names, group: &[&PlannedAiring]) -> Entry {
    let (one, dates) = (group[0], v.dates());
    let airing = &one.airing;
    let time = local(dates.zone, airing.starts_at);
    let mut stations: Vec<String> =
        group.iter().map(|one| names.station(one.airing.station.as_str()).to_owned()).collect();
    stations.sort_by_cached_key(|name| sort_key(name));
    let rule = ground.schedule(airing.schedule.as_str());
    let is_past = airing.starts_at <= v.now();
    let longest = group.iter().map(|one| one.airing.ends_at.0 - one.airing.starts_at.0).max();
    let longest = longest.and_then(|ms| u64::try_from(ms).ok()).filter(|ms| *ms > 0);
    let whole_minute = time.second() == 0 && airing.starts_at.0.rem_euclid(1000) == 0;
    Entry {
        day: time.date(),
        hour: time.hour(),
        time: time.format(if whole_minute { "%H:%M" } else { "%H:%M:%S" }).to_string(),
        length: longest.map(|ms| length(v, ms)),
        schedule: airing.schedule.clone(),
        rule: names.schedule(&airing.schedule).map(str::to_owned),
        title: airing.title.to_string(),
        directive: airing.campaign.as_ref().map(|id| names.directive(id.as_str()).to_owned()),
        priority: urgency(v, airing.priority),
        is_refused: one.refused,
        why: because(v, names, one),
        stations,
        is_past,
        moves: rule.filter(|_| !is_past).map(|rule| {
            local(rule.zone, airing.nominal_at).format("%Y-%m-%dT%H:%M:%S").to_string()
        }),
    }
}
