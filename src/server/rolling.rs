//! Keeps rundowns planned: at the start, when rules change, and every hour.

use std::time::Duration;

use super::{
    District, Keyring, Reminder,
    bulletins::Prepared,
    planned::{difference, history_until, rotates, rows, wishes},
};
use crate::{
    planning::Wishes,
    radio::{Station, StationId, UtcMs, Window, digest},
    signing::Context,
    store::{RundownHead, Stamp, StoreError, StoredAiring, StoredRundown},
    wire::{PreparedClip, Rundown, RundownAiring},
};

const DAY: Duration = Duration::from_hours(24);
/// What begins sooner than this may be on its way already: it stays as it is.
const MARGIN: Duration = Duration::from_secs(30);
/// How often it is looked whether rules have changed.
const LOOK: Duration = Duration::from_secs(5);
/// No version is ever higher: a station that claims one is wrong.
const HIGHEST: u64 = i64::MAX.cast_unsigned() / 2;
/// Tries at writing a rundown, when another version is written meanwhile.
const TRIES: usize = 3;
/// Airings written in one transaction, so that confirmations need not wait long.
const TOGETHER: usize = 1000;
/// Bulletins among which those are that wait for a second person.
const RECENT: u32 = 100;
/// Rundowns written at a time when a bulletin is sent, and written before stations are told to look.
const AT_A_TIME: usize = 8;
const TOLD_AT_ONCE: usize = 32;

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
    let mut reminder = Reminder::default();
    loop {
        let expiries = district.expiries();
        for expiry in reminder.due(&expiries, district.clock.now()) {
            tracing::warn!("{}", expiry.words(district.clock.now()));
        }
        // Read before planning, so that what is applied meanwhile is planned next.
        let before = district.store.edition().await.ok();
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
            () = until_rules_change(&district, before) => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Other programs, `loa apply` and `loa key`, write rules and keys too; nothing but the database and the keys' folder
/// tells.
async fn until_rules_change(district: &District, planned: Option<i64>) {
    loop {
        match district.renew_keyring() {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the old key signs on"),
        }
        match district.store.edition().await {
            Ok(edition) if planned != Some(edition) => return,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot see whether rules have changed"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Plans from now to the end of the last day, station by station, writes what is different, and every station's rundown.
/// What really aired takes part: a clip whose turn a station missed is next.
pub async fn roll(district: &District) -> Result<Rolled, StoreError> {
    let now = district.clock.now();
    let mut rolled = Rolled::default();
    let outcome = roll_all(district, now, &mut rolled).await;
    // Also when it failed on the way: those before have new rundowns.
    if rolled.rundowns > 0 {
        district.rundowns.send_modify(|generation| *generation += 1);
    }
    outcome?;
    district.rolled.send_replace(Some(now));
    Ok(rolled)
}

async fn roll_all(district: &District, now: UtcMs, rolled: &mut Rolled) -> Result<(), StoreError> {
    let days = days(district, now);
    let rules = district.store.rules().await?;
    let recent = district.store.bulletins(now - DAY, RECENT).await?;
    let prepared = Prepared::of(district, &rules, &recent);
    let mut wishes = wishes(rules);
    for station in std::mem::take(&mut wishes.stations) {
        wishes = roll_station(district, wishes, station, &prepared, (now, days), rolled).await?;
    }
    let orphans = district.store.withdraw_orphans(now + MARGIN, now).await?;
    rolled.withdrawn += usize::try_from(orphans).unwrap_or(usize::MAX);
    Ok(())
}

/// Whole days, so that a rundown changes with its content and at midnight, not every hour.
fn days(district: &District, now: UtcMs) -> Window {
    let today = UtcMs(now.0 - now.0.rem_euclid(86_400_000));
    Window { from: today, until: today + DAY * (district.limits.days_ahead + 1) }
}

/// Writes the rundowns of some stations at once, several at a time: a bulletin has been put into them, or taken back.
pub(super) async fn rewrite(
    district: &District,
    stations: &[StationId],
    now: UtcMs,
) -> Result<(), StoreError> {
    let rules = district.store.rules().await?;
    let recent = district.store.bulletins(now - DAY, RECENT).await?;
    let (prepared, days) = (Prepared::of(district, &rules, &recent), days(district, now));
    let known = rules.stations.into_iter().filter(|station| stations.contains(&station.id));
    let mut writing = tokio::task::JoinSet::new();
    let mut written = Written { district, count: 0, failed: None };
    for station in known {
        if writing.len() >= AT_A_TIME {
            written.note(writing.join_next().await);
        }
        let (district, clips) = (district.clone(), prepared.at(&station));
        writing.spawn(async move {
            let stamps = district.store.stamps_at(&station.id, days).await?;
            write_rundown(&district, (station.id, station.name), &stamps, clips, (now, days)).await
        });
    }
    while !writing.is_empty() {
        written.note(writing.join_next().await);
    }
    district.rundowns.send_modify(|generation| *generation += 1);
    written.failed.map_or(Ok(()), Err)
}

/// How far the writing of many rundowns is.
struct Written<'a> {
    district: &'a District,
    count: usize,
    failed: Option<StoreError>,
}

impl Written<'_> {
    fn note(&mut self, one: Option<Result<Result<bool, StoreError>, tokio::task::JoinError>>) {
        match one {
            Some(Ok(Ok(_))) | None => {}
            Some(Ok(Err(error))) => self.failed = Some(error),
            Some(Err(error)) => self.failed = Some(StoreError::Dangling(error.to_string())),
        }
        self.count += 1;
        // The first need not wait for the last, and the last need not be woken for each.
        if self.count.is_multiple_of(TOLD_AT_ONCE) {
            self.district.rundowns.send_modify(|generation| *generation += 1);
        }
    }
}

/// Takes the wishes of all and gives them back, so that they need not be copied for every station.
async fn roll_station(
    district: &District,
    mut wishes: Wishes,
    station: Station,
    prepared: &Prepared,
    (now, days): (UtcMs, Window),
    rolled: &mut Rolled,
) -> Result<Wishes, StoreError> {
    let (id, name) = (station.id.clone(), station.name.clone());
    let prepared = prepared.at(&station);
    let mut stamps = district.store.stamps_at(&id, days).await?;
    wishes.history_until = history_until(&stamps, now);
    if rotates(&wishes) {
        let turns = district.store.turns(&id, wishes.history_until).await?;
        wishes.history = turns.into_iter().map(|(clip, at)| ((id.clone(), clip), at)).collect();
    }
    wishes.stations = vec![station];
    let ahead = Window { from: now, until: days.until };
    let (wishes, planned) = tokio::task::spawn_blocking(move || {
        let planned = rows(&wishes, ahead);
        (wishes, planned)
    })
    .await
    .map_err(|error| StoreError::Dangling(format!("planning broke: {error}")))?;

    let (changed, dropped) = difference(planned, &stamps, now);
    for some in changed.chunks(TOGETHER) {
        district.store.change_plan(some, &[], now + MARGIN, now).await?;
    }
    for some in dropped.chunks(TOGETHER) {
        district.store.change_plan(&[], some, now + MARGIN, now).await?;
    }
    if !changed.is_empty() || !dropped.is_empty() {
        stamps = district.store.stamps_at(&id, days).await?;
    }
    rolled.changed += changed.len();
    rolled.withdrawn += dropped.len();
    rolled.rundowns +=
        usize::from(write_rundown(district, (id, name), &stamps, prepared, (now, days)).await?);
    Ok(wishes)
}

/// Writes a station's rundown if another is planned than the one it has.
async fn write_rundown(
    district: &District,
    (station, station_name): (StationId, String),
    stamps: &[Stamp],
    prepared: Vec<PreparedClip>,
    (now, days): (UtcMs, Window),
) -> Result<bool, StoreError> {
    let aired = stamps.iter().filter(|stamp| !stamp.refused);
    let aired: Vec<_> = aired.map(|stamp| (&stamp.id, &stamp.digest)).collect();
    let keyring = district.keyring();
    let digest = digest(&(days, aired, keyring.newest().number, &station_name, &prepared));
    for _ in 0..TRIES {
        let before = district.store.rundown_head(&station).await?;
        if before.as_ref().is_some_and(|before| before.digest == digest) {
            return Ok(false);
        }
        let airings = district.store.planned_at(&station, days).await?;
        let rundown = Rundown {
            station: station.clone(),
            station_name: station_name.clone(),
            version: before.map_or(1, |before| before.version + 1),
            not_before: days.from,
            not_after: days.until,
            from: days.from,
            until: days.until,
            airings: airings.into_iter().map(told).collect(),
            prepared: prepared.clone(),
        };
        if write(district, &keyring, &rundown, digest.clone(), now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Signs a rundown and writes it, unless another wrote that version or a higher one.
async fn write(
    district: &District,
    keyring: &Keyring,
    rundown: &Rundown,
    digest: String,
    now: UtcMs,
) -> Result<bool, StoreError> {
    let payload =
        serde_json::to_string(rundown).map_err(|error| unreadable(&rundown.station, &error))?;
    let head = RundownHead { version: rundown.version, digest };
    let envelope = keyring.seal(Context::Rundown, payload);
    district.store.write_rundown(&rundown.station, &StoredRundown { head, envelope }, now).await
}

/// A station took a higher version than the district has: a backup of its database was restored. The rundown is written
/// anew, above that version, or else the station would refuse it as an old one.
pub(super) async fn outdo(
    district: &District,
    station: &StationId,
    took: u64,
) -> Result<(), StoreError> {
    let head = district.store.rundown_head(station).await?;
    if took > HIGHEST || head.is_none_or(|head| head.version >= took) {
        return Ok(());
    }
    let Some(stored) = district.store.rundown(station).await? else { return Ok(()) };
    let mut rundown: Rundown = serde_json::from_str(&stored.envelope.payload)
        .map_err(|error| unreadable(station, &error))?;
    rundown.version = took + 1;
    let (keyring, now) = (district.keyring(), district.clock.now());
    if write(district, &keyring, &rundown, stored.head.digest, now).await? {
        tracing::warn!(%station, version = rundown.version, "the station took a newer rundown than the district has: written anew above it");
        district.rundowns.send_modify(|generation| *generation += 1);
        // What was planned while this was written is not in it.
        district.rules_changed();
    }
    Ok(())
}

fn unreadable(station: &StationId, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { what: "rundown of", id: station.to_string(), why: error.to_string() }
}

fn told(stored: StoredAiring) -> RundownAiring {
    let airing = stored.planned.airing;
    RundownAiring {
        id: airing.id,
        schedule: airing.schedule,
        campaign: airing.campaign,
        title: airing.title.to_string(),
        priority: airing.priority,
        bulletin: airing.bulletin,
        starts_at: airing.starts_at,
        ends_at: airing.ends_at,
        latest_start: airing.latest_start,
        items: airing.items.to_vec(),
    }
}
