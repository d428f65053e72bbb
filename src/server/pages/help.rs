//! What every word of the pages means, and where to begin.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    condition::TROUBLES,
    fault::Fault,
    page::Page,
    state::{self, EVIDENCE, REASONS},
    visitor::{Reader, Visitor},
};
use crate::{
    radio::{Grants, Right},
    server::District,
};

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
#[derive(Template)]
#[template(path = "pages/help.html")]
struct Help {
    v: Visitor,
}

pub(super) async fn show(reader: Reader) -> Response {
    Page(Help { v: reader.visitor() }).into_response()
}

/// A step on the way to the first airing.
struct Step {
    /// Its words' key in the section `step`.
    code: &'static str,
    /// Where it is done, and by whom.
    address: &'static str,
    right: Right,
    is_done: bool,
}

#[derive(Template)]
#[template(path = "pages/first_steps.html")]
struct FirstSteps {
    v: Visitor,
    grants: Grants,
    /// In order.
    steps: Vec<Step>,
}

impl FirstSteps {
    fn may(&self, step: &Step) -> bool {
        self.grants.may(step.right)
    }
}

/// The steps in order: where each is done, and with which right.
pub(super) const STEPS: [(&str, &str, Right); 9] = [
    ("people", "/people", Right::People),
    ("unit", "/stations/units/new", Right::Stations),
    ("station", "/stations/new", Right::Stations),
    ("enrol", "/stations", Right::Stations),
    ("clip", "/clips", Right::Load),
    ("programme", "/timetable/programmes/new", Right::Plan),
    ("approve", "/approvals", Right::Approve),
    ("schedule", "/timetable/schedules/new", Right::Plan),
    ("airing", "/today", Right::See),
];

pub(super) async fn first_steps(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let store = &district.store;
    let rules = store.rules().await?;
    let is_done = [
        store.people().await?.len() > 1,
        !rules.units.is_empty(),
        !rules.stations.is_empty(),
        !store.contacts().await?.is_empty(),
        !rules.clips.is_empty(),
        !rules.programmes.is_empty(),
        rules.clips.iter().any(|clip| clip.approved_by.is_some())
            && rules.programmes.iter().any(|one| !rules.unapproved.contains(&one.id)),
        !rules.schedules.is_empty(),
        !store.chains().await?.is_empty(),
    ];
    let steps = STEPS.into_iter().zip(is_done);
    let steps =
        steps.map(|((code, address, right), is_done)| Step { code, address, right, is_done });
    let grants = reader.grants().clone();
    Ok(Page(FirstSteps { v: reader.visitor(), grants, steps: steps.collect() }).into_response())
}
