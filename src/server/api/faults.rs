use std::collections::HashMap;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::declarations::{note, sender_key};
use crate::{
    planning::Territory,
    radio::{FaultKind, Right, StationId, UtcMs},
    server::{
        District,
        body::{Named, Sent},
        login::Doer,
        problem::Refusal,
    },
    store::{NewTrouble, StoredTrouble},
    wire::Problem,
};

/// Something that is out of order at a station.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct FaultReport {
    /// Where.
    #[schema(value_type = String)]
    station: StationId,
    /// What.
    kind: FaultKind,
    /// What else there is to say.
    #[serde(default)]
    detail: Option<String>,
    /// A name that the sender makes for it, at most 64 characters: sent again under it, it is kept once.
    #[serde(default)]
    key: Option<String>,
}

/// How a fault was put right.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Remedy {
    /// What was done.
    #[serde(default)]
    remedy: Option<String>,
}

/// A fault that somebody reported.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct FaultView {
    /// Its name.
    id: String,
    /// Where.
    #[schema(value_type = String)]
    station: StationId,
    /// What, as a code.
    kind: String,
    /// What else was said.
    detail: Option<String>,
    /// Who reported it.
    reported_by: String,
    /// Since when.
    reported_at: UtcMs,
}

/// The faults that stand.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Faults {
    /// The longest first.
    faults: Vec<FaultView>,
}

impl From<StoredTrouble> for FaultView {
    fn from(fault: StoredTrouble) -> Self {
        let StoredTrouble { id, station, kind, detail, reported_by, reported_at, .. } = fault;
        Self { id, station, kind, detail, reported_by, reported_at }
    }
}

/// Reports that something is out of order at a station. It stands until somebody says that it was put right.
#[utoipa::path(
    post, path = "/api/v1/faults", tag = "faults", security(("person" = [])), request_body = FaultReport,
    responses(
        (status = 200, description = "It is kept.", body = FaultView),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not at this station.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body cannot be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn report_fault(
    State(district): State<District>,
    doer: Doer,
    Sent(report): Sent<FaultReport>,
) -> Result<Json<FaultView>, Refusal> {
    doer.must_at(&district, Right::Report, report.station.as_str()).await?;
    let stations = district.store.stations().await?;
    if !stations.iter().any(|station| station.id == report.station) {
        return Err(Refusal::not_found(format!("there is no station {}", report.station)));
    }
    let fault = NewTrouble {
        station: report.station,
        kind: report.kind.to_string(),
        detail: note(report.detail)?,
        key: sender_key(report.key)?,
    };
    let kept = district.store.report_trouble(&doer.actor, &fault, district.clock.now()).await?;
    district.news.arrived();
    Ok(Json(kept.into()))
}

/// The faults that people reported and nobody has put right, at the stations that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/faults", tag = "faults", security(("person" = [])),
    responses(
        (status = 200, description = "Those that stand.", body = Faults),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn list_faults(
    State(district): State<District>,
    doer: Doer,
) -> Result<Json<Faults>, Refusal> {
    let units = district.store.units().await?;
    let territory = Territory::new(&units);
    let stations = district.store.stations().await?;
    let at: HashMap<_, _> = stations.iter().map(|station| (&station.id, &station.unit)).collect();
    let may = |fault: &StoredTrouble| match at.get(&fault.station) {
        Some(unit) => doer.grants.may_in(Right::See, territory.ancestry(unit)),
        None => doer.grants.may_everywhere(Right::See),
    };
    let open = district.store.open_troubles().await?.into_iter().filter(may);
    Ok(Json(Faults { faults: open.map(FaultView::from).collect() }))
}

/// Says that a fault was put right, and how.
#[utoipa::path(
    post, path = "/api/v1/faults/{id}/closing", tag = "faults", security(("person" = [])),
    params(("id" = String, Path, description = "Which fault.")),
    request_body = Remedy,
    responses(
        (status = 204, description = "It stands no more."),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not at this station.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such fault that stands.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn close_fault(
    State(district): State<District>,
    doer: Doer,
    Named(id): Named<String>,
    Sent(Remedy { remedy }): Sent<Remedy>,
) -> Result<StatusCode, Refusal> {
    let none = || Refusal::not_found(format!("no fault {id} stands: it was closed, or never was"));
    let fault = district.store.trouble(&id).await?.ok_or_else(none)?;
    doer.must_at(&district, Right::Close, fault.station.as_str()).await?;
    let (remedy, now) = (note(remedy)?, district.clock.now());
    let closed = district.store.close_trouble(&doer.actor, &id, remedy.as_deref(), now).await?;
    district.news.arrived();
    if closed { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
