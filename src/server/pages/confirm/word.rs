use axum::{
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;

use super::address;
use crate::{
    planning::Territory,
    radio::{AiringId, Outcome, Right},
    server::{
        District,
        api::declarations::keep,
        pages::{fault::Fault, form::Form, notice::Notice, visitor::Reader},
    },
    wire::Declaration,
};

/// What a form says of an airing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    outcome: String,
    cause: String,
    detail: String,
    correction: String,
    /// Which station's page it was, if one was chosen.
    station: String,
}

pub(in crate::server::pages) async fn declare(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let id: AiringId = id.parse().map_err(|_| Fault::Missing)?;
    let units = district.store.units().await?;
    let stations = district.store.stations().await?;
    let station = stations.iter().find(|station| station.id.as_str() == id.station());
    let station = station.ok_or(Fault::Missing)?;
    let ancestry = Territory::new(&units);
    if !reader.may_in(Right::Confirm, ancestry.ancestry(&station.unit)) {
        return Err(Fault::MayNot(Right::Confirm));
    }
    let (outcome, cause) = match wish.outcome.as_str() {
        "aired" => (Outcome::Aired, None),
        "missed" => (Outcome::Missed, Some(wish.cause.parse().map_err(|_| Fault::Unreadable)?)),
        _ => return Err(Fault::Unreadable),
    };
    let detail = Some(wish.detail.trim().to_owned()).filter(|detail| !detail.is_empty());
    let declaration = Declaration {
        outcome,
        started_at: None,
        cause,
        detail,
        key: None,
        correction: !wish.correction.is_empty(),
    };
    let actor = reader.actor();
    let key = match keep(&district, id, declaration, (actor.name.clone(), Some(&actor))).await {
        Ok(_) => "confirm.kept",
        Err(refusal) => match refusal.code() {
            "already-declared" => "confirm.other",
            "not-yet" => "confirm.not-yet",
            "not-found" => return Err(Fault::Missing),
            "unreadable" => return Err(Fault::Unreadable),
            _ => return Err(refusal.into()),
        },
    };
    Ok(Notice::new(key).at(&reader, &address(&wish.station)))
}
