//! Which clips are shown to everybody, and which airings of them sounded.

use std::collections::{HashMap, HashSet};

use crate::{
    radio::{AiringId, AiringItem, Approval, ClipHash, Evidence, UtcMs},
    server::{
        AiringReport, AiringState, District,
        pages::{fault::Fault, visitor::Visitor, words::Phrase},
        report::report_all,
        search::Cursor,
    },
    store::{AiringFilter, Order, StoredAiring, StoredClip},
};

/// Airings looked at for one page.
const LOOKED_AT: usize = 5_000;
/// And at a time.
const AT_ONCE: u32 = 250;
/// Digits of a clip's short name: its SHA-256 begins with them.
const DIGITS: usize = 12;

/// The clips that everybody may see.
pub(super) struct Shown {
    pub(super) clips: Vec<StoredClip>,
}

/// An airing that sounded, with what of it everybody may see.
pub(super) struct Sounded {
    pub(super) report: AiringReport,
    /// Title and short name, in order.
    pub(super) clips: Vec<(String, String)>,
}

impl Sounded {
    /// When it began: as recorded, else as planned.
    pub(super) fn at(&self) -> &UtcMs {
        self.report.started_at.as_ref().unwrap_or(&self.report.starts_at)
    }
}

/// A clip's short name, for links that people type.
pub(super) fn code(clip: &ClipHash) -> String {
    clip.to_string().chars().take(DIGITS).collect()
}

/// Whether it is official: a tone, and a word with the day on which somebody said so, who is not named.
pub(super) fn standing(v: &Visitor, stored: &StoredClip) -> (&'static str, Phrase) {
    let at = stored.ruling.as_ref().and_then(|ruling| ruling.at);
    match (stored.approval, at) {
        (Approval::Approved, None) => ("good", v.of("public.official")),
        (Approval::Approved, Some(at)) => {
            ("good", v.of("public.official-since").with("date", v.dates().date(&at)))
        }
        (_, None) => ("bad", v.of("public.withdrawn")),
        (_, Some(at)) => ("bad", v.of("public.withdrawn-since").with("date", v.dates().date(&at))),
    }
}

impl Shown {
    /// None where the district shows nothing to everybody.
    pub(super) async fn of(district: &District, words: Option<&str>) -> Result<Self, Fault> {
        if !district.store.is_public().await? {
            return Err(Fault::Missing);
        }
        Ok(Self { clips: district.store.public_clips(words).await? })
    }

    /// Those of the airings that are meant that sounded, the newest first, and where to go on. What rests on nothing but a
    /// speaker that nobody hears did not sound.
    pub(super) async fn sounded(
        &self,
        district: &District,
        filter: &AiringFilter,
        mut after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Sounded>, Option<Cursor>), Fault> {
        let by_hash: HashMap<ClipHash, &StoredClip> =
            self.clips.iter().rev().map(|stored| (stored.clip.sha256, stored)).collect();
        let (now, mut found, mut looked_at) = (district.clock.now(), Vec::new(), 0);
        while !by_hash.is_empty() {
            let from = after.as_ref().map(|cursor| (cursor.0, cursor.1.as_str()));
            let mut stored = district.store.airings(filter, Order::Newest, from, AT_ONCE).await?;
            let is_last = stored.len() < AT_ONCE as usize;
            let last = stored.last().map(cursor);
            looked_at += stored.len();
            let planned: HashMap<AiringId, Vec<ClipHash>> =
                stored.iter().map(|it| (it.planned.airing.id.clone(), planned(it))).collect();
            stored.retain(|it| {
                let clips = planned.get(&it.planned.airing.id);
                it.unplanned
                    || clips.is_some_and(|all| all.iter().any(|it| by_hash.contains_key(it)))
            });
            for report in report_all(district, stored, now).await? {
                let clips = heard(&report, planned.get(&report.id));
                let clips: Vec<_> = clips
                    .into_iter()
                    .filter_map(|hash| by_hash.get(&hash))
                    .map(|shown| (shown.clip.title.clone(), code(&shown.clip.sha256)))
                    .collect();
                if found.len() == limit {
                    return Ok((found, after));
                }
                after = Some(Cursor(report.starts_at, report.id.as_str().to_owned()));
                if !clips.is_empty() {
                    found.push(Sounded { report, clips });
                }
            }
            after = last.or(after);
            if is_last {
                return Ok((found, None));
            }
            if looked_at >= LOOKED_AT {
                break;
            }
        }
        let goes_on = !by_hash.is_empty();
        Ok((found, after.filter(|_| goes_on)))
    }
}

fn cursor(stored: &StoredAiring) -> Cursor {
    let airing = &stored.planned.airing;
    Cursor(airing.starts_at, airing.id.as_str().to_owned())
}

fn planned(stored: &StoredAiring) -> Vec<ClipHash> {
    let items = stored.planned.airing.items.iter();
    items
        .filter_map(|item| match item {
            AiringItem::Clip { sha256, .. } => Some(*sha256),
            AiringItem::Pause { .. } => None,
        })
        .collect()
}

/// What of an airing sounded: as its records say, each clip once; where a person says it, all that was planned.
fn heard(report: &AiringReport, planned: Option<&Vec<ClipHash>>) -> Vec<ClipHash> {
    let sounded = matches!(
        report.state,
        AiringState::Aired | AiringState::Partial | AiringState::Interrupted
    );
    if !sounded || report.evidence.is_none_or(|evidence| evidence == Evidence::Simulated) {
        return Vec::new();
    }
    let records = report.records.as_deref().unwrap_or_default().iter().map(|it| &it.record);
    let recorded = records
        .filter(|it| it.frames_played > 0 && it.evidence.is_some_and(|on| on > Evidence::Simulated))
        .filter_map(|it| it.clip);
    let mut clips: Vec<ClipHash> = recorded.collect();
    if clips.is_empty() && report.evidence == Some(Evidence::Declared) {
        clips = planned.cloned().unwrap_or_default();
    }
    let mut seen = HashSet::new();
    clips.retain(|clip| seen.insert(*clip));
    clips
}
