use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    server::{
        District, Keyring,
        body::Asked,
        login::{OfStation, bearer},
        problem::Refusal,
    },
    store::{Call, RundownHead, StoredRundown},
    wire::{Problem, SignedRundown},
};

/// Where it is; a long poll has its own time limit.
pub(in crate::server) const PATH: &str = "/api/v1/rundown";

/// How long to hold the answer.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Patience {
    /// Seconds to hold the answer while nothing is newer than `If-None-Match`; at most 60.
    #[serde(default)]
    wait: u64,
}

/// The station's own rundown: today and the 35 days after, in UTC.
#[utoipa::path(
    get, path = "/api/v1/rundown", tag = "station", params(Patience), security(("station" = [])),
    responses(
        (status = 200, description = "The rundown, signed, with its `ETag`.", body = SignedRundown),
        (status = 304, description = "What `If-None-Match` names is still right."),
        (status = 401, description = "No token, or an unknown one, or one that ended meanwhile.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a station's token.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not planned yet.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn fetch(
    State(district): State<District>,
    OfStation(station): OfStation,
    Asked(patience): Asked<Patience>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // Listening begins before looking: a change in between is not slept through.
    let mut changes = district.rundowns.subscribe();
    let mut endings = district.endings.subscribe();
    let mut stopping = district.stopping.subscribe();
    district.store.confirm(&station, Vec::new(), Call::HERE, district.clock.now()).await?;
    let wait = Duration::from_secs(patience.wait).min(district.limits.wait);
    let patience_ends = tokio::time::sleep(wait);
    tokio::pin!(patience_ends);
    loop {
        changes.mark_unchanged();
        let head = district.store.rundown_head(&station).await?;
        let known = head.as_ref().is_some_and(|head| names(&headers, &tag(head)));
        if !known && let Some(rundown) = district.store.rundown(&station).await? {
            return Ok(answer(rundown, &district.keyring()));
        }
        let again = tokio::select! {
            changed = changes.changed() => changed.is_ok(),
            ended = endings.changed() => ended.is_ok(),
            _ = stopping.wait_for(|stopping| *stopping) => false,
            () = &mut patience_ends => false,
        };
        if again {
            bearer(&headers, &district).await?;
        } else {
            return match head {
                Some(head) => Ok((
                    StatusCode::NOT_MODIFIED,
                    [(header::ETAG, tag(&head)), (header::CACHE_CONTROL, "no-cache".to_owned())],
                )
                    .into_response()),
                None => Err(Refusal::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "not-planned-yet",
                    "the district has not planned this station's rundown yet: ask again in some seconds",
                )),
            };
        }
    }
}

fn tag(head: &RundownHead) -> String {
    format!("\"{}-{}\"", head.version, head.digest.get(..16).unwrap_or_default())
}

/// Whether `If-None-Match` names a tag (RFC 9110, 13.1.2; compared weakly).
pub(in crate::server) fn names(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one == tag)
}

fn answer(rundown: StoredRundown, keyring: &Keyring) -> Response {
    let tag = tag(&rundown.head);
    // Just after a change of key, the rundown is still signed by the one before.
    let keys = keyring.row_to(rundown.envelope.key).to_vec();
    let signed = SignedRundown { keys, rundown: rundown.envelope };
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    (headers, Json(signed)).into_response()
}
