use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::when_in_words;
use crate::{
    planning::Rhythm,
    radio::{Right, sort_key},
    server::{
        District,
        pages::{
            fault::Fault,
            page::Page,
            timetable::ground::Ground,
            visitor::{Reader, Visitor},
        },
    },
};

#[derive(Template)]
#[template(path = "pages/schedules.html")]
struct Schedules {
    v: Visitor,
    lines: Vec<Line>,
    may_plan: bool,
}

struct Line {
    id: String,
    title: String,
    programme: String,
    when: String,
    dates: String,
    urgency: String,
    stations: usize,
    is_over: bool,
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let v = reader.visitor();
    let ground = Ground::of(&district, &reader).await?;
    let today = v.dates().day(v.now());
    let mut lines = Vec::new();
    for schedule in &ground.rules.schedules {
        let stations = ground.meant(&schedule.stations).len();
        // What airs at nobody's station of theirs is not theirs to see; what airs nowhere, everybody's.
        if stations == 0 && !reader.grants().may_everywhere(Right::See) {
            continue;
        }
        let programme = ground.rules.programmes.iter().find(|one| one.id == schedule.programme);
        let programme = programme.map_or(schedule.programme.as_str(), |one| &one.title);
        let bound = |day: Option<chrono::NaiveDate>, key: &str| {
            let day = day.map(|day| v.dates().date_of(&day));
            day.map(|day| v.of(key).with("day", day).to_string())
        };
        let dates =
            [bound(schedule.from, "schedule.since"), bound(schedule.until, "schedule.until-day")];
        lines.push(Line {
            id: schedule.id.to_string(),
            title: schedule.title.clone(),
            programme: programme.to_owned(),
            when: when_in_words(&v, &Rhythm::of(&schedule.when)),
            dates: dates.into_iter().flatten().collect::<Vec<_>>().join(" "),
            urgency: v.code("priority", &schedule.priority.to_string()).to_string(),
            stations,
            is_over: schedule.until.is_some_and(|until| until < today),
        });
    }
    lines.sort_by_cached_key(|line| (line.is_over, sort_key(&line.title)));
    let may_plan = reader.grants().may(Right::Plan);
    Ok(Page(Schedules { v, lines, may_plan }).into_response())
}
