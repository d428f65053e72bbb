//! Behind a one-time link: the first administrator makes an account, others set their password.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    fault::Fault,
    form::Form,
    page::{Page, wrong},
    sign_in,
    visitor::Visitor,
};
use crate::{
    radio::{Grant, Grants, Role},
    server::{District, password::Password},
    store::{Accepted, Invited, NewPerson, sign_in_name},
};

#[derive(Template)]
#[template(path = "pages/welcome.html")]
struct Welcome {
    v: Visitor,
    /// None: the link is of no use.
    invited: Option<Invited>,
    secret: String,
    wish: Wish,
    errors: Errors,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    name: String,
    sign_in: String,
    password: String,
    again: String,
}

/// What is wrong with each field.
#[derive(Debug, Default)]
struct Errors {
    name: String,
    sign_in: String,
    password: String,
    again: String,
}

impl Errors {
    fn are_none(&self) -> bool {
        [&self.name, &self.sign_in, &self.password, &self.again].iter().all(|text| text.is_empty())
    }
}

pub(super) async fn show(
    State(district): State<District>,
    visitor: Visitor,
    Path(secret): Path<String>,
) -> Result<Response, Fault> {
    let invited = district.store.invited(&secret, district.clock.now()).await?;
    let page =
        Welcome { v: visitor, invited, secret, wish: Wish::default(), errors: Errors::default() };
    Ok(Page(page).into_response())
}

pub(super) async fn accept(
    State(district): State<District>,
    visitor: Visitor,
    Path(secret): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let now = district.clock.now();
    let v = visitor.clone();
    let Some(invited) = district.store.invited(&secret, now).await? else {
        let (wish, errors) = (Wish::default(), Errors::default());
        return Ok(Page(Welcome { v, invited: None, secret, wish, errors }).into_response());
    };
    let say = |is_wrong: bool, key: &str| {
        if is_wrong { visitor.of(key).to_string() } else { String::new() }
    };
    let password = Password::new(&wish.password);
    let mut errors = Errors {
        password: say(password.is_none(), "welcome.password-length"),
        again: say(wish.again != wish.password, "welcome.again-differs"),
        ..Errors::default()
    };
    let mut administrator = None;
    if invited == Invited::Administrator {
        let (name, sign_in) = (person_name(&wish.name), sign_in_name(&wish.sign_in));
        errors.name = say(name.is_none(), "people.name-wrong");
        errors.sign_in = say(sign_in.is_none(), "people.sign-in-wrong");
        administrator = name.zip(sign_in).map(|(name, sign_in)| NewPerson {
            name,
            sign_in,
            grants: Grants(vec![Grant { role: Role::Administrator, unit: None }]),
        });
    }
    let Some(password) = password.filter(|_| errors.are_none()) else {
        return Ok(wrong(Welcome { v, invited: Some(invited), secret, wish, errors }));
    };
    let hash = district.passwords.hash(password).await?;
    let from = (visitor.via().address.to_string(), visitor.agent().to_owned());
    let accepted = district
        .store
        .accept(&secret, administrator.as_ref(), &hash, (&from.0, &from.1), now)
        .await?;
    match accepted {
        Accepted::Welcome(session) => {
            // Whoever makes the first account finds a district that has nothing yet.
            let first = if administrator.is_some() { "/first-steps" } else { "/today" };
            Ok(sign_in::signed_in(&visitor, &session, first))
        }
        Accepted::Gone => {
            let errors = Errors::default();
            Ok(Page(Welcome { v, invited: None, secret, wish, errors }).into_response())
        }
        Accepted::Taken => {
            errors.sign_in = say(true, "people.sign-in-taken");
            Ok(wrong(Welcome { v, invited: Some(invited), secret, wish, errors }))
        }
    }
}

/// A person's name as it is kept: NFC, without blanks around; none: empty or longer than 100 characters.
pub(super) fn person_name(text: &str) -> Option<String> {
    use unicode_normalization::UnicodeNormalization;
    let name: String = text.trim().nfc().filter(|c| !c.is_control()).collect();
    (1..=100).contains(&name.chars().count()).then_some(name)
}
