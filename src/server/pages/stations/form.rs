//! Adds a station, and changes what is said of one: its name, its unit, when it is quiet or softer, what bulletins do there.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::{
    station,
    wish::{Field, Wish, spoken},
};
use crate::{
    planning::Territory,
    radio::{Right, Station, Unit, UnitId},
    server::{
        District,
        pages::{
            choice::{Choice, choices},
            fault::Fault,
            notice::Notice,
            page::{Page, wrong},
            selection::kinds,
            thing_form::{Filled, Said, ThingForm, free_name},
            visitor::{Reader, Visitor},
        },
    },
    store::Thing,
};

#[derive(Template)]
#[template(path = "pages/station_form.html")]
struct Edit {
    v: Visitor,
    /// The station as it is; none: a new one.
    before: Option<Station>,
    wish: Wish,
    wrong: BTreeSet<Field>,
    /// The units in which the reader may set stations.
    units: Vec<Unit>,
    /// The quiet hours of all stations.
    common: String,
    form: ThingForm,
}

impl Edit {
    fn title(&self) -> String {
        match &self.before {
            Some(station) => station.name.clone(),
            None => self.v.of("stations.new").to_string(),
        }
    }

    fn kinds(&self) -> Vec<Choice> {
        kinds(&self.v, std::slice::from_ref(&self.wish.kind))
    }

    fn units(&self) -> Vec<Choice> {
        let said = |unit: &Unit| (unit.id.to_string(), unit.name.clone());
        choices(&self.units, said, std::slice::from_ref(&self.wish.unit))
    }

    fn error(&self, field: Field) -> String {
        if !self.wrong.contains(&field) {
            return String::new();
        }
        match field {
            Field::Name => self.v.of("stations.name-wrong"),
            Field::Kind => self.v.of("stations.kind-wrong"),
            Field::Unit => self.v.of("stations.unit-wrong"),
            Field::Quiet => self.v.of("stations.quiet-wrong"),
            Field::Softer => self.v.of("stations.softer-wrong"),
        }
        .to_string()
    }
}

async fn edit(
    district: &District,
    reader: &Reader,
    id: Option<Path<String>>,
    filled: Option<(Wish, Said)>,
) -> Result<Edit, Fault> {
    let before = match id {
        Some(Path(id)) => Some(station(district, reader, Right::Stations, &id).await?.0),
        None => None,
    };
    let rules = district.store.rules().await?;
    let territory = Territory::new(&rules.units);
    let may = |unit: &&Unit| reader.may_in(Right::Stations, territory.ancestry(&unit.id));
    let hours = rules.calendar.quiet_hours.unwrap_or_default();
    let (wish, said) = filled.unzip();
    Ok(Edit {
        v: reader.visitor(),
        wish: wish.or_else(|| before.as_ref().map(Wish::of)).unwrap_or_else(Wish::new),
        wrong: BTreeSet::new(),
        units: rules.units.iter().filter(may).cloned().collect(),
        common: hours.iter().map(spoken).collect::<Vec<_>>().join(", "),
        form: ThingForm::of(district, before.as_ref().map(Thing::Station), said).await?,
        before,
    })
}

pub(in crate::server::pages) async fn open(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
) -> Result<Response, Fault> {
    Ok(Page(edit(&district, &reader, id, None).await?).into_response())
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
    Filled(wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let mut page = edit(&district, &reader, id, Some((wish, said))).await?;
    let known = district.store.stations().await?;
    let id = match &page.before {
        Some(before) => before.id.clone(),
        None => free_name(&page.wish.name, |name| known.iter().any(|one| one.id.as_str() == name))?,
    };
    let is_theirs = |id: &UnitId| page.units.iter().any(|unit| unit.id == *id);
    let station = match page.wish.read(id) {
        Ok(station) if is_theirs(&station.unit) => station,
        Ok(_) => {
            page.wrong.insert(Field::Unit);
            return Ok(wrong(page));
        }
        Err(fields) => {
            page.wrong = fields;
            return Ok(wrong(page));
        }
    };
    if !page.form.save(&district, &reader, Thing::Station(&station)).await? {
        return Ok(wrong(page));
    }
    let address = format!("/stations/{}", station.id);
    Ok(Notice::about("stations.saved", &station.name).at(&reader, &address))
}
