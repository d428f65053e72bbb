//! Judges anew what is kept of how airings stand, wherever somebody else than the program may have written it: pages and reports
//! rest on it, and the log does not have it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::NaiveDate;

use super::judge::{Tallies, tally};
use crate::{
    radio::{StationId, UtcMs, Window},
    server::{AiringReport, District, Language, pages::Dates, report::report_within},
    store::{Actor, Bent, KeptMark, KeptState, StoreError},
};

/// From the beginning of one look to that of the next, so that what somebody changed is found within a minute.
const TURN: Duration = Duration::from_secs(25);
/// Between two looks at least, where they are long.
const REST: Duration = Duration::from_secs(5);
/// One part in so many of a processor's time goes into judging days of which nobody seems to have touched anything.
const SHARE: u32 = 20;
/// From the beginning of one such round to that of the next, at least.
const ROUND: Duration = Duration::from_mins(10);
/// How long pages tell what was put right.
const TOLD: Duration = Duration::from_hours(24);
/// As the trail names who does it.
const NAME: &str = "Loa";

/// What was kept of a day, was not what the records say, and was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// Which day, local.
    pub day: NaiveDate,
    /// At which stations, as people call them.
    pub stations: Vec<String>,
}

/// What was put right, and when: the newest last, one for each day.
#[derive(Debug, Default)]
pub(in crate::server) struct Mending(Mutex<Vec<(UtcMs, Mended)>>);

impl Mending {
    fn note(&self, mended: &Mended, now: UtcMs) {
        tracing::error!(day = %mended.day, stations = ?mended.stations, "what was kept of airings was not what their records say: worked out anew");
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|(at, before)| now.since(*at) < TOLD && before.day != mended.day);
        told.push((now, mended.clone()));
    }

    /// What pages tell now.
    pub(in crate::server) fn told(&self, now: UtcMs) -> Vec<(UtcMs, Mended)> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().filter(|(at, _)| now.since(*at) < TOLD).cloned().collect()
    }
}

/// Looks again and again, and between the looks goes slowly through all days: what is done to a database's file itself, the
/// database does not tell.
pub(in crate::server) async fn keep(district: District) {
    let (mut mark, mut round) = (None, Round::default());
    loop {
        let next = district.clock.monotonic() + TURN;
        let looked = async {
            check_kept(&district, &mut mark).await?;
            round.go_on(&district, next).await
        };
        if let Err(error) = looked.await {
            tracing::warn!(%error, "what is kept of airings cannot be checked now");
        }
        tokio::time::sleep(next.saturating_sub(district.clock.monotonic()).max(REST)).await;
    }
}

/// Judges all anew of which something is kept that may have been written since a mark, by whomever, the newest days first;
/// without a mark, and where anything may have been written, that is everything. What is kept and not so is taken away, noted
/// in the trail and the log, and given here.
///
/// # Errors
/// The database would not, or what it has cannot be read; the next look is at everything then.
pub async fn check_kept(
    district: &District,
    mark: &mut Option<KeptMark>,
) -> Result<Vec<Mended>, StoreError> {
    let (now, kept) = district.store.kept_touched(mark.take().as_ref()).await?;
    let mut found = if kept.is_all { adopt(district).await? } else { Vec::new() };
    let mut outcome = Ok(());
    for day in days(district, &kept.days).into_iter().rev() {
        let begun = district.clock.monotonic();
        match check_day(district, day).await {
            Ok(mended) => found.extend(mended),
            // The days before it are looked at all the same.
            Err(error) => outcome = Err(error),
        }
        tokio::time::sleep(district.clock.monotonic().saturating_sub(begun)).await;
    }
    outcome?;
    *mark = Some(now);
    Ok(found)
}

/// A slow way through all days of which something is kept.
#[derive(Default)]
struct Round {
    days: Vec<NaiveDate>,
    /// Not to begin before this instant of the clock that never steps.
    from: Duration,
}

impl Round {
    /// Goes on until an instant of the clock that never steps, or the end of the round.
    async fn go_on(&mut self, district: &District, until: Duration) -> Result<(), StoreError> {
        let begun = district.clock.monotonic();
        if self.days.is_empty() && begun >= self.from {
            self.from = begun + ROUND;
            adopt(district).await?;
            self.days = days(district, &district.store.kept_touched(None).await?.1.days);
        }
        while district.clock.monotonic() < until
            && let Some(day) = self.days.pop()
        {
            let begun = district.clock.monotonic();
            check_day(district, day).await?;
            let took = district.clock.monotonic().saturating_sub(begun);
            tokio::time::sleep(took * (SHARE - 1)).await;
        }
        Ok(())
    }
}

fn dates(district: &District) -> Dates {
    Dates { zone: district.limits.zone, language: Language::Vi }
}

/// The local days that some spans touch, the oldest first.
fn days(district: &District, spans: &[Window]) -> Vec<NaiveDate> {
    let dates = dates(district);
    let ends = spans.iter().flat_map(|span| [span.from, span.until - Duration::from_millis(1)]);
    ends.map(|at| dates.day(at)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Airings of which records tell and that somebody took away are there again.
async fn adopt(district: &District) -> Result<Vec<Mended>, StoreError> {
    let (actor, now) = (Actor::command(NAME), district.clock.now());
    let mut days: BTreeMap<NaiveDate, BTreeSet<StationId>> = BTreeMap::new();
    for (station, due_at) in district.store.adopt_strays((&actor, now)).await? {
        days.entry(dates(district).day(due_at)).or_default().insert(station);
    }
    let mut found = Vec::new();
    for (day, stations) in days {
        let mended = Mended { day, stations: called(district, &stations).await? };
        district.mending.note(&mended, now);
        found.push(mended);
    }
    Ok(found)
}

/// Judges a day anew, and puts right what is kept of it.
async fn check_day(district: &District, day: NaiveDate) -> Result<Option<Mended>, StoreError> {
    let (store, window) = (&district.store, dates(district).window(day));
    loop {
        // With its edition first: where more is said from here on, nothing is put right.
        let judged = store.judged(window).await?;
        let kept = store.kept_states(window).await?;
        if judged.days.is_empty() && kept.is_empty() {
            return Ok(None);
        }
        let (stored, kept): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        // All of it was over when it was kept, whatever the clock says now.
        let reports = report_within(store, stored, window, UtcMs(i64::MAX)).await;
        let reports = reports.map_err(|refusal| StoreError::Unreadable {
            what: "record of airings on",
            id: day.to_string(),
            why: refusal.to_string(),
        })?;
        let (mut bent, mut stations) = bent_states(&reports, kept);
        let (own, others): (Vec<_>, Vec<_>) =
            judged.days.into_iter().partition(|(from, _)| *from == window.from);
        if !others.is_empty() {
            let others: Vec<UtcMs> = others.into_iter().map(|(from, _)| from).collect();
            store.drop_kept_days(&others).await?;
        }
        if let Some((from, text)) = own.into_iter().next() {
            let tallies = tally(reports.into_iter().filter(is_counted), district.limits.zone);
            let before: Tallies = serde_json::from_str(&text).unwrap_or_default();
            if before != tallies || !store.is_settled(window).await? {
                stations.extend(alone(&before, &tallies).chain(alone(&tallies, &before)));
                bent.days.push((from, text));
            }
        }
        if bent.is_empty() {
            return Ok(None);
        }
        let mended = Mended { day, stations: called(district, &stations).await? };
        let (actor, now) = (Actor::command(NAME), district.clock.now());
        let about = (day, &mended.stations[..]);
        match store.put_right((&actor, now), judged.edition, about, &bent).await? {
            None => {}
            Some(0) => return Ok(None),
            Some(_) => {
                district.mending.note(&mended, now);
                return Ok(Some(mended));
            }
        }
    }
}

/// The stations of the figures that others have not.
fn alone<'a>(some: &'a Tallies, others: &'a Tallies) -> impl Iterator<Item = StationId> + 'a {
    some.iter().filter(|line| !others.contains(line)).map(|(station, ..)| station.clone())
}

/// Whether reports count an airing: one that the plan dropped does only if a record tells of it.
fn is_counted(report: &AiringReport) -> bool {
    report.withdrawn_at.is_none() || report.records.as_ref().is_some_and(|all| !all.is_empty())
}

/// The airings that are kept otherwise than their records say, and where they are.
fn bent_states(reports: &[AiringReport], kept: Vec<KeptState>) -> (Bent, BTreeSet<StationId>) {
    let (mut bent, mut stations) = (Bent::default(), BTreeSet::new());
    for (report, kept) in reports.iter().zip(kept) {
        let evidence = report.evidence.map(|evidence| evidence.to_string());
        if report.state.as_str() != kept.state || evidence != kept.evidence {
            stations.insert(report.station.clone());
            bent.airings.push(kept);
        }
    }
    (bent, stations)
}

/// What people call some stations.
async fn called(
    district: &District,
    stations: &BTreeSet<StationId>,
) -> Result<Vec<String>, StoreError> {
    let names = super::names(&district.store).await?;
    Ok(stations.iter().map(|station| names.station(station).to_owned()).collect())
}
