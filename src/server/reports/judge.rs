//! How days stand: what is kept of those that are over, the rest judged anew.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io,
};

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{Ask, Progress};
use crate::{
    planning::Territory,
    radio::{Campaign, CampaignId, Evidence, Station, StationId, Unit, UnitId, UtcMs, Window},
    reports::{Entry, Names, Reconciliation, Tally, Word},
    server::{AiringReport, pages::Dates, report::report_briefly},
    store::{AiringFilter, Store, StoreError},
};

/// What is kept of a day: a tally for each station, the unit it belonged to, and campaign.
pub(super) type Tallies = Vec<(StationId, UnitId, Option<CampaignId>, Tally)>;

/// Days of which what is kept is read at once: what they take is the most that a report has in memory.
const TOGETHER: usize = 31;

/// The rules that a report rests on.
pub(super) struct Ground {
    pub(super) units: Vec<Unit>,
    pub(super) stations: Vec<Station>,
    pub(super) campaigns: Vec<Campaign>,
    pub(super) names: Names,
    /// The units that are asked for, whole; none: all.
    seen: Option<HashSet<UnitId>>,
}

impl Ground {
    pub(super) async fn of(store: &Store, ask: &Ask) -> Result<Self, StoreError> {
        let units = store.units().await?;
        let mut stations = store.stations().await?;
        let campaigns = store.campaigns().await?;
        let names = Names::new(&units, &stations, &campaigns);
        let territory = Territory::new(&units);
        let seen: Option<HashSet<UnitId>> = (!ask.units.is_empty()).then(|| {
            let inside = units
                .iter()
                .filter(|unit| territory.ancestry(&unit.id).any(|above| ask.units.contains(above)));
            inside.map(|unit| unit.id.clone()).collect()
        });
        stations.retain(|at| {
            seen.as_ref().is_none_or(|seen| seen.contains(&at.unit))
                && ask.station.as_ref().is_none_or(|station| *station == at.id)
        });
        Ok(Self { units, stations, campaigns, names, seen })
    }

    /// Whether a unit is asked for.
    pub(super) fn sees(&self, unit: &UnitId) -> bool {
        self.seen.as_ref().is_none_or(|seen| seen.contains(unit))
    }

    fn means(&self, ask: &Ask, (station, unit, campaign): Place<'_>) -> bool {
        self.sees(unit)
            && ask.station.as_ref().is_none_or(|asked| asked == station)
            && ask.campaign.as_ref().is_none_or(|asked| Some(asked) == campaign)
    }
}

type Place<'a> = (&'a StationId, &'a UnitId, Option<&'a CampaignId>);

impl Ask {
    pub(super) fn dates(&self) -> Dates {
        Dates { zone: self.zone, language: self.language }
    }

    fn filter(&self) -> AiringFilter {
        AiringFilter {
            units: self.units.clone(),
            station: self.station.clone(),
            campaign: self.campaign.clone(),
            ..AiringFilter::default()
        }
    }
}

/// What was owed, planned and done in a period, as it is asked for.
///
/// # Errors
/// The database failed, or a record in it cannot be read.
pub async fn reconcile(
    store: &Store,
    ask: &Ask,
    progress: &Progress,
) -> io::Result<Reconciliation> {
    let ground = Ground::of(store, ask).await.map_err(io::Error::other)?;
    let mut made = Reconciliation::new(ask.period);
    progress.begin(ask.period.length());
    let days: Vec<NaiveDate> = ask.period.days().collect();
    for some in days.chunks(TOGETHER) {
        for (day, tallies) in judged(store, ask, some, progress).await? {
            for (station, unit, campaign, tally) in &tallies {
                if ground.means(ask, (station, unit, campaign.as_ref())) {
                    made.add(day, station, campaign.as_ref(), tally);
                }
            }
        }
    }
    owe(&mut made, ask, &ground);
    Ok(made)
}

/// Enters what the campaigns that are asked for owe.
pub(super) fn owe(made: &mut Reconciliation, ask: &Ask, ground: &Ground) {
    let territory = Territory::new(&ground.units);
    let today = ask.dates().day(ask.now);
    for campaign in &ground.campaigns {
        if ask.campaign.as_ref().is_none_or(|asked| *asked == campaign.id) {
            made.owe(campaign, (&territory, &ground.stations), today);
        }
    }
}

/// How some days stand in the whole district, and keeps what it had to judge.
async fn judged(
    store: &Store,
    ask: &Ask,
    days: &[NaiveDate],
    progress: &Progress,
) -> io::Result<Vec<(NaiveDate, Tallies)>> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(vec![]) };
    let dates = ask.dates();
    let span = Window { from: dates.window(*first).from, until: dates.window(*last).until };
    let kept = store.judged(span).await.map_err(io::Error::other)?;
    let edition = kept.edition;
    let kept: HashMap<UtcMs, String> = kept.days.into_iter().collect();
    let (mut all, mut new) = (Vec::with_capacity(days.len()), Vec::new());
    for day in days {
        let window = dates.window(*day);
        // What was changed by hand is judged anew.
        let known = kept.get(&window.from).and_then(|text| serde_json::from_str(text).ok());
        let tallies = if let Some(tallies) = known {
            tallies
        } else {
            let is_settled = window.until <= ask.now
                && store.is_settled(window).await.map_err(io::Error::other)?;
            let reports = report_briefly(store, &AiringFilter::default(), window, ask.now).await;
            let tallies =
                tally(reports.map_err(|refusal| io::Error::other(refusal.to_string()))?, ask.zone);
            if is_settled {
                new.push((window.from, serde_json::to_string(&tallies)?));
            }
            tallies
        };
        progress.step();
        all.push((*day, tallies));
    }
    if !new.is_empty() {
        store.keep_judged(edition, &new).await.map_err(io::Error::other)?;
    }
    Ok(all)
}

/// The figures of a day, whose hours are those of a zone.
pub(super) fn tally(reports: impl IntoIterator<Item = AiringReport>, zone: Tz) -> Tallies {
    let mut tallies: BTreeMap<_, Tally> = BTreeMap::new();
    for report in reports {
        let entry = entry(report);
        let key = (entry.station.clone(), entry.unit.clone(), entry.campaign.clone());
        tallies.entry(key).or_default().count(&entry, zone);
    }
    let flat = |((station, unit, campaign), tally)| (station, unit, campaign, tally);
    tallies.into_iter().map(flat).collect()
}

/// The airings of a day that are asked for, by time; those of one instant as readers look for their stations.
pub(super) async fn entries(
    store: &Store,
    ask: &Ask,
    day: NaiveDate,
    names: &Names,
) -> io::Result<Vec<Entry>> {
    let window = ask.dates().window(day);
    let reports = report_briefly(store, &ask.filter(), window, ask.now).await;
    let reports = reports.map_err(|refusal| io::Error::other(refusal.to_string()))?;
    let mut entries: Vec<Entry> = reports.into_iter().map(entry).collect();
    entries.sort_by(|one, other| {
        let by_time = one.starts_at.cmp(&other.starts_at);
        by_time.then_with(|| names.rank(&one.station).cmp(&names.rank(&other.station)))
    });
    Ok(entries)
}

/// What came of some airings of a day, for a table that counts what it lists.
pub(super) fn count(made: &mut Reconciliation, day: NaiveDate, entries: &[Entry], ask: &Ask) {
    let mut tallies: BTreeMap<_, Tally> = BTreeMap::new();
    for entry in entries {
        let key = (&entry.station, entry.campaign.as_ref());
        tallies.entry(key).or_default().count(entry, ask.zone);
    }
    for ((station, campaign), tally) in tallies {
        made.add(day, station, campaign, &tally);
    }
}

fn entry(report: AiringReport) -> Entry {
    let records = report.records.iter().flatten().map(|received| received.received_at);
    let words = report.declarations.iter().flatten().map(|word| word.declared_at);
    // A player's record outranks a word.
    let counts = report.evidence == Some(Evidence::Declared);
    let last = report.declarations.iter().flatten().next_back().filter(|_| counts);
    let word = last.map(|said| Word {
        by: said.declared_by.clone(),
        cause: said.cause,
        note: said.detail.clone(),
    });
    Entry {
        arrivals: records.chain(words).collect(),
        id: report.id,
        station: report.station,
        unit: report.unit,
        campaign: report.campaign,
        title: report.title,
        starts_at: report.starts_at,
        ends_at: report.ends_at,
        started_at: report.started_at,
        state: report.state,
        evidence: report.evidence,
        reason: report.reason,
        word,
        is_planned: report.planned,
        is_late: report.late,
    }
}
