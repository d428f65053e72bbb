//! Whose timetable is shown: one station's, a unit's with all below it, or everybody's.

use std::collections::BTreeSet;

use super::{
    super::{visitor::Visitor, words::Phrase},
    ask::Ask,
    ground::Ground,
};
use crate::{
    planning::Territory,
    radio::{Station, StationId, StationKind, sort_key},
};

/// A line of the list of places.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) is_chosen: bool,
}

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

/// What a kind of station is called.
pub(super) fn kind_name(v: &Visitor, kind: StationKind) -> Phrase {
    match kind {
        StationKind::District => v.of("timetable.kind-district"),
        StationKind::Commune => v.of("timetable.kind-commune"),
        StationKind::Mobile => v.of("timetable.kind-mobile"),
    }
}

const KINDS: [StationKind; 3] = [StationKind::District, StationKind::Commune, StationKind::Mobile];

impl Place {
    pub(super) fn of(v: &Visitor, ground: &Ground, ask: &Ask) -> Self {
        let territory = Territory::new(&ground.rules.units);
        let only = <[&Station; 1]>::try_from(ground.stations.iter().collect::<Vec<_>>()).ok();
        let at = match only {
            Some([station]) => format!("station:{}", station.id),
            None => ask.at.clone(),
        };
        let kind = KINDS.into_iter().find(|kind| kind.to_string() == ask.kind);
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
        let has_stations = |unit: &str| {
            let mut stations = ground.stations.iter();
            stations.any(|one| territory.ancestry(&one.unit).any(|known| known.as_str() == unit))
        };
        let units = ground.rules.units.iter().filter(|unit| has_stations(unit.id.as_str()));
        let units = units.map(|unit| choice(format!("unit:{}", unit.id), unit.name.clone()));
        let all = ground.stations.iter();
        let all = all.map(|one| choice(format!("station:{}", one.id), one.name.clone()));
        let kinds = KINDS.map(|known| Choice {
            value: known.to_string(),
            text: kind_name(v, known).to_string(),
            is_chosen: kind == Some(known),
        });
        Self {
            title,
            stations: shown.map(|station| station.id.clone()).collect(),
            is_station: one.is_some(),
            units: sorted(units.collect()),
            all: sorted(all.collect()),
            kinds: kinds.into(),
        }
    }
}

fn sorted(mut choices: Vec<Choice>) -> Vec<Choice> {
    choices.sort_by_cached_key(|choice| sort_key(&choice.text));
    choices
}
