//! The stations: the tree of units with how each station is, a page for each, and who may call in its name.

mod wish;

pub(super) mod access;
pub(super) mod form;
pub(super) mod list;
pub(super) mod one;
pub(super) mod unit;

pub(super) use wish::{spans, spoken};

use std::collections::HashMap;

use super::{
    area::Area,
    fault::Fault,
    visitor::{Reader, Visitor},
    words::Phrase,
};
use crate::{
    planning::Territory,
    radio::{Right, Station, StationId, Volume},
    server::District,
    store::{Store, StoreError},
    wire::{Event, EventRecord, StationStatus},
};

/// How loud each station was turned last.
async fn volumes(store: &Store) -> Result<HashMap<StationId, Volume>, StoreError> {
    let turned = store.last_volumes().await?.into_iter();
    let read = turned.filter_map(|event| serde_json::from_str::<EventRecord>(&event.json).ok());
    let volumes = read.filter_map(|record| match record.event {
        Event::Volume { percent } => Some((record.station, percent)),
        _ => None,
    });
    Ok(volumes.collect())
}

/// How a station's disk is, as far as it says; and whether it is full.
fn disk(v: &Visitor, status: &StationStatus) -> (bool, Phrase) {
    let is_full = status.faults.iter().any(|fault| fault.code == "disk-full");
    let words = match status.disk_free {
        _ if is_full => v.of("stations.disk-full"),
        Some(free) => v.of("stations.disk-free").with("size", v.dates().size(free)),
        None => v.of("stations.disk-well"),
    };
    (is_full, words)
}

/// A station by its name in an address, if the reader may do this where it is.
async fn station(
    district: &District,
    reader: &Reader,
    right: Right,
    id: &str,
) -> Result<(Station, Area), Fault> {
    let id: StationId = id.parse().map_err(|_| Fault::Missing)?;
    let area = Area::of(district, reader).await?;
    let Some(station) = area.stations.iter().find(|station| station.id == id).cloned() else {
        let is_there = district.store.stations().await?.iter().any(|station| station.id == id);
        return Err(if is_there { Fault::MayNot(right) } else { Fault::Missing });
    };
    let may = reader.may_in(right, Territory::new(&area.all).ancestry(&station.unit));
    if may { Ok((station, area)) } else { Err(Fault::MayNot(right)) }
}
