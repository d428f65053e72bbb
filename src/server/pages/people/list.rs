use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{LINK_LASTS, grant, in_words, one};
use crate::{
    radio::{Grants, Role, Unit},
    server::{
        District,
        pages::{
            fault::Fault,
            form::Form,
            page::{Page, wrong},
            visitor::{Reader, Visitor},
            welcome::person_name,
        },
    },
    store::{NewPerson, Person, sign_in_name},
};

#[derive(Template)]
#[template(path = "pages/people.html")]
struct People {
    v: Visitor,
    people: Vec<Person>,
    units: Vec<Unit>,
    wish: Wish,
    errors: Errors,
}

impl People {
    fn roles(&self, person: &Person) -> Vec<String> {
        let words = |grant| in_words(&self.v, grant, &self.units).to_string();
        person.grants.0.iter().map(words).collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    name: String,
    sign_in: String,
    role: String,
    unit: String,
}

#[derive(Debug, Default)]
struct Errors {
    name: String,
    sign_in: String,
    role: String,
}

async fn people(
    district: &District,
    reader: &Reader,
    wish: Wish,
    errors: Errors,
) -> Result<People, Fault> {
    let people = district.store.people().await?;
    let units = district.store.units().await?;
    Ok(People { v: reader.visitor(), people, units, wish, errors })
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let page = people(&district, &reader, Wish::default(), Errors::default()).await?;
    Ok(Page(page).into_response())
}

pub(in crate::server::pages) async fn add(
    State(district): State<District>,
    reader: Reader,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let (actor, now) = (reader.actor(), district.clock.now());
    let (name, sign_in) = (person_name(&wish.name), sign_in_name(&wish.sign_in));
    let grant = grant(&wish.role, &wish.unit);
    let say = |is_wrong: bool, key: &str| {
        if is_wrong { reader.of(key).to_string() } else { String::new() }
    };
    let mut errors = Errors {
        name: say(name.is_none(), "people.name-wrong"),
        sign_in: say(sign_in.is_none(), "people.sign-in-wrong"),
        role: say(grant.is_none(), "people.role-wrong"),
    };
    let (Some(name), Some(sign_in), Some(grant)) = (name, sign_in, grant) else {
        return Ok(wrong(people(&district, &reader, wish, errors).await?));
    };
    let new = NewPerson { name, sign_in, grants: Grants(vec![grant]) };
    let Some(id) = district.store.add_person(&actor, &new, now).await? else {
        errors.sign_in = say(true, "people.sign-in-taken");
        return Ok(wrong(people(&district, &reader, wish, errors).await?));
    };
    let link = district.store.invite(&actor, Some(&id), now + LINK_LASTS, now).await?;
    one::with_link(&district, &reader, &id, &link).await
}
