//! Keeps rundowns planned: at the start, when rules change, and every hour.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use sha2::{Digest, Sha256};

use super::District;
use crate::{
    planning::{Decision, Plan, Wishes, plan},
    radio::{Airing, AiringId, StationId, UnitId, UtcMs, Window},
    store::{PlannedAiring, Rules, StoreError, StoredAiring, StoredRundown},
    wire::{Rundown, RundownAiring},
};

const DAY: Duration = Duration::from_hours(24);
/// What begins sooner than this may be on its way already: it stays as it is.
const MARGIN: Duration = Duration::from_secs(30);
/// How often it is looked whether rules have changed.
const LOOK: Duration = Duration::from_secs(5);
/// Airings written in one transaction, so that confirmations need not wait long.
const TOGETHER: usize = 1000;

/// What one planning changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rolled {
    /// Airings, or refusals, that are new or different.
    pub changed: usize,
    /// Airings that are no longer to be.
    pub withdrawn: usize,
    /// Rundowns with a new version.
    pub rundowns: usize,
}

pub(super) async fn keep(district: District) {
    let mut stopping = district.stopping.subscribe();
    loop {
        // Read before planning, so that what is applied meanwhile is planned next.
        let before = district.store.rules().await.ok();
        let pause = match roll(&district).await {
            Ok(rolled) => {
                tracing::info!(rolled.changed, rolled.withdrawn, rolled.rundowns, "planned");
                Duration::from_hours(1)
            }
            Err(error) => {
                tracing::error!(%error, "planning failed; trying again in 10 s");
                Duration::from_secs(10)
            }
        };
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            () = district.changed.notified() => {}
            () = until_rules_change(&district, before.as_ref()) => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Another program, `loa apply`, writes rules too; nothing but the database tells.
async fn until_rules_change(district: &District, planned: Option<&Rules>) {
    loop {
        match district.store.rules().await {
            Ok(rules) if planned != Some(&rules) => return,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot see whether rules have changed"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Plans from now to the end of the last day, writes what is different, and every station's rundown.
pub async fn roll(district: &District) -> Result<Rolled, StoreError> {
    let now = district.clock.now();
    let today = UtcMs(now.0 - now.0.rem_euclid(86_400_000));
    // Whole days, so that a rundown changes with its content and at midnight, not every hour.
    let days = Window { from: today, until: today + DAY * (district.limits.days_ahead + 1) };
    let ahead = Window { from: now, until: days.until };

    let rules = district.store.rules().await?;
    let stations: Vec<(StationId, UnitId)> =
        rules.stations.iter().map(|at| (at.id.clone(), at.unit.clone())).collect();
    let planned = tokio::task::spawn_blocking(move || plan_rows(rules, ahead))
        .await
        .map_err(|error| StoreError::Dangling(format!("planning broke: {error}")))?;

    let mut rolled = write_plan(district, planned, ahead, now).await?;
    rolled.rundowns = write_rundowns(district, &stations, days, now).await?;
    if rolled.rundowns > 0 {
        district.rundowns.send_modify(|generation| *generation += 1);
    }
    district.rolled.send_replace(Some(now));
    Ok(rolled)
}

fn plan_rows(rules: Rules, window: Window) -> Vec<PlannedAiring> {
    let units: HashMap<StationId, UnitId> =
        rules.stations.iter().map(|at| (at.id.clone(), at.unit.clone())).collect();
    let wishes = Wishes {
        units: rules.units,
        stations: rules.stations,
        clips: rules.clips.into_iter().map(|clip| (clip.id.clone(), clip)).collect(),
        programmes: rules.programmes,
        campaigns: rules.campaigns,
        schedules: rules.schedules,
        calendar: rules.calendar.unwrap_or_default(),
        ..Wishes::default()
    };
    let Plan { airings, decisions, unreadable, .. } = plan(&wishes, window);
    for (schedule, why) in unreadable {
        tracing::error!(%schedule, %why, "a stored schedule's rule cannot be read: it airs nothing");
    }
    let (moved, refused): (Vec<_>, Vec<_>) =
        decisions.into_iter().partition(|decision| decision.moved_to.is_some());
    let moved: HashMap<AiringId, Decision> =
        moved.into_iter().map(|decision| (decision.airing.clone(), decision)).collect();
    let priorities: BTreeMap<_, _> = wishes
        .schedules
        .iter()
        .map(|rule| (rule.id.clone(), (rule.priority, rule.campaign.clone())))
        .collect();

    let aired = airings.into_iter().map(|airing| {
        let decision = moved.get(&airing.id);
        (airing, false, decision.map(|decision| (decision.why.code(), decision.to_string())))
    });
    let refused = refused.into_iter().map(|decision| {
        let because = (decision.why.code(), decision.to_string());
        let (priority, campaign) = priorities.get(&decision.schedule).cloned().unwrap_or_default();
        let at = decision.nominal_at;
        let airing = Airing {
            id: decision.airing,
            schedule: decision.schedule,
            station: decision.station,
            programme: decision.programme,
            title: decision.title,
            campaign,
            priority,
            nominal_at: at,
            starts_at: at,
            ends_at: at,
            latest_start: at,
            items: [].into(),
        };
        (airing, true, Some(because))
    });
    aired
        .chain(refused)
        .filter_map(|(airing, refused, because)| {
            let unit = units.get(&airing.station)?.clone();
            let (reason, decision) = because.map(|(code, words)| (code.to_owned(), words)).unzip();
            let digest = digest(&(&airing, &unit, refused, &decision));
            Some(PlannedAiring { airing, unit, refused, reason, decision, digest })
        })
        .collect()
}

/// SHA-256 of the JSON, in hexadecimal.
fn digest<T: serde::Serialize>(content: &T) -> String {
    // These types have text keys only, so that writing them as JSON cannot fail; an empty text would differ anyway.
    let json = serde_json::to_vec(content).unwrap_or_default();
    hex::encode(Sha256::digest(&json))
}

async fn write_plan(
    district: &District,
    planned: Vec<PlannedAiring>,
    ahead: Window,
    now: UtcMs,
) -> Result<Rolled, StoreError> {
    let stored: HashMap<AiringId, String> = district
        .store
        .stamps_between(ahead)
        .await?
        .into_iter()
        .map(|stamp| (stamp.id, stamp.digest))
        .collect();
    let kept: HashSet<AiringId> = planned.iter().map(|row| row.airing.id.clone()).collect();
    let changed: Vec<PlannedAiring> =
        planned.into_iter().filter(|row| stored.get(&row.airing.id) != Some(&row.digest)).collect();
    let dropped: Vec<AiringId> = stored.into_keys().filter(|id| !kept.contains(id)).collect();

    let fixed_until = now + MARGIN;
    for some in changed.chunks(TOGETHER) {
        district.store.change_plan(some, &[], fixed_until, now).await?;
    }
    for some in dropped.chunks(TOGETHER) {
        district.store.change_plan(&[], some, fixed_until, now).await?;
    }
    Ok(Rolled { changed: changed.len(), withdrawn: dropped.len(), rundowns: 0 })
}

async fn write_rundowns(
    district: &District,
    stations: &[(StationId, UnitId)],
    days: Window,
    now: UtcMs,
) -> Result<usize, StoreError> {
    let mut airings: HashMap<StationId, Vec<RundownAiring>> = HashMap::new();
    for stored in district.store.planned_between(days).await? {
        airings.entry(stored.planned.airing.station.clone()).or_default().push(told(stored));
    }
    let mut written = 0;
    for (station, _) in stations {
        let content = Rundown {
            station: station.clone(),
            version: 0,
            from: days.from,
            until: days.until,
            airings: airings.remove(station).unwrap_or_default(),
        };
        let digest = digest(&content);
        let before = district.store.rundown(station).await?;
        if before.as_ref().is_some_and(|before| before.digest == digest) {
            continue;
        }
        let version = before.map_or(1, |before| before.version + 1);
        let payload = serde_json::to_string(&Rundown { version, ..content }).map_err(|error| {
            StoreError::Unreadable {
                what: "rundown of",
                id: station.to_string(),
                why: error.to_string(),
            }
        })?;
        let rundown = StoredRundown { version, digest, payload };
        if district.store.write_rundown(station, &rundown, now).await? {
            written += 1;
        }
    }
    Ok(written)
}

fn told(stored: StoredAiring) -> RundownAiring {
    let airing = stored.planned.airing;
    RundownAiring {
        id: airing.id,
        schedule: airing.schedule,
        campaign: airing.campaign,
        title: airing.title.to_string(),
        priority: airing.priority,
        starts_at: airing.starts_at,
        ends_at: airing.ends_at,
        latest_start: airing.latest_start,
        items: airing.items.to_vec(),
    }
}
