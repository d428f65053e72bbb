//! What the station airs next, and what it does not air and why. Pure: the deck tells the time.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono_tz::Tz;

use super::site::Site;
use crate::{
    radio::{AiringId, BulletinId, Outcome, Priority, QuietHours, Rank, Reason, UtcMs},
    wire::RundownAiring,
};

/// The station's own rules, which no rundown overrides.
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    /// Spans in which nothing routine sounds.
    pub quiet: Vec<QuietHours>,
    /// The zone that they are written in.
    pub zone: Tz,
}

impl Hours {
    /// The quiet hours that something routine would disturb, if any. Only its beginning and its end are asked, and each beginning
    /// of a span between them.
    pub(super) fn disturbed(&self, from: UtcMs, until: UtcMs) -> Option<QuietHours> {
        let time = |instant: UtcMs| instant.to_chrono().with_timezone(&self.zone).time();
        let last = UtcMs(until.0.saturating_sub(1).max(from.0));
        self.quiet.iter().copied().find(|hours| {
            hours.contains(time(from))
                || hours.contains(time(last))
                || begins_between(hours, time(from), from, last)
        })
    }
}

fn begins_between(hours: &QuietHours, local: chrono::NaiveTime, from: UtcMs, last: UtcMs) -> bool {
    let wait = hours.begin().signed_duration_since(local).num_milliseconds().rem_euclid(86_400_000);
    wait <= last.0.saturating_sub(from.0)
}

/// What has become of the airings that came up so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Began to sound, now or before a restart: never again.
    pub started: HashSet<AiringId>,
    /// Did not sound, and how often that was said of them.
    pub skipped: HashMap<AiringId, u32>,
    /// Did not sound, and how often that was said of them. They may still, because the clock was set back or the station
    /// was started anew since; where there is no more time for it, nothing more is said.
    pub reprieved: HashMap<AiringId, u32>,
}

impl Settled {
    /// Whether an airing is not to be thought of any more.
    pub fn is(&self, airing: &AiringId) -> bool {
        self.started.contains(airing) || self.skipped.contains_key(airing)
    }

    /// Whether an airing needs no thought at an instant.
    pub fn is_over(&self, airing: &RundownAiring, now: UtcMs) -> bool {
        let is_late = airing.latest_start < now && self.reprieved.contains_key(&airing.id);
        is_late || self.is(&airing.id)
    }

    /// Which try at an airing the next one is.
    pub fn attempt(&self, airing: &AiringId) -> u32 {
        1 + self.reprieved.get(airing).or(self.skipped.get(airing)).copied().unwrap_or(0)
    }

    /// Notes that an airing was not aired.
    pub fn skip(&mut self, airing: &AiringId) {
        let attempt = self.attempt(airing);
        self.reprieved.remove(airing);
        self.skipped.insert(airing.clone(), attempt);
    }

    /// The clock was set back: what was passed over may still air; what has sounded may not.
    pub fn set_back(&mut self) {
        self.reprieved.extend(self.skipped.drain());
    }
}

/// What sounds now.
#[derive(Debug, Clone, Copy)]
pub struct OnAir<'a> {
    /// How much it outranks others.
    pub rank: Rank,
    /// The bulletin that it carries out.
    pub bulletin: Option<&'a BulletinId>,
    /// The instant after its last frame.
    pub ends_at: UtcMs,
}

/// How things stand at the station.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The instant at which a frame written now would sound: nothing can start earlier.
    pub now: UtcMs,
    /// Whether that is the time. Where it is not known, all but emergencies wait, and nothing is said of them.
    pub is_time_known: bool,
    /// Since when the deck runs.
    pub since: UtcMs,
    /// The clock's last jump forward: from, to.
    pub jump: Option<(UtcMs, UtcMs)>,
    /// When the time was last not known: from, until.
    pub unknown: Option<(UtcMs, UtcMs)>,
    /// What sounds now.
    pub on_air: Option<OnAir<'a>>,
    /// What a bulletin interrupted and goes on after it: rank, and how long it still sounds.
    pub paused: &'a [(Rank, Duration)],
    /// Whether a speaker is open.
    pub speaker: bool,
    /// The station's own rules.
    pub hours: &'a Hours,
    /// What the people at the site want.
    pub site: Site,
}

/// An airing that does not sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Skipped<'a> {
    /// Which.
    pub airing: &'a RundownAiring,
    /// Missed or refused.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// Why, in figures.
    pub detail: String,
}

/// The airing to start next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Due<'a> {
    /// Which.
    pub airing: &'a RundownAiring,
    /// When: its own instant, or now where that has passed, or the end of what sounds.
    pub at: UtcMs,
    /// Whether it ends what sounds then.
    pub cuts_in: bool,
    /// How much of what is paused sounds before it, once the air is free.
    pub behind: Duration,
}

/// What the deck does next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cue<'a> {
    /// Airings to give up for good.
    pub skipped: Vec<Skipped<'a>>,
    /// The one to start next, not later than the horizon.
    pub next: Option<Due<'a>>,
}

/// Reads the rundown. `airings` are in order of `starts_at`; those that start after `horizon` are not looked at.
pub fn cue<'a>(
    airings: &'a [RundownAiring],
    settled: &Settled,
    horizon: UtcMs,
    situation: &Situation<'_>,
) -> Cue<'a> {
    let mut cue = Cue::default();
    let mut waiting: Vec<Due<'a>> = Vec::new();
    for airing in airings.iter().take_while(|airing| airing.starts_at <= horizon) {
        let is_held = !situation.is_time_known && airing.rank() != Rank::Emergency;
        if is_held || settled.is_over(airing, situation.now) {
            continue;
        }
        if airing.latest_start < situation.now {
            cue.skipped.push(too_late(airing, situation));
            continue;
        }
        if airing.bulletin.as_ref().is_some_and(|bulletin| !bulletin.allows(&airing.items)) {
            cue.skipped.push(unmarked(airing));
            continue;
        }
        if situation.site.holds(airing.rank()).is_some() {
            // It is given up when its time comes, not before: until then the stop may be over.
            if airing.starts_at <= situation.now {
                cue.skipped.push(stopped(airing, situation));
            }
            continue;
        }
        let due = due(airing, situation);
        let until = due.at + airing.ends_at.since(airing.starts_at);
        let disturbed = situation.hours.disturbed(due.at, until);
        match disturbed.filter(|_| airing.priority == Priority::Routine || airing.is_drill()) {
            // One that waits may still be let in by an earlier end of what sounds; its own instant decides for good.
            Some(hours) if due.at <= situation.now || due.at == airing.starts_at => {
                let detail =
                    format!("the station keeps quiet from {hours} ({})", situation.hours.zone);
                let (outcome, reason) = (Outcome::Refused, Reason::QuietHours);
                cue.skipped.push(Skipped { airing, outcome, reason, detail });
            }
            Some(_) => {}
            None => waiting.push(due),
        }
    }
    cue.next = waiting
        .into_iter()
        .filter(|due| due.at <= due.airing.latest_start)
        .min_by_key(|due| (due.at, Reverse(due.airing.rank()), due.airing.starts_at));
    cue
}

fn due<'a>(airing: &'a RundownAiring, situation: &Situation<'_>) -> Due<'a> {
    let soonest = airing.starts_at.max(situation.now);
    let outranked_by = situation.paused.iter().filter(|(rank, _)| *rank >= airing.rank());
    let behind = outranked_by.map(|(_, rest)| *rest).sum();
    match situation.on_air.filter(|on_air| on_air.ends_at > soonest) {
        None => Due { airing, at: soonest + behind, cuts_in: false, behind },
        Some(on_air) if cuts_in(airing, &on_air) => {
            Due { airing, at: soonest, cuts_in: true, behind: Duration::ZERO }
        }
        Some(on_air) => Due { airing, at: on_air.ends_at + behind, cuts_in: false, behind },
    }
}

/// A correction cuts in on what it corrects, though that is as urgent.
fn cuts_in(airing: &RundownAiring, on_air: &OnAir<'_>) -> bool {
    let corrects = airing.bulletin.as_ref().and_then(|bulletin| bulletin.corrects.as_ref());
    let is_its_correction = corrects.is_some() && corrects == on_air.bulletin;
    is_its_correction || airing.rank() > on_air.rank
}

fn unmarked(airing: &RundownAiring) -> Skipped<'_> {
    Skipped {
        airing,
        outcome: Outcome::Refused,
        reason: Reason::DrillUnmarked,
        detail: "the mark of a drill does not stand before each of its recordings".to_owned(),
    }
}

fn too_late<'a>(airing: &'a RundownAiring, situation: &Situation<'_>) -> Skipped<'a> {
    let latest = airing.latest_start;
    let within = |(from, to): &(UtcMs, UtcMs)| *from <= latest && latest < *to;
    let (reason, detail) = match (situation.unknown.filter(within), situation.jump.filter(within)) {
        (Some((from, to)), _) => {
            (Reason::ClockStep, format!("the time was not known from {from} until it was {to}"))
        }
        (None, Some((from, to))) => {
            (Reason::ClockStep, format!("the clock was set from {from} to {to}"))
        }
        _ if latest < situation.since => {
            (Reason::StationDown, format!("the station has run since {}", situation.since))
        }
        _ if situation.site.holds(airing.rank()).is_some_and(|since| since <= latest) => {
            return stopped(airing, situation);
        }
        _ if !situation.speaker => {
            (Reason::DeviceMissing, format!("no speaker was open by {latest}"))
        }
        _ if situation.on_air.is_some() => {
            (Reason::Occupied, format!("another airing still sounded at {latest}"))
        }
        _ => (Reason::TooLate, format!("it could not start by {latest}")),
    };
    Skipped { airing, outcome: Outcome::Missed, reason, detail }
}

fn stopped<'a>(airing: &'a RundownAiring, situation: &Situation<'_>) -> Skipped<'a> {
    let since = situation.site.stopped.unwrap_or(situation.now);
    Skipped {
        airing,
        outcome: Outcome::Missed,
        reason: Reason::StoppedLocally,
        detail: format!("the station has been stopped at the site since {since}"),
    }
}

#[cfg(test)]
#[path = "cue_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "cue_laws.rs"]
mod laws;
