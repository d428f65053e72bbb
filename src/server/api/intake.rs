use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::clip_list::ClipView;
use crate::{
    radio::Right,
    server::{
        District,
        body::Asked,
        intake::{NotTaken, Sender, receive},
        login::Doer,
        pages::Language,
        problem::Refusal,
    },
    wire::Problem,
};

/// Where recordings are sent, for longer than other calls.
pub(in crate::server) const PATH: &str = "/api/v1/clips";

/// What comes with a recording.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct About {
    /// The file's name: it becomes the title where the recording has none of its own.
    #[serde(default)]
    file: String,
}

/// Takes a recording in: the body is the file itself. It is decoded to its end, measured, and kept as a clip that waits for
/// its approval; or it is refused with the reason, and nothing of it stays.
#[utoipa::path(
    post, path = "/api/v1/clips", tag = "rules", params(About), security(("person" = [])),
    request_body(content_type = "application/octet-stream", description = "WAV, MP3, AAC/M4A, FLAC or Ogg Vorbis."),
    responses(
        (status = 201, description = "The clip that it is now.", body = ClipView),
        (status = 400, description = "It broke off before its end.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The right to load is lacking.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is a clip already.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot air; the code says why.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many come in at a time.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The district's disk is full.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn send(
    State(district): State<District>,
    doer: Doer,
    Asked(about): Asked<About>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<ClipView>), Refusal> {
    doer.must_everywhere(Right::Load)?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = length.and_then(|length| length.parse().ok());
    let sender = Sender { actor: doer.actor, file: about.file, announced };
    let clip = receive(&district, sender, body.into_data_stream()).await?;
    Ok((StatusCode::CREATED, Json(clip.into())))
}

impl From<NotTaken> for Refusal {
    fn from(not_taken: NotTaken) -> Self {
        let status = match &not_taken {
            NotTaken::Failed(why) => return Self::internal(why),
            NotTaken::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            NotTaken::Known(_) => StatusCode::CONFLICT,
            NotTaken::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            NotTaken::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
            NotTaken::Busy => StatusCode::SERVICE_UNAVAILABLE,
            NotTaken::Broken => StatusCode::BAD_REQUEST,
        };
        Self::new(status, not_taken.code(), not_taken.phrase(Language::En).to_string())
            .in_vietnamese(not_taken.phrase(Language::Vi).to_string())
    }
}
