use std::collections::HashMap;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    radio::{
        AiringId, CampaignId, ClipHash, Evidence, Priority, ProgrammeId, ScheduleId, StationId,
        UnitId, UtcMs,
    },
    server::{
        AiringState, District,
        body::Asked,
        login::Caller,
        problem::Refusal,
        standing::{Standing, Word},
    },
    store::{AiringFilter, Bearer, Order, StoredAiring, StoredDeclaration, StoredRecord},
    wire::{AsRunRecord, Problem},
};

/// Airings looked at in one call at most: a rare state does not hold the database for long.
const LOOKED_AT: usize = 10_000;

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
    /// With this clip, by SHA-256.
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

/// One airing: what was planned and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AiringReport {
    /// Its name.
    pub id: AiringId,
    /// Where.
    pub station: StationId,
    /// The unit that the station belonged to.
    pub unit: UnitId,
    /// The rule that asked for it.
    pub schedule: ScheduleId,
    /// What.
    pub programme: ProgrammeId,
    /// The campaign that it serves.
    pub campaign: Option<CampaignId>,
    /// The programme's title by value.
    pub title: String,
    /// How urgent.
    pub priority: Priority,
    /// The instant that the rule names.
    pub nominal_at: UtcMs,
    /// The instant of its first frame, as planned.
    pub starts_at: UtcMs,
    /// The instant after its last frame, as planned.
    pub ends_at: UtcMs,
    /// How it stands.
    pub state: AiringState,
    /// Why, as a code; none when there is nothing to explain.
    pub reason: Option<String>,
    /// Why, for people.
    pub detail: Option<String>,
    /// What the state rests on: the weakest of its items'.
    pub evidence: Option<Evidence>,
    /// When it really began.
    pub started_at: Option<UtcMs>,
    /// When the plan dropped it, though a station aired it all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<UtcMs>,
    /// The as-run records, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<AsRunRecord>>,
}

/// Some airings, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AiringPage {
    /// The airings; fewer than the limit does not mean that these were the last.
    pub airings: Vec<AiringReport>,
    /// What to send as `cursor` for those after these; none: there are no more.
    pub next: Option<String>,
}

/// Airings with what came of each. A station sees its own.
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
    Caller(bearer): Caller,
    Asked(mut wanted): Asked<Wanted>,
) -> Result<Json<AiringPage>, Refusal> {
    if let Bearer::Station(own) = bearer {
        if wanted.station.as_ref().is_some_and(|asked| *asked != own) {
            return Err(Refusal::forbidden(format!("{own} may see its own airings only")));
        }
        wanted.station = Some(own);
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
    let (mut airings, mut looked_at) = (Vec::new(), 0);
    loop {
        let cursor = after.as_ref().map(|(at, id)| (*at, id.as_str()));
        let stored = district.store.airings(&filter, order, cursor, wanted.limit).await?;
        let last_page = stored.len() < full;
        looked_at += stored.len();
        for report in report_all(&district, &filter, stored, now).await? {
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

async fn report_all(
    district: &District,
    filter: &AiringFilter,
    stored: Vec<StoredAiring>,
    now: UtcMs,
) -> Result<Vec<AiringReport>, Refusal> {
    let times = stored.iter().map(|stored| stored.planned.airing.starts_at);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
        return Ok(Vec::new());
    };
    let station = filter.station.as_ref();
    let mut records: HashMap<String, Vec<StoredRecord>> = HashMap::new();
    for record in district.store.records_between(station, first, last).await? {
        records.entry(record.airing.clone()).or_default().push(record);
    }
    let mut words: HashMap<AiringId, StoredDeclaration> = district
        .store
        .declarations_between(station, first, last)
        .await?
        .into_iter()
        .map(|word| (word.airing.clone(), word))
        .collect();
    stored
        .into_iter()
        .map(|airing| {
            let id = &airing.planned.airing.id;
            let of_it = records.remove(id.as_str()).unwrap_or_default();
            let word = words.remove(id);
            report(airing, &of_it, word, now)
        })
        .collect()
}

/// One airing with its records and what was declared of it.
pub(super) async fn report_one(
    district: &District,
    airing: StoredAiring,
    word: Option<StoredDeclaration>,
    now: UtcMs,
) -> Result<AiringReport, Refusal> {
    let records = district.store.records_of(&airing.planned.airing.id).await?;
    let report = report(airing, &records, word, now)?;
    Ok(AiringReport { records: None, ..report })
}

fn report(
    stored: StoredAiring,
    records: &[StoredRecord],
    word: Option<StoredDeclaration>,
    now: UtcMs,
) -> Result<AiringReport, Refusal> {
    let records = records
        .iter()
        .map(|record| serde_json::from_str(&record.json))
        .collect::<Result<Vec<AsRunRecord>, _>>()
        .map_err(Refusal::internal)?;
    let word = word
        .map(|word| {
            let outcome = serde_json::from_value(serde_json::Value::String(word.outcome))?;
            let (started_at, detail) = (word.started_at, word.detail);
            Ok(Word { outcome, started_at, detail, by: word.declared_by })
        })
        .transpose()
        .map_err(|error: serde_json::Error| Refusal::internal(error))?;
    let standing = Standing::of(&stored.planned, &records, word.as_ref(), now);
    let unit = stored.planned.unit;
    let airing = stored.planned.airing;
    Ok(AiringReport {
        id: airing.id,
        station: airing.station,
        unit,
        schedule: airing.schedule,
        programme: airing.programme,
        campaign: airing.campaign,
        title: airing.title.to_string(),
        priority: airing.priority,
        nominal_at: airing.nominal_at,
        starts_at: airing.starts_at,
        ends_at: airing.ends_at,
        state: standing.state,
        reason: standing.reason,
        detail: standing.detail,
        evidence: standing.evidence,
        started_at: standing.started_at,
        withdrawn_at: stored.withdrawn_at,
        records: Some(records),
    })
}
