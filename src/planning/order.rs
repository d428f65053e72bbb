use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{Why, Wishes, occurrence::Occurrence};
use crate::radio::{
    AiringItem, Campaign, CampaignId, Clip, ClipId, Gain, Item, Programme, ProgrammeId, Schedule,
};

/// A schedule with everything looked up that is the same at every station.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) title: Arc<str>,
    pub(super) content: Content<'a>,
    /// Clips that it always sounds and that may not air on every day.
    pub(super) dated: Vec<&'a Clip>,
    pub(super) late_ms: i64,
    pub(super) occurrences: Vec<Occurrence>,
}

/// What an order sounds.
#[derive(Debug)]
pub(super) enum Content<'a> {
    /// Nothing, and why.
    Nothing(Why),
    /// Always the same.
    Fixed { items: Arc<[AiringItem]>, ms: i64 },
    /// Some of it takes turns.
    Turns { parts: Vec<Part<'a>>, longest_ms: i64 },
}

#[derive(Debug)]
pub(super) enum Part<'a> {
    Fixed(AiringItem),
    Turn(&'a Campaign),
}

/// Things by their names.
pub(super) struct Index<'a> {
    pub(super) clips: &'a std::collections::BTreeMap<ClipId, Clip>,
    pub(super) programmes: HashMap<&'a ProgrammeId, &'a Programme>,
    pub(super) campaigns: HashMap<&'a CampaignId, &'a Campaign>,
    unapproved: &'a BTreeSet<ProgrammeId>,
}

impl<'a> Index<'a> {
    pub(super) fn new(wishes: &'a Wishes) -> Self {
        Self {
            clips: &wishes.clips,
            programmes: wishes.programmes.iter().map(|one| (&one.id, one)).collect(),
            campaigns: wishes.campaigns.iter().map(|one| (&one.id, one)).collect(),
            unapproved: &wishes.unapproved,
        }
    }

    /// The clip, if it may air.
    pub(super) fn fit(&self, id: &ClipId) -> Result<&'a Clip, Why> {
        let clip = self.clips.get(id).ok_or_else(|| Why::ClipMissing(id.clone()))?;
        if clip.retired {
            return Err(Why::ClipRetired(id.clone()));
        }
        if clip.approved_by.is_none() {
            return Err(Why::NotApproved(id.clone()));
        }
        Ok(clip)
    }

    /// Looks up what a schedule sounds. Its occurrences are still to come.
    pub(super) fn order(&self, schedule: &'a Schedule) -> Order<'a> {
        let programme = self.programmes.get(&schedule.programme);
        let title = programme.map_or(&schedule.title, |programme| &programme.title);
        let content = match (programme, &schedule.campaign) {
            (_, Some(campaign)) if !self.campaigns.contains_key(campaign) => {
                Content::Nothing(Why::CampaignMissing(campaign.clone()))
            }
            (None, _) => Content::Nothing(Why::ProgrammeMissing(schedule.programme.clone())),
            (Some(programme), _) if self.unapproved.contains(&programme.id) => {
                Content::Nothing(Why::ProgrammeNotApproved(programme.id.clone()))
            }
            (Some(programme), _) => {
                self.content(programme, schedule.gain).unwrap_or_else(Content::Nothing)
            }
        };
        let items = programme.map_or(&[][..], |programme| &programme.items);
        let dated = items.iter().filter_map(|item| match item {
            Item::Clip(id) | Item::Chime(id) => self.clips.get(id),
            Item::Rotate(_) | Item::Pause(_) => None,
        });
        let dated = dated.filter(|clip| clip.from.or(clip.until).is_some()).collect();
        Order {
            schedule,
            title: title.as_str().into(),
            content,
            dated,
            late_ms: i64::try_from(schedule.late_limit_ms).unwrap_or(i64::MAX),
            occurrences: Vec::new(),
        }
    }

    fn content(&self, programme: &'a Programme, gain: Gain) -> Result<Content<'a>, Why> {
        let mut parts = Vec::with_capacity(programme.items.len());
        for item in &programme.items {
            parts.push(match item {
                Item::Clip(id) => Part::Fixed(airing_item(self.fit(id)?, gain, false)),
                Item::Chime(id) => Part::Fixed(airing_item(self.fit(id)?, gain, true)),
                Item::Pause(ms) => Part::Fixed(AiringItem::Pause { ms: *ms }),
                Item::Rotate(id) => match self.campaigns.get(id) {
                    Some(campaign) => Part::Turn(campaign),
                    None => return Err(Why::CampaignMissing(id.clone())),
                },
            });
        }
        let sounds = |part: &Part<'_>| !matches!(part, Part::Fixed(AiringItem::Pause { .. }));
        if !parts.iter().any(sounds) {
            return Err(Why::ProgrammeEmpty(programme.id.clone()));
        }
        if parts.iter().any(|part| matches!(part, Part::Turn(_))) {
            let longest_ms =
                parts.iter().map(|part| self.longest_ms(part)).fold(0, i64::saturating_add);
            return Ok(Content::Turns { parts, longest_ms });
        }
        let items: Arc<[AiringItem]> = parts
            .into_iter()
            .filter_map(|part| match part {
                Part::Fixed(item) => Some(item),
                Part::Turn(_) => None,
            })
            .collect();
        let ms = sounding_ms(&items);
        Ok(Content::Fixed { items, ms })
    }

    fn longest_ms(&self, part: &Part<'_>) -> i64 {
        match part {
            Part::Fixed(item) => sounding_ms(std::slice::from_ref(item)),
            Part::Turn(campaign) => {
                let clips = campaign.clips.iter().filter_map(|id| self.clips.get(id));
                clips.map(|clip| millis(clip.duration_ms())).max().unwrap_or(0)
            }
        }
    }
}

impl Order<'_> {
    /// The time from its nominal instant to its end, at the latest; none when it never sounds.
    pub(super) fn reach_ms(&self) -> Option<i64> {
        match self.content {
            Content::Nothing(_) => None,
            Content::Fixed { ms, .. } => Some(ms.saturating_add(self.late_ms)),
            Content::Turns { longest_ms, .. } => Some(longest_ms.saturating_add(self.late_ms)),
        }
    }
}

/// A clip as an airing carries it.
pub(super) fn airing_item(clip: &Clip, gain: Gain, chime: bool) -> AiringItem {
    AiringItem::Clip {
        clip: clip.id.clone(),
        sha256: clip.sha256,
        bytes: clip.bytes,
        title: clip.title.as_str().into(),
        frames: clip.frames,
        sample_rate: clip.sample_rate,
        gain: clip.gain + gain,
        chime,
    }
}

/// How long items sound one after the other.
pub(super) fn sounding_ms(items: &[AiringItem]) -> i64 {
    items.iter().map(|item| millis(item.duration_ms())).fold(0, i64::saturating_add)
}

fn millis(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
