use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use chrono::{Days, NaiveDate};
use serde::Deserialize;

use super::{Places, channels, forecast, planned_to, rows, sentence};
use crate::{
    planning::{Day, Forecast, Row},
    radio::{Campaign, Channel, ClipId, Right},
    server::{
        District,
        pages::{
            dates::monday,
            fault::Fault,
            page::Page,
            visitor::{Reader, Visitor},
        },
    },
};

#[derive(Template)]
#[template(path = "pages/campaign.html")]
struct One {
    v: Visitor,
    campaign: Campaign,
    stations: usize,
    clips: Vec<String>,
    schedules: Vec<String>,
    forecast: Forecast,
    says: String,
    week: Vec<NaiveDate>,
    lines: Vec<Line>,
    before: String,
    after: String,
    /// What was declared beside the airings: a channel, and how many in all.
    channels: Vec<(Channel, u64)>,
    may_plan: bool,
}

/// A station with its week, and all its days in figures.
struct Line {
    name: String,
    /// None: the campaign has not begun or is over on that day.
    days: Vec<Option<Day>>,
    counted: u64,
    owed: u64,
    forecast: Forecast,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wanted {
    /// A day of the week that is shown.
    week: String,
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let places = Places::of(&district, &reader).await?;
    let rules = district.store.rules().await?;
    let campaign = places.find(&reader, rules.campaigns, &id)?;
    let stations = places.meant(&campaign);
    let made = rows(&district, &reader, &places, &campaign).await?;
    let today = reader.dates().day(reader.now());
    let whole = forecast(&made);
    let says = sentence(&reader, whole, &planned_to(&district, today)).to_string();
    let shown = wanted.week.parse().unwrap_or(today).clamp(campaign.from, campaign.until);
    let week: Vec<NaiveDate> = monday(shown).iter_days().take(7).collect();
    let names = |row: &Row| {
        let station = places.stations.iter().find(|station| station.id == row.station);
        station.map_or_else(|| row.station.to_string(), |station| station.name.clone())
    };
    let lines = made.iter().map(|row| line(row, &week, names(row))).collect();
    let title = |clip: &ClipId| {
        let clip = rules.clips.iter().find(|known| known.id == *clip);
        clip.map_or_else(String::new, |clip| clip.title.clone())
    };
    let serves = rules.schedules.iter().filter(|it| it.campaign.as_ref() == Some(&campaign.id));
    let schedules = serves.map(|schedule| schedule.title.clone()).collect();
    let address = |day: Option<NaiveDate>| match day {
        Some(day) if (monday(campaign.from)..=campaign.until).contains(&day) => {
            format!("/campaigns/{id}?week={day}")
        }
        _ => String::new(),
    };
    let first = monday(shown);
    let before = address(first.checked_sub_days(Days::new(7)));
    let after = address(first.checked_add_days(Days::new(7)));
    let page = One {
        v: reader.visitor(),
        clips: campaign.clips.iter().map(title).collect(),
        schedules,
        stations,
        forecast: whole,
        says,
        week,
        lines,
        before,
        after,
        channels: channels::totals(&channels::seen(&district, &reader, &campaign.id).await?),
        may_plan: reader.grants().may(Right::Plan),
        campaign,
    };
    Ok(Page(page).into_response())
}

fn line(row: &Row, week: &[NaiveDate], name: String) -> Line {
    let day = |date: &NaiveDate| row.days.iter().find(|day| day.date == *date).copied();
    Line {
        name,
        days: week.iter().map(day).collect(),
        counted: row.days.iter().map(|day| u64::from(day.counted())).sum(),
        owed: row.days.iter().map(|day| u64::from(day.owed)).sum(),
        forecast: forecast(std::slice::from_ref(row)),
    }
}
