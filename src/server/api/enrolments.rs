use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};

use crate::{
    server::{District, body::Sent, problem::Refusal},
    wire::{Enrolment, EnrolmentCode, EnrolmentRequest, Problem},
};

/// Makes a station known, with a code that works once. Tokens that it had before end.
#[utoipa::path(
    post, path = "/api/v1/enrolments", tag = "station",
    request_body = EnrolmentRequest,
    responses(
        (status = 200, description = "Known from now on. The token is told only here.", body = Enrolment),
        (status = 403, description = "The code is unknown, used or expired, or the key was revoked or is another station's.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn enrol(
    State(district): State<District>,
    Sent(request): Sent<EnrolmentRequest>,
) -> Result<impl IntoResponse, Refusal> {
    // What it says of the district is for the station.
    let secret = request.code.parse().map_or(String::new(), |code: EnrolmentCode| code.secret);
    // A code that was made just now may name a key that was made just now: without it, the station would believe nothing.
    if let Err(error) = district.renew_keyring() {
        tracing::error!(%error, "the old key signs on");
    }
    let Some((station, token)) =
        district.store.enrol(&secret, request.public_key, district.clock.now()).await?
    else {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "enrolment-refused",
            "the code is unknown, was used before or has expired, or the station's key was revoked: ask the district for a new code",
        ));
    };
    tracing::info!(%station, software = ?request.software, "a station enrolled");
    let enrolment = Enrolment {
        station,
        token: token.reveal().to_owned(),
        keys: district.keyring().row().to_vec(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(enrolment)))
}
