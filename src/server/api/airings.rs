use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    radio::{CampaignId, ClipHash, Right, StationId, UnitId, UtcMs},
    server::{
        AiringReport, AiringState, District,
        body::Asked,
        login::Caller,
        problem::Refusal,
        search::{Found, Search},
    },
    store::{AiringFilter, Order},
    wire::Problem,
};

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
    /// Whether to include the as-run records, and all that was declared.
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
    let after = wanted.cursor.as_deref().map(str::parse).transpose();
    let after = after.map_err(|()| bad("cursor: take it from a page's \"next\""))?;
    let order = match wanted.order {
        Sorting::Oldest => Order::Oldest,
        Sorting::Newest => Order::Newest,
    };
    let filter = AiringFilter {
        station: wanted.station,
        units: wanted.unit.into_iter().collect(),
        campaign: wanted.campaign,
        clip: wanted.clip,
        from: wanted.from,
        until: wanted.until,
        ..AiringFilter::default()
    };
    let (state, limit) = (wanted.state, wanted.limit);
    let search = Search { filter, state, evidence: None, order, limit, after };
    let Found { mut airings, next } = search.page(&district).await?;
    if !wanted.records {
        for airing in &mut airings {
            airing.records = None;
            airing.declarations = None;
        }
    }
    Ok(Json(AiringPage { airings, next: next.map(|cursor| cursor.to_string()) }))
}
