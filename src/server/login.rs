//! Who calls the API. A route says whom it serves by the caller it takes: [`Caller`], [`OfStation`], [`OfPerson`] or nobody.
//!
//! A token says it, or the session of a browser. What a browser changes must come from a page of ours, which shows the
//! token of its forms in the header `Loa-Form`.

use std::fmt;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};

use super::{
    District,
    problem::Refusal,
    via::Via,
    visit::{self, Visit},
};
use crate::{
    planning::Territory,
    radio::{Grant, Grants, Right, Role, StationId, UnitId},
    store::{Actor, Bearer, sign_in_name},
};

/// Where a page's script shows the token of its forms.
pub(super) const FORM_HEADER: &str = "loa-form";

/// A person, and what they may do.
#[derive(Debug, Clone)]
pub(super) struct Doer {
    /// For what the store notes.
    pub(super) actor: Actor,
    pub(super) grants: Grants,
}

/// A station or a person.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    Station(StationId),
    Person(Doer),
}

/// A station.
#[derive(Debug, Clone)]
pub(super) struct OfStation(pub(super) StationId);

/// A person who may see the whole district.
#[derive(Debug, Clone)]
pub(super) struct OfPerson;

/// As the record names them.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Station(id) => write!(f, "station {id}"),
            Self::Person(doer) => f.write_str(&doer.actor.name),
        }
    }
}

impl Doer {
    /// Goes on only for who may in the whole district.
    pub(super) fn must_everywhere(&self, right: Right) -> Result<(), Refusal> {
        if self.grants.may_everywhere(right) { Ok(()) } else { Err(lacking(right)) }
    }

    /// Goes on only for who may in a unit.
    pub(super) async fn must_in(
        &self,
        district: &District,
        right: Right,
        unit: &UnitId,
    ) -> Result<(), Refusal> {
        if self.grants.may_everywhere(right) {
            return Ok(());
        }
        let units = district.store.units().await?;
        let may = self.grants.may_in(right, Territory::new(&units).ancestry(unit));
        if may { Ok(()) } else { Err(lacking(right)) }
    }

    /// The same for the unit of a station.
    pub(super) async fn must_at(
        &self,
        district: &District,
        right: Right,
        station: &str,
    ) -> Result<(), Refusal> {
        if self.grants.may_everywhere(right) {
            return Ok(());
        }
        let stations = district.store.stations().await?;
        match stations.into_iter().find(|known| known.id.as_str() == station) {
            Some(station) => self.must_in(district, right, &station.unit).await,
            None => Err(lacking(right)),
        }
    }
}

pub(super) fn lacking(right: Right) -> Refusal {
    Refusal::forbidden(format!(
        "this needs the right \"{right}\" here: ask the district's administrator for it"
    ))
}

fn unknown(detail: &str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
}

impl FromRequestParts<District> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        let via = parts.extensions.get::<Via>().copied().unwrap_or_default();
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return by_session(district, &parts.headers, &parts.method, via).await;
        }
        match bearer(&parts.headers, district).await? {
            Bearer::Station(station) => Ok(Self::Station(station)),
            Bearer::Person(name) => by_name(district, name, via).await,
        }
    }
}

/// Whose token a request shows.
///
/// # Errors
/// It shows none, or one that opens nothing, or nothing any more.
pub(super) async fn bearer(headers: &HeaderMap, district: &District) -> Result<Bearer, Refusal> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|header| header.to_str().ok())
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| unknown("the token must be sent as \"Authorization: Bearer TOKEN\""))?;
    district.store.bearer(token).await?.ok_or_else(|| {
        unknown("the token is unknown or was revoked: enrol again, or ask for another")
    })
}

/// A token is somebody's who signs in under its name, and may what they may. Any other name sees everything and confirms
/// by hand.
async fn by_name(district: &District, name: String, via: Via) -> Result<Caller, Refusal> {
    let sign_in = sign_in_name(&name);
    let people = district.store.people().await?;
    let known = people.into_iter().find(|person| Some(&person.sign_in) == sign_in.as_ref());
    let address = via.address.to_string();
    Ok(Caller::Person(match known {
        Some(person) if person.disabled_at.is_some() => {
            return Err(unknown("whose token this is may sign in no more"));
        }
        Some(person) => Doer {
            actor: Actor { person: Some(person.id), name: person.name, address },
            grants: person.grants,
        },
        None => Doer {
            actor: Actor { person: None, name, address },
            grants: Grants(
                [Role::Auditor, Role::CommuneOfficer].map(|role| Grant { role, unit: None }).into(),
            ),
        },
    }))
}

async fn by_session(
    district: &District,
    headers: &HeaderMap,
    method: &Method,
    via: Via,
) -> Result<Caller, Refusal> {
    let visit = Visit::of(district, headers, via).await?;
    let Some(member) = &visit.member else {
        return Err(unknown("this needs a token: send it as \"Authorization: Bearer TOKEN\""));
    };
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let token = headers.get(FORM_HEADER).and_then(|token| token.to_str().ok()).unwrap_or_default();
    let is_ours = visit::is_from_us(headers, via) && visit.knows(token);
    if !is_read && !is_ours {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "foreign",
            "this did not come from a page of Loa's: reload the page and try again",
        ));
    }
    Ok(Caller::Person(Doer { actor: visit.actor(), grants: member.person.grants.clone() }))
}

impl FromRequestParts<District> for OfStation {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        match Caller::from_request_parts(parts, district).await? {
            Caller::Station(station) => Ok(Self(station)),
            Caller::Person(_) => Err(Refusal::forbidden("only a station's token opens this")),
        }
    }
}

impl FromRequestParts<District> for Doer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        match Caller::from_request_parts(parts, district).await? {
            Caller::Person(doer) => Ok(doer),
            Caller::Station(_) => Err(Refusal::forbidden("only a person's token opens this")),
        }
    }
}

impl FromRequestParts<District> for OfPerson {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, district: &District) -> Result<Self, Refusal> {
        let doer = Doer::from_request_parts(parts, district).await?;
        doer.must_everywhere(Right::See).map(|()| Self)
    }
}
