//! Which stations a form means: what can be ticked, and what is.

use std::{collections::BTreeSet, str::FromStr};

use super::{
    choice::{Choice, choices},
    visitor::Visitor,
};
use crate::radio::{Selection, Station, StationKind, Unit};

const KINDS: [StationKind; 3] = [StationKind::District, StationKind::Commune, StationKind::Mobile];

/// What a form sends, a list a field.
#[derive(Clone, Copy)]
pub(super) struct Ticked<'a> {
    pub(super) stations: &'a [String],
    pub(super) units: &'a [String],
    pub(super) kinds: &'a [String],
    pub(super) except_stations: &'a [String],
    pub(super) except_units: &'a [String],
}

/// What can be ticked.
pub(super) struct Where {
    pub(super) kinds: Vec<Choice>,
    pub(super) units: Vec<Choice>,
    pub(super) stations: Vec<Choice>,
    pub(super) except_units: Vec<Choice>,
    pub(super) except_stations: Vec<Choice>,
}

/// The kinds of stations.
pub(super) fn kinds(v: &Visitor, chosen: &[String]) -> Vec<Choice> {
    let said = |kind: &StationKind| {
        let code = kind.to_string();
        let name = v.code("station-kind", &code);
        (code, name.to_string())
    };
    choices(&KINDS, said, chosen)
}

impl Where {
    pub(super) fn of(
        v: &Visitor,
        (units, stations): (&[Unit], &[Station]),
        ticked: Ticked<'_>,
    ) -> Self {
        let units = |chosen| choices(units, |one| (one.id.to_string(), one.name.clone()), chosen);
        let stations =
            |chosen| choices(stations, |one| (one.id.to_string(), one.name.clone()), chosen);
        Self {
            kinds: kinds(v, ticked.kinds),
            units: units(ticked.units),
            stations: stations(ticked.stations),
            except_units: units(ticked.except_units),
            except_stations: stations(ticked.except_stations),
        }
    }

    /// Whether some of them is ticked: a part of the form that is folded opens then.
    pub(super) fn is_ticked(&self, choices: &[Choice]) -> bool {
        choices.iter().any(|choice| choice.is_chosen)
    }

    /// Whether anything is left out.
    pub(super) fn excepts(&self) -> bool {
        self.is_ticked(&self.except_units) || self.is_ticked(&self.except_stations)
    }
}

impl Ticked<'_> {
    /// The selection that is ticked; none: it means no station, as a form where nothing is ticked.
    pub(super) fn selection(self, before: Option<&Selection>) -> Option<Selection> {
        let before = before.cloned().unwrap_or_default();
        let kinds = self.kinds.iter();
        let kinds = kinds.filter_map(|word| serde_json::from_value(word.as_str().into()).ok());
        let selection = Selection {
            stations: names(self.stations, before.stations),
            units: names(self.units, before.units),
            kinds: same(kinds.collect(), before.kinds),
            except_stations: names(self.except_stations, before.except_stations),
            except_units: names(self.except_units, before.except_units),
        };
        let Selection { stations, units, kinds, .. } = &selection;
        let is_empty = stations.is_empty() && units.is_empty() && kinds.is_empty();
        (!is_empty).then_some(selection)
    }
}

/// Things as a form has them.
pub(super) fn words<T: ToString>(things: &[T]) -> Vec<String> {
    things.iter().map(ToString::to_string).collect()
}

fn names<T: FromStr + Ord + Clone>(texts: &[String], before: Vec<T>) -> Vec<T> {
    same(texts.iter().filter_map(|text| text.parse().ok()).collect(), before)
}

/// A browser sends what is ticked in the order of the page: where the same is meant, the order before stays.
fn same<T: Ord + Clone>(now: Vec<T>, before: Vec<T>) -> Vec<T> {
    let set = |things: &[T]| things.iter().cloned().collect::<BTreeSet<T>>();
    if set(&now) == set(&before) { before } else { now }
}
