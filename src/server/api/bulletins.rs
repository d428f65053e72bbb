//! Bulletins: asking, agreeing, cancelling, correcting, and where each sounds.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::Stream;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    radio::{Bulletin, BulletinId, Right, UtcMs},
    server::{
        District,
        body::{Named, Sent},
        bulletins::{self, BulletinReport, Hearing, PreparedReport, Wish, prepared_reports},
        login::{Doer, lacking},
        problem::Refusal,
    },
    wire::Problem,
};

/// Bulletins in a list.
const MOST: u32 = 100;
/// What changes within so long is told at once.
const PAUSE: Duration = Duration::from_millis(200);
/// Time alone changes how a bulletin stands.
const TURN: Duration = Duration::from_secs(2);

/// A person who may see the whole district, or has to do with bulletins somewhere: they hear of those that are meant for a
/// station that they see.
#[derive(Debug, Clone)]
pub(in crate::server) struct Watcher(Hearing);

impl FromRequestParts<District> for Watcher {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        let doer = Doer::from_request_parts(parts, district).await?;
        let has_to_do = [Right::Ask, Right::Agree].iter().any(|right| doer.grants.may(*right));
        if !has_to_do {
            doer.must_everywhere(Right::See)?;
        }
        Ok(Self(Hearing::of(district, &doer.grants).await?))
    }
}

/// The prepared bulletins.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct PreparedBulletins {
    /// By name.
    prepared: Vec<PreparedReport>,
}

/// Bulletins.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Bulletins {
    /// The newest first; the last 100.
    bulletins: Vec<BulletinReport>,
}

/// What can be asked for at any hour, and what stands in its way.
#[utoipa::path(
    get, path = "/api/v1/bulletins/prepared", tag = "bulletins", security(("person" = [])),
    responses(
        (status = 200, description = "All of them.", body = PreparedBulletins),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn prepared(
    State(district): State<District>,
    _: Watcher,
) -> Result<Json<PreparedBulletins>, Refusal> {
    let rules = district.store.rules().await?;
    Ok(Json(PreparedBulletins { prepared: prepared_reports(&rules, district.today()) }))
}

/// Asks for a bulletin. It waits for a second person, who has five minutes.
#[utoipa::path(
    post, path = "/api/v1/bulletins", tag = "bulletins", security(("person" = [])),
    request_body = Wish,
    responses(
        (status = 201, description = "It waits for a second person.", body = BulletinReport),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no bulletin to put right.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "That one was never sent: there is nothing to put right.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot be asked for so; `code` says why.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn ask(
    State(district): State<District>,
    doer: Doer,
    Sent(wish): Sent<Wish>,
) -> Result<Response, Refusal> {
    let bulletin = bulletins::ask(&district, wish, &doer).await?;
    let report = bulletins::report(&district, &bulletin).await?;
    Ok((StatusCode::CREATED, Json(report)).into_response())
}

/// Bulletins, without their stations.
#[utoipa::path(
    get, path = "/api/v1/bulletins", tag = "bulletins", security(("person" = [])),
    responses(
        (status = 200, description = "The last 100, the newest first.", body = Bulletins),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn list(
    State(district): State<District>,
    Watcher(hearing): Watcher,
) -> Result<Json<Bulletins>, Refusal> {
    let now = district.clock.now();
    let stored = district.store.bulletins(UtcMs(i64::MIN), MOST).await?;
    let heard = stored.iter().filter(|bulletin| hearing.hears(bulletin));
    let told = heard.map(|bulletin| bulletins::outline(bulletin, now));
    Ok(Json(Bulletins { bulletins: told.collect() }))
}

/// Declares a route that does one thing to one bulletin.
macro_rules! deed {
    ($(#[$doc:meta])* $route:ident, $path:literal, $status:literal, $code:expr) => {
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "bulletins", security(("person" = [])),
            params(("id" = String, Path, description = "Which bulletin.")),
            responses(
                (status = $status, description = "How the bulletin stands now.", body = BulletinReport),
                (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
                (status = 403, description = "Not a person's token; or the one who asked agrees.", body = Problem, content_type = "application/problem+json"),
                (status = 404, description = "No such bulletin.", body = Problem, content_type = "application/problem+json"),
                (status = 409, description = "It is too late for that, or too early; `code` says why.", body = Problem, content_type = "application/problem+json"),
            )
        )]
        pub(in crate::server) async fn $route(
            State(district): State<District>,
            doer: Doer,
            Named(id): Named<BulletinId>,
        ) -> Result<Response, Refusal> {
            let bulletin = bulletins::$route(&district, &id, &doer).await?;
            let report = bulletins::report(&district, &bulletin).await?;
            Ok(($code, Json(report)).into_response())
        }
    };
}

deed!(
    /// Agrees to a bulletin, as another person than the one who asked: it is sent at once.
    agree, "/api/v1/bulletins/{id}/agreement", 200, StatusCode::OK
);
deed!(
    /// Takes a bulletin back. Where it sounds, it is broken off.
    cancel, "/api/v1/bulletins/{id}/cancellation", 200, StatusCode::OK
);
deed!(
    /// Sends the correction that was agreed to with a bulletin: at once, to the same stations. Gives the correction.
    correct, "/api/v1/bulletins/{id}/correction", 201, StatusCode::CREATED
);

/// A bulletin: where it has begun, where not, and why.
#[utoipa::path(
    get, path = "/api/v1/bulletins/{id}", tag = "bulletins", security(("person" = [])),
    params(("id" = String, Path, description = "Which bulletin.")),
    responses(
        (status = 200, description = "How it stands.", body = BulletinReport),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token, or one who sees none of its stations.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such bulletin.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn get(
    State(district): State<District>,
    Watcher(hearing): Watcher,
    Named(id): Named<BulletinId>,
) -> Result<Json<BulletinReport>, Refusal> {
    Ok(Json(report(&district, &hearing, &id).await?))
}

async fn known(
    district: &District,
    hearing: &Hearing,
    id: &BulletinId,
) -> Result<Bulletin, Refusal> {
    let known = district.store.bulletin(id).await?;
    let known = known.ok_or_else(|| Refusal::not_found(format!("there is no bulletin {id}")))?;
    if hearing.hears(&known) { Ok(known) } else { Err(lacking(Right::See)) }
}

async fn report(
    district: &District,
    hearing: &Hearing,
    id: &BulletinId,
) -> Result<BulletinReport, Refusal> {
    let bulletin = known(district, hearing, id).await?;
    Ok(hearing.part(bulletins::report(district, &bulletin).await?))
}

/// A bulletin, again and again: how it stands now, and whenever that changes, as server-sent events.
#[utoipa::path(
    get, path = "/api/v1/bulletins/{id}/events", tag = "bulletins", security(("person" = [])),
    params(("id" = String, Path, description = "Which bulletin.")),
    responses(
        (status = 200, description = "Each event's data is a bulletin as `/api/v1/bulletins/{id}` gives it.", content_type = "text/event-stream"),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token, or one who sees none of its stations.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such bulletin.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn watch(
    State(district): State<District>,
    Watcher(hearing): Watcher,
    Named(id): Named<BulletinId>,
) -> Result<Response, Refusal> {
    known(&district, &hearing, &id).await?;
    Ok(Sse::new(told(district, hearing, id)).keep_alive(KeepAlive::default()).into_response())
}

fn told(
    district: District,
    hearing: Hearing,
    id: BulletinId,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let (heard, stopping) = (district.heard.subscribe(), district.stopping.subscribe());
    let begin = ((district, hearing, id), heard, stopping, None::<BulletinReport>);
    futures_util::stream::unfold(begin, async |(of, mut heard, mut stopping, last)| {
        loop {
            heard.mark_unchanged();
            match report(&of.0, &of.1, &of.2).await {
                Ok(report) if last.as_ref() != Some(&report) => {
                    let event = Event::default().json_data(&report).ok()?;
                    return Some((Ok(event), (of, heard, stopping, Some(report))));
                }
                Ok(_) => {}
                // Who watches calls again.
                Err(_) => return None,
            }
            tokio::select! {
                () = async { drop(stopping.wait_for(|stopping| *stopping).await) } => return None,
                _ = heard.changed() => tokio::time::sleep(PAUSE).await,
                () = tokio::time::sleep(TURN) => {}
            }
        }
    })
}
