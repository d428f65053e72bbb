use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::shown::{Shown, Sounded, code, standing};
use crate::{
    radio::{StationId, Unit, UtcMs, Window, sort_key},
    server::{
        District,
        pages::{
            dates::read_day, fault::Fault, page::Page, state, visitor::Visitor, words::Phrase,
        },
    },
    store::{AiringFilter, StoredClip},
};

/// Airings on a page.
const LINES: usize = 30;
/// Clips on a page; more are found by their words.
const CLIPS: usize = 10;
/// The longest words that are looked for.
const LONGEST: usize = 100;

/// What is looked for; empty: anything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wanted {
    #[serde(skip_serializing_if = "String::is_empty")]
    words: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    unit: String,
    /// A local day.
    #[serde(skip_serializing_if = "String::is_empty")]
    day: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

#[derive(Template)]
#[template(path = "pages/public.html")]
struct List {
    v: Visitor,
    wanted: Wanted,
    units: Vec<Unit>,
    clips: Vec<StoredClip>,
    /// Clips that are not on the page.
    more: usize,
    airings: Vec<Sounded>,
    stations: HashMap<StationId, String>,
    first: String,
    next: String,
}

impl List {
    fn standing(&self, stored: &StoredClip) -> (&'static str, Phrase) {
        standing(&self.v, stored)
    }

    fn address(&self, stored: &StoredClip) -> String {
        self.v.link(format!("/p/{}", code(&stored.clip.sha256)))
    }

    fn station(&self, airing: &Sounded) -> String {
        let name = self.stations.get(&airing.report.station);
        name.cloned().unwrap_or_else(|| airing.report.station.to_string())
    }
}

/// The names of the stations.
pub(super) async fn stations(district: &District) -> Result<HashMap<StationId, String>, Fault> {
    let stations = district.store.stations().await?.into_iter();
    Ok(stations.map(|station| (station.id, station.name)).collect())
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    v: Visitor,
    Query(mut wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    wanted.words = wanted.words.chars().filter(|c| *c != '\0').take(LONGEST).collect();
    let words = Some(wanted.words.as_str()).filter(|words| !words.trim().is_empty());
    let mut shown = Shown::of(&district, words).await?;
    let mut units = district.store.units().await?;
    let unit = units.iter().find(|unit| unit.id.as_str() == wanted.unit);
    let day = read_day(&wanted.day).map(|day| v.dates().window(day));
    // What is to come is not said here: it has not sounded.
    let past = UtcMs(district.clock.now().0.saturating_add(1));
    let window = day.unwrap_or(Window { from: UtcMs(i64::MIN), until: past });
    let filter = AiringFilter {
        units: unit.map(|unit| unit.id.clone()).into_iter().collect(),
        from: Some(window.from),
        until: Some(window.until.min(past)),
        ..AiringFilter::default()
    };
    let after = wanted.after.parse().ok();
    let (airings, next) = shown.sounded(&district, &filter, after, LINES).await?;
    let address = |after: String| {
        let wanted = Wanted { after, ..wanted.clone() };
        let query = serde_html_form::to_string(wanted).unwrap_or_default();
        v.link(format!("/public?{query}").trim_end_matches('?'))
    };
    let first = if wanted.after.is_empty() { String::new() } else { address(String::new()) };
    let next = next.map(|cursor| address(cursor.to_string())).unwrap_or_default();
    let more = shown.clips.len().saturating_sub(CLIPS);
    shown.clips.truncate(CLIPS);
    units.sort_by_cached_key(|unit| sort_key(&unit.name));
    let stations = stations(&district).await?;
    let clips = shown.clips;
    Ok(Page(List { v, wanted, units, clips, more, airings, stations, first, next }).into_response())
}
