use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use chrono::{Days, NaiveDate};

use super::{
    super::{
        fault::Fault,
        page::Page,
        visitor::{Reader, Visitor},
    },
    ask::{Ask, window},
    entry::{Entry, entries},
    ground::Ground,
    place::Place,
};
use crate::{radio::Right, server::District};

const ADDRESS: &str = "/timetable/day";

#[derive(Template)]
#[template(path = "pages/timetable_day.html")]
struct Day {
    v: Visitor,
    ask: Ask,
    place: Place,
    day: NaiveDate,
    holiday: Option<String>,
    is_today: bool,
    entries: Vec<Entry>,
    may_plan: bool,
    week: String,
    before: String,
    now: String,
    after: String,
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(ask): Query<Ask>,
) -> Result<Response, Fault> {
    let v = reader.visitor();
    let ground = Ground::of(&district, &reader).await?;
    let place = Place::of(&v, &ground, &ask);
    let day = ask.day(&v);
    let planned = ground.airings(&district, &place.stations, window(&v, day, day)).await?;
    let today = v.dates().day(v.now());
    let page = Day {
        entries: entries(&v, &ground, &planned),
        holiday: ground.holiday(day).map(str::to_owned),
        is_today: day == today,
        may_plan: reader.grants().may(Right::Plan),
        week: ask.address("/timetable", &day),
        before: ask.address(ADDRESS, &(day - Days::new(1))),
        now: ask.address(ADDRESS, &today),
        after: ask.address(ADDRESS, &(day + Days::new(1))),
        v,
        ask,
        place,
        day,
    };
    Ok(Page(page).into_response())
}
