use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    radio::{Campaign, Clip, Right, Station, Unit, UtcMs, Window},
    server::{
        AiringReport, AiringState, District,
        pages::{
            area::Area,
            dates::read_day,
            fault::Fault,
            page::Page,
            state,
            visitor::{Reader, Visitor},
        },
        search::{Found, Search},
    },
    store::{AiringFilter, Order},
};

/// Lines of a page.
const LINES: u32 = 50;

/// Days shown where nobody asks for others.
const DAYS: u64 = 7;

/// What of the record is shown; empty: all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    #[serde(skip_serializing_if = "String::is_empty")]
    from: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    until: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    unit: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    station: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    campaign: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    clip: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    state: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    evidence: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

#[derive(Template)]
#[template(path = "pages/record.html")]
struct Record {
    v: Visitor,
    wish: Wish,
    area: Area,
    campaigns: Vec<Campaign>,
    clips: Vec<Clip>,
    airings: Vec<AiringReport>,
    now: UtcMs,
    first: String,
    next: String,
    /// The days that are shown, both ends inside.
    from_day: NaiveDate,
    until_day: NaiveDate,
    /// Whether the search went on as far as one call goes without filling the page.
    goes_on: bool,
}

impl Record {
    fn station(&self, airing: &AiringReport) -> String {
        let found = self.area.stations.iter().find(|station| station.id == airing.station);
        found.map_or_else(|| airing.station.to_string(), |station| station.name.clone())
    }

    fn word(&self, airing: &AiringReport) -> &'static str {
        state::word(airing, self.now)
    }

    fn units(&self) -> &[Unit] {
        &self.area.units
    }

    fn stations(&self) -> &[Station] {
        &self.area.stations
    }
}

/// The first and the last day that are asked for; both ends are shown, whichever way round they are given.
fn days(wish: &Wish, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let until = read_day(&wish.until).unwrap_or(today);
    let usual = until.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(until);
    let from = read_day(&wish.from).unwrap_or(usual);
    (from.min(until), from.max(until))
}

/// A code of ours that was chosen; none: any will do.
fn chosen<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

/// Which airings are meant. Whoever sees a part of the district asks within it, whatever they ask for.
fn filter(wish: &Wish, area: &Area, window: Window) -> Result<AiringFilter, Fault> {
    let mut filter = AiringFilter {
        units: area.tops.clone(),
        from: Some(window.from),
        until: Some(window.until),
        campaign: wish.campaign.parse().ok(),
        clip: wish.clip.parse().ok(),
        ..AiringFilter::default()
    };
    if !wish.unit.is_empty() {
        let unit = wish.unit.parse().map_err(|_| Fault::Missing)?;
        if !area.sees(&unit) {
            return Err(Fault::MayNot(Right::See));
        }
        filter.units = vec![unit];
    }
    if !wish.station.is_empty() {
        // One that is no longer there is still in the record, for those who see everything.
        let station = wish.station.parse().map_err(|_| Fault::Missing)?;
        let is_seen = area.stations.iter().any(|seen| seen.id == station);
        if !is_seen && !area.tops.is_empty() {
            return Err(Fault::MayNot(Right::See));
        }
        filter.station = Some(station);
    }
    Ok(filter)
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(mut wish): Query<Wish>,
) -> Result<Response, Fault> {
    let (v, now) = (reader.visitor(), district.clock.now());
    let area = Area::of(&district, &reader).await?;
    let (from, until) = days(&wish, v.dates().day(now));
    // What is to come is in the timetable; here is what was.
    let past = UtcMs(now.0.saturating_add(1));
    let window = Window {
        from: v.dates().window(from).from,
        until: v.dates().window(until).until.min(past),
    };
    let search = Search {
        filter: filter(&wish, &area, window)?,
        state: chosen::<AiringState>(&wish.state),
        evidence: chosen(&wish.evidence),
        order: Order::Newest,
        limit: LINES,
        after: wish.after.parse().ok(),
    };
    let Found { airings, next } = search.page(&district).await?;
    let address = |after: String| {
        let wish = Wish { after, ..wish.clone() };
        let query = serde_html_form::to_string(wish).unwrap_or_default();
        format!("/record?{query}")
    };
    let first = if wish.after.is_empty() { String::new() } else { address(String::new()) };
    let next = next.map(|cursor| address(cursor.to_string())).unwrap_or_default();
    let goes_on = !next.is_empty() && airings.len() < LINES as usize;
    (wish.from, wish.until) = (from.to_string(), until.to_string());
    let campaigns = district.store.campaigns().await?;
    let clips = district.store.clips().await?;
    let page = Record {
        v,
        wish,
        area,
        campaigns,
        clips,
        airings,
        now,
        first,
        next,
        from_day: from,
        until_day: until,
        goes_on,
    };
    Ok(Page(page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_taken_whichever_way_round() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-11-26");
        let asked = |from: &str, until: &str| {
            days(&Wish { from: from.into(), until: until.into(), ..Wish::default() }, today)
        };
        assert_eq!(asked("", ""), (day("2026-11-20"), today));
        assert_eq!(asked("2026-11-01", ""), (day("2026-11-01"), today));
        assert_eq!(asked("01/11/2026", ""), (day("2026-11-01"), today));
        assert_eq!(asked("2026-11-05", "2026-11-01"), (day("2026-11-01"), day("2026-11-05")));
        assert_eq!(asked("khi nào", "2026-11-07"), (day("2026-11-01"), day("2026-11-07")));
    }
}
