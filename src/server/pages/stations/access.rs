//! Who may call in a station's name: a code to enrol with, and the end of it all.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::station;
use crate::{
    radio::{Right, Station, UtcMs},
    server::{
        District,
        pages::{
            drawn,
            fault::Fault,
            notice::Notice,
            page::Page,
            visitor::{Reader, Visitor},
        },
    },
    wire::EnrolmentCode,
};

/// How long a code may be used.
const CODE_LASTS: Duration = Duration::from_hours(24);

#[derive(Template)]
#[template(path = "pages/station_code.html")]
struct Code {
    v: Visitor,
    station: Station,
    code: String,
    expires_at: UtcMs,
    /// The server's address, as this browser knows it.
    origin: String,
    /// Modules a side, and what is dark as an SVG path.
    drawn: (usize, String),
}

#[derive(Template)]
#[template(path = "pages/station_revoke.html")]
struct Revoke {
    v: Visitor,
    station: Station,
}

pub(in crate::server::pages) async fn code(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (station, _) = station(&district, &reader, Right::Stations, &id).await?;
    let now = district.clock.now();
    let expires_at = now + CODE_LASTS;
    let store = &district.store;
    let secret = store.create_code_by(&reader.actor(), &station.id, expires_at, now).await?;
    let key = Some(district.keyring().newest().key);
    let code = EnrolmentCode { secret: secret.reveal().to_owned(), key, pin: district.pin() };
    let code = code.to_string();
    let drawn = drawn::code(&code)?;
    let (v, origin) = (reader.visitor(), reader.origin().to_owned());
    Ok(Page(Code { v, station, code, expires_at, origin, drawn }).into_response())
}

pub(in crate::server::pages) async fn ask(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (station, _) = station(&district, &reader, Right::Stations, &id).await?;
    Ok(Page(Revoke { v: reader.visitor(), station }).into_response())
}

pub(in crate::server::pages) async fn revoke(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (station, _) = station(&district, &reader, Right::Stations, &id).await?;
    let now = district.clock.now();
    district.store.revoke_station_by(&reader.actor(), &station.id, now).await?;
    district.news.arrived();
    let address = format!("/stations/{}", station.id);
    Ok(Notice::about("stations.revoked", &station.name).at(&reader, &address))
}
