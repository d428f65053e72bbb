//! What everybody may see without signing in: what sounded, where and when, and whether it is official. The same for all who
//! ask, so nobody is asked who they are, nothing is given to the browser, and the language stands in the address.
//!
//! No person is named here: approvers, operators and those who confirm by hand stay on the pages behind the sign-in.

pub(super) mod list;
pub(super) mod one;
mod shown;
pub(super) mod verify;

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    Language,
    fault::Fault,
    guard::{Gate, protect},
    visitor::Visitor,
};
use crate::{
    server::{
        District,
        public::{FRESH, Kept, Key},
        via::Via,
        visit::Visit,
    },
    store::Secret,
};

/// Bytes of the largest page.
const LARGEST: usize = 4 * 1024 * 1024;

/// Stands before these pages: what was answered within the minute is answered again; anything else is counted, and made
/// a few at a time.
pub(super) async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let district = &gate.district;
    let key = key(&request);
    if let Some(kept) = district.public.cache.find(&key, district.clock.now()) {
        return give(kept, &request);
    }
    let visitor = match stranger(district, &request) {
        Ok(visitor) => visitor,
        Err(error) => {
            tracing::error!(%error, "a page failed");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let address = visitor.via().address;
    if let Err(wait) = district.public.throttle.count(address, district.clock.now()) {
        let mut response = Fault::TooOften.page(&visitor);
        protect(response.headers_mut());
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
        return response;
    }
    // The semaphore is never closed.
    let _turn = district.public.making.acquire().await.ok();
    let now = district.clock.now();
    if let Some(kept) = district.public.cache.find(&key, now) {
        return give(kept, &request);
    }
    let (parts, body) = request.into_parts();
    let mut asked = Request::from_parts(parts.clone(), body);
    asked.extensions_mut().insert(visitor.clone());
    let mut response = next.run(asked).await;
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        response = fault.page(&visitor);
    }
    if response.status() != StatusCode::OK {
        protect(response.headers_mut());
        return response;
    }
    let kind = response.headers_mut().remove(header::CONTENT_TYPE);
    match to_bytes(response.into_body(), LARGEST).await {
        Ok(body) => {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            let kept = Kept::new(kind.unwrap_or(html), body);
            district.public.cache.keep(key, kept.clone(), now);
            give(kept, &Request::from_parts(parts, axum::body::Body::empty()))
        }
        Err(error) => {
            tracing::error!(%error, "a page failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn key(request: &Request) -> Key {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let via = request.extensions().get::<Via>().copied().unwrap_or_default();
    let scheme = if via.secure { "https" } else { "http" };
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    // HEAD is answered without a body.
    let asked = format!("{} {scheme}", request.method());
    (asked, host.unwrap_or_default().to_owned(), path.to_owned())
}

/// One of whom nothing is known and nothing is asked.
fn stranger(district: &District, request: &Request) -> Result<Visitor, crate::store::StoreError> {
    let via = request.extensions().get::<Via>().copied().unwrap_or_default();
    let visit = Visit { via, member: None, secret: Secret::new()?, is_new: false };
    let language = language(request.uri());
    Ok(Visitor::new(district, visit, language, request.uri(), request.headers(), None))
}

fn language(address: &Uri) -> Language {
    let pairs = address.query().unwrap_or_default().split('&');
    let chosen = pairs.filter_map(|pair| pair.strip_prefix("lang=")?.parse().ok()).next_back();
    chosen.unwrap_or(Language::Vi)
}

fn give(kept: Kept, request: &Request) -> Response {
    let is_known = kept.is_known(request.headers());
    let is_head = *request.method() == Method::HEAD;
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else if is_head {
        StatusCode::OK.into_response()
    } else {
        kept.body.into_response()
    };
    let headers = response.headers_mut();
    protect(headers);
    headers.insert(header::CONTENT_TYPE, kept.kind);
    // A proxy may keep it too; whoever has a page older than a minute asks whether it is still right.
    let lasts = format!("public, max-age={}", FRESH.as_secs());
    for (name, value) in [(header::CACHE_CONTROL, lasts), (header::ETAG, kept.tag)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}
