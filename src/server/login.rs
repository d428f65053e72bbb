//! Who calls. A route says whom it serves by the caller it takes: [`Caller`], [`OfStation`], [`OfPerson`] or nobody.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};

use super::{District, problem::Refusal};
use crate::{radio::StationId, store::Bearer};

/// A station or a person.
#[derive(Debug, Clone)]
pub(super) struct Caller(pub(super) Bearer);

/// A station.
#[derive(Debug, Clone)]
pub(super) struct OfStation(pub(super) StationId);

/// A person.
#[derive(Debug, Clone)]
pub(super) struct OfPerson;

impl FromRequestParts<District> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        let unknown = |detail| Refusal::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail);
        let header = parts.headers.get(header::AUTHORIZATION).ok_or_else(|| {
            unknown("this needs a token: send it as \"Authorization: Bearer TOKEN\"")
        })?;
        let token = header
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| unknown("the token must be sent as \"Authorization: Bearer TOKEN\""))?;
        match district.store.bearer(token).await? {
            Some(bearer) => Ok(Self(bearer)),
            None => {
                Err(unknown("the token is unknown or was revoked: enrol again, or ask for another"))
            }
        }
    }
}

impl FromRequestParts<District> for OfStation {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        match Caller::from_request_parts(parts, district).await?.0 {
            Bearer::Station(station) => Ok(Self(station)),
            Bearer::Person(_) => Err(Refusal::forbidden("only a station's token opens this")),
        }
    }
}

impl FromRequestParts<District> for OfPerson {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        match Caller::from_request_parts(parts, district).await?.0 {
            Bearer::Person(_) => Ok(Self),
            Bearer::Station(_) => Err(Refusal::forbidden("only a person's token opens this")),
        }
    }
}
