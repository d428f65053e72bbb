use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    log::{Hash, WitnessKey, consistency, inclusion},
    server::{District, body::Asked, login::OfPerson, problem::Refusal},
    signing::{Note, NoteKey},
    wire::Problem,
};

/// Entries in one answer at most.
const MOST: u64 = 1000;

/// What proves something about the log: hashes in base64, in the order of RFC 9162.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Proof {
    /// The hashes.
    hashes: Vec<String>,
}

/// Which entry, and in which tree.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Inclusion {
    /// The entry, counted from 0.
    index: u64,
    /// How many entries the tree has.
    size: u64,
}

/// Which two trees.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Consistency {
    /// How many entries the older tree has.
    from: u64,
    /// How many entries the newer tree has.
    until: u64,
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Stretch {
    /// The first, counted from 0.
    #[serde(default)]
    from: u64,
    /// How many at most; 1000 if not said, and never more.
    #[serde(default)]
    limit: Option<u64>,
}

const PLAIN: [(header::HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];

/// The newest signed head of the log: a C2SP tlog-checkpoint in a signed note, with the cosignatures of witnesses.
#[utoipa::path(
    get, path = "/api/v1/log/checkpoint", tag = "log",
    responses(
        (status = 200, description = "The note.", body = String, content_type = "text/plain"),
        (status = 404, description = "None was signed yet.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn checkpoint(
    State(district): State<District>,
) -> Result<impl IntoResponse, Refusal> {
    let signed = district.store.checkpoint().await?;
    let signed = signed.ok_or_else(|| {
        Refusal::not_found("no head of the log was signed yet: try again in some seconds")
    })?;
    Ok((PLAIN, signed.note))
}

async fn proof(
    district: &District,
    spans: Option<Vec<std::ops::Range<u64>>>,
    size: u64,
) -> Result<Json<Proof>, Refusal> {
    let there = district.store.log_size().await?;
    let spans = spans.filter(|_| size <= there).ok_or_else(|| {
        Refusal::unprocessable(
            "no-proof",
            format!("there is no such proof: the log has {there} entries"),
        )
    })?;
    let coded = |hash: &Hash| STANDARD.encode(hash);
    let hashes = district.store.log_nodes(&spans).await?.iter().map(coded).collect();
    Ok(Json(Proof { hashes }))
}

/// Proves that an entry is in the tree of so many entries.
#[utoipa::path(
    get, path = "/api/v1/log/proof/inclusion", tag = "log", params(Inclusion),
    responses(
        (status = 200, description = "The proof.", body = Proof),
        (status = 422, description = "There is no such entry or tree.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn inclusion_proof(
    State(district): State<District>,
    Asked(Inclusion { index, size }): Asked<Inclusion>,
) -> Result<Json<Proof>, Refusal> {
    proof(&district, inclusion(index, size), size).await
}

/// Proves that a tree extends an older one.
#[utoipa::path(
    get, path = "/api/v1/log/proof/consistency", tag = "log", params(Consistency),
    responses(
        (status = 200, description = "The proof.", body = Proof),
        (status = 422, description = "There are no such trees.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn consistency_proof(
    State(district): State<District>,
    Asked(Consistency { from, until }): Asked<Consistency>,
) -> Result<Json<Proof>, Refusal> {
    proof(&district, consistency(from, until), until).await
}

/// Entries, each as a line: its hash when it came, in hexadecimal, a space, and the entry as its row says it now.
#[utoipa::path(
    get, path = "/api/v1/log/entries", tag = "log", params(Stretch), security(("person" = [])),
    responses(
        (status = 200, description = "The lines; none past the end.", body = String, content_type = "text/plain"),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not in the whole district.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn entries(
    State(district): State<District>,
    _: OfPerson,
    Asked(Stretch { from, limit }): Asked<Stretch>,
) -> Result<impl IntoResponse, Refusal> {
    let size = district.store.log_size().await?;
    let until = from.saturating_add(limit.unwrap_or(MOST).min(MOST)).min(size);
    let lines = district.store.log_export(from.min(until)..until).await?;
    Ok((PLAIN, lines))
}

/// The keys with which the log's heads are signed, oldest first: each line is an entry of the log, the first as it began, every
/// other signed by the key before it.
#[utoipa::path(
    get, path = "/api/v1/log/keys", tag = "log",
    responses(
        (status = 200, description = "The lines; none before the first head.", body = String, content_type = "text/plain"),
    )
)]
pub(in crate::server) async fn keys(
    State(district): State<District>,
) -> Result<impl IntoResponse, Refusal> {
    let known = district.store.log_keys().await?;
    let keys = known.iter().filter(|(_, line)| line.starts_with("{\"kind\":\"log-key\""));
    Ok((PLAIN, keys.map(|(_, line)| format!("{line}\n")).collect::<String>()))
}

/// Takes a witness's cosignature of a head: the note with its line. Only those of witnesses that the district was told to
/// trust are kept, and shown under the head.
#[utoipa::path(
    post, path = "/api/v1/log/cosignatures", tag = "log",
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 204, description = "It is kept."),
        (status = 403, description = "No witness that the district trusts signed it.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is no head of this log.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn cosign(
    State(district): State<District>,
    body: String,
) -> Result<StatusCode, Refusal> {
    let note: Note = body.parse().map_err(|error| unreadable(&error))?;
    let checkpoint: crate::log::Checkpoint =
        note.text().parse().map_err(|error| unreadable(&error))?;
    let size = checkpoint.head.size;
    let ours = district.store.checkpoint_before(size).await?.filter(|ours| ours.size == size);
    let is_ours = ours.and_then(|ours| ours.note.parse::<Note>().ok());
    if is_ours.is_none_or(|ours| ours.text() != note.text()) {
        return Err(Refusal::unprocessable("no-such-head", "this is no head that this log signed"));
    }
    let known = district.store.log_keys().await?;
    let witnesses = known.iter().filter_map(|(_, line)| {
        let begins = line.starts_with("{\"kind\":\"witness\"");
        let entry = serde_json::from_str::<WitnessKey<'_>>(line).ok().filter(|_| begins)?;
        entry.key.parse::<NoteKey>().ok()
    });
    let mut is_kept = false;
    for witness in witnesses {
        if let (Ok(_), Some(line)) = (note.signed_by(&witness), note.of(&witness)) {
            district.store.keep_cosignature(size, witness.name(), &line.to_string()).await?;
            is_kept = true;
        }
    }
    if is_kept {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refusal::forbidden(
        "no witness of this district signed it: loa log trust KEY makes one known",
    ))
}

fn unreadable(error: &impl std::fmt::Display) -> Refusal {
    Refusal::unreadable(error.to_string())
}
