use axum::{Json, extract::State, http::StatusCode};

use crate::{
    radio::{AiringId, Right, UtcMs},
    server::{
        AiringReport, District,
        body::{Named, Sent},
        login::Caller,
        problem::Refusal,
        report::report_all,
    },
    store::{Actor, Declared, StoredAiring, StoredDeclaration},
    wire::{Declaration, Problem},
};

/// Says that an airing aired, or did not, where no player of Loa's can. The first word stands until somebody corrects it. A
/// station that enrolled with a key does not say so by its token alone: its records are signed.
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
        (status = 409, description = "Something else was declared before, and this is no correction.", body = Problem, content_type = "application/problem+json"),
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
    let actor = match &caller {
        Caller::Station(_) => None,
        Caller::Person(doer) => Some(&doer.actor),
    };
    let airing = keep(&district, id, declaration, (caller.to_string(), actor)).await?;
    let now = district.clock.now();
    let report = report_all(&district, vec![airing], now).await?.pop();
    let report = report.ok_or_else(|| Refusal::internal("an airing without a report"))?;
    Ok(Json(AiringReport { records: None, declarations: None, ..report }))
}

/// Keeps what somebody declares of an airing that has begun, and gives the airing.
pub(in crate::server) async fn keep(
    district: &District,
    id: AiringId,
    declaration: Declaration,
    (by, actor): (String, Option<&Actor>),
) -> Result<StoredAiring, Refusal> {
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
    let (word, is_correction) = word(id, declaration, by, now)?;
    match district.store.declare(actor, &word, is_correction).await? {
        Declared::Kept => {
            district.news.arrived();
            Ok(airing)
        }
        Declared::Known => Ok(airing),
        Declared::Stands(other) => Err(Refusal::new(
            StatusCode::CONFLICT,
            "already-declared",
            format!(
                "{} declared \"{}\" at {}: to say something else in its place, send it as a correction",
                other.declared_by, other.outcome, other.declared_at
            ),
        )),
    }
}

/// A declaration as it is kept, and whether it is a correction.
fn word(
    airing: AiringId,
    declaration: Declaration,
    declared_by: String,
    declared_at: UtcMs,
) -> Result<(StoredDeclaration, bool), Refusal> {
    let Declaration { outcome, started_at, cause, detail, key, correction } = declaration;
    let detail = note(detail)?;
    let key = sender_key(key)?;
    let cause = cause.map(|cause| cause.to_string());
    let outcome = outcome.to_string();
    let word = StoredDeclaration {
        airing,
        outcome,
        started_at,
        cause,
        detail,
        declared_by,
        declared_at,
        key,
    };
    Ok((word, correction))
}

/// What somebody says beside a code: PostgreSQL's text takes no NUL.
pub(super) fn note(text: Option<String>) -> Result<Option<String>, Refusal> {
    if text.as_ref().is_some_and(|text| text.contains('\0')) {
        return Err(Refusal::unreadable("detail: it contains a NUL character"));
    }
    Ok(text)
}

/// What a sender calls something that may be sent again.
pub(super) fn sender_key(key: Option<String>) -> Result<Option<String>, Refusal> {
    let is_good = |key: &String| {
        (1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if key.as_ref().is_some_and(|key| !is_good(key)) {
        return Err(Refusal::unreadable("key: 1 to 64 ASCII letters, digits and marks"));
    }
    Ok(key)
}
