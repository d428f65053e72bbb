use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    Why, Wishes,
    order::{Content, Index, Order, Part, airing_item, sounding_ms},
};
use crate::radio::{AiringItem, CampaignId, Clip, ClipId, StationId, UtcMs};

/// Who takes turns with whom, and from when on the turns are counted.
pub(super) struct Rotation<'a> {
    /// The clips of each rotating campaign that may air, in the campaign's order.
    usable: HashMap<&'a CampaignId, Vec<&'a Clip>>,
    /// Their clips, whoever airs them.
    clips: HashSet<&'a ClipId>,
    /// The first instant at which any rotating campaign runs, wherever it is local.
    begin: UtcMs,
    wishes: &'a Wishes,
    /// What has been put together before, so that stations share it.
    shared: HashMap<(usize, Vec<&'a ClipId>), Arc<[AiringItem]>>,
}

impl<'a> Rotation<'a> {
    pub(super) fn new(wishes: &'a Wishes, index: &Index<'a>, orders: &[Order<'a>]) -> Self {
        let mut usable = HashMap::new();
        let mut clips = HashSet::new();
        let mut begin = None;
        for order in orders {
            let Content::Turns { parts, .. } = &order.content else { continue };
            for part in parts {
                let Part::Turn(campaign) = part else { continue };
                let fit = campaign.clips.iter().filter_map(|id| index.fit(id).ok());
                clips.extend(&campaign.clips);
                usable.insert(&campaign.id, fit.collect());
                begin = [begin, Some(campaign.from)].into_iter().flatten().min();
            }
        }
        let begin = begin.map_or(UtcMs(i64::MAX), |day| {
            let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
            UtcMs::from(midnight) - std::time::Duration::from_secs(86_400)
        });
        Self { usable, clips, begin, wishes, shared: HashMap::new() }
    }

    /// The first instant whose turns matter to what is planned from `from` on.
    pub(super) fn counted_from(&self, from: UtcMs) -> UtcMs {
        let until = self.wishes.history_until;
        let begin = if from >= until { self.begin.max(until) } else { self.begin };
        begin.min(from)
    }

    /// Whether what the order airs changes whose turn it is.
    pub(super) fn concerns(&self, order: &Order<'_>) -> bool {
        match &order.content {
            Content::Nothing(_) => false,
            Content::Turns { .. } => true,
            Content::Fixed { items, .. } => clips_of(items).any(|clip| self.clips.contains(clip)),
        }
    }

    /// The turns at one station, before the first.
    pub(super) fn wheel(&self) -> Wheel<'a> {
        Wheel { last: HashMap::new(), history_counts: false }
    }

    /// What an order sounds at this turn of the wheel, and for how long.
    pub(super) fn take(
        &mut self,
        wheel: &Wheel<'a>,
        (number, order): (usize, &Order<'a>),
        day: chrono::NaiveDate,
    ) -> Result<(Arc<[AiringItem]>, i64), Why> {
        let parts = match &order.content {
            Content::Nothing(why) => return Err(why.clone()),
            Content::Fixed { items, ms } => return Ok((items.clone(), *ms)),
            Content::Turns { parts, .. } => parts,
        };
        let mut taken: Vec<&'a Clip> = Vec::new();
        for part in parts {
            let Part::Turn(campaign) = part else { continue };
            if day < campaign.from || campaign.until < day {
                return Err(Why::OutsideCampaign(campaign.id.clone(), day));
            }
            let usable = self.usable.get(&campaign.id).map_or(&[][..], Vec::as_slice);
            let free = usable.iter().filter(|clip| {
                clip.is_valid_on(day) && !taken.iter().any(|other| other.id == clip.id)
            });
            // The first of equals wins: the campaign's own order breaks ties.
            let next = free.min_by_key(|clip| wheel.last.get(&clip.id));
            taken.push(next.ok_or_else(|| Why::NothingToRotate(campaign.id.clone()))?);
        }
        let key = (number, taken.iter().map(|clip| &clip.id).collect());
        let items = self.shared.entry(key).or_insert_with(|| {
            let mut taken = taken.iter();
            let item = |part: &Part<'_>| match part {
                Part::Fixed(item) => Some(item.clone()),
                Part::Turn(_) => {
                    taken.next().map(|clip| airing_item(clip, order.schedule.gain, false))
                }
            };
            parts.iter().filter_map(item).collect()
        });
        Ok((items.clone(), sounding_ms(items)))
    }

    /// Reaches an instant: from `history_until` on, what really aired counts instead of what was simulated.
    pub(super) fn reach(&self, wheel: &mut Wheel<'a>, station: &StationId, at: UtcMs) {
        if wheel.history_counts || at < self.wishes.history_until {
            return;
        }
        wheel.history_counts = true;
        let aired = |id: &&'a ClipId| {
            Some((*id, *self.wishes.history.get(&(station.clone(), (*id).clone()))?))
        };
        wheel.last = self.clips.iter().filter_map(aired).collect();
    }

    /// Counts what airs, each clip at its own moment within the airing.
    pub(super) fn count(&self, wheel: &mut Wheel<'a>, items: &[AiringItem], at: UtcMs) {
        if at < self.begin {
            return;
        }
        let mut moment = at;
        for item in items {
            if let AiringItem::Clip { clip, .. } = item
                && let Some(clip) = self.clips.get(clip)
            {
                wheel.last.insert(clip, moment);
            }
            moment = moment + std::time::Duration::from_millis(item.duration_ms());
        }
    }
}

/// When each rotating clip last aired at one station.
pub(super) struct Wheel<'a> {
    last: HashMap<&'a ClipId, UtcMs>,
    history_counts: bool,
}

fn clips_of(items: &[AiringItem]) -> impl Iterator<Item = &ClipId> {
    items.iter().filter_map(|item| match item {
        AiringItem::Clip { clip, .. } => Some(clip),
        AiringItem::Pause { .. } => None,
    })
}
