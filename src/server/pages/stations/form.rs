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
    radio::{Right, Station, StationId, Unit, UnitId},
    server::{
        District,
        intake::names_of,
        pages::{
            choice::{Choice, choices},
            fault::Fault,
            form::Form,
            keep::{former, is_of_file, keep, stood},
            notice::Notice,
            page::{Page, wrong},
            selection::kinds,
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
    is_of_file: bool,
    stood: String,
    trouble: String,
}

impl Edit {
    fn title(&self) -> String {
        match &self.before {
            Some(station) => station.name.clone(),
            None => self.v.of("stations.new").to_string(),
        }
    }

    fn address(&self) -> String {
        match &self.before {
            Some(station) => format!("/stations/{}/edit", station.id),
            None => "/stations/new".to_owned(),
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
    before: Option<Station>,
    wish: Wish,
) -> Result<Edit, Fault> {
    let rules = district.store.rules().await?;
    let territory = Territory::new(&rules.units);
    let may = |unit: &&Unit| reader.may_in(Right::Stations, territory.ancestry(&unit.id));
    let hours = rules.calendar.quiet_hours.unwrap_or_default();
    Ok(Edit {
        v: reader.visitor(),
        units: rules.units.iter().filter(may).cloned().collect(),
        common: hours.iter().map(spoken).collect::<Vec<_>>().join(", "),
        is_of_file: match &before {
            Some(before) => is_of_file(district, Thing::Station(before)).await?,
            None => false,
        },
        stood: stood(before.as_ref().map(Thing::Station)),
        before,
        wish,
        wrong: BTreeSet::new(),
        trouble: String::new(),
    })
}

pub(in crate::server::pages) async fn new(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let wish = Wish { kind: "commune".to_owned(), ..Wish::default() };
    Ok(Page(edit(&district, &reader, None, wish).await?).into_response())
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (station, _) = station(&district, &reader, Right::Stations, &id).await?;
    let wish = Wish::of(&station);
    Ok(Page(edit(&district, &reader, Some(station), wish).await?).into_response())
}

pub(in crate::server::pages) async fn add(
    State(district): State<District>,
    reader: Reader,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let stations = district.store.stations().await?;
    let is_free =
        |name: &String| name != "new" && stations.iter().all(|station| station.id.as_str() != name);
    let name = names_of(&wish.name).find(is_free).unwrap_or_default();
    let id = name.parse().map_err(Fault::failed)?;
    let page = edit(&district, &reader, None, wish).await?;
    take(&district, &reader, page, id).await
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let (station, _) = station(&district, &reader, Right::Stations, &id).await?;
    let id = station.id.clone();
    let page = edit(&district, &reader, Some(station), wish).await?;
    take(&district, &reader, page, id).await
}

async fn take(
    district: &District,
    reader: &Reader,
    mut page: Edit,
    id: StationId,
) -> Result<Response, Fault> {
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
    let over = !page.wish.take_over.is_empty();
    let former = former(&page.stood, &page.wish.stood);
    let things = [(Thing::Station(&station), former)];
    if let Err(against) = keep(district, reader, &things, over).await? {
        page.trouble = against.to_string();
        return Ok(wrong(page));
    }
    let address = format!("/stations/{}", station.id);
    Ok(Notice::about("stations.saved", &station.name).at(reader, &address))
}
