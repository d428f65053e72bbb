use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::{Almanac, Removal};
use crate::radio::{Unit, UnitId};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words of the trade")]
pub enum Kind {
    Unit,
    Station,
    Clip,
    Programme,
    Campaign,
    Schedule,
    Bulletin,
}

/// What is there already, that files may name without saying it again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    names: HashSet<(Kind, String)>,
    parents: HashMap<UnitId, Option<UnitId>>,
}

impl Known {
    /// Adds names of a kind.
    #[must_use]
    pub fn with<'a>(mut self, kind: Kind, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.names.extend(names.into_iter().map(|name| (kind, name.to_owned())));
        self
    }

    /// Adds units, and where each lies.
    #[must_use]
    pub fn with_units(mut self, units: &[Unit]) -> Self {
        self.parents.extend(units.iter().map(|unit| (unit.id.clone(), unit.parent.clone())));
        self.with(Kind::Unit, units.iter().map(|unit| unit.id.as_str()))
    }

    /// Takes away what is to go.
    pub(super) fn forget(&mut self, removal: &Removal) {
        macro_rules! forget {
            ($($kind:ident $list:ident),*) => {
                $(for id in &removal.$list {
                    self.names.remove(&(Kind::$kind, id.to_string()));
                })*
            };
        }
        forget!(Unit units, Station stations, Clip clips, Programme programmes, Campaign campaigns, Schedule schedules, Bulletin bulletins);
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unit => "unit",
            Self::Station => "station",
            Self::Clip => "clip",
            Self::Programme => "programme",
            Self::Campaign => "campaign",
            Self::Schedule => "schedule",
            Self::Bulletin => "bulletin",
        })
    }
}

/// Where something stands: which file, and the byte in it.
pub(super) type Place = (usize, usize);

/// Every entry's name, and where it stands first.
#[derive(Debug, Default)]
pub(super) struct Register(HashMap<(Kind, String), Place>);

impl Register {
    /// Enters a name, or says where the same stands already.
    pub(super) fn enter(&mut self, kind: Kind, name: &str, place: Place) -> Result<(), Place> {
        match self.0.entry((kind, name.to_owned())) {
            std::collections::hash_map::Entry::Occupied(taken) => Err(*taken.get()),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(place);
                Ok(())
            }
        }
    }

    pub(super) fn place(&self, kind: Kind, name: &str) -> Option<Place> {
        self.0.get(&(kind, name.to_owned())).copied()
    }

    /// Why a name leads nowhere; none when it leads somewhere.
    pub(super) fn dangling(&self, known: &Known, kind: Kind, name: &str) -> Option<String> {
        if self.place(kind, name).is_some() || known.names.contains(&(kind, name.to_owned())) {
            return None;
        }
        let mut names: Vec<&str> = self
            .0
            .keys()
            .chain(&known.names)
            .filter(|(other, _)| *other == kind)
            .map(|(_, name)| name.as_str())
            .collect();
        names.sort_unstable();
        Some(match nearest(name, names.into_iter()) {
            Some(near) => format!("there is no {kind} \"{name}\": did you mean \"{near}\"?"),
            None => format!("there is no {kind} \"{name}\""),
        })
    }
}

/// The units that lie in themselves.
pub(super) fn circles<'a>(known: &Known, almanac: &'a Almanac) -> Vec<&'a UnitId> {
    let stored = known.parents.iter().map(|(unit, parent)| (unit, parent.as_ref()));
    let read = almanac.units.iter().map(|unit| (&unit.id, unit.parent.as_ref()));
    let parents: HashMap<_, _> = stored.chain(read).collect();
    let lies_in_itself = |unit: &&UnitId| {
        let mut above = parents.get(*unit).copied().flatten();
        for _ in 0..parents.len() {
            match above {
                Some(id) if id == *unit => return true,
                Some(id) => above = parents.get(id).copied().flatten(),
                None => return false,
            }
        }
        false
    };
    almanac.units.iter().map(|unit| &unit.id).filter(lies_in_itself).collect()
}

/// The known word that a wrong one is most likely meant to be.
pub(super) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong: Vec<char> = wrong.chars().take(64).collect();
    let far = (wrong.len() / 3).max(1);
    known
        .map(|word| (distance(&wrong, word), word))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many letters must be put in, left out or changed to make one word of the other.
fn distance(one: &[char], other: &str) -> usize {
    let mut row: Vec<usize> = (0..=one.len()).collect();
    for (line, letter) in other.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], line + 1);
        for (column, wanted) in one.iter().enumerate() {
            let change = corner + usize::from(*wanted != letter);
            corner = row[column + 1];
            row[column + 1] = change.min(corner + 1).min(row[column] + 1);
        }
    }
    row[one.len()]
}
