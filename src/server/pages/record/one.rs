use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use crate::{
    radio::{AiringId, AiringItem, Campaign, Right, Ruling, Schedule, Subject, UtcMs},
    server::{
        AiringReport, District,
        pages::{
            area::Area,
            clips::one::ruled,
            fault::Fault,
            page::Page,
            state::{self, REASONS},
            timetable::names::Names,
            visitor::{Reader, Visitor},
            words::Phrase,
        },
        report::report_all,
    },
    signing::{Context, Envelope},
    store::{Proof, RundownSent, StoredAiring, StoredDeclaration},
    wire::AsRunRecord,
};

/// One record with what speaks for it.
struct Entry {
    record: AsRunRecord,
    proof: Proof,
    /// Whether the signature fits the text and the key; none: it has none.
    fits: Option<bool>,
    late: bool,
}

#[derive(Template)]
#[template(path = "pages/airing.html")]
struct One {
    v: Visitor,
    now: UtcMs,
    report: AiringReport,
    stored: StoredAiring,
    station: String,
    unit: String,
    schedule: Option<Schedule>,
    campaign: Option<Campaign>,
    /// Why the plan refuses it, or has it at another time than its rule.
    decision: Option<String>,
    /// The version of the rundown that ordered it, or the newest there is.
    version: Option<u64>,
    sent: Option<RundownSent>,
    word: Option<StoredDeclaration>,
    entries: Vec<Entry>,
}

impl One {
    fn state(&self) -> &'static str {
        state::word(&self.report, self.now)
    }

    fn weekday(&self) -> Phrase {
        self.v.dates().weekday(&self.v.dates().day(self.report.starts_at))
    }

    /// What its reason means, and what to do about it.
    fn means(&self) -> Option<Phrase> {
        let reason = self.report.reason.as_deref()?;
        REASONS.contains(&reason).then(|| self.v.code("reason-means", reason))
    }

    fn is_moved(&self) -> bool {
        self.report.nominal_at != self.report.starts_at
    }

    /// What sounds, in order, each with its length in seconds.
    fn items(&self) -> Vec<(String, f64)> {
        let items = self.stored.planned.airing.items.iter();
        items
            .map(|item| {
                let seconds = std::time::Duration::from_millis(item.duration_ms()).as_secs_f64();
                let title = match item {
                    AiringItem::Clip { title, .. } => title.to_string(),
                    AiringItem::Pause { .. } => self.v.of("airing.pause").to_string(),
                };
                (title, seconds)
            })
            .collect()
    }

    /// What a ruling is on, as people call it.
    fn approved(&self, ruling: &Ruling) -> String {
        let title = match &ruling.subject {
            Subject::Programme(_) => Some(self.stored.planned.airing.title.to_string()),
            Subject::Clip(id) => {
                let items = self.stored.planned.airing.items.iter();
                let mut titles = items.filter_map(|item| match item {
                    AiringItem::Clip { clip, title, .. } if clip == id => Some(title.to_string()),
                    _ => None,
                });
                titles.next()
            }
        };
        title.unwrap_or_else(|| ruling.subject.id().to_owned())
    }

    fn is_programme(&self, ruling: &Ruling) -> bool {
        matches!(ruling.subject, Subject::Programme(_))
    }

    fn ruled(&self, ruling: &Ruling) -> String {
        ruled(&self.v, ruling)
    }

    /// How much of a clip sounded, in hundredths.
    fn share(&self, record: &AsRunRecord) -> String {
        let expected = record.frames_expected.max(1);
        let share = u128::from(record.frames_played) * 10_000 / u128::from(expected);
        let share = f64::from(u32::try_from(share).unwrap_or(u32::MAX)) / 100.0;
        self.v.dates().decimal(&share, 2)
    }

    fn milliseconds(&self, micros: &i64) -> String {
        let ms = f64::from(i32::try_from(*micros).unwrap_or(i32::MAX)) / 1000.0;
        self.v.dates().decimal(&ms, 1)
    }

    fn pace(&self, ppm: &u32) -> String {
        self.v.dates().decimal(&(f64::from(*ppm) / 10_000.0), 3)
    }
}

/// Reads a record and holds its signature against its text.
fn entry(proof: Proof, late: bool) -> Option<Entry> {
    let record = serde_json::from_str(&proof.text).ok()?;
    let fits = proof.key.as_ref().zip(proof.signature.as_ref()).map(|(key, signature)| {
        let envelope = key
            .parse()
            .ok()
            .zip(signature.parse().ok())
            .map(|(key, signature)| Envelope { payload: proof.text.clone(), key, signature });
        envelope.is_some_and(|envelope| envelope.open(Context::Record).is_ok())
    });
    Some(Entry { record, proof, fits, late })
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (store, now) = (&district.store, district.clock.now());
    let id: AiringId = id.parse().map_err(|_| Fault::Missing)?;
    let stored = store.airing(&id).await?.ok_or(Fault::Missing)?;
    let area = Area::of(&district, &reader).await?;
    let airing = &stored.planned.airing;
    if !area.tops.is_empty() && !area.sees(&stored.planned.unit) {
        return Err(Fault::MayNot(Right::See));
    }
    let found = report_all(&district, vec![stored.clone()], now).await?.pop();
    let mut report = found.ok_or_else(|| Fault::failed("an airing without a report"))?;
    let is_late: Vec<bool> =
        report.records.take().unwrap_or_default().iter().map(|received| received.late).collect();
    let proofs = store.proofs(&id).await?;
    let entries: Vec<Entry> =
        proofs.into_iter().zip(is_late).filter_map(|(proof, late)| entry(proof, late)).collect();
    let newest = store.rundown_head(&airing.station).await?.map(|head| head.version);
    let version = entries.iter().map(|entry| entry.record.rundown_version).next().or(newest);
    let sent = match version {
        Some(version) => store.rundown_sent(&airing.station, version).await?,
        None => None,
    };
    let word = store.declarations_on(&[&id]).await?.pop();
    let v = reader.visitor();
    let rules = store.rules().await?;
    let decision = Names::of(&rules).because(&v, &stored.planned);
    let schedule = rules.schedules.into_iter().find(|schedule| schedule.id == airing.schedule);
    let mut campaigns = rules.campaigns.into_iter();
    let campaign = campaigns.find(|known| Some(&known.id) == airing.campaign.as_ref());
    let named = area.stations.iter().find(|station| station.id == airing.station);
    let station = named.map_or_else(|| airing.station.to_string(), |named| named.name.clone());
    let unit = area.name(&stored.planned.unit).to_owned();
    let page = One {
        v,
        now,
        report,
        stored,
        station,
        unit,
        schedule,
        campaign,
        decision,
        version,
        sent,
        word,
        entries,
    };
    Ok(Page(page).into_response())
}
