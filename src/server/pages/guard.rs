//! Stands before every page: who calls, whether they may, whether what they post comes from a page of ours. No page can
//! forget it, since only [`guarded`] makes a page a route.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    Language,
    fault::{self, Fault},
    form,
    notice::Notice,
    public,
    route::{Need, Route},
    sign_in::within,
    visitor::Visitor,
};
use crate::server::{
    District, cookie,
    via::Via,
    visit::{self, Visit},
};

/// What a page may do: show itself, with what this server gives it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How long a browser remembers the language chosen there, in seconds: a year.
const LANGUAGE_LASTS: u32 = 365 * 24 * 3600;

#[derive(Clone)]
pub(super) struct Gate {
    pub(super) district: District,
    need: Need,
}

/// The page behind its guard.
pub(super) fn guarded(route: Route, district: &District) -> Router<District> {
    let gate = Gate { district: district.clone(), need: route.need };
    let answer = route.answer.layer(CatchPanicLayer::custom(fault::of_panic));
    let answer = if route.is_public {
        answer.layer(from_fn_with_state(gate, public::guard))
    } else {
        answer.layer(from_fn_with_state(gate, guard))
    };
    Router::new().route(route.path, answer)
}

async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let via = request.extensions().get::<Via>().copied().unwrap_or_default();
    let visit = match Visit::of(&gate.district, request.headers(), via).await {
        Ok(visit) => visit,
        Err(error) => {
            tracing::error!(%error, "a page failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let headers = request.headers();
    let language = language(headers, via, &visit);
    let (is_told, notice) = match cookie::NOTICE.of(headers, via) {
        Some(text) => (true, Notice::read(text)),
        None => (false, None),
    };
    let visitor =
        Visitor::new(&gate.district, visit.clone(), language, request.uri(), headers, notice);
    if let Some(response) = switched(&visitor) {
        return response;
    }
    let mut response = match pass(&gate, &visitor, request, next).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    };
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        response = fault.page(&visitor);
    }
    let is_page = response.status() != StatusCode::SEE_OTHER;
    if is_told && is_page {
        give(&mut response, cookie::NOTICE.give(via, "", Some(0)));
    }
    if visit.is_new && !response.headers().contains_key(header::SET_COOKIE) {
        give(&mut response, cookie::VISIT.give(via, visit.secret.reveal(), None));
    }
    protect(response.headers_mut());
    response
}

/// Asks the page, if the visitor may.
async fn pass(
    gate: &Gate,
    visitor: &Visitor,
    mut request: Request,
    next: Next,
) -> Result<Response, Fault> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read {
        if !visit::is_from_us(request.headers(), visitor.via()) {
            return Err(Fault::Foreign);
        }
        request = form::with_right_token(request, visitor).await?;
    }
    match (gate.need, visitor.member()) {
        (Need::Anybody, _) => {}
        (_, None) => {
            return Ok(Redirect::to(&visitor.sign_in_address(is_read)).into_response());
        }
        (need, Some(member)) => {
            if let Some(right) = need.lacking(&member.person.grants) {
                return Err(Fault::MayNot(right));
            }
        }
    }
    request.extensions_mut().insert(visitor.clone());
    Ok(next.run(request).await)
}

/// To the same page in the language that its address chooses, which the browser knows from then on.
pub(super) fn switched(visitor: &Visitor) -> Option<Response> {
    let (chosen, address) = visitor.switched()?;
    let mut response = Redirect::to(within(&address)).into_response();
    let cookie = cookie::LANGUAGE.give(visitor.via(), chosen.as_str(), Some(LANGUAGE_LASTS));
    give(&mut response, cookie);
    Some(response)
}

/// The language chosen at the browser, else the person's own, else Vietnamese.
fn language(headers: &HeaderMap, via: Via, visit: &Visit) -> Language {
    let chosen = cookie::LANGUAGE.of(headers, via);
    let own = visit.member.as_ref().and_then(|member| member.person.language.as_deref());
    chosen.or(own).and_then(|code| code.parse().ok()).unwrap_or(Language::Vi)
}

fn give(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Without a referrer browsers hide where a form comes from.
        (header::REFERRER_POLICY, "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "microphone=(self)"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// What a page that is not behind the guard shares with those that are.
pub(super) async fn of_stranger(
    district: &District,
    parts: &Parts,
) -> Option<(Visitor, fn(&mut HeaderMap))> {
    let via = parts.extensions.get::<Via>().copied().unwrap_or_default();
    let headers = &parts.headers;
    let visit = Visit::of(district, headers, via).await.ok()?;
    let language = language(headers, via, &visit);
    Some((Visitor::new(district, visit, language, &parts.uri, headers, None), protect))
}
