//! What every word of the pages means, and where to begin.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    fault::Fault,
    page::Page,
    state::{EVIDENCE, REASONS},
    visitor::{Reader, Visitor},
};
use crate::server::District;

/// How an airing can stand.
pub(super) const STATES: &[&str] = &[
    "planned",
    "due",
    "aired",
    "partial",
    "interrupted",
    "missed",
    "refused",
    "simulated",
    "unreported",
];
/// What a station says is wrong with it.
pub(super) const FAULTS: &[&str] = &[
    "deck",
    "volume-zero",
    "stopped-locally",
    "clock-untrusted",
    "clock-wrong",
    "disk-full",
    "store-damaged",
    "clip-rotten",
    "records-rejected",
    "said-not-kept",
];

#[derive(Template)]
#[template(path = "pages/help.html")]
struct Help {
    v: Visitor,
}

impl Help {
    /// How loud a state's word is.
    fn tone(&self, state: &str) -> &'static str {
        match state {
            "aired" => "good",
            "partial" | "interrupted" | "unreported" => "warn",
            "missed" | "refused" => "bad",
            _ => "quiet",
        }
    }
}

pub(super) async fn show(reader: Reader) -> Response {
    Page(Help { v: reader.visitor() }).into_response()
}

#[derive(Template)]
#[template(path = "pages/first_steps.html")]
struct FirstSteps {
    v: Visitor,
    /// The steps in order, each with whether it is done.
    steps: Vec<(&'static str, bool)>,
}

pub(super) async fn first_steps(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let rules = district.store.rules().await?;
    let has_called = !district.store.contacts().await?.is_empty();
    let is_approved = rules.clips.iter().any(|clip| clip.approved_by.is_some());
    let steps = vec![
        ("units", !rules.units.is_empty() && !rules.stations.is_empty()),
        ("people", district.store.people().await?.len() > 1),
        ("enrol", has_called),
        ("clip", !rules.clips.is_empty()),
        ("approve", is_approved),
        ("schedule", !rules.schedules.is_empty()),
    ];
    Ok(Page(FirstSteps { v: reader.visitor(), steps }).into_response())
}
