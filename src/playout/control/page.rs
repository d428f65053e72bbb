use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use chrono_tz::Tz;

use super::{view::View, word::Language};
use crate::{radio::UtcMs, wire::Fault};

/// Seconds after which the page shows itself anew.
const AGAIN: u32 = 10;

#[derive(Template)]
#[template(path = "control.html")]
struct Page<'a> {
    view: &'a View,
    /// All but the stop, which the page says in large letters.
    faults: Vec<&'a Fault>,
    l: Language,
    zone: Tz,
    token: &'a str,
    again: u32,
}

#[derive(Template)]
#[template(path = "control_broken.html")]
struct Broken<'a> {
    why: &'a str,
    l: Language,
    token: &'a str,
}

impl Page<'_> {
    /// What people call the station; its id where the district has not said.
    fn name(&self) -> &str {
        let id = self.view.station.as_ref().map_or("Loa", |station| station.as_str());
        self.view.name.as_deref().unwrap_or(id)
    }

    /// Its id, beside a name.
    fn id(&self) -> Option<&str> {
        self.view.name.as_ref()?;
        self.view.station.as_ref().map(|station| station.as_str())
    }

    /// As people here write it.
    fn at(&self, instant: &UtcMs) -> String {
        instant.to_chrono().with_timezone(&self.zone).format("%d/%m/%Y %H:%M:%S").to_string()
    }

    fn day(&self, instant: &UtcMs) -> String {
        instant.to_chrono().with_timezone(&self.zone).format("%d/%m/%Y").to_string()
    }

    fn time(&self, instant: &UtcMs) -> String {
        instant.to_chrono().with_timezone(&self.zone).format("%H:%M:%S").to_string()
    }

    /// How long ago or how long, in words that need no plural.
    fn span(&self, from: &UtcMs, to: &UtcMs) -> String {
        let seconds = to.since(*from).as_secs();
        let (hours, minutes) = (self.l.of("giờ", "h"), self.l.of("phút", "min"));
        match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
            (0, 0, s) => format!("{s} {}", self.l.of("giây", "s")),
            (0, m, 0) => format!("{m} {minutes}"),
            (0, m, s) => format!("{m} {minutes} {s} {}", self.l.of("giây", "s")),
            (h, m, _) => format!("{h} {hours} {m} {minutes}"),
        }
    }

    fn is_long_ago(&self, contact: &UtcMs) -> bool {
        self.view.now.since(*contact).as_secs() > 120
    }
}

/// The page.
pub(super) fn page(view: &View, l: Language, zone: Tz, token: &str) -> Response {
    let faults = view.faults.iter().filter(|fault| fault.code != "stopped-locally").collect();
    rendered(&Page { view, faults, l, zone, token, again: AGAIN }, StatusCode::OK)
}

/// The page while the station's store fails: the stop works all the same.
pub(super) fn broken(why: &str, l: Language, token: &str) -> Response {
    rendered(&Broken { why, l, token }, StatusCode::INTERNAL_SERVER_ERROR)
}

fn rendered(page: &impl Template, status: StatusCode) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
