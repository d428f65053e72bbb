use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use chrono::{Days, NaiveDate};
use serde::Deserialize;

use super::{station, volumes, wish::spoken};
use crate::{
    planning::Territory,
    radio::{Right, SofterHours, Station, UtcMs, Volume},
    server::{
        AiringReport, District,
        pages::{
            condition::{self, Condition, Known},
            fault::Fault,
            lower::lowered,
            page::Page,
            state,
            visitor::{Reader, Visitor},
        },
        search::Search,
    },
    store::{AiringFilter, Chain, StationFault},
    wire::StationStatus,
};

/// Faults of the past that are shown.
const FAULTS: u32 = 30;
/// Airings of a day that are shown.
const AIRINGS: u32 = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    day: String,
}

#[derive(Template)]
#[template(path = "pages/station.html")]
struct One {
    v: Visitor,
    now: UtcMs,
    station: Station,
    unit: String,
    condition: Condition,
    status: Option<StationStatus>,
    volume: Option<Volume>,
    chain: Option<Chain>,
    day: NaiveDate,
    airings: Vec<AiringReport>,
    faults: Vec<StationFault>,
    quiet: String,
    may_change: bool,
}

impl One {
    fn word(&self, airing: &AiringReport) -> &'static str {
        state::word(airing, self.now)
    }

    fn before(&self) -> NaiveDate {
        self.day.checked_sub_days(Days::new(1)).unwrap_or(self.day)
    }

    fn after(&self) -> NaiveDate {
        self.day.checked_add_days(Days::new(1)).unwrap_or(self.day)
    }

    fn softer(&self, span: &SofterHours) -> String {
        let softer = self.v.of("stations.softer-is").with("hours", spoken(&span.hours));
        softer.with("count", lowered(span.gain)).to_string()
    }

    fn fault(&self, fault: &StationFault) -> String {
        condition::called(&self.v, &fault.code)
    }
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Query(wish): Query<Wish>,
) -> Result<Response, Fault> {
    let (v, now, store) = (reader.visitor(), district.clock.now(), &district.store);
    let (station, area) = station(&district, &reader, Right::See, &id).await?;
    let today = v.dates().day(now);
    let day = wish.day.parse().unwrap_or(today);
    let window = v.dates().window(day);
    let filter = AiringFilter {
        station: Some(station.id.clone()),
        from: Some(window.from),
        until: Some(window.until),
        ..AiringFilter::default()
    };
    let search = Search { filter, limit: AIRINGS, ..Search::default() };
    let airings = search.page(&district).await?.airings;
    let known = Known::read(store).await?;
    let of_today: Vec<&AiringReport> = airings.iter().filter(|_| day == today).collect();
    let condition = known.condition(&station.id, &of_today, now);
    let chain = store.chains().await?.into_iter().find(|chain| chain.station == station.id);
    let faults = store.faults_of(&station.id, FAULTS).await?;
    let hours = match &station.quiet_hours {
        Some(own) => own.clone(),
        None => store.rules().await?.calendar.quiet_hours.unwrap_or_default(),
    };
    let quiet: Vec<String> = hours.iter().map(spoken).collect();
    let ancestry = Territory::new(&area.all);
    let may_change = reader.may_in(Right::Stations, ancestry.ancestry(&station.unit));
    let page = One {
        now,
        unit: area.name(&station.unit).to_owned(),
        condition,
        status: known.status(&station.id).cloned(),
        volume: volumes(store).await?.get(&station.id).copied(),
        chain,
        day,
        airings,
        faults,
        quiet: quiet.join(", "),
        may_change,
        station,
        v,
    };
    Ok(Page(page).into_response())
}
