//! What of the district somebody sees, and what of that they ask for.

use std::collections::HashMap;

use super::{fault::Fault, visitor::Reader};
use crate::{
    planning::Territory,
    radio::{Right, Station, Unit, UnitId, fold, sort_key},
    server::District,
};

/// The units and stations that somebody may see.
#[derive(Debug)]
pub(super) struct Area {
    /// Every unit there is: those above what they see too.
    pub(super) all: Vec<Unit>,
    /// Those that they see, in the dictionary's order.
    pub(super) units: Vec<Unit>,
    /// In the dictionary's order.
    pub(super) stations: Vec<Station>,
    /// The tops of what they see; none: everything.
    pub(super) tops: Vec<UnitId>,
    /// Of each unit its place in `all`, and whether they see it.
    known: HashMap<UnitId, (usize, bool)>,
}

impl Area {
    pub(super) async fn of(district: &District, reader: &Reader) -> Result<Self, Fault> {
        Self::with(district, reader, Right::See).await
    }

    /// The same of those with which they may do something else.
    pub(super) async fn with(
        district: &District,
        reader: &Reader,
        right: Right,
    ) -> Result<Self, Fault> {
        let all = district.store.units().await?;
        let mut stations = district.store.stations().await?;
        let territory = Territory::new(&all);
        let sees = |unit: &UnitId| reader.may_in(right, territory.ancestry(unit));
        let known = all.iter().enumerate();
        let known: HashMap<UnitId, (usize, bool)> =
            known.map(|(place, unit)| (unit.id.clone(), (place, sees(&unit.id)))).collect();
        let seen = |unit: &UnitId| known.get(unit).is_some_and(|(_, is_seen)| *is_seen);
        // A station's unit is always there; a reader of the whole district needs none.
        stations.retain(|station| seen(&station.unit));
        let mut units: Vec<Unit> = all.iter().filter(|unit| seen(&unit.id)).cloned().collect();
        units.sort_by_cached_key(|unit| sort_key(&unit.name));
        stations.sort_by_cached_key(|station| sort_key(&station.name));
        let tops = reader.grants().units(right).unwrap_or_default();
        let tops = tops.into_iter().cloned().collect();
        Ok(Self { all, units, stations, tops, known })
    }

    /// Whether they see a unit.
    pub(super) fn sees(&self, unit: &UnitId) -> bool {
        self.known.get(unit).is_some_and(|(_, is_seen)| *is_seen)
    }

    /// A unit's name; its name in Loa where it is no longer there.
    pub(super) fn name<'a>(&'a self, unit: &'a UnitId) -> &'a str {
        let found = self.known.get(unit).and_then(|(place, _)| self.all.get(*place));
        found.map_or(unit.as_str(), |unit| &unit.name)
    }

    /// Keeps the stations in a unit's subtree, if one is named, whose words contain what is looked for, marks or not.
    pub(super) fn narrow(&mut self, unit: &str, text: &str) {
        let (territory, wanted) = (Territory::new(&self.all), fold(text));
        self.stations.retain(|station| {
            let inside = unit.is_empty()
                || territory.ancestry(&station.unit).any(|above| above.as_str() == unit);
            let name = territory.unit(&station.unit).map_or("", |unit| &unit.name);
            let words = fold(&format!("{} {name} {}", station.name, station.id));
            inside && words.contains(&wanted)
        });
    }
}
