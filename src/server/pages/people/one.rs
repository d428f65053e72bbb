use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{LINK_LASTS, grant, in_words, read_grant};
use crate::{
    radio::{Grant, Grants, PersonId, Role, Unit},
    server::{
        District,
        pages::{
            fault::Fault,
            form::Form,
            notice::Notice,
            page::Page,
            visitor::{Reader, Visitor},
        },
    },
    store::{Changed, Person, Secret, Session},
};

#[derive(Template)]
#[template(path = "pages/person.html")]
struct One {
    v: Visitor,
    person: Person,
    units: Vec<Unit>,
    sessions: Vec<Session>,
    /// To be handed over; shown only now.
    link: Option<String>,
}

impl One {
    fn words(&self, grant: &Grant) -> String {
        in_words(&self.v, grant, &self.units).to_string()
    }

    fn value(&self, grant: &Grant) -> String {
        match &grant.unit {
            None => grant.role.to_string(),
            Some(unit) => format!("{}@{unit}", grant.role),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    /// The roles that stay.
    keep: Vec<String>,
    /// One that comes; empty: none.
    role: String,
    unit: String,
}

async fn one(
    district: &District,
    reader: &Reader,
    id: &PersonId,
    link: Option<String>,
) -> Result<Response, Fault> {
    let store = &district.store;
    let person = store.person(id).await?.ok_or(Fault::Missing)?;
    let sessions = store.sessions(id, district.clock.now()).await?;
    let units = store.units().await?;
    Ok(Page(One { v: reader.visitor(), person, units, sessions, link }).into_response())
}

/// The page of somebody with the link that is to be handed over to them.
pub(super) async fn with_link(
    district: &District,
    reader: &Reader,
    id: &PersonId,
    secret: &Secret,
) -> Result<Response, Fault> {
    let link = format!("{}/welcome/{}", reader.origin(), secret.reveal());
    one(district, reader, id, Some(link)).await
}

fn named(text: &str) -> Result<PersonId, Fault> {
    text.parse().map_err(|_| Fault::Missing)
}

fn address(id: &PersonId) -> String {
    format!("/people/{id}")
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    one(&district, &reader, &named(&id)?, None).await
}

/// Goes back to the page with what came of it.
fn said(reader: &Reader, id: &PersonId, changed: Changed, done: &str) -> Result<Response, Fault> {
    let key = match changed {
        Changed::Done => done,
        Changed::Unknown => return Err(Fault::Missing),
        Changed::LastAdministrator => "people.last-administrator",
        Changed::NoSuchUnit => "people.role-wrong",
    };
    Ok(Notice::new(key).at(reader, &address(id)))
}

pub(in crate::server::pages) async fn set_roles(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let id = named(&id)?;
    let mut grants = wish.keep.iter().map(|text| read_grant(text)).collect::<Option<Vec<_>>>();
    if !wish.role.is_empty() {
        let new = grant(&wish.role, &wish.unit);
        grants = grants.zip(new).map(|(mut grants, new)| {
            grants.push(new);
            grants
        });
    }
    let Some(mut grants) = grants else {
        return said(&reader, &id, Changed::NoSuchUnit, "");
    };
    grants.sort();
    grants.dedup();
    let now = district.clock.now();
    let changed = district.store.set_grants(&reader.actor(), &id, &Grants(grants), now).await?;
    said(&reader, &id, changed, "people.roles-changed")
}

pub(in crate::server::pages) async fn disable(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    set_disabled(&district, &reader, &id, true).await
}

pub(in crate::server::pages) async fn enable(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    set_disabled(&district, &reader, &id, false).await
}

async fn set_disabled(
    district: &District,
    reader: &Reader,
    id: &str,
    disabled: bool,
) -> Result<Response, Fault> {
    let (id, now) = (named(id)?, district.clock.now());
    let changed = district.store.set_disabled(&reader.actor(), &id, disabled, now).await?;
    said(reader, &id, changed, if disabled { "people.disabled" } else { "people.enabled" })
}

pub(in crate::server::pages) async fn link(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (id, now) = (named(&id)?, district.clock.now());
    let store = &district.store;
    store.person(&id).await?.ok_or(Fault::Missing)?;
    let secret = store.invite(&reader.actor(), Some(&id), now + LINK_LASTS, now).await?;
    with_link(&district, &reader, &id, &secret).await
}

pub(in crate::server::pages) async fn end_sessions(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (id, now) = (named(&id)?, district.clock.now());
    district.store.end_sessions(&reader.actor(), &id, None, now).await?;
    said(&reader, &id, Changed::Done, "people.signed-out")
}
