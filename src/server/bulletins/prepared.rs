use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    library::{DRILL_MARK_BYTES, shelve_drill_mark},
    radio::{
        AiringItem, Bulletin, BulletinState, Clip, ClipHash, ClipId, DRILL_MARK, PreparedBulletin,
        PreparedBulletinId, Station,
    },
    server::{District, problem::Refusal},
    store::Rules,
    wire::PreparedClip,
};

/// The clips that stations keep because a bulletin may need them at any moment.
#[derive(Debug, Default)]
pub(in crate::server) struct Prepared {
    real: Vec<PreparedClip>,
    /// For stations that take drills: these too.
    drills: Vec<PreparedClip>,
}

impl Prepared {
    /// Those of the prepared bulletins that may air, and of the `recent` ones what waits for a second person: while that one
    /// listens, it is on its way.
    pub(in crate::server) fn of(district: &District, rules: &Rules, recent: &[Bulletin]) -> Self {
        let clips: BTreeMap<&ClipId, &Clip> =
            rules.clips.iter().map(|clip| (&clip.id, clip)).collect();
        let today = district.today();
        let of_kind = |drill| {
            let bulletins = rules.bulletins.iter().filter(move |one| one.drill == drill);
            let named = bulletins.flat_map(|one| one.clips.iter().chain(&one.correction));
            let approved = named.filter_map(|id| clips.get(id)).filter(|clip| may_air(clip, today));
            approved.map(|clip| PreparedClip { sha256: clip.sha256, bytes: clip.bytes })
        };
        let mark = PreparedClip { sha256: DRILL_MARK, bytes: DRILL_MARK_BYTES };
        let takes_drills = rules.stations.iter().any(|station| station.drills);
        if takes_drills && let Err(error) = shelve_drill_mark(&district.shelf) {
            tracing::error!(%error, "the mark of drills is not on the shelf: no drill will sound");
        }
        let now = district.clock.now();
        let waits = |drill| {
            let waiting = recent.iter().filter(move |one| {
                one.asked.drill == drill && one.state(now) == BulletinState::Asked
            });
            waiting.flat_map(|one| one.asked.items.iter()).filter_map(|item| match item {
                AiringItem::Clip { sha256, bytes, .. } => {
                    Some(PreparedClip { sha256: *sha256, bytes: *bytes })
                }
                AiringItem::Pause { .. } => None,
            })
        };
        let drills = std::iter::once(mark).chain(of_kind(true)).chain(waits(true));
        Self { real: once(of_kind(false).chain(waits(false))), drills: once(drills) }
    }

    /// Those that a station keeps.
    pub(in crate::server) fn at(&self, station: &Station) -> Vec<PreparedClip> {
        let drills = self.drills.iter().filter(|_| station.drills);
        self.real.iter().chain(drills).cloned().collect()
    }
}

fn once(clips: impl Iterator<Item = PreparedClip>) -> Vec<PreparedClip> {
    let mut seen = HashSet::new();
    clips.filter(|clip| seen.insert(clip.sha256)).collect()
}

fn may_air(clip: &Clip, today: NaiveDate) -> bool {
    clip.approved_by.is_some() && !clip.retired && clip.is_valid_on(today)
}

/// A prepared bulletin, and whether it can be asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct PreparedReport {
    /// Its name.
    pub(in crate::server) id: PreparedBulletinId,
    /// Its title.
    pub(in crate::server) title: String,
    /// Whether it is for drills.
    pub(in crate::server) drill: bool,
    /// What sounds.
    pub(in crate::server) clips: Vec<PreparedRecording>,
    /// What puts it right; empty: nothing is prepared.
    pub(in crate::server) correction: Vec<PreparedRecording>,
    /// Why it cannot be asked for; none: it can.
    pub(in crate::server) wrong: Option<String>,
}

/// A recording of a prepared bulletin.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct PreparedRecording {
    /// Its title.
    pub(in crate::server) title: String,
    /// Its content.
    pub(in crate::server) sha256: ClipHash,
    /// How long it sounds, in milliseconds.
    pub(in crate::server) duration_ms: u64,
}

/// The prepared bulletins, by name.
pub(in crate::server) fn prepared_reports(rules: &Rules, today: NaiveDate) -> Vec<PreparedReport> {
    let recordings = |ids: &[ClipId]| {
        let clips = ids.iter().filter_map(|id| rules.clips.iter().find(|clip| clip.id == *id));
        let told = clips.map(|clip| PreparedRecording {
            title: clip.title.clone(),
            sha256: clip.sha256,
            duration_ms: clip.duration_ms(),
        });
        told.collect()
    };
    let reports = rules.bulletins.iter().map(|bulletin| PreparedReport {
        id: bulletin.id.clone(),
        title: bulletin.title.clone(),
        drill: bulletin.drill,
        clips: recordings(&bulletin.clips),
        correction: recordings(&bulletin.correction),
        wrong: items(rules, bulletin, today).err().map(|refusal| refusal.to_string()),
    });
    reports.collect()
}

/// What a prepared bulletin sounds, and what its correction does.
pub(super) fn items(
    rules: &Rules,
    bulletin: &PreparedBulletin,
    today: NaiveDate,
) -> Result<(Vec<AiringItem>, Vec<AiringItem>), Refusal> {
    let item = |id: &ClipId| {
        let no = |code, why: &str| {
            Refusal::unprocessable(code, format!("clip {id} of bulletin {}: {why}", bulletin.id))
        };
        let clip = rules.clips.iter().find(|clip| clip.id == *id);
        let clip = clip.ok_or_else(|| no("clip-missing", "it is not there: add it again"))?;
        if clip.approved_by.is_none() {
            return Err(no("not-approved", "nobody has approved it: have it approved first"));
        }
        if !may_air(clip, today) {
            return Err(no("not-valid", "it is retired, or not valid today: choose another"));
        }
        Ok(AiringItem::from(clip))
    };
    let items = |ids: &[ClipId]| ids.iter().map(item).collect::<Result<Vec<_>, _>>();
    Ok((items(&bulletin.clips)?, items(&bulletin.correction)?))
}
