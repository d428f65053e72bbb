//! Everybody's own: password, language, and where they are signed in.

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    Language, agent,
    fault::Fault,
    form::Form,
    notice::Notice,
    page::{Page, wrong},
    sign_in,
    visitor::{Reader, Visitor},
};
use crate::{
    server::{District, cookie, password::Password},
    store::Session,
};

const ADDRESS: &str = "/account";

#[derive(Template)]
#[template(path = "pages/account.html")]
struct Account {
    v: Visitor,
    sign_in: String,
    /// The name of the session that looks.
    here: String,
    sessions: Vec<Session>,
    errors: Errors,
}

#[derive(Debug, Default)]
struct Errors {
    old: String,
    new: String,
    again: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewPassword {
    old: String,
    new: String,
    again: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    language: Language,
}

#[derive(Debug, Deserialize)]
pub(super) struct Which {
    session: String,
}

async fn account(district: &District, reader: &Reader, errors: Errors) -> Result<Account, Fault> {
    let member = &reader.member;
    Ok(Account {
        v: reader.visitor(),
        sign_in: member.person.sign_in.clone(),
        here: member.session.clone(),
        sessions: district.store.sessions(&member.person.id, district.clock.now()).await?,
        errors,
    })
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    Ok(Page(account(&district, &reader, Errors::default()).await?).into_response())
}

pub(super) async fn set_password(
    State(district): State<District>,
    reader: Reader,
    Form(wish): Form<NewPassword>,
) -> Result<Response, Fault> {
    let (member, now) = (&reader.member, district.clock.now());
    let (sign_in, address) = (&member.person.sign_in, reader.via().address.to_string());
    let new = Password::new(&wish.new);
    let mut errors = Errors::default();
    if new.is_none() {
        errors.new = reader.of("welcome.password-length").to_string();
    }
    if wish.new != wish.again {
        errors.again = reader.of("welcome.again-differs").to_string();
    }
    // Whoever sits down at somebody's browser may not guess on, either.
    if let Some(until) = district.store.begin_attempt(sign_in, &address, now).await? {
        let time = reader.dates().exact_time(&until);
        errors.old = reader.of("sign-in.wait").with("time", time).to_string();
    } else {
        let known = district.store.password(sign_in).await?;
        let hash = known.as_ref().map(|(_, hash)| hash.as_str());
        let is_right = match Password::shown(&wish.old) {
            Some(old) => district.passwords.is(old, hash).await?,
            None => false,
        };
        if is_right {
            district.store.forget_attempts(sign_in, &address).await?;
        } else {
            errors.old = reader.of("account.old-wrong").to_string();
        }
    }
    let is_well = errors.old.is_empty() && errors.again.is_empty();
    let Some(new) = new.filter(|_| is_well) else {
        return Ok(wrong(account(&district, &reader, errors).await?));
    };
    let hash = district.passwords.hash(new).await?;
    let (id, session) = (&member.person.id, Some(member.session.as_str()));
    district.store.set_password(&reader.actor(), id, &hash, session, now).await?;
    Ok(Notice::new("account.password-set").at(&reader, ADDRESS))
}

pub(super) async fn set_language(
    State(district): State<District>,
    reader: Reader,
    Form(Chosen { language }): Form<Chosen>,
) -> Result<Response, Fault> {
    let (id, now) = (&reader.member.person.id, district.clock.now());
    district.store.set_language(&reader.actor(), id, language.as_str(), now).await?;
    let mut response = Redirect::to(ADDRESS).into_response();
    // What this browser had chosen before gives way to what the person chooses now.
    if let Some(cookie) = cookie::LANGUAGE.give(reader.via(), "", Some(0)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

pub(super) async fn end_session(
    State(district): State<District>,
    reader: Reader,
    Form(Which { session }): Form<Which>,
) -> Result<Response, Fault> {
    let now = district.clock.now();
    let own = district.store.sessions(&reader.member.person.id, now).await?;
    if own.iter().any(|own| own.sha256 == session) {
        district.store.end_session(&reader.actor(), &session, now).await?;
    }
    if session == reader.member.session {
        return sign_in::signed_out(&reader);
    }
    Ok(Notice::new("account.session-ended").at(&reader, ADDRESS))
}

pub(super) async fn end_sessions(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let (id, now) = (&reader.member.person.id, district.clock.now());
    district.store.end_sessions(&reader.actor(), id, None, now).await?;
    sign_in::signed_out(&reader)
}
