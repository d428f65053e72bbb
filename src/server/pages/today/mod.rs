use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    fault::Fault,
    page::Page,
    visitor::{Reader, Visitor},
};
use crate::{
    planning::Territory,
    radio::{Right, Station, UtcMs},
    server::District,
};

#[derive(Template)]
#[template(path = "pages/today.html")]
struct Today {
    v: Visitor,
    stations: Vec<(Station, Option<UtcMs>)>,
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let mut contacts: HashMap<_, _> = district
        .store
        .contacts()
        .await?
        .into_iter()
        .map(|found| (found.station, found.at))
        .collect();
    let units = district.store.units().await?;
    let territory = Territory::new(&units);
    let stations = district.store.stations().await?.into_iter();
    let stations = stations
        .filter(|station| reader.may_in(Right::See, territory.ancestry(&station.unit)))
        .map(|station| {
            let contact = contacts.remove(&station.id);
            (station, contact)
        })
        .collect();
    Ok(Page(Today { v: reader.visitor(), stations }).into_response())
}
