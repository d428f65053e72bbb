use axum::{Json, extract::State, http::StatusCode};

use crate::{
    radio::{AiringId, Right},
    server::{
        AiringReport, District,
        body::{Named, Sent},
        login::Caller,
        problem::Refusal,
        report::report_all,
    },
    store::StoredDeclaration,
    wire::{Declaration, Problem},
};

/// Says that an airing aired, or did not, where no player of Loa's can. The first word stands. A station that enrolled with
/// a key does not say so by its token alone: its records are signed.
#[utoipa::path(
    post, path = "/api/v1/airings/{id}/confirmation", tag = "station",
    params(("id" = AiringId, Path, description = "Which airing.")),
    security(("station" = []), ("person" = [])),
    request_body = Declaration,
    responses(
        (status = 200, description = "How the airing stands now.", body = AiringReport),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another station's airing, or of a station that signs what it says.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such airing.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something else was declared before.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is not over, or the body cannot be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn declare(
    State(district): State<District>,
    caller: Caller,
    Named(id): Named<AiringId>,
    Sent(declaration): Sent<Declaration>,
) -> Result<Json<AiringReport>, Refusal> {
    match &caller {
        Caller::Station(station) if id.station() == station.as_str() => {}
        Caller::Station(station) => {
            return Err(Refusal::forbidden(format!("airing {id} is not at {station}")));
        }
        Caller::Person(doer) => doer.must_at(&district, Right::Confirm, id.station()).await?,
    }
    // A token may be stolen; what it alone can say must not stand beside what a key has signed.
    if let Caller::Station(station) = &caller
        && !district.store.station_keys(station).await?.is_empty()
    {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "station-signs",
            format!(
                "{station} enrolled with a key, so it confirms with signed records only; a person may declare, or revoke the station and enrol it without a key"
            ),
        ));
    }
    let Some(airing) = district.store.airing(&id).await? else {
        return Err(Refusal::not_found(format!("there is no airing {id}")));
    };
    let now = district.clock.now();
    let starts_at = airing.planned.airing.starts_at;
    if now < starts_at {
        return Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not-yet",
            format!("airing {id} starts at {starts_at}: confirm it afterwards"),
        ));
    }
    if declaration.detail.as_ref().is_some_and(|detail| detail.contains('\0')) {
        return Err(Refusal::unreadable("detail: it contains a NUL character"));
    }
    let word = StoredDeclaration {
        airing: id.clone(),
        outcome: declaration.outcome.to_string(),
        started_at: declaration.started_at,
        detail: declaration.detail,
        declared_by: caller.to_string(),
        declared_at: now,
    };
    let (standing, is_new) = district.store.declare(&word).await?;
    if is_new {
        district.news.arrived();
    }
    let same = standing.outcome == word.outcome
        && standing.started_at == word.started_at
        && standing.detail == word.detail;
    if !same {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "already-declared",
            format!(
                "{} declared \"{}\" at {}, and that stands",
                standing.declared_by, standing.outcome, standing.declared_at
            ),
        ));
    }
    let report = report_all(&district, vec![airing], now).await?.pop();
    let report = report.ok_or_else(|| Refusal::internal("an airing without a report"))?;
    Ok(Json(AiringReport { records: None, ..report }))
}
