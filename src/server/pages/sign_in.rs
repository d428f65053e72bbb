use askama::Template;
use axum::{
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    fault::Fault,
    form::Form,
    page::Page,
    visitor::{Reader, Visitor},
};
use crate::{
    server::{District, cookie, password::Password, visit::Member},
    store::{Actor, Deed, IDLE, LONGEST, Secret, sign_in_name},
};

/// Where people land who wanted nothing else.
const HOME: &str = "/today";

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignIn {
    v: Visitor,
    typed: String,
    next: String,
    error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    next: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// A way within these pages; anything else is no way to go on.
pub(super) fn within(next: &str) -> &str {
    let is_ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t', '\0']);
    if is_ours { next } else { HOME }
}

pub(super) async fn show(visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let next = within(&asked.next).to_owned();
    if visitor.member().is_some() {
        return Redirect::to(&next).into_response();
    }
    Page(SignIn { v: visitor, typed: String::new(), next, error: None }).into_response()
}

/// Signs in. Says neither whether the name is known nor, by the time it takes, whether it is.
pub(super) async fn enter(
    State(district): State<District>,
    visitor: Visitor,
    Form(shown): Form<Shown>,
) -> Result<Response, Fault> {
    let now = district.clock.now();
    let next = within(&shown.next).to_owned();
    let refused = |status: StatusCode, error: String| {
        let page = SignIn {
            v: visitor.clone(),
            typed: shown.name.clone(),
            next: next.clone(),
            error: Some(error),
        };
        Ok((status, Page(page)).into_response())
    };
    let wrong = || visitor.of("sign-in.wrong").to_string();
    let Some(name) = sign_in_name(&shown.name) else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, wrong());
    };
    let address = visitor.via().address.to_string();
    let stranger = Actor { person: None, name: name.clone(), address: address.clone() };
    if let Some(until) = district.store.begin_attempt(&name, &address, now).await? {
        let at = visitor.dates().exact_time(&until);
        let error = visitor.of("sign-in.wait").with("time", at).to_string();
        return refused(StatusCode::TOO_MANY_REQUESTS, error);
    }
    let known = district.store.password(&name).await?;
    let hash = known.as_ref().map(|(_, hash)| hash.as_str());
    let is_right = match Password::shown(&shown.password) {
        Some(password) => district.passwords.is(password, hash).await?,
        None => false,
    };
    let Some((id, _)) = known.filter(|_| is_right) else {
        district.store.note(&stranger, now, Deed::SignInFailed, &name).await?;
        return refused(StatusCode::UNPROCESSABLE_ENTITY, wrong());
    };
    let person = district.store.person(&id).await?.ok_or(Fault::Failed)?;
    let actor = Actor { person: Some(id.clone()), name: person.name, address: address.clone() };
    let begun = district.store.begin_session(&actor, &id, visitor.agent(), now).await?;
    let Some(secret) = begun else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, wrong());
    };
    district.store.forget_attempts(&name, &address).await?;
    Ok(signed_in(&visitor, &secret, &next))
}

/// Goes on with a new secret: one that was known before the sign-in is of no use after it.
pub(super) fn signed_in(visitor: &Visitor, secret: &Secret, next: &str) -> Response {
    let lasts = u32::try_from(LONGEST.max(IDLE).as_secs()).ok();
    let mut response = Redirect::to(next).into_response();
    if let Some(cookie) = cookie::VISIT.give(visitor.via(), secret.reveal(), lasts) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

pub(super) async fn leave(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let Member { session, .. } = &reader.member;
    district.store.end_session(&reader.actor(), session, district.clock.now()).await?;
    signed_out(&reader)
}

/// Takes the cookie away.
pub(super) fn signed_out(visitor: &Visitor) -> Result<Response, Fault> {
    let mut response = Redirect::to("/sign-in").into_response();
    if let Some(cookie) = cookie::VISIT.give(visitor.via(), "", Some(0)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_out_is_not_followed() {
        for ours in ["/today", "/record?from=2026-11-26&unit=kim-tan"] {
            assert_eq!(within(ours), ours);
        }
        for foreign in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "today", "/a\r\nb"]
        {
            assert_eq!(within(foreign), HOME, "{foreign:?}");
        }
    }
}
