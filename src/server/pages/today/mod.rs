//! The day at a glance: who was silent, what has aired where, what comes next.

mod board;
mod slots;

use std::collections::HashSet;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use self::board::{Board, Group, Row};
use super::{
    area::Area,
    condition::{Known, Line, Trouble},
    fault::Fault,
    page::Page,
    state,
    visitor::{Reader, Visitor},
    words::Phrase,
};
use crate::{
    radio::{StationId, Unit, UnitId, UtcMs, Window},
    server::{District, readiness::Readiness, report::report_window},
    store::{AiringFilter, Order},
};

/// Troubles told at the head of the page; the rows tell all.
const TOLD: usize = 5;

/// What of the day is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    unit: String,
    /// `trouble`: only stations that have some.
    only: String,
    q: String,
}

impl Wish {
    fn is_narrow(&self) -> bool {
        !(self.unit.is_empty() && self.only.is_empty() && self.q.trim().is_empty())
    }
}

#[derive(Template)]
#[template(path = "pages/today.html")]
struct Today {
    v: Visitor,
    now: UtcMs,
    units: Vec<Unit>,
    wish: Wish,
    board: Board,
    next: Option<Group>,
    /// There is no station at all.
    is_empty: bool,
}

impl Today {
    fn weekday(&self) -> Phrase {
        self.v.dates().weekday(&self.v.dates().day(self.now))
    }

    fn told<'a>(&self, troubled: &'a [&'a Row]) -> &'a [&'a Row] {
        &troubled[..troubled.len().min(TOLD)]
    }

    /// `05:00–05:15`.
    fn span(&self, group: &Group) -> String {
        let dates = self.v.dates();
        format!("{}–{}", dates.time(&group.from), dates.time(&group.until))
    }

    /// The time; with the date where it is another day's.
    fn begins(&self, group: &Group) -> String {
        self.since_text(&group.from)
    }

    fn since_text(&self, at: &UtcMs) -> String {
        let dates = self.v.dates();
        if dates.day(*at) == dates.day(self.now) { dates.time(at) } else { dates.moment(at) }
    }

    fn words(&self, trouble: &Trouble) -> String {
        trouble.words(&self.v)
    }

    fn remedy(&self, trouble: &Trouble) -> String {
        trouble.remedy(&self.v)
    }
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(wish): Query<Wish>,
) -> Result<Response, Fault> {
    let (v, now) = (reader.visitor(), district.clock.now());
    let mut area = Area::of(&district, &reader).await?;
    let is_empty = area.stations.is_empty();
    area.narrow(&wish.unit, &wish.q);
    let day = v.dates().window(v.dates().day(now));
    let store = &district.store;
    let known = Known::read(store).await?;
    let readiness = Readiness::known(store, known.statuses()).await?;
    let airings = report_window(store, area.tops.clone(), day, (&readiness, now)).await?;
    let mut board = Board::draw(&area, &known, airings, now);
    if wish.only == "trouble" {
        board.rows.retain(|row| !row.condition.troubles.is_empty());
    }
    let next = match board.next.clone() {
        Some(next) => Some(next),
        None => later(&district, &area, day).await?,
    };
    let units = std::mem::take(&mut area.units);
    Ok(Page(Today { v, now, units, wish, board, next, is_empty }).into_response())
}

/// What is next when nothing more comes today.
async fn later(district: &District, area: &Area, day: Window) -> Result<Option<Group>, Fault> {
    let units: Vec<UnitId> = area.tops.clone();
    let week = UtcMs(day.until.0.saturating_add(7 * 24 * 3_600_000));
    let filter =
        AiringFilter { units, from: Some(day.until), until: Some(week), ..AiringFilter::default() };
    let found = district.store.airings(&filter, Order::Oldest, None, 500).await?;
    let stations: HashSet<&StationId> = area.stations.iter().map(|station| &station.id).collect();
    let here: Vec<_> = found
        .iter()
        .filter(|one| !one.planned.refused && !one.unplanned && one.withdrawn_at.is_none())
        .map(|one| &one.planned.airing)
        .filter(|airing| stations.contains(&airing.station))
        .collect();
    let Some(first) = here.first() else { return Ok(None) };
    let together = here
        .iter()
        .filter(|airing| airing.starts_at == first.starts_at && airing.title == first.title);
    Ok(Some(Group {
        title: first.title.to_string(),
        from: first.starts_at,
        until: first.ends_at,
        count: together.count(),
    }))
}
