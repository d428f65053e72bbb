use std::{sync::Arc, time::Duration};

use axum::{
    Form, Json, Router,
    extract::{DefaultBodyLimit, FromRequest, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use tower_http::timeout::TimeoutLayer;

use super::{
    Control,
    guard::{self, Guard},
    page, stick,
    word::Language,
};
use crate::{
    radio::Volume,
    wire::{Event, Hand},
};

/// For the whole of a look or an order.
const CALL: Duration = Duration::from_secs(30);
/// The largest body of an order, in bytes.
const LARGEST: usize = 4096;

#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) control: Arc<Control>,
    pub(super) guard: Arc<Guard>,
}

/// What a form or a command brings. Each order takes what it needs of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    /// The page's own, in its forms.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) token: String,
    /// The language of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lang: Option<Language>,
    /// How long a stop lasts; none: until it is resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) minutes: Option<u32>,
    /// The volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent: Option<String>,
    /// Who, where a command says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) who: Option<String>,
}

/// Why not, for a command.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct No {
    pub(super) error: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    lang: Language,
}

pub(super) fn router(control: Arc<Control>, guard: Arc<Guard>) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/style.css", get(style))
        .route("/status.json", get(status))
        .route("/stop", post(stop))
        .route("/resume", post(resume))
        .route("/volume", post(volume))
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, CALL))
        .merge(stick::routes())
        .layer(from_fn_with_state(guard.clone(), guard::only_here))
        .with_state(Desk { control, guard })
}

pub(super) fn no(status: StatusCode, error: impl Into<String>) -> Response {
    (status, Json(No { error: error.into() })).into_response()
}

async fn show(State(desk): State<Desk>, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let language = asked.map(|Query(asked)| asked.lang).unwrap_or_default();
    match desk.control.view().await {
        Ok(view) => page::page(&view, language, desk.control.settings.zone, &desk.guard.token),
        Err(error) => page::broken(&error.to_string(), language, &desk.guard.token),
    }
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("page.css"))
}

async fn status(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    if !desk.guard.knows(&headers) {
        return no(
            StatusCode::UNAUTHORIZED,
            "show the secret from control.json in the station's folder",
        );
    }
    match desk.control.view().await {
        Ok(view) => Json(view).into_response(),
        Err(error) => no(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

async fn stop(State(desk): State<Desk>, request: Request) -> Response {
    order(desk, request, |wish, control| {
        let span = wish.minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
        Ok(Event::Stopped { until: span.map(|span| control.clock.now() + span) })
    })
    .await
}

async fn resume(State(desk): State<Desk>, request: Request) -> Response {
    order(desk, request, |_, _| Ok(Event::Resumed)).await
}

async fn volume(State(desk): State<Desk>, request: Request) -> Response {
    order(desk, request, |wish, _| {
        let text = wish.percent.as_deref().unwrap_or_default();
        let percent: Volume = text.parse().map_err(|error| format!("{error}"))?;
        Ok(Event::Volume { percent })
    })
    .await
}

/// One that shows the secret gets JSON; one from the page goes back to it.
async fn order(
    desk: Desk,
    request: Request,
    event: impl FnOnce(&Wish, &Control) -> Result<Event, String>,
) -> Response {
    let headers = request.headers().clone();
    let is_command = desk.guard.knows(&headers);
    let read = if is_command {
        Json::<Wish>::from_request(request, &())
            .await
            .map(|Json(wish)| wish)
            .map_err(IntoResponse::into_response)
    } else {
        Form::<Wish>::from_request(request, &())
            .await
            .map(|Form(wish)| wish)
            .map_err(IntoResponse::into_response)
    };
    let wish = match read {
        Ok(wish) => wish,
        Err(response) => return response,
    };
    if !is_command && !desk.guard.is_ours(&headers, &wish.token) {
        return no(
            StatusCode::FORBIDDEN,
            "this did not come from the station's own page: open it anew and press again",
        );
    }
    let event = match event(&wish, &desk.control) {
        Ok(event) => event,
        Err(why) => return no(StatusCode::BAD_REQUEST, why),
    };
    let by = if is_command { Hand::Command } else { Hand::Page };
    let kept = desk.control.say(event, by, wish.who).await;
    match (kept, is_command) {
        (Err(error), true) => no(
            StatusCode::INSUFFICIENT_STORAGE,
            format!("it is obeyed, but not kept: {error}; after a restart it is not remembered"),
        ),
        (Ok(()), true) => status(State(desk), headers).await,
        // What is not kept stands on the page among the faults.
        (_, false) => Redirect::to(wish.lang.unwrap_or_default().address()).into_response(),
    }
}
