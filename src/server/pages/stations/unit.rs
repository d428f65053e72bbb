//! Adds a unit to the tree.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    library::nfc,
    planning::Territory,
    radio::{Right, Unit, UnitId},
    server::{
        District,
        pages::{
            choice::{Choice, choices},
            fault::Fault,
            form::Form,
            notice::Notice,
            page::{Page, wrong},
            thing_form::{ThingForm, free_name},
            visitor::{Reader, Visitor},
        },
    },
    store::Thing,
};

/// Official kinds of units, the largest first.
const KINDS: [&str; 5] = ["province", "district", "town", "commune", "village"];

/// The form as it is filled in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    name: String,
    code: String,
    kind: String,
    parent: String,
}

#[derive(Template)]
#[template(path = "pages/unit_form.html")]
struct New {
    v: Visitor,
    wish: Wish,
    units: Vec<Unit>,
    /// Whether it may stand at the top of the tree.
    may_top: bool,
    name_error: String,
    form: ThingForm,
}

impl New {
    fn kinds(&self) -> Vec<Choice> {
        let kind = |kind: &str| Choice {
            value: kind.to_owned(),
            text: self.v.code("unit-kind", kind).to_string(),
            is_chosen: self.wish.kind == kind,
        };
        KINDS.into_iter().map(kind).collect()
    }

    fn parents(&self) -> Vec<Choice> {
        let said = |unit: &Unit| (unit.id.to_string(), unit.name.clone());
        choices(&self.units, said, std::slice::from_ref(&self.wish.parent))
    }
}

async fn page(district: &District, reader: &Reader, wish: Wish) -> Result<New, Fault> {
    let units = district.store.units().await?;
    let territory = Territory::new(&units);
    let may = |unit: &&Unit| reader.may_in(Right::Stations, territory.ancestry(&unit.id));
    Ok(New {
        v: reader.visitor(),
        wish,
        units: units.iter().filter(may).cloned().collect(),
        may_top: reader.grants().may_everywhere(Right::Stations),
        name_error: String::new(),
        form: ThingForm::default(),
    })
}

pub(in crate::server::pages) async fn new(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let wish = Wish { kind: "commune".to_owned(), ..Wish::default() };
    Ok(Page(page(&district, &reader, wish).await?).into_response())
}

pub(in crate::server::pages) async fn add(
    State(district): State<District>,
    reader: Reader,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let mut page = page(&district, &reader, wish).await?;
    let name = nfc(page.wish.name.trim());
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        page.name_error = page.v.of("stations.unit-name-wrong").to_string();
        return Ok(wrong(page));
    }
    let parent: Option<UnitId> = page.wish.parent.parse().ok();
    let is_theirs = match &parent {
        Some(parent) => page.units.iter().any(|unit| unit.id == *parent),
        None => page.may_top,
    };
    if !is_theirs {
        page.form.trouble = page.v.of("stations.unit-wrong").to_string();
        return Ok(wrong(page));
    }
    let all = district.store.units().await?;
    let unit = Unit {
        id: free_name(&name, |name| all.iter().any(|unit| unit.id.as_str() == name))?,
        code: page.wish.code.trim().to_owned(),
        name,
        kind: KINDS
            .into_iter()
            .find(|kind| *kind == page.wish.kind)
            .unwrap_or("commune")
            .to_owned(),
        parent,
        since: None,
        until: None,
    };
    if !page.form.save(&district, &reader, Thing::Unit(&unit)).await? {
        return Ok(wrong(page));
    }
    Ok(Notice::about("stations.unit-saved", &unit.name).at(&reader, "/stations"))
}
