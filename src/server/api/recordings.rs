//! Recordings made for a bulletin: taken in like any other, and part of no rule.

use std::{io::Write as _, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    library::{Limits, Measure, take_in},
    radio::{ClipHash, Right},
    server::{District, login::Doer, problem::Refusal},
    wire::Problem,
};

/// Where it is; sending one has its own time limit.
pub(in crate::server) const PATH: &str = "/api/v1/bulletins/recordings";
/// The longest that sending one may take.
pub(in crate::server) const LONGEST: Duration = Duration::from_mins(10);

/// The longest recording; in the largest form that a browser makes it is as large as this.
const LONGEST_SOUND: Duration = Duration::from_mins(10);
const LARGEST: usize = 128 << 20;

/// A recording that was taken in.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct RecordingReport {
    /// Its content: what a bulletin names.
    sha256: ClipHash,
    /// How long it sounds, in milliseconds.
    duration_ms: u64,
    /// Its integrated loudness in LUFS; none where it is nearly silent.
    loudness_lufs: Option<f64>,
    /// What people should know.
    warnings: Vec<String>,
}

/// Takes a recording for a bulletin in: the bytes of a WAV file or of another kind that `loa clip check` takes, at most ten
/// minutes. The second person hears it before it is sent.
#[utoipa::path(
    post, path = "/api/v1/bulletins/recordings", tag = "bulletins", security(("person" = [])),
    request_body(content = String, content_type = "audio/wav"),
    responses(
        (status = 201, description = "It is here.", body = RecordingReport),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot air; `detail` says why.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn record(
    State(district): State<District>,
    doer: Doer,
    body: Body,
) -> Result<Response, Refusal> {
    if !doer.grants.may(Right::Ask) {
        doer.must_everywhere(Right::Ask)?;
    }
    let mut file = tempfile::NamedTempFile::new().map_err(Refusal::internal)?;
    let mut parts = body.into_data_stream();
    let mut length = 0;
    while let Some(part) = next(&district, &mut parts).await? {
        length += part.len();
        if length > LARGEST {
            return Err(Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                format!("the recording is over {} MiB: make it shorter", LARGEST >> 20),
            ));
        }
        file.write_all(&part).map_err(Refusal::internal)?;
    }
    let shelf = district.shelf.clone();
    let limits = Limits { longest: LONGEST_SOUND, ..Limits::default() };
    let taken = tokio::task::spawn_blocking(move || take_in(file.path(), &shelf, &limits, |_| ()));
    let measure = taken.await.map_err(Refusal::internal)?;
    let measure: Measure =
        measure.map_err(|why| Refusal::unprocessable("recording-refused", why.to_string()))?;
    let item = measure.item("Ghi âm trực tiếp");
    let now = district.clock.now();
    district.store.keep_bulletin_recording(&doer.actor, &measure.sha256, &item, now).await?;
    let report = RecordingReport {
        sha256: measure.sha256,
        duration_ms: measure.duration_ms(),
        loudness_lufs: measure.loudness_lufs,
        warnings: measure.warnings.iter().map(ToString::to_string).collect(),
    };
    Ok((StatusCode::CREATED, Json(report)).into_response())
}

/// The next part of a body, if it comes in time.
async fn next(
    district: &District,
    parts: &mut axum::body::BodyDataStream,
) -> Result<Option<Bytes>, Refusal> {
    let broken = || {
        let detail = "the recording broke off before its end: send it again";
        Refusal::new(StatusCode::BAD_REQUEST, "broken-body", detail)
    };
    match tokio::time::timeout(district.limits.body, parts.next()).await {
        Ok(part) => part.transpose().map_err(|_| broken()),
        Err(_) => Err(broken()),
    }
}
