//! Confirm by hand, for communes whose station has no player: the day's airings with a yes and a no, on a phone.
//!
//! `static/confirm.js` keeps what is said while there is no line, and `static/confirm-worker.js` keeps the page itself.

pub(super) mod word;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    fault::Fault,
    page::Page,
    visitor::{Reader, Visitor},
};
use crate::{
    planning::Territory,
    radio::{Cause, Evidence, FaultKind, Right, Station, StationId, UtcMs, Window, sort_key},
    server::{AiringReport, AiringState, District, report::report_all},
    store::{AiringFilter, Order, StoredTrouble},
};

/// With more stations than these, one is chosen first.
const AT_ONCE: usize = 3;
/// Airings of one station in two days at most.
const MOST: u32 = 500;

#[derive(Template)]
#[template(path = "pages/confirm.html")]
struct Confirm {
    v: Visitor,
    person: String,
    today: NaiveDate,
    sites: Vec<Site>,
    /// From which to choose; none: all are shown.
    choices: Vec<Station>,
    /// Whether one was chosen among others.
    chosen: bool,
}

/// One station with its day.
struct Site {
    station: Station,
    yesterday: Vec<Entry>,
    today: Vec<Entry>,
    faults: Vec<StoredTrouble>,
}

/// One airing.
struct Entry {
    report: AiringReport,
    asks: Asks,
}

/// Whether an airing is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// It has begun, and nobody has said a word.
    Now,
    /// It has not begun.
    Later,
    /// Somebody said how it went; they may have been wrong.
    Again,
    /// The player knows.
    Player,
    /// It was never to air.
    Plan,
}

impl Asks {
    fn of(report: &AiringReport, now: UtcMs) -> Self {
        let is_recorded = report.records.as_ref().is_some_and(|records| !records.is_empty());
        if is_recorded {
            Self::Player
        } else if report.declarations.is_some() {
            Self::Again
        } else if report.state == AiringState::Refused {
            Self::Plan
        } else if report.starts_at > now {
            Self::Later
        } else {
            Self::Now
        }
    }
}

impl Entry {
    /// How it stands: a tone and the key of its word.
    fn stands(&self) -> (&'static str, &'static str) {
        match (self.asks, self.report.state) {
            (Asks::Later, _) => ("quiet", "confirm.later"),
            (_, AiringState::Aired) => ("good", "confirm.aired"),
            (_, AiringState::Missed) => ("bad", "confirm.missed"),
            (_, AiringState::Partial) => ("warn", "confirm.partial"),
            (_, AiringState::Interrupted) => ("warn", "confirm.interrupted"),
            (_, AiringState::Refused) => ("quiet", "confirm.refused"),
            (_, AiringState::Simulated) => ("quiet", "confirm.simulated"),
            (_, AiringState::Planned | AiringState::Unreported) => ("warn", "confirm.ask"),
        }
    }

    /// On what that rests: the code and the key of its word.
    fn rests_on(&self) -> Option<(&'static str, &'static str)> {
        Some(match self.report.evidence? {
            Evidence::Declared => ("declared", "confirm.declared"),
            Evidence::Played => ("played", "confirm.played"),
            Evidence::Heard => ("heard", "confirm.heard"),
            Evidence::Simulated => return None,
        })
    }

    fn asks(&self) -> bool {
        matches!(self.asks, Asks::Now | Asks::Later | Asks::Again)
    }

    /// Who said last how it went and when, why if not, and how often it was corrected.
    fn said(&self, v: &Visitor) -> Vec<String> {
        let said = self.report.declarations.as_deref().unwrap_or_default();
        let Some(last) = said.last().filter(|_| self.asks == Asks::Again) else {
            return Vec::new();
        };
        let by = v.of("confirm.said").with("name", &last.declared_by);
        let mut lines = vec![by.with("time", v.dates().moment(&last.declared_at)).to_string()];
        lines.extend(last.cause.map(|cause| v.code("cause", cause.as_str()).to_string()));
        lines.extend(last.detail.clone());
        if said.len() > 1 {
            let count = v.of("confirm.corrected").with("count", said.len() - 1);
            lines.push(count.to_string());
        }
        lines
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    station: String,
}

/// Where to go back to.
pub(super) fn address(station: &str) -> String {
    match station.parse::<StationId>() {
        Ok(station) => format!("/confirm?station={station}"),
        Err(_) => "/confirm".to_owned(),
    }
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let units = district.store.units().await?;
    let territory = Territory::new(&units);
    let mut stations = district.store.stations().await?;
    stations.retain(|station| reader.may_in(Right::Confirm, territory.ancestry(&station.unit)));
    stations.sort_by_cached_key(|station| sort_key(&station.name));
    let is_many = stations.len() > AT_ONCE;
    let chosen = is_many && stations.iter().any(|station| station.id.as_str() == wanted.station);
    let (shown, choices) = match (is_many, chosen) {
        (true, false) => (Vec::new(), stations),
        (true, true) => {
            stations.retain(|station| station.id.as_str() == wanted.station);
            (stations, Vec::new())
        }
        (false, _) => (stations, Vec::new()),
    };
    let today = reader.dates().day(reader.now());
    let mut sites = Vec::with_capacity(shown.len());
    for station in shown {
        sites.push(site(&district, station, &reader).await?);
    }
    let person = reader.member.person.id.to_string();
    let v = reader.visitor();
    Ok(Page(Confirm { v, person, today, sites, choices, chosen }).into_response())
}

async fn site(district: &District, station: Station, reader: &Reader) -> Result<Site, Fault> {
    let (dates, now) = (reader.dates(), reader.now());
    let today = dates.day(now);
    let before = dates.window(today.pred_opt().unwrap_or(today));
    let Window { from: midnight, until } = dates.window(today);
    let filter = AiringFilter {
        station: Some(station.id.clone()),
        from: Some(before.from),
        until: Some(until),
        ..AiringFilter::default()
    };
    let stored = district.store.airings(&filter, Order::Oldest, None, MOST).await?;
    let reports = report_all(district, stored, now).await?;
    let entries = reports.into_iter().map(|report| Entry { asks: Asks::of(&report, now), report });
    let (today, mut yesterday): (Vec<Entry>, Vec<Entry>) =
        entries.partition(|entry| entry.report.starts_at >= midnight);
    yesterday.retain(|entry| entry.asks == Asks::Now);
    let mut faults = district.store.open_troubles().await?;
    faults.retain(|fault| fault.station == station.id);
    Ok(Site { station, yesterday, today, faults })
}

/// The worker that keeps the page for when there is no line. Its address has no hash: it stays the same worker.
pub(super) async fn worker() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, include_str!("../../../../static/confirm-worker.js")).into_response()
}
