use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    radio::UtcMs,
    server::{District, Level, login::OfPerson, problem::Refusal},
    wire::Problem,
};

/// Something that has to be renewed before an instant.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct ExpiryView {
    /// What; the code stays.
    #[schema(example = "district-key")]
    what: String,
    /// The first instant at which it works no more.
    expires_at: UtcMs,
    /// Whole days left; negative: gone by since.
    days_left: i64,
    /// How near the end is.
    level: Level,
    /// The same for people, and what to do.
    detail: String,
}

/// What expires.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Expiries {
    /// The soonest first.
    expiries: Vec<ExpiryView>,
}

/// What expires, and how many days are left. Warned of from 90 days on.
#[utoipa::path(
    get, path = "/api/v1/expiries", tag = "health", security(("person" = [])),
    responses(
        (status = 200, description = "All of it.", body = Expiries),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn expiries(
    State(district): State<District>,
    _: OfPerson,
) -> Result<Json<Expiries>, Refusal> {
    let now = district.clock.now();
    let mut expiries = district.expiries();
    expiries.sort_by_key(|expiry| expiry.expires_at);
    let expiries = expiries.into_iter().map(|expiry| ExpiryView {
        what: expiry.what.to_owned(),
        expires_at: expiry.expires_at,
        days_left: expiry.days_left(now),
        level: expiry.level(now),
        detail: expiry.words(now),
    });
    Ok(Json(Expiries { expiries: expiries.collect() }))
}
