use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    radio::{AiringId, CampaignId, ClipHash, Right, StationId, UnitId, UtcMs},
    server::{
        AiringReport, AiringState, District, body::Asked, login::Caller, problem::Refusal,
        report::report_all,
    },
    store::{AiringFilter, Order},
    wire::Problem,
};

/// Airings looked at in one call at most: a rare state does not hold the database for long.
const LOOKED_AT: usize = 10_000;

/// Airings read at once where only some of them are wanted, as many as a page may have.
const AT_ONCE: u32 = 500;

/// Which airings, and how they are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Wanted {
    /// At this station.
    station: Option<StationId>,
    /// In this unit and all below it.
    unit: Option<UnitId>,
    /// For this campaign.
    campaign: Option<CampaignId>,
    /// With this clip, planned or recorded, by SHA-256.
    clip: Option<ClipHash>,
    /// Beginning at this instant or later.
    from: Option<UtcMs>,
    /// Beginning before this instant.
    until: Option<UtcMs>,
    /// In this state; `outcome` means the same.
    #[serde(alias = "outcome")]
    state: Option<AiringState>,
    /// `oldest` first, or `newest`.
    #[serde(default)]
    order: Sorting,
    /// At most so many, 1 to 500.
    #[serde(default = "usual_limit")]
    limit: u32,
    /// Where the page before ended: its `next`.
    cursor: Option<String>,
    /// Whether to include the as-run records.
    #[serde(default)]
    records: bool,
}

fn usual_limit() -> u32 {
    100
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Sorting {
    #[default]
    Oldest,
    Newest,
}

/// Some airings, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AiringPage {
    /// The airings; fewer than the limit does not mean that these were the last.
    pub airings: Vec<AiringReport>,
    /// What to send as `cursor` for those after these; none: there are no more.
    pub next: Option<String>,
}

/// Airings with what came of each, also those that a station aired without a plan. A station sees its own.
#[utoipa::path(
    get, path = "/api/v1/airings", tag = "record", params(Wanted),
    security(("station" = []), ("person" = [])),
    responses(
        (status = 200, description = "A page of airings.", body = AiringPage),
        (status = 400, description = "The query cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another station's.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn list(
    State(district): State<District>,
    caller: Caller,
    Asked(mut wanted): Asked<Wanted>,
) -> Result<Json<AiringPage>, Refusal> {
    match caller {
        Caller::Station(own) => {
            if wanted.station.as_ref().is_some_and(|asked| *asked != own) {
                return Err(Refusal::forbidden(format!("{own} may see its own airings only")));
            }
            wanted.station = Some(own);
        }
        Caller::Person(doer) => match (&wanted.station, &wanted.unit) {
            (Some(station), _) => doer.must_at(&district, Right::See, station.as_str()).await?,
            (None, Some(unit)) => doer.must_in(&district, Right::See, unit).await?,
            (None, None) => doer.must_everywhere(Right::See)?,
        },
    }
    let bad = |detail: &str| Refusal::new(StatusCode::BAD_REQUEST, "bad-query", detail);
    if !(1..=500).contains(&wanted.limit) {
        return Err(bad("limit: 1 to 500"));
    }
    let mut after = match wanted.cursor.as_deref() {
        None => None,
        Some(cursor) => {
            Some(read_cursor(cursor).ok_or_else(|| bad("cursor: take it from a page's \"next\""))?)
        }
    };
    let order = match wanted.order {
        Sorting::Oldest => Order::Oldest,
        Sorting::Newest => Order::Newest,
    };
    let filter = AiringFilter {
        station: wanted.station,
        unit: wanted.unit,
        campaign: wanted.campaign,
        clip: wanted.clip,
        from: wanted.from,
        until: wanted.until,
    };
    let now = district.clock.now();
    let full = wanted.limit as usize;
    let at_once = if wanted.state.is_some() { AT_ONCE } else { wanted.limit };
    let (mut airings, mut looked_at) = (Vec::new(), 0);
    loop {
        let cursor = after.as_ref().map(|(at, id)| (*at, id.as_str()));
        let stored = district.store.airings(&filter, order, cursor, at_once).await?;
        let last_page = stored.len() < at_once as usize;
        looked_at += stored.len();
        for report in report_all(&district, stored, now).await? {
            if airings.len() == full {
                return Ok(Json(AiringPage { airings, next: after.map(write_cursor) }));
            }
            after = Some((report.starts_at, report.id.as_str().to_owned()));
            if wanted.state.is_none_or(|state| state == report.state) {
                let records = report.records.filter(|_| wanted.records);
                airings.push(AiringReport { records, ..report });
            }
        }
        if last_page {
            return Ok(Json(AiringPage { airings, next: None }));
        }
        if airings.len() == full || looked_at >= LOOKED_AT {
            return Ok(Json(AiringPage { airings, next: after.map(write_cursor) }));
        }
    }
}

fn write_cursor((at, id): (UtcMs, String)) -> String {
    format!("{}~{id}", at.0)
}

fn read_cursor(text: &str) -> Option<(UtcMs, String)> {
    let (at, id) = text.split_once('~')?;
    let id: AiringId = id.parse().ok()?;
    Some((UtcMs(at.parse().ok()?), id.as_str().to_owned()))
}
