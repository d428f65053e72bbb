use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    radio::{
        AiringId, AiringItem, Asked, Bulletin, BulletinId, BulletinState, ClipHash, DRILL_MARK,
        StationId, Step, UtcMs,
    },
    server::{AiringReport, AiringState, District, problem::Refusal, report::report_all},
    wire::StationStatus,
};

/// A bulletin and where it sounds.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(in crate::server) struct BulletinReport {
    /// Its name.
    #[schema(value_type = String)]
    pub(in crate::server) id: BulletinId,
    /// How it stands.
    pub(in crate::server) state: BulletinState,
    /// Whether it is a drill.
    pub(in crate::server) drill: bool,
    /// Its title.
    pub(in crate::server) title: String,
    /// Why it is sent.
    pub(in crate::server) why: String,
    /// Who asked for it.
    pub(in crate::server) asked: Step,
    /// Until when another person may agree.
    pub(in crate::server) agree_until: UtcMs,
    /// Who agreed; then it was sent.
    pub(in crate::server) agreed: Option<Step>,
    /// Who took it back.
    pub(in crate::server) cancelled: Option<Step>,
    /// Until when a station may begin it; none while it was not sent.
    pub(in crate::server) current_until: Option<UtcMs>,
    /// The bulletin that it puts right.
    #[schema(value_type = Option<String>)]
    pub(in crate::server) corrects: Option<BulletinId>,
    /// What sounds, in order.
    pub(in crate::server) recordings: Vec<Recording>,
    /// What sounds when it has to be put right; empty: nothing is prepared.
    pub(in crate::server) correction: Vec<Recording>,
    /// Where it sounds, by name; empty in a list.
    pub(in crate::server) stations: Vec<StationReport>,
    /// Stations that were meant and take no drills.
    #[schema(value_type = Vec<String>)]
    pub(in crate::server) without: Vec<StationId>,
    /// At how many stations it has begun.
    pub(in crate::server) begun: usize,
    /// At how many it is to sound.
    pub(in crate::server) of: usize,
}

/// A recording in a bulletin.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(in crate::server) struct Recording {
    /// Its title.
    pub(in crate::server) title: String,
    /// Its content: `/api/v1/clips/{sha256}` gives the bytes.
    pub(in crate::server) sha256: ClipHash,
    /// How long it sounds, in milliseconds.
    pub(in crate::server) duration_ms: u64,
    /// Whether it is the mark that says "this is a drill".
    pub(in crate::server) mark: bool,
}

/// A bulletin at one station.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(in crate::server) struct StationReport {
    /// Which.
    pub(in crate::server) station: StationId,
    /// Its name for people.
    pub(in crate::server) name: String,
    /// Whether it has begun there, as far as the station has said.
    pub(in crate::server) begun: bool,
    /// Whether it sounds there now.
    pub(in crate::server) playing: bool,
    /// Whether its recordings are there; none: the station has not said.
    pub(in crate::server) ready: Option<bool>,
    /// When the station last called.
    pub(in crate::server) last_contact: Option<UtcMs>,
    /// When its first frame sounded, as recorded.
    pub(in crate::server) started_at: Option<UtcMs>,
    /// How it stands; none while it was not sent.
    pub(in crate::server) state: Option<AiringState>,
    /// Why, as a code.
    pub(in crate::server) reason: Option<String>,
    /// Why, for people.
    pub(in crate::server) detail: Option<String>,
}

/// A bulletin without its stations.
pub(in crate::server) fn outline(bulletin: &Bulletin, now: UtcMs) -> BulletinReport {
    let Asked { drill, title, why, until, stations, without, corrects, .. } = &bulletin.asked;
    let asked = &bulletin.asked;
    BulletinReport {
        id: bulletin.id.clone(),
        state: bulletin.state(now),
        drill: *drill,
        title: title.to_string(),
        why: why.clone(),
        asked: Step { by: asked.by.clone(), at: asked.at },
        agree_until: *until,
        agreed: bulletin.agreed.clone(),
        cancelled: bulletin.cancelled.clone(),
        current_until: bulletin.agreed.as_ref().map(|sent| sent.at + super::wish::current(asked)),
        corrects: corrects.clone(),
        recordings: recordings(&asked.items),
        correction: recordings(&asked.correction),
        stations: Vec::new(),
        without: without.clone(),
        begun: 0,
        of: stations.len(),
    }
}

fn recordings(items: &[AiringItem]) -> Vec<Recording> {
    let told = items.iter().filter_map(|item| match item {
        AiringItem::Clip { title, sha256, .. } => Some(Recording {
            title: title.to_string(),
            sha256: *sha256,
            duration_ms: item.duration_ms(),
            mark: *sha256 == DRILL_MARK,
        }),
        AiringItem::Pause { .. } => None,
    });
    told.collect()
}

/// A bulletin, and how it stands at each of its stations.
pub(in crate::server) async fn report(
    district: &District,
    bulletin: &Bulletin,
) -> Result<BulletinReport, Refusal> {
    let now = district.clock.now();
    let airings = district.store.airings_of(&bulletin.id).await?;
    let told = report_all(district, airings, now).await?;
    let told: HashMap<_, AiringReport> =
        told.into_iter().map(|one| (one.station.clone(), one)).collect();
    let names = district.store.stations().await?;
    let names: HashMap<_, _> = names.into_iter().map(|one| (one.id, one.name)).collect();
    let mut calls = HashMap::new();
    for contact in district.store.contacts().await? {
        let status = contact.status.as_deref().map(serde_json::from_str::<StationStatus>);
        let status = status.transpose().map_err(Refusal::internal)?;
        calls.insert(contact.station, (contact.at, status));
    }
    let stations = bulletin.asked.stations.iter().map(|station| {
        let (last_contact, status) = match calls.remove(station) {
            Some((at, status)) => (Some(at), status),
            None => (None, None),
        };
        let name = names.get(station).cloned().unwrap_or_else(|| station.to_string());
        let bare = StationReport {
            station: station.clone(),
            name,
            begun: false,
            playing: false,
            ready: None,
            last_contact,
            started_at: None,
            state: None,
            reason: None,
            detail: None,
        };
        match told.get(station) {
            Some(airing) => sent(bare, airing, status.as_ref()),
            None => StationReport { ready: ready(&bulletin.asked, status.as_ref()), ..bare },
        }
    });
    let stations: Vec<_> = stations.collect();
    let begun = stations.iter().filter(|station| station.begun).count();
    Ok(BulletinReport { stations, begun, ..outline(bulletin, now) })
}

fn sent(
    bare: StationReport,
    airing: &AiringReport,
    status: Option<&StationStatus>,
) -> StationReport {
    let playing: Option<&AiringId> = status.and_then(|status| status.playing.as_ref());
    let playing = playing == Some(&airing.id);
    StationReport {
        begun: playing || airing.started_at.is_some(),
        playing,
        ready: airing.ready,
        started_at: airing.started_at,
        state: Some(airing.state),
        reason: airing.reason.clone(),
        detail: airing.detail.clone(),
        ..bare
    }
}

/// Whether a station has what would sound, as far as it speaks of prepared clips.
fn ready(asked: &Asked, status: Option<&StationStatus>) -> Option<bool> {
    let stock = status?.stock.as_ref()?;
    let lacks = |item: &AiringItem| match item {
        AiringItem::Clip { sha256, .. } => stock.prepared.contains(sha256),
        AiringItem::Pause { .. } => false,
    };
    // A recording of this minute is nowhere yet, and no station speaks of it.
    let is_prepared = asked.items.iter().all(|item| match item {
        AiringItem::Clip { clip, sha256, .. } => {
            *sha256 == DRILL_MARK || *clip != crate::radio::ClipId::of_recording(sha256)
        }
        AiringItem::Pause { .. } => true,
    });
    is_prepared.then(|| !asked.items.iter().any(lacks))
}
