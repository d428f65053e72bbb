use std::time::Duration;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::HeaderValue,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{District, api, docs, metrics, pages, problem};
use crate::wire::TIME_HEADER;

/// The head of the OpenAPI document; the routes add themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Loa",
        description = "The district's radio. Times are RFC 3339 in UTC; errors are RFC 9457 problems with a stable code."
    ),
    modifiers(&Tokens)
)]
struct Head;

/// The two kinds of token.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        for (name, whose) in
            [("station", "A station's, from its enrolment."), ("person", "A person's.")]
        {
            let scheme =
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(whose)).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

fn routes() -> OpenApiRouter<District> {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(api::enrolments::enrol))
        .routes(routes!(api::rundown::fetch))
        .routes(routes!(api::clips::fetch, api::clip_list::change))
        .routes(routes!(api::clip_list::clips, api::intake::send))
        .routes(routes!(api::approvals::list, api::approvals::rule))
        .routes(routes!(api::confirmations::confirm))
        .routes(routes!(api::declarations::declare))
        .routes(routes!(api::airings::list))
        .routes(routes!(api::faults::list_faults, api::faults::report_fault))
        .routes(routes!(api::faults::close_fault))
        .routes(routes!(api::events::events))
        .routes(routes!(api::news::news))
        .routes(routes!(api::bulletins::ask, api::bulletins::list))
        .routes(routes!(api::bulletins::prepared))
        .routes(routes!(api::recordings::record))
        .routes(routes!(api::bulletins::get))
        .routes(routes!(api::bulletins::watch))
        .routes(routes!(api::bulletins::agree))
        .routes(routes!(api::bulletins::cancel))
        .routes(routes!(api::bulletins::correct))
        .routes(routes!(api::rules::stations))
        .routes(routes!(api::rules::units))
        .routes(routes!(api::rules::programmes))
        .routes(routes!(api::rules::campaigns))
        .routes(routes!(api::rules::schedules))
        .routes(routes!(api::log::checkpoint))
        .routes(routes!(api::log::inclusion_proof))
        .routes(routes!(api::log::consistency_proof))
        .routes(routes!(api::log::entries))
        .routes(routes!(api::log::keys))
        .routes(routes!(api::log::cosign))
        .routes(routes!(api::expiries::expiries))
        .routes(routes!(api::health::alive))
        .routes(routes!(api::health::ready))
        .routes(routes!(api::health::metrics))
}

/// The OpenAPI document, generated from the routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

/// Every route.
pub fn router(district: District) -> Router {
    let (api, openapi) = routes().split_for_parts();
    metrics::start();
    api.merge(docs::routes(openapi))
        .merge(pages::routes(&district))
        .fallback(pages::of_nothing)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(from_fn_with_state(district.clone(), in_time))
        .layer(CatchPanicLayer::custom(problem::of_panic))
        .layer(from_fn(counted))
        .layer(from_fn_with_state(district.clone(), dated))
        .with_state(district)
}

/// An answer that does not begin in time is a problem. A long poll has its wait on top, and a body its own limit.
async fn in_time(State(district): State<District>, request: Request, next: Next) -> Response {
    let limits = &district.limits;
    let extra = match request.uri().path() {
        api::rundown::PATH => limits.wait,
        api::intake::PATH | pages::UPLOADS => limits.upload,
        api::recordings::PATH => api::recordings::LONGEST,
        // A photograph comes from a telephone, over whatever line there is.
        path if path.ends_with("/channels") => limits.body * 4,
        _ if *request.method() == axum::http::Method::POST => limits.body,
        _ => Duration::ZERO,
    };
    match tokio::time::timeout(limits.answer + extra, next.run(request)).await {
        Ok(response) => response,
        Err(_) => problem::Refusal::timeout().into_response(),
    }
}

/// Says what time it is: a station may have no other way to know.
async fn dated(State(district): State<District>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(TIME_HEADER, HeaderValue::from(district.clock.now().0));
    response
}

async fn counted(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    let response = next.run(request).await;
    metrics::request(&method, path.as_deref().unwrap_or("none"), response.status());
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{body::Body, http::StatusCode, routing::get};
    use tower::ServiceExt;

    use super::*;
    use crate::{
        clock::TestClock,
        library::Shelf,
        radio::UtcMs,
        server::{Keyring, Limits},
        store::Store,
        wire::Problem,
    };

    #[tokio::test]
    async fn what_never_answers_or_breaks_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("loa.db").display()))
            .await
            .unwrap();
        let limits = Limits { answer: Duration::from_millis(1), ..Limits::default() };
        let shelf = Shelf::open(folder.path()).unwrap();
        let keyring = Keyring::open(folder.path(), UtcMs(0)).unwrap();
        let clock = Arc::new(TestClock::at(UtcMs(0)));
        let district = District::new(store, clock, shelf, keyring, limits);
        let router = Router::<()>::new()
            .route("/never", get(std::future::pending::<()>))
            .route("/broken", get(async || -> () { panic!("on purpose") }))
            .layer(from_fn_with_state(district, in_time))
            .layer(CatchPanicLayer::custom(problem::of_panic));
        for (path, status, code) in [
            ("/never", StatusCode::SERVICE_UNAVAILABLE, "timeout"),
            ("/broken", StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status);
            let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
            let problem: Problem = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem.code, code);
            assert!(!problem.detail.contains("on purpose"));
        }
    }
}
