use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    radio::{StationId, UtcMs},
    server::{District, body::Asked, login::OfPerson, problem::Refusal},
    wire::{EventRecord, Problem},
};

/// Events in one answer at most.
const MOST: u32 = 200;

/// Whose events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Whose {
    /// The station.
    #[param(value_type = String)]
    station: StationId,
}

/// What was done at a station.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Events {
    /// The newest first; the last 200.
    events: Vec<ReceivedEvent>,
}

/// An event as the station signed it, and when the district had it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct ReceivedEvent {
    /// When the district had it on disk.
    received_at: UtcMs,
    /// What the station signed.
    event: EventRecord,
}

/// What was done at a station: stopped, resumed, its volume turned.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "record", params(Whose), security(("person" = [])),
    responses(
        (status = 200, description = "The last 200, the newest first.", body = Events),
        (status = 400, description = "No station is named.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn events(
    State(district): State<District>,
    _: OfPerson,
    Asked(whose): Asked<Whose>,
) -> Result<Json<Events>, Refusal> {
    let stored = district.store.events(&whose.station, MOST).await?;
    let events = stored.into_iter().map(|stored| {
        let event = serde_json::from_str(&stored.json).map_err(Refusal::internal)?;
        Ok(ReceivedEvent { received_at: stored.received_at, event })
    });
    Ok(Json(Events { events: events.collect::<Result<_, Refusal>>()? }))
}
