//! The stations: the tree of units with how each station is, a page for each, and who may call in its name.

mod wish;

pub(super) mod access;
pub(super) mod form;
pub(super) mod list;
pub(super) mod one;
pub(super) mod unit;

pub(super) use wish::{spans, spoken};

use std::collections::HashMap;

use super::{area::Area, fault::Fault, visitor::Reader};
use crate::{
    planning::Territory,
    radio::{Right, Station, StationId, Volume},
    server::District,
    store::{Store, StoreError},
    wire::{Event, EventRecord},
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

/// A station by its name in an address, if the reader may do this where it is.
async fn station(
    district: &District,
    reader: &Reader,
    right: Right,
    id: &str,
) -> Result<(Station, Area), Fault> {
    let id: StationId = id.parse().map_err(|_| Fault::Missing)?;
    let area = Area::of(district, reader).await?;
    let found = area.stations.iter().find(|station| station.id == id).cloned();
    let station = found.ok_or(Fault::Missing)?;
    let may = reader.may_in(right, Territory::new(&area.all).ancestry(&station.unit));
    if may { Ok((station, area)) } else { Err(Fault::MayNot(right)) }
}
