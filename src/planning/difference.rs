use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono_tz::Tz;

use super::{Plan, Why, zone::local};
use crate::radio::{AiringId, ScheduleId, StationId, UtcMs};

/// One thing that another plan has otherwise, at all stations where it is the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// What.
    pub kind: DifferenceKind,
    /// The rule that asks for it.
    pub schedule: ScheduleId,
    /// The programme's title.
    pub title: Arc<str>,
    /// When it was to air before; none: it was not.
    pub before: Option<UtcMs>,
    /// When it is to air now; where it is refused, when it was to.
    pub after: Option<UtcMs>,
    /// Why it is refused, or not at the time that its rule names.
    pub why: Option<Why>,
    /// Where, by name.
    pub stations: BTreeSet<StationId>,
}

/// What is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceKind {
    /// It airs, and did not before.
    New,
    /// It airs at another time.
    Moved,
    /// It is wished for and does not air.
    Refused,
    /// It airs no more, because nobody wishes for it.
    Gone,
}

/// What became of a wish.
struct Fate<'a> {
    schedule: &'a ScheduleId,
    station: &'a StationId,
    title: &'a Arc<str>,
    at: UtcMs,
    airs: bool,
    why: Option<&'a Why>,
}

fn fates(plan: &Plan) -> BTreeMap<&AiringId, Fate<'_>> {
    let mut fates: BTreeMap<_, _> = plan
        .airings
        .iter()
        .map(|one| {
            let (schedule, station, title) = (&one.schedule, &one.station, &one.title);
            let fate = Fate { schedule, station, title, at: one.starts_at, airs: true, why: None };
            (&one.id, fate)
        })
        .collect();
    for one in &plan.decisions {
        let (schedule, station, title) = (&one.schedule, &one.station, &one.title);
        let (at, airs) = (one.moved_to.unwrap_or(one.nominal_at), one.moved_to.is_some());
        fates.insert(&one.airing, Fate { schedule, station, title, at, airs, why: Some(&one.why) });
    }
    fates
}

/// What another plan of the same window has otherwise, by time. What goes and what comes at the same station, by the same
/// schedule, on the same day of `zone`, was moved.
pub fn difference(before: &Plan, after: &Plan, zone: Tz) -> Vec<Difference> {
    use DifferenceKind::{Gone, Moved, New, Refused};
    let (old, new) = (fates(before), fates(after));
    let mut steps: Vec<(DifferenceKind, &Fate<'_>, Option<UtcMs>, Option<UtcMs>)> = Vec::new();
    let mut gone: BTreeMap<_, Vec<&Fate<'_>>> = BTreeMap::new();
    let place = |fate: &Fate<'_>| {
        (fate.schedule.clone(), fate.station.clone(), local(zone, fate.at).date())
    };
    for (id, fate) in &old {
        if fate.airs && !new.contains_key(id) {
            gone.entry(place(fate)).or_default().push(fate);
        }
    }
    for (id, fate) in &new {
        let airs = fate.airs.then_some(fate.at);
        match (old.get(id).filter(|old| old.airs), airs) {
            (Some(old), Some(at)) if old.at == at => {}
            (Some(old), Some(at)) => steps.push((Moved, fate, Some(old.at), Some(at))),
            (Some(old), None) => steps.push((Refused, fate, Some(old.at), Some(fate.at))),
            (None, None) if old.contains_key(id) => {}
            (None, None) => steps.push((Refused, fate, None, Some(fate.at))),
            (None, Some(at)) => match gone.get_mut(&place(fate)).and_then(Vec::pop) {
                Some(old) => steps.push((Moved, fate, Some(old.at), Some(at))),
                None => steps.push((New, fate, None, Some(at))),
            },
        }
    }
    steps.extend(gone.values().flatten().map(|fate| (Gone, *fate, Some(fate.at), None)));
    together(&steps)
}

fn together(
    steps: &[(DifferenceKind, &Fate<'_>, Option<UtcMs>, Option<UtcMs>)],
) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for (kind, fate, before, after) in steps {
        let why = fate.why.filter(|_| *kind != DifferenceKind::Gone);
        let key = (before.or(*after), *kind, fate.schedule, *after, why.map(ToString::to_string));
        let place = *places.entry(key).or_insert_with(|| {
            found.push(Difference {
                kind: *kind,
                schedule: fate.schedule.clone(),
                title: fate.title.clone(),
                before: *before,
                after: *after,
                why: why.cloned(),
                stations: BTreeSet::new(),
            });
            found.len() - 1
        });
        found[place].stations.insert(fate.station.clone());
    }
    found.sort_by_key(|one| (one.before.or(one.after), one.kind, one.schedule.clone(), one.after));
    found
}
