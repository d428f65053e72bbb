//! One airing as it is told: what was planned and what came of it.

use std::{collections::HashMap, time::Duration};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AiringState, District, approvals::Approvals, problem::Refusal, readiness::Readiness,
    standing::Standing,
};
use crate::{
    radio::{
        AiringId, CampaignId, Cause, Evidence, Outcome, Priority, ProgrammeId, Ruling, ScheduleId,
        StationId, UnitId, UtcMs, Window,
    },
    store::{
        AiringFilter, Order, Store, StoreError, StoredAiring, StoredDeclaration, StoredRecord,
    },
    wire::AsRunRecord,
};

/// A station whose line holds reports within seconds. What comes longer than this after the airing can have ended at
/// the latest came over a line that was cut, or from somebody's memory, and is marked.
const LATE: Duration = Duration::from_mins(10);

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
    /// Whether the plan has it. False: the plan dropped it or never had it, and only a station's record tells of it.
    pub planned: bool,
    /// What; none when it was never planned.
    pub programme: Option<ProgrammeId>,
    /// The campaign that it serves.
    pub campaign: Option<CampaignId>,
    /// The programme's title by value; the first recorded clip's when it was never planned.
    pub title: String,
    /// How urgent; none when it was never planned.
    pub priority: Option<Priority>,
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
    /// When the last word about it, a record or a declaration, reached the district.
    pub received_at: Option<UtcMs>,
    /// Whether any word about it reached the district more than 10 minutes after it can have ended at the latest.
    pub late: bool,
    /// When the plan dropped it, though a station aired it all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<UtcMs>,
    /// Whether its clips are all at the station, as the station last said of an airing to come; none: nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// Who approved what it sounds, and when: the last word before it began, for each of its clips and its programme.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Ruling>,
    /// The as-run records, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<ReceivedRecord>>,
    /// All that was declared of it, in order, when records are asked for. The last counts; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declarations: Option<Vec<ReceivedDeclaration>>,
}

impl AiringReport {
    /// Whether somebody approved their own work in it, where the district lets one person do both.
    pub(super) fn is_of_own_word(&self) -> bool {
        self.approvals.iter().any(|ruling| ruling.own)
    }
}

/// What somebody declared of an airing, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceivedDeclaration {
    /// Who said so.
    pub declared_by: String,
    /// When the district had it on disk.
    pub declared_at: UtcMs,
    /// How it ended.
    pub outcome: Outcome,
    /// When it began, if that was noted.
    pub started_at: Option<UtcMs>,
    /// Why it did not air.
    pub cause: Option<Cause>,
    /// Anything that people should know.
    pub detail: Option<String>,
}

impl TryFrom<StoredDeclaration> for ReceivedDeclaration {
    type Error = serde_json::Error;

    fn try_from(stored: StoredDeclaration) -> Result<Self, serde_json::Error> {
        let outcome = serde_json::from_value(stored.outcome.into())?;
        let cause = stored.cause.map(|cause| serde_json::from_value(cause.into())).transpose()?;
        let StoredDeclaration { declared_by, declared_at, started_at, detail, .. } = stored;
        Ok(Self { declared_by, declared_at, outcome, started_at, cause, detail })
    }
}

/// An as-run record and when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceivedRecord {
    /// When the district had it on disk.
    pub received_at: UtcMs,
    /// Whether that was more than 10 minutes after its airing can have ended at the latest.
    pub late: bool,
    /// What the station says.
    pub record: AsRunRecord,
}

/// Joins airings with their records and with what was declared of them, with who approved them and what lies at the stations.
pub(super) async fn report_all(
    district: &District,
    stored: Vec<StoredAiring>,
    now: UtcMs,
) -> Result<Vec<AiringReport>, Refusal> {
    let approvals = Approvals::of(&district.store, &stored).await?;
    let to_come = stored.iter().filter(|stored| is_to_come(stored, now));
    let stations = to_come.map(|stored| &stored.planned.airing.station);
    let readiness = Readiness::of(&district.store, stations).await?;
    let mut said = Said::of(&district.store, &stored).await?;
    stored
        .into_iter()
        .map(|airing| {
            let approvals = approvals.on(&airing);
            Ok(AiringReport { approvals, ..said.report_with(&readiness, airing, now)? })
        })
        .collect()
}

/// The same without who approved them and what lies at the stations.
pub(super) async fn report_past(
    store: &Store,
    stored: Vec<StoredAiring>,
    now: UtcMs,
) -> Result<Vec<AiringReport>, Refusal> {
    let mut said = Said::of(store, &stored).await?;
    stored.into_iter().map(|airing| said.report(airing, now)).collect()
}

/// The same of all airings that begin in a window, with what lies at the stations: as few statements as there are kinds of
/// things.
pub(super) async fn report_window(
    store: &Store,
    units: Vec<UnitId>,
    window: Window,
    (readiness, now): (&Readiness, UtcMs),
) -> Result<Vec<AiringReport>, Refusal> {
    let (from, until) = (Some(window.from), Some(window.until));
    let filter = AiringFilter { units, from, until, ..AiringFilter::default() };
    let stored = store.airings(&filter, Order::Oldest, None, u32::MAX).await?;
    let mut said = Said::within(store, window).await?;
    stored.into_iter().map(|airing| said.report_with(readiness, airing, now)).collect()
}

/// How an airing of a campaign stands, and when and where it is.
pub(super) type Stood = (StationId, UtcMs, AiringState, Option<Evidence>);

/// How the airings of a campaign stand that begin in a window. Only what is not settled is looked up.
pub(super) async fn campaign_stands(
    district: &District,
    campaign: &CampaignId,
    window: Window,
    now: UtcMs,
) -> Result<Vec<Stood>, Refusal> {
    let mut known = Vec::new();
    let mut open: HashMap<AiringId, UtcMs> = HashMap::new();
    for one in district.store.standings(campaign, window, now).await? {
        let state = one.state.as_deref().and_then(AiringState::read);
        let evidence = one.evidence.map(|code| serde_json::from_value(code.into())).transpose();
        match (state, evidence) {
            (Some(state), Ok(evidence)) => {
                known.push((one.station, one.starts_at, state, evidence))
            }
            _ => {
                open.insert(one.airing, one.starts_at);
            }
        }
    }
    let (Some(first), Some(last)) = (open.values().min(), open.values().max()) else {
        return Ok(known);
    };
    let filter = AiringFilter {
        campaign: Some(campaign.clone()),
        from: Some(*first),
        until: Some(UtcMs(last.0.saturating_add(1))),
        ..AiringFilter::default()
    };
    let mut stored = district.store.airings(&filter, Order::Oldest, None, u32::MAX).await?;
    stored.retain(|stored| open.contains_key(&stored.planned.airing.id));
    let looked_up = report_past(&district.store, stored, now).await?.into_iter();
    known.extend(looked_up.map(|one| (one.station, one.starts_at, one.state, one.evidence)));
    Ok(known)
}

/// What came of the airings of a filter that begin in a window: for reports, which tell of many.
pub(super) async fn report_briefly(
    store: &Store,
    filter: &AiringFilter,
    window: Window,
    now: UtcMs,
) -> Result<Vec<AiringReport>, Refusal> {
    let (from, until) = (Some(window.from), Some(window.until));
    let filter = AiringFilter { from, until, ..filter.clone() };
    let stored = store.airings(&filter, Order::Oldest, None, u32::MAX).await?;
    match &filter.station {
        Some(_) => report_past(store, stored, now).await,
        None => report_within(store, stored, window, now).await,
    }
}

/// What came of airings that are many of those that begin in a window.
pub(super) async fn report_within(
    store: &Store,
    stored: Vec<StoredAiring>,
    window: Window,
    now: UtcMs,
) -> Result<Vec<AiringReport>, Refusal> {
    let mut said = Said::within(store, window).await?;
    stored.into_iter().map(|airing| said.report(airing, now)).collect()
}

/// What stations and people said, by airing.
struct Said {
    records: HashMap<String, Vec<StoredRecord>>,
    words: HashMap<AiringId, Vec<StoredDeclaration>>,
}

impl Said {
    /// Of some airings.
    async fn of(store: &Store, stored: &[StoredAiring]) -> Result<Self, StoreError> {
        let ids: Vec<&AiringId> = stored.iter().map(|stored| &stored.planned.airing.id).collect();
        Ok(Self::new(store.records_of(&ids).await?, store.declarations_on(&ids).await?))
    }

    /// Of all airings that begin in a window.
    async fn within(store: &Store, window: Window) -> Result<Self, StoreError> {
        Ok(Self::new(store.records_within(window).await?, store.declarations_within(window).await?))
    }

    fn new(kept: Vec<StoredRecord>, declared: Vec<StoredDeclaration>) -> Self {
        let mut records: HashMap<String, Vec<StoredRecord>> = HashMap::new();
        for record in kept {
            records.entry(record.airing.clone()).or_default().push(record);
        }
        let mut words: HashMap<AiringId, Vec<StoredDeclaration>> = HashMap::new();
        for word in declared {
            words.entry(word.airing.clone()).or_default().push(word);
        }
        Self { records, words }
    }

    fn report(&mut self, airing: StoredAiring, now: UtcMs) -> Result<AiringReport, Refusal> {
        let id = &airing.planned.airing.id;
        let records = self.records.remove(id.as_str()).unwrap_or_default();
        let words = self.words.remove(id).unwrap_or_default();
        report(airing, records, words, now)
    }

    /// The same, and whether the station has what an airing to come sounds.
    fn report_with(
        &mut self,
        readiness: &Readiness,
        airing: StoredAiring,
        now: UtcMs,
    ) -> Result<AiringReport, Refusal> {
        let to_come = Some(&airing).filter(|airing| is_to_come(airing, now));
        let ready = to_come.and_then(|airing| readiness.ready(&airing.planned.airing));
        let report = self.report(airing, now)?;
        let is_planned = report.state == AiringState::Planned;
        Ok(AiringReport { ready: ready.filter(|_| is_planned), ..report })
    }
}

/// Whether the plan still has it ahead of it.
fn is_to_come(stored: &StoredAiring, now: UtcMs) -> bool {
    let airing = &stored.planned.airing;
    let is_planned = !stored.planned.refused && !stored.unplanned && stored.withdrawn_at.is_none();
    is_planned && airing.latest_start >= now
}

fn report(
    stored: StoredAiring,
    records: Vec<StoredRecord>,
    words: Vec<StoredDeclaration>,
    now: UtcMs,
) -> Result<AiringReport, Refusal> {
    let late_from = stored.planned.airing.over_at() + LATE;
    let received_at = records
        .iter()
        .map(|record| record.received_at)
        .chain(words.iter().map(|word| word.declared_at))
        .max();
    let records = records
        .into_iter()
        .map(|StoredRecord { received_at, json, .. }| {
            let record = serde_json::from_str(&json)?;
            Ok(ReceivedRecord { received_at, late: received_at > late_from, record })
        })
        .collect::<Result<Vec<_>, serde_json::Error>>()
        .map_err(Refusal::internal)?;
    let words = words
        .into_iter()
        .map(ReceivedDeclaration::try_from)
        .collect::<Result<Vec<_>, _>>()
        .map_err(Refusal::internal)?;
    let said: Vec<&AsRunRecord> = records.iter().map(|received| &received.record).collect();
    let standing = Standing::of(&stored, &said, words.last(), now);
    let StoredAiring { planned, withdrawn_at, unplanned } = stored;
    let airing = planned.airing;
    Ok(AiringReport {
        id: airing.id,
        station: airing.station,
        unit: planned.unit,
        schedule: airing.schedule,
        planned: !unplanned && withdrawn_at.is_none(),
        programme: (!unplanned).then_some(airing.programme),
        campaign: airing.campaign,
        title: airing.title.to_string(),
        priority: (!unplanned).then_some(airing.priority),
        nominal_at: airing.nominal_at,
        starts_at: airing.starts_at,
        ends_at: airing.ends_at,
        state: standing.state,
        reason: standing.reason,
        detail: standing.detail,
        evidence: standing.evidence,
        started_at: standing.started_at,
        received_at,
        late: received_at.is_some_and(|at| at > late_from),
        withdrawn_at,
        ready: None,
        approvals: Vec::new(),
        records: Some(records),
        declarations: (!words.is_empty()).then_some(words),
    })
}
