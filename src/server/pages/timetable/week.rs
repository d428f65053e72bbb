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
    ask::{Ask, week_of, window},
    entry::{Entry, entries},
    ground::Ground,
    place::Place,
};
use crate::{radio::Right, server::District};

const ADDRESS: &str = "/timetable";

#[derive(Template)]
#[template(path = "pages/timetable_week.html")]
struct Week {
    v: Visitor,
    ask: Ask,
    place: Place,
    days: Vec<Day>,
    hours: Vec<Hour>,
    /// Whether anything is not simply as its rule says.
    troubles: usize,
    may_plan: bool,
    before: String,
    now: String,
    after: String,
}

struct Day {
    date: NaiveDate,
    name: String,
    /// `23/11`.
    short: String,
    holiday: Option<String>,
    is_today: bool,
    /// On a narrow screen only this one is shown.
    is_chosen: bool,
    address: String,
    here: String,
}

struct Hour {
    number: u32,
    is_idle: bool,
    cells: Vec<Vec<Entry>>,
}

impl Week {
    fn title(&self) -> String {
        let [first, last] = [self.days.first(), self.days.last()]
            .map(|day| day.map(|day| self.v.dates().date_of(&day.date)).unwrap_or_default());
        self.v.of("timetable.week-of").with("from", first).with("until", last).to_string()
    }

    fn is_empty(&self) -> bool {
        self.hours.iter().all(|hour| hour.is_idle)
    }
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
    let week = week_of(day);
    let planned = ground.airings(&district, &place.stations, window(&v, week[0], week[6])).await?;
    let entries = entries(&v, &ground, &planned);
    let troubles = entries.iter().filter(|entry| entry.why.is_some()).count();
    let mut hours: Vec<Hour> = (0..24)
        .map(|number| Hour {
            number,
            is_idle: true,
            cells: std::iter::repeat_with(Vec::new).take(7).collect(),
        })
        .collect();
    for entry in entries {
        let column = week.iter().position(|day| *day == entry.day);
        if let (Some(column), Some(hour)) = (column, hours.get_mut(entry.hour as usize)) {
            hour.is_idle = false;
            hour.cells[column].push(entry);
        }
    }
    let today = v.dates().day(v.now());
    let days = week.map(|date| Day {
        date,
        name: v.dates().weekday(&date).to_string(),
        short: date.format("%d/%m").to_string(),
        holiday: ground.holiday(date).map(str::to_owned),
        is_today: date == today,
        is_chosen: date == day,
        address: ask.address("/timetable/day", &date),
        here: ask.address(ADDRESS, &date),
    });
    let page = Week {
        before: ask.address(ADDRESS, &(day - Days::new(7))),
        now: ask.address(ADDRESS, &today),
        after: ask.address(ADDRESS, &(day + Days::new(7))),
        may_plan: reader.grants().may(Right::Plan),
        v,
        ask,
        place,
        days: days.into(),
        hours,
        troubles,
    };
    Ok(Page(page).into_response())
}
