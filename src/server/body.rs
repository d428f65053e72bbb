//! What callers send, read within limits and refused as problems.

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{District, problem::Refusal};
use crate::wire::arrival::read_json;

/// The largest body: 500 records and their status fit well.
pub(super) const LARGEST: usize = 1024 * 1024;

/// A JSON body's bytes, whole, in time.
pub(super) struct JsonBytes(pub(super) Bytes);

/// A JSON body.
pub(super) struct Sent<T>(pub(super) T);

/// The query of an address.
pub(super) struct Asked<T>(pub(super) T);

/// The holes in a route's path.
pub(super) struct Named<T>(pub(super) T);

impl FromRequest<District> for JsonBytes {
    type Rejection = Refusal;

    async fn from_request(request: Request, district: &District) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_json = kind.is_some_and(|kind| {
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")
        });
        if !is_json {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "send JSON, with \"Content-Type: application/json\"",
            ));
        }
        let too_large = || {
            Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "the body is over 1 MiB: send fewer records at a time",
            )
        };
        let announced = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > LARGEST) {
            return Err(too_large());
        }
        match tokio::time::timeout(district.limits.body, to_bytes(request.into_body(), LARGEST))
            .await
        {
            Ok(Ok(bytes)) => Ok(Self(bytes)),
            Ok(Err(error)) if is_length_limit(&error) => Err(too_large()),
            Ok(Err(_)) => Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "broken-body",
                "the body broke off before its end",
            )),
            Err(_) => Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "slow-body",
                "the body took too long to arrive: send it again",
            )),
        }
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(|source| source.to_string().contains("length limit"))
}

impl<T: DeserializeOwned> FromRequest<District> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, district: &District) -> Result<Self, Refusal> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, district).await?;
        read_json(&bytes).map(Self).map_err(Refusal::unreadable)
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<District> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        match axum::extract::Query::from_request_parts(parts, district).await {
            Ok(axum::extract::Query(asked)) => Ok(Self(asked)),
            Err(rejection) => {
                Err(Refusal::new(StatusCode::BAD_REQUEST, "bad-query", rejection.body_text()))
            }
        }
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<District> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        match axum::extract::Path::from_request_parts(parts, district).await {
            Ok(axum::extract::Path(named)) => Ok(Self(named)),
            Err(rejection) => {
                Err(Refusal::new(StatusCode::BAD_REQUEST, "bad-name", rejection.body_text()))
            }
        }
    }
}
