//! A station's week on one sheet of A4, to hang on the wall.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;

use super::{
    super::{
        fault::Fault,
        page::Page,
        visitor::{Reader, Visitor},
    },
    ask::{Ask, week_of, window},
    entry::{Entry, entries},
    ground::Ground,
    place::Place,
};
use crate::{
    radio::{Station, StationId},
    server::District,
    store::PlannedAiring,
};

/// More times of day than these stand better on an upright sheet.
const LYING: usize = 12;
/// Sheets at once: more would only be printed by mistake.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "pages/timetable_sheet.html")]
struct Sheets {
    v: Visitor,
    days: Vec<(String, String)>,
    dates: String,
    sheets: Vec<Sheet>,
    /// Whether some station needs an upright sheet: all of them are then.
    is_upright: bool,
    back: String,
}

struct Sheet {
    station: String,
    unit: String,
    rows: Vec<Row>,
    /// 1 to 3: the more lines, the smaller.
    size: u8,
}

struct Row {
    time: String,
    /// What airs, and on how many days in a row.
    cells: Vec<(Vec<String>, usize)>,
}

/// The times of a week, each with what airs on which day; the same on days in a row stands there once.
fn rows(week: &[NaiveDate; 7], entries: &[Entry]) -> Vec<Row> {
    let mut times: BTreeMap<&str, [Vec<String>; 7]> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.is_refused) {
        if let Some(column) = week.iter().position(|day| *day == entry.day) {
            let title = match &entry.priority {
                None => entry.title.clone(),
                Some(priority) => format!("{} ({priority})", entry.title),
            };
            times.entry(&entry.time).or_default()[column].push(title);
        }
    }
    let together = |cells: [Vec<String>; 7]| {
        let mut merged: Vec<(Vec<String>, usize)> = Vec::new();
        for cell in cells {
            match merged.last_mut() {
                Some((last, days)) if *last == cell && !cell.is_empty() => *days += 1,
                _ => merged.push((cell, 1)),
            }
        }
        merged
    };
    times
        .into_iter()
        .map(|(time, cells)| Row { time: time.to_owned(), cells: together(cells) })
        .collect()
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(ask): Query<Ask>,
) -> Result<Response, Fault> {
    let v = reader.visitor();
    let ground = Ground::of(&district, &reader).await?;
    let place = Place::of(&v, &ground, &ask);
    let week = week_of(ask.day(&v));
    let stations: BTreeSet<StationId> = place.stations.iter().take(MOST).cloned().collect();
    let planned = ground.airings(&district, &stations, window(&v, week[0], week[6])).await?;
    let mut of_station: BTreeMap<&StationId, Vec<PlannedAiring>> = BTreeMap::new();
    for one in &planned {
        of_station.entry(&one.airing.station).or_default().push(one.clone());
    }
    let sheet = |station: &Station| {
        let planned = of_station.get(&station.id).map_or(&[][..], Vec::as_slice);
        let rows = rows(&week, &entries(&v, &ground, planned));
        let unit = ground.rules.units.iter().find(|unit| unit.id == station.unit);
        let size = match rows.len() {
            0..=8 => 1,
            9..=20 => 2,
            _ => 3,
        };
        let unit = unit.map(|unit| unit.name.clone()).unwrap_or_default();
        Sheet { station: station.name.clone(), unit, rows, size }
    };
    let shown = ground.stations.iter().filter(|station| stations.contains(&station.id));
    let sheets: Vec<_> = shown.map(sheet).collect();
    let dates = v.of("timetable.sheet-dates");
    let page = Sheets {
        days: week
            .iter()
            .map(|day| (v.dates().weekday(day).to_string(), day.format("%d/%m").to_string()))
            .collect(),
        dates: dates
            .with("from", v.dates().date_of(&week[0]))
            .with("until", v.dates().date_of(&week[6]))
            .to_string(),
        is_upright: sheets.iter().any(|sheet| sheet.rows.len() > LYING),
        back: ask.address("/timetable", &week[0]),
        sheets,
        v,
    };
    Ok(Page(page).into_response())
}
