use std::{collections::HashMap, fmt};

use chrono::{NaiveTime, Timelike};

use super::{Plan, Wishes, zone::local};
use crate::radio::{
    Airing, AiringId, AiringItem, Gain, Priority, Schedule, Station, StationId, UtcMs, Window,
};

/// A law that a plan breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// Two airings sound at once at one station.
    Overlap(AiringId, AiringId),
    /// It starts, or was refused, outside the window.
    Outside(AiringId),
    /// It is routine, and some of it sounds in quiet hours.
    Quiet(AiringId),
    /// It starts before its nominal instant or after its latest start, or moved without a word.
    Start(AiringId),
    /// It stands twice in the plan.
    Twice(AiringId),
    /// It lasts longer or shorter than what it sounds.
    Length(AiringId),
    /// It sounds what is retired, not approved or not valid on its day.
    Unfit(AiringId),
    /// It is louder or softer than its clips, its schedule and the hours at its station say.
    Gain(AiringId),
    /// The station's airings are not in order.
    Order(StationId),
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(one, other) => write!(f, "{one} and {other} sound at once"),
            Self::Outside(id) => write!(f, "{id} lies outside the window"),
            Self::Quiet(id) => write!(f, "{id} is routine and sounds in quiet hours"),
            Self::Start(id) => write!(f, "{id} starts when it may not, or moved without a word"),
            Self::Twice(id) => write!(f, "{id} is planned twice"),
            Self::Length(id) => write!(f, "{id} does not last as long as its items"),
            Self::Unfit(id) => write!(f, "{id} sounds what may not air"),
            Self::Gain(id) => write!(f, "{id} is not as loud as its rules say"),
            Self::Order(station) => write!(f, "the airings of {station} are not in order"),
        }
    }
}

/// Judges a plan without the planner's own means: whatever made it, these laws hold.
pub fn check(wishes: &Wishes, window: Window, plan: &Plan) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let stations: HashMap<_, _> = wishes.stations.iter().map(|one| (&one.id, one)).collect();
    let mut seen: HashMap<&AiringId, &Airing> = HashMap::new();
    for airing in &plan.airings {
        if seen.insert(&airing.id, airing).is_some() {
            breaches.push(Breach::Twice(airing.id.clone()));
        }
        if !window.contains(airing.starts_at) {
            breaches.push(Breach::Outside(airing.id.clone()));
        }
        let ms: u64 = airing.items.iter().map(crate::radio::AiringItem::duration_ms).sum();
        if u128::from(ms) != airing.ends_at.since(airing.starts_at).as_millis() {
            breaches.push(Breach::Length(airing.id.clone()));
        }
        if airing.starts_at < airing.nominal_at || airing.latest_start < airing.starts_at {
            breaches.push(Breach::Start(airing.id.clone()));
        }
        if let Some(station) = stations.get(&airing.station)
            && disturbs(wishes, station, airing)
        {
            breaches.push(Breach::Quiet(airing.id.clone()));
        }
        if let Some(station) = stations.get(&airing.station)
            && !is_as_loud(wishes, station, airing)
        {
            breaches.push(Breach::Gain(airing.id.clone()));
        }
    }
    let unfit = |airing: &&Airing| sounds_unfit(wishes, airing);
    breaches.extend(plan.airings.iter().filter(unfit).map(|one| Breach::Unfit(one.id.clone())));
    for decision in &plan.decisions {
        let airing = seen.get(&decision.airing);
        match decision.moved_to {
            Some(to) if airing.is_some_and(|airing| airing.starts_at == to) => {}
            Some(_) => breaches.push(Breach::Start(decision.airing.clone())),
            None if airing.is_some() => breaches.push(Breach::Twice(decision.airing.clone())),
            None if window.contains(decision.nominal_at) => {}
            None => breaches.push(Breach::Outside(decision.airing.clone())),
        }
    }
    let explained: HashMap<_, _> = plan.decisions.iter().map(|one| (&one.airing, one)).collect();
    let silent = |airing: &&Airing| {
        airing.starts_at != airing.nominal_at && !explained.contains_key(&airing.id)
    };
    breaches.extend(plan.airings.iter().filter(silent).map(|one| Breach::Start(one.id.clone())));

    let mut by_station: HashMap<&StationId, Vec<&Airing>> = HashMap::new();
    for airing in &plan.airings {
        by_station.entry(&airing.station).or_default().push(airing);
    }
    for (station, mut airings) in by_station {
        if !airings.is_sorted_by_key(|airing| airing.starts_at) {
            breaches.push(Breach::Order(station.clone()));
            airings.sort_by_key(|airing| airing.starts_at);
        }
        for pair in airings.windows(2) {
            if pair[1].starts_at < pair[0].ends_at {
                breaches.push(Breach::Overlap(pair[0].id.clone(), pair[1].id.clone()));
            }
        }
    }
    breaches
}

/// Whether its programme is not approved, or any of its clips may not air on the day that the rule means.
fn sounds_unfit(wishes: &Wishes, airing: &Airing) -> bool {
    let rule = wishes.schedules.iter().find(|schedule| schedule.id == airing.schedule);
    let Some(rule) = rule else { return true };
    let day = local(rule.zone, airing.nominal_at).date();
    if wishes.unapproved.contains(&airing.programme) {
        return true;
    }
    airing.items.iter().any(|item| match item {
        AiringItem::Clip { clip, .. } => wishes.clips.get(clip).is_none_or(|clip| {
            clip.retired || clip.approved_by.is_none() || !clip.is_valid_on(day)
        }),
        AiringItem::Pause { .. } => false,
    })
}

fn disturbs(wishes: &Wishes, station: &Station, airing: &Airing) -> bool {
    let schedule = wishes.schedules.iter().find(|schedule| schedule.id == airing.schedule);
    let Some(schedule) = schedule.filter(|_| airing.priority == Priority::Routine) else {
        return false;
    };
    let hours = station.quiet_hours.as_ref().unwrap_or(&wishes.calendar.quiet_hours);
    moments(schedule, airing).any(|time| hours.iter().any(|hours| hours.contains(time)))
}

fn is_as_loud(wishes: &Wishes, station: &Station, airing: &Airing) -> bool {
    let schedule = wishes.schedules.iter().find(|schedule| schedule.id == airing.schedule);
    let Some(schedule) = schedule else { return false };
    let times: Vec<NaiveTime> = moments(schedule, airing).collect();
    let sounds = |hours: &crate::radio::QuietHours| times.iter().any(|time| hours.contains(*time));
    let spans = station
        .softer
        .iter()
        .filter(|span| airing.priority != Priority::Emergency && sounds(&span.hours));
    let softer = spans.map(|span| span.gain).min().unwrap_or(Gain::UNITY);
    airing.items.iter().all(|item| match item {
        AiringItem::Clip { clip, gain, .. } => {
            let own = wishes.clips.get(clip).map(|clip| clip.gain);
            own.is_none_or(|own| own + schedule.gain + softer == *gain)
        }
        AiringItem::Pause { .. } => true,
    })
}

/// The local time of every minute's beginning that the airing sounds in, and of its first and last moment.
fn moments(schedule: &Schedule, airing: &Airing) -> impl Iterator<Item = NaiveTime> {
    let zone = schedule.zone;
    let (first, last) = (airing.starts_at.0, airing.ends_at.0 - 1);
    let minutes = (first.div_euclid(60_000) + 1)..=last.div_euclid(60_000);
    let instants = [first, last].into_iter().chain(minutes.map(|minute| minute * 60_000));
    instants.map(move |at| {
        let time = local(zone, UtcMs(at)).time();
        time.with_nanosecond(0).unwrap_or(time)
    })
}
