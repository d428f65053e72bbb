use std::time::Duration;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};

use crate::{
    server::{District, metrics as figures, problem::Refusal},
    wire::Problem,
};

/// Planning is hourly: rundowns older than this mean that it has failed twice.
const STALE: Duration = Duration::from_hours(2);

/// Work that broke less than this ago may break again.
const BROKEN: Duration = Duration::from_mins(1);

/// The process runs.
#[utoipa::path(
    get, path = "/healthz", tag = "health",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"))
)]
pub(in crate::server) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers and is what the log says, rundowns were planned within the last 2 hours, and no work broke within the
/// last minute.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses(
        (status = 200, description = "Ready.", body = String, content_type = "text/plain"),
        (status = 503, description = "Not ready, and why.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn ready(
    State(district): State<District>,
) -> Result<&'static str, Refusal> {
    let not = |detail: String| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail);
    if let Err(error) = district.store.ping().await {
        tracing::error!(%error, "the database does not answer");
        return Err(not("the database does not answer".to_owned()));
    }
    let Some(rolled) = *district.rolled.borrow() else {
        return Err(not("rundowns are not planned yet".to_owned()));
    };
    if district.clock.now().since(rolled) > STALE {
        return Err(not(format!(
            "rundowns were last planned at {rolled} and not since: the district's log says why"
        )));
    }
    let broken = district.broken_within(BROKEN);
    if !broken.is_empty() {
        return Err(not(format!(
            "{} broke within the last minute and was begun again: the district's log says where",
            broken.join(", ")
        )));
    }
    if let Some(fault) = district.log.fault() {
        return Err(not(format!("the log does not fit the database: {}", fault.told())));
    }
    Ok("ready\n")
}

/// Figures for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "health",
    responses((status = 200, description = "Prometheus's text format.", body = String, content_type = "text/plain"))
)]
pub(in crate::server) async fn metrics(
    State(district): State<District>,
) -> Result<impl IntoResponse, Refusal> {
    let text = figures::render(&district).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
