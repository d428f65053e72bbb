//! What people at the stations report as out of order.

use std::{collections::HashMap, time::Duration};

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    fault::Fault,
    form::Form,
    notice::Notice,
    page::Page,
    visitor::{Reader, Visitor},
};
use crate::{
    planning::Territory,
    radio::{FaultKind, Right, Station, StationId, Unit},
    server::District,
    store::{NewTrouble, StoredTrouble},
};

/// How long those that were put right are still shown.
const REMEMBERED: Duration = Duration::from_hours(7 * 24);

#[derive(Template)]
#[template(path = "pages/faults.html")]
struct Faults {
    v: Visitor,
    open: Vec<Line>,
    closed: Vec<Line>,
}

/// A fault with its station's name.
struct Line {
    fault: StoredTrouble,
    station: String,
    may_close: bool,
}

/// The stations and units that say who may do what where.
struct Places {
    units: Vec<Unit>,
    stations: HashMap<StationId, Station>,
}

impl Places {
    async fn of(district: &District) -> Result<Self, Fault> {
        let stations = district.store.stations().await?.into_iter();
        let stations = stations.map(|station| (station.id.clone(), station)).collect();
        Ok(Self { units: district.store.units().await?, stations })
    }

    /// Whether the reader may at a station; at one that is gone, who may everywhere.
    fn may(&self, reader: &Reader, right: Right, station: &StationId) -> bool {
        match self.stations.get(station) {
            Some(station) => {
                reader.may_in(right, Territory::new(&self.units).ancestry(&station.unit))
            }
            None => reader.grants().may_everywhere(right),
        }
    }

    fn lines(&self, reader: &Reader, faults: Vec<StoredTrouble>) -> Vec<Line> {
        let seen = faults.into_iter().filter(|fault| self.may(reader, Right::See, &fault.station));
        seen.map(|fault| {
            let station = self.stations.get(&fault.station);
            Line {
                station: station
                    .map_or_else(|| fault.station.to_string(), |station| station.name.clone()),
                may_close: self.may(reader, Right::Close, &fault.station),
                fault,
            }
        })
        .collect()
    }
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let places = Places::of(&district).await?;
    let open = places.lines(&reader, district.store.open_troubles().await?);
    let closed = district.store.closed_troubles(reader.now() - REMEMBERED).await?;
    let closed = places.lines(&reader, closed);
    Ok(Page(Faults { v: reader.visitor(), open, closed }).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Report {
    station: String,
    kind: String,
    detail: String,
    /// Which station's page to go back to, if one was chosen there.
    back: String,
}

fn note(text: &str) -> Result<Option<String>, Fault> {
    let text = text.trim();
    if text.contains('\0') {
        return Err(Fault::Unreadable);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub(super) async fn report(
    State(district): State<District>,
    reader: Reader,
    Form(report): Form<Report>,
) -> Result<Response, Fault> {
    let station: StationId = report.station.parse().map_err(|_| Fault::Unreadable)?;
    let kind: FaultKind = report.kind.parse().map_err(|_| Fault::Unreadable)?;
    let places = Places::of(&district).await?;
    if !places.may(&reader, Right::Report, &station) {
        return Err(Fault::MayNot(Right::Report));
    }
    if !places.stations.contains_key(&station) {
        return Err(Fault::Missing);
    }
    let (kind, detail) = (kind.to_string(), note(&report.detail)?);
    let fault = NewTrouble { station, kind, detail, key: None };
    district.store.report_trouble(&reader.actor(), &fault, reader.now()).await?;
    district.news.arrived();
    let back = super::confirm::address(&report.back);
    Ok(Notice::new("faults.reported").at(&reader, &back))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Remedy {
    remedy: String,
}

pub(super) async fn close(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(Remedy { remedy }): Form<Remedy>,
) -> Result<Response, Fault> {
    let fault = district.store.trouble(&id).await?.ok_or(Fault::Missing)?;
    if !Places::of(&district).await?.may(&reader, Right::Close, &fault.station) {
        return Err(Fault::MayNot(Right::Close));
    }
    let (remedy, now) = (note(&remedy)?, reader.now());
    let closed = district.store.close_trouble(&reader.actor(), &id, remedy.as_deref(), now).await?;
    district.news.arrived();
    let key = if closed { "faults.is-closed" } else { "faults.gone" };
    Ok(Notice::new(key).at(&reader, "/faults"))
}
