use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::volumes;
use crate::{
    radio::{Right, Station, StationId, Unit, UnitId, UtcMs, Volume, sort_key},
    server::{
        District,
        pages::{
            area::Area,
            condition::{Condition, Known},
            fault::Fault,
            page::Page,
            visitor::{Reader, Visitor},
        },
    },
    store::Store,
    wire::StationStatus,
};

/// Which stations.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    q: String,
}

/// A line of the tree.
enum Line {
    /// A unit, so deep below the top.
    Unit(usize, Unit),
    /// A station in the unit above.
    Station(Box<Entry>),
}

struct Entry {
    station: Station,
    condition: Condition,
    status: Option<StationStatus>,
    volume: Option<Volume>,
}

#[derive(Template)]
#[template(path = "pages/stations.html")]
struct Stations {
    v: Visitor,
    wish: Wish,
    lines: Vec<Line>,
    may_set: bool,
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(wish): Query<Wish>,
) -> Result<Response, Fault> {
    let now = district.clock.now();
    let mut area = Area::of(&district, &reader).await?;
    area.narrow("", &wish.q);
    let lines = Tree::of(&area, &district.store).await?.lines(now);
    let may_set = reader.grants().may(Right::Stations);
    Ok(Page(Stations { v: reader.visitor(), wish, lines, may_set }).into_response())
}

/// Units below their parents, and stations in their units.
struct Tree<'a> {
    below: HashMap<Option<&'a UnitId>, Vec<&'a Unit>>,
    stations: HashMap<&'a UnitId, Vec<&'a Station>>,
    known: Known,
    volumes: HashMap<StationId, Volume>,
}

impl<'a> Tree<'a> {
    async fn of(area: &'a Area, store: &Store) -> Result<Self, Fault> {
        let mut below: HashMap<Option<&UnitId>, Vec<&Unit>> = HashMap::new();
        for unit in &area.units {
            // Whose parent is not seen stands at the top.
            let parent = unit.parent.as_ref().filter(|parent| area.sees(parent));
            below.entry(parent).or_default().push(unit);
        }
        for units in below.values_mut() {
            units.sort_by_cached_key(|unit| sort_key(&unit.name));
        }
        let mut stations: HashMap<&UnitId, Vec<&Station>> = HashMap::new();
        for station in &area.stations {
            stations.entry(&station.unit).or_default().push(station);
        }
        let (known, volumes) = (Known::read(store).await?, volumes(store).await?);
        Ok(Self { below, stations, known, volumes })
    }

    fn lines(&mut self, now: UtcMs) -> Vec<Line> {
        let mut lines = Vec::new();
        self.grow(None, 0, now, &mut lines);
        lines
    }

    /// Branches without a station are left out. Each is taken once: a circle of units ends.
    fn grow(
        &mut self,
        parent: Option<&'a UnitId>,
        depth: usize,
        now: UtcMs,
        lines: &mut Vec<Line>,
    ) {
        for unit in self.below.remove(&parent).unwrap_or_default() {
            let before = lines.len();
            lines.push(Line::Unit(depth, unit.clone()));
            for station in self.stations.remove(&unit.id).unwrap_or_default() {
                lines.push(Line::Station(Box::new(Entry {
                    station: station.clone(),
                    condition: self.known.condition(&station.id, &[], now),
                    status: self.known.status(&station.id).cloned(),
                    volume: self.volumes.get(&station.id).copied(),
                })));
            }
            self.grow(Some(&unit.id), depth + 1, now, lines);
            if lines.len() == before + 1 {
                lines.pop();
            }
        }
    }
}
