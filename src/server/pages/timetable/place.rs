//! Whose timetable is shown: one station's, a unit's with all below it, or everybody's.

use std::collections::{BTreeSet, HashSet};

use super::{
    super::{choice::Choice, selection::kinds, visitor::Visitor},
    ask::Ask,
    ground::Ground,
};
use crate::{
    planning::Territory,
    radio::{Station, StationId, StationKind, UnitId, sort_key},
};

/// What was chosen, and from what.
pub(super) struct Place {
    /// Its name.
    pub(super) title: String,
    /// The stations that it means.
    pub(super) stations: BTreeSet<StationId>,
    /// Whether it is one station by itself.
    pub(super) is_station: bool,
    pub(super) units: Vec<Choice>,
    pub(super) all: Vec<Choice>,
    pub(super) kinds: Vec<Choice>,
}

impl Place {
    pub(super) fn of(v: &Visitor, ground: &Ground, ask: &Ask) -> Self {
        let territory = Territory::new(&ground.rules.units);
        let only = <[&Station; 1]>::try_from(ground.stations.iter().collect::<Vec<_>>()).ok();
        let at = match only {
            Some([station]) => format!("station:{}", station.id),
            None => ask.at.clone(),
        };
        let kind: Option<StationKind> = serde_json::from_value(ask.kind.as_str().into()).ok();
        let unit = at.strip_prefix("unit:");
        let one = at.strip_prefix("station:");
        let one = one.and_then(|id| ground.stations.iter().find(|one| one.id.as_str() == id));
        let inside = |station: &&Station| match (one, unit) {
            (Some(one), _) => one.id == station.id,
            (None, Some(unit)) => {
                territory.ancestry(&station.unit).any(|known| known.as_str() == unit)
            }
            (None, None) => true,
        };
        let of_kind =
            |station: &&Station| one.is_some() || kind.is_none_or(|kind| kind == station.kind);
        let shown = ground.stations.iter().filter(inside).filter(of_kind);
        let named = ground.rules.units.iter().find(|known| Some(known.id.as_str()) == unit);
        let title = match (one, named) {
            (Some(station), _) => station.name.clone(),
            (None, Some(unit)) => unit.name.clone(),
            (None, None) => v.of("timetable.everywhere").to_string(),
        };
        let choice = |value: String, text: String| {
            let is_chosen = value == at;
            Choice { value, text, is_chosen }
        };
        let above = ground.stations.iter().flat_map(|one| territory.ancestry(&one.unit));
        let have_stations: HashSet<&UnitId> = above.collect();
        let units = ground.rules.units.iter().filter(|unit| have_stations.contains(&unit.id));
        let units = units.map(|unit| choice(format!("unit:{}", unit.id), unit.name.clone()));
        let all = ground.stations.iter();
        let all = all.map(|one| choice(format!("station:{}", one.id), one.name.clone()));
        Self {
            title,
            stations: shown.map(|station| station.id.clone()).collect(),
            is_station: one.is_some(),
            units: sorted(units.collect()),
            all: sorted(all.collect()),
            kinds: kinds(v, std::slice::from_ref(&ask.kind)),
        }
    }
}

fn sorted(mut choices: Vec<Choice>) -> Vec<Choice> {
    choices.sort_by_cached_key(|choice| sort_key(&choice.text));
    choices
}
