//! What a command that holds a stick says to the running station. The station itself may not be allowed to see the stick.

use std::{io::Write as _, time::Duration};

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tower_http::timeout::TimeoutLayer;

use super::routes::{Desk, no};
use crate::{playout::exchange::ExchangeError, radio::ClipHash, signing::Envelope};

/// For one thing from a stick to arrive: a stick may be slow and a clip long.
const CALL: Duration = Duration::from_mins(30);
/// The largest rundown, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// Records in one answer.
const MOST: u32 = 200;

/// After which record.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct After {
    pub(super) after: u64,
}

/// A record that waits.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Waits {
    pub(super) sequence: u64,
    pub(super) envelope: Envelope,
}

/// What became of a rundown or of receipts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Taken {
    /// The version followed, or the records that wait no longer.
    pub(super) number: u64,
}

pub(super) fn routes() -> Router<Desk> {
    Router::new()
        .route("/stick/records", get(records))
        .route("/stick/state", get(state))
        .route("/stick/lacking", get(lacking))
        .route("/stick/rundown", post(rundown))
        .route("/stick/receipts", post(receipts))
        .route("/stick/clips/{clip}", put(clip))
        .layer(DefaultBodyLimit::disable())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, CALL))
}

fn stranger() -> Response {
    no(StatusCode::UNAUTHORIZED, "show the secret from control.json in the station's folder")
}

fn refused(error: &ExchangeError) -> Response {
    no(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}

async fn records(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(asked): Query<After>,
) -> Response {
    if !desk.guard.knows(&headers) {
        return stranger();
    }
    match desk.control.exchange.waiting(asked.after, MOST).await {
        Ok(waiting) => {
            let waiting = waiting.into_iter();
            let waiting =
                waiting.map(|one| Waits { sequence: one.sequence, envelope: one.envelope });
            Json(waiting.collect::<Vec<_>>()).into_response()
        }
        Err(error) => refused(&error),
    }
}

async fn state(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    if !desk.guard.knows(&headers) {
        return stranger();
    }
    match desk.control.exchange.state().await {
        Ok(state) => Json(state).into_response(),
        Err(error) => refused(&error),
    }
}

async fn lacking(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    if !desk.guard.knows(&headers) {
        return stranger();
    }
    Json(desk.control.exchange.lacking()).into_response()
}

async fn rundown(State(desk): State<Desk>, request: Request) -> Response {
    let signed = match read(&desk, request).await {
        Ok(signed) => signed,
        Err(response) => return response,
    };
    match desk.control.exchange.take_rundown(signed).await {
        Ok(rundown) => Json(Taken { number: rundown.version }).into_response(),
        Err(error) => refused(&error),
    }
}

async fn receipts(State(desk): State<Desk>, request: Request) -> Response {
    let word = match read(&desk, request).await {
        Ok(word) => word,
        Err(response) => return response,
    };
    match desk.control.exchange.take_receipts(&word).await {
        Ok(number) => Json(Taken { number }).into_response(),
        Err(error) => refused(&error),
    }
}

/// Whoever shows nothing sends nothing.
async fn read<T: serde::de::DeserializeOwned>(
    desk: &Desk,
    request: Request,
) -> Result<T, Response> {
    if !desk.guard.knows(request.headers()) {
        return Err(stranger());
    }
    let bad = |why: String| no(StatusCode::BAD_REQUEST, why);
    let bytes = to_bytes(request.into_body(), LARGEST).await.map_err(|e| bad(e.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))
}

async fn clip(State(desk): State<Desk>, Path(clip): Path<String>, request: Request) -> Response {
    if !desk.guard.knows(request.headers()) {
        return stranger();
    }
    let Ok(clip) = clip.parse::<ClipHash>() else {
        return no(StatusCode::BAD_REQUEST, "a clip is named by its SHA-256");
    };
    let mut writer = match desk.control.exchange.receive_clip(clip) {
        Ok(writer) => writer,
        Err(error) => return refused(&error),
    };
    let mut bytes = request.into_body().into_data_stream();
    while let Some(part) = bytes.next().await {
        let written = part.map_err(std::io::Error::other).and_then(|part| writer.write_all(&part));
        if let Err(error) = written {
            return no(StatusCode::INSUFFICIENT_STORAGE, format!("clip {clip}: {error}"));
        }
    }
    // It reads the whole clip, and others wait on this thread.
    match tokio::task::spawn_blocking(move || writer.commit()).await {
        Ok(Ok(_)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(error)) => refused(&error.into()),
        Err(error) => no(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
