//! What the planner says of one station, as it is kept. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    planning::{Decision, Plan, Wishes, plan},
    radio::{Airing, AiringId, Calendar, Item, UnitId, UtcMs, Window, digest},
    store::{PlannedAiring, Rules, Stamp},
};

/// Everything that a plan follows from, but for what has aired.
pub(super) fn wishes(rules: Rules) -> Wishes {
    Wishes {
        units: rules.units,
        stations: rules.stations,
        clips: rules.clips.into_iter().map(|clip| (clip.id.clone(), clip)).collect(),
        programmes: rules.programmes,
        unapproved: rules.unapproved,
        campaigns: rules.campaigns,
        schedules: rules.schedules,
        calendar: rules.calendar.onto(Calendar::default()),
        ..Wishes::default()
    }
}

/// Whether clips take turns anywhere.
pub(super) fn rotates(wishes: &Wishes) -> bool {
    let items = wishes.programmes.iter().flat_map(|programme| &programme.items);
    items.into_iter().any(|item| matches!(item, Item::Rotate(_)))
}

/// Up to when what really aired counts: now, or the nominal instant of what waits now for its start. That one was
/// planned by the turns as they stood then, and planning it anew must find them as they were.
pub(super) fn history_until(stamps: &[Stamp], now: UtcMs) -> UtcMs {
    let ahead = stamps.iter().filter(|stamp| stamp.starts_at >= now);
    ahead.map(|stamp| stamp.nominal_at).fold(now, UtcMs::min)
}

/// Plans the stations among the wishes: airings, and refusals with their reason.
pub(super) fn rows(wishes: &Wishes, window: Window) -> Vec<PlannedAiring> {
    let units: HashMap<_, &UnitId> = wishes.stations.iter().map(|at| (&at.id, &at.unit)).collect();
    let Plan { airings, decisions, unreadable, .. } = plan(wishes, window);
    for (schedule, why) in unreadable {
        tracing::error!(%schedule, %why, "a stored schedule's rule cannot be read: it airs nothing");
    }
    let (moved, refused): (Vec<_>, Vec<_>) =
        decisions.into_iter().partition(|decision| decision.moved_to.is_some());
    let moved: HashMap<AiringId, Decision> =
        moved.into_iter().map(|decision| (decision.airing.clone(), decision)).collect();
    let rules: BTreeMap<_, _> = wishes
        .schedules
        .iter()
        .map(|rule| (&rule.id, (rule.priority, rule.campaign.clone())))
        .collect();

    let aired = airings.into_iter().map(|airing| {
        let decision = moved.get(&airing.id);
        (airing, false, decision.map(|decision| (decision.why.code(), decision.to_string())))
    });
    let refused = refused.into_iter().map(|decision| {
        let because = (decision.why.code(), decision.to_string());
        let (priority, campaign) = rules.get(&decision.schedule).cloned().unwrap_or_default();
        let at = decision.nominal_at;
        let airing = Airing {
            id: decision.airing,
            schedule: decision.schedule,
            station: decision.station,
            programme: decision.programme,
            title: decision.title,
            campaign,
            priority,
            bulletin: None,
            nominal_at: at,
            starts_at: at,
            ends_at: at,
            latest_start: at,
            items: [].into(),
        };
        (airing, true, Some(because))
    });
    aired
        .chain(refused)
        .filter_map(|(airing, refused, because)| {
            let unit = (*units.get(&airing.station)?).clone();
            let (reason, decision) = because.map(|(code, words)| (code.to_owned(), words)).unzip();
            let digest = digest(&(&airing, &unit, refused, &decision));
            Some(PlannedAiring { airing, unit, refused, reason, decision, digest })
        })
        .collect()
}

/// What is new or different in a plan, and what it no longer has.
pub(super) fn difference(
    planned: Vec<PlannedAiring>,
    stamps: &[Stamp],
    now: UtcMs,
) -> (Vec<PlannedAiring>, Vec<AiringId>) {
    let stored: HashMap<&AiringId, &str> = stamps
        .iter()
        .filter(|stamp| stamp.starts_at >= now && !stamp.of_bulletin)
        .map(|stamp| (&stamp.id, stamp.digest.as_str()))
        .collect();
    let kept: HashSet<&AiringId> = planned.iter().map(|row| &row.airing.id).collect();
    let dropped = stored.keys().filter(|id| !kept.contains(*id)).map(|id| (*id).clone()).collect();
    let is_new = |row: &PlannedAiring| stored.get(&row.airing.id) != Some(&row.digest.as_str());
    (planned.into_iter().filter(is_new).collect(), dropped)
}
