use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures_util::stream;

use crate::{
    radio::Right,
    server::{
        District,
        login::{Doer, lacking},
        problem::Refusal,
    },
    wire::Problem,
};

/// News that come together are told together.
const TOGETHER: Duration = Duration::from_secs(1);

/// Time alone makes some things different: an airing becomes due, a station silent.
const AT_LATEST: Duration = Duration::from_secs(15);

/// Says when there is something new to see: a record, a person's word, a station that fell ill or well, a new plan. What
/// it is, whoever listens asks for. Server-sent events: `open` at once, then `changed`, every 16 seconds at least; the data
/// is the same word.
#[utoipa::path(
    get, path = "/api/v1/news", tag = "record", security(("person" = [])),
    responses(
        (status = 200, description = "Events without end.", body = String, content_type = "text/event-stream"),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token, or one who may see nothing.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn news(
    State(district): State<District>,
    doer: Doer,
) -> Result<Response, Refusal> {
    if !doer.grants.may(Right::See) {
        return Err(lacking(Right::See));
    }
    let following =
        (district.news.follow(), district.rundowns.subscribe(), district.stopping.subscribe());
    let events = stream::unfold((following, true), |(following, is_first)| async move {
        let (mut news, mut rundowns, mut stopping) = following;
        let is_over = if is_first {
            *stopping.borrow()
        } else {
            let changed = async {
                tokio::select! {
                    _ = news.changed() => {}
                    _ = rundowns.changed() => {}
                    () = tokio::time::sleep(AT_LATEST) => {}
                }
                tokio::time::sleep(TOGETHER).await;
            };
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => true,
                () = changed => false,
            }
        };
        if is_over {
            return None;
        }
        news.mark_unchanged();
        rundowns.mark_unchanged();
        // The first one says no more than that the line holds. Browsers drop an event without data.
        let name = if is_first { "open" } else { "changed" };
        let event = Event::default().event(name).data(name);
        Some((Ok::<_, Infallible>(event), ((news, rundowns, stopping), false)))
    });
    Ok(Sse::new(events).into_response())
}
