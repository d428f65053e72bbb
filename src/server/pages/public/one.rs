use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    list::stations,
    shown::{Shown, Sounded, code, standing},
};
use crate::{
    radio::{StationId, UtcMs},
    server::{
        District,
        pages::{drawn, fault::Fault, page::Page, state, visitor::Visitor, words::Phrase},
    },
    store::{AiringFilter, StoredClip},
};

/// Airings on a page.
const LINES: usize = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wanted {
    after: String,
}

#[derive(Template)]
#[template(path = "pages/public_clip.html")]
struct One {
    v: Visitor,
    clip: StoredClip,
    code: String,
    drawn: (usize, String),
    key: String,
    airings: Vec<Sounded>,
    stations: HashMap<StationId, String>,
    first: String,
    next: String,
}

#[derive(Template)]
#[template(path = "pages/public_poster.html")]
struct Poster {
    v: Visitor,
    clip: StoredClip,
    address: String,
    drawn: (usize, String),
}

/// A code as a picture of its own.
#[derive(Template)]
#[template(path = "pages/public_qr.svg")]
struct Qr {
    drawn: (usize, String),
}

impl One {
    fn standing(&self) -> (&'static str, Phrase) {
        standing(&self.v, &self.clip)
    }

    fn address(&self) -> String {
        address(&self.v, &self.code)
    }

    fn station(&self, airing: &Sounded) -> String {
        let name = self.stations.get(&airing.report.station);
        name.cloned().unwrap_or_else(|| airing.report.station.to_string())
    }
}

/// The whole address of a clip, as it stands on posters.
fn address(v: &Visitor, code: &str) -> String {
    format!("{}/p/{code}", v.origin())
}

/// The clip of a short name, alone.
async fn named(district: &District, code_: &str) -> Result<Shown, Fault> {
    let mut shown = Shown::of(district, None).await?;
    shown.clips.retain(|stored| code(&stored.clip.sha256) == code_);
    shown.clips.truncate(1);
    if shown.clips.is_empty() { Err(Fault::Missing) } else { Ok(shown) }
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    v: Visitor,
    Path(code): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let mut shown = named(&district, &code).await?;
    let sha256 = shown.clips.first().map(|stored| stored.clip.sha256);
    let past = UtcMs(district.clock.now().0.saturating_add(1));
    let filter = AiringFilter { clip: sha256, until: Some(past), ..AiringFilter::default() };
    let after = wanted.after.parse().ok();
    let (airings, next) = shown.sounded(&district, &filter, after, LINES).await?;
    let here = format!("/p/{code}");
    let first = if wanted.after.is_empty() { String::new() } else { v.link(&here) };
    let next = next.map(|cursor| v.link(format!("{here}?after={cursor}"))).unwrap_or_default();
    let clip = shown.clips.pop().ok_or(Fault::Missing)?;
    let key = district.keyring().newest().key.to_string();
    let drawn = drawn::code(&address(&v, &code))?;
    let stations = stations(&district).await?;
    Ok(Page(One { v, clip, code, drawn, key, airings, stations, first, next }).into_response())
}

/// A sheet to print.
pub(in crate::server::pages) async fn poster(
    State(district): State<District>,
    v: Visitor,
    Path(code): Path<String>,
) -> Result<Response, Fault> {
    let clip = named(&district, &code).await?.clips.pop().ok_or(Fault::Missing)?;
    let address = address(&v, &code);
    let drawn = drawn::code(&address)?;
    Ok(Page(Poster { v, clip, address, drawn }).into_response())
}

/// The code alone, for whoever lays out a leaflet.
pub(in crate::server::pages) async fn qr(
    State(district): State<District>,
    v: Visitor,
    Path(code): Path<String>,
) -> Result<Response, Fault> {
    named(&district, &code).await?;
    let drawn = drawn::code(&address(&v, &code))?;
    let svg = Qr { drawn }.render().map_err(Fault::failed)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}
