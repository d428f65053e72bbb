use std::{collections::HashMap, sync::Arc};

use super::{
    BadRule, Decision, Why, Wishes,
    occurrence::{Occurrence, occurrences},
    order::{Content, Index, Order},
    quiet::{broken, softened},
    rotation::Rotation,
    territory::{Territory, exists},
    timeline::{DAY_MS, Request, Timeline, Verdict},
};
use crate::radio::{
    Airing, AiringId, AiringItem, Gain, Priority, QuietHours, ScheduleId, Station, Unit, UtcMs,
    Window,
};

/// What airs, and why what does not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// What airs: by station, then in order. Each starts inside the window.
    pub airings: Vec<Airing>,
    /// What was moved (it is among the airings too, and starts inside the window) or refused (its nominal instant lies
    /// inside): by station, then by nominal instant.
    pub decisions: Vec<Decision>,
    /// Schedules whose rule cannot be read, and so names no instants. The almanac lets none pass.
    pub unreadable: Vec<(ScheduleId, BadRule)>,
}

/// Plans every wish that starts, or is refused, inside the window.
pub fn plan(wishes: &Wishes, window: Window) -> Plan {
    Planner::new(wishes, window).plan()
}

struct Planner<'a> {
    wishes: &'a Wishes,
    window: Window,
    territory: Territory<'a>,
    orders: Vec<Order<'a>>,
    rotation: Rotation<'a>,
    since: UtcMs,
    softer: Softer,
    made: Plan,
}

/// What sounds at one gain and softer, made once so that airings go on sharing it. By address: the first keeps what lies
/// there alive.
type Softer = HashMap<(*const AiringItem, Gain), [Arc<[AiringItem]>; 2]>;

/// One order's one occurrence at the station in hand.
#[derive(Clone)]
struct Wish {
    order: usize,
    occurrence: usize,
    /// What takes turns; none: what the order always sounds.
    turned: Option<Arc<[AiringItem]>>,
}

/// A station with what bounds it.
struct Site<'a> {
    station: &'a Station,
    unit: Option<&'a Unit>,
    quiet: &'a [QuietHours],
}

impl<'a> Planner<'a> {
    fn new(wishes: &'a Wishes, window: Window) -> Self {
        let index = Index::new(wishes);
        let mut schedules: Vec<_> = wishes.schedules.iter().collect();
        schedules.sort_unstable_by_key(|schedule| &schedule.id);
        let mut orders: Vec<_> = schedules.iter().map(|schedule| index.order(schedule)).collect();
        let rotation = Rotation::new(wishes, &index, &orders);

        // See timeline.rs: two days on either side hold an idle instant or a cut.
        let reach = orders.iter().filter_map(Order::reach_ms).max().unwrap_or(0);
        let day = |at: UtcMs| at.0.div_euclid(DAY_MS).saturating_mul(DAY_MS);
        let since = UtcMs(day(window.from).saturating_sub(DAY_MS).saturating_sub(reach));
        let until = UtcMs(day(window.until).saturating_add(3 * DAY_MS));

        let mut unreadable = Vec::new();
        for order in &mut orders {
            let from = if rotation.concerns(order) { rotation.counted_from(since) } else { since };
            let campaign = order.schedule.campaign.as_ref();
            let campaign = campaign.and_then(|id| index.campaigns.get(id)).copied();
            match occurrences(order.schedule, campaign, Window { from, until }) {
                Ok(found) => order.occurrences = found,
                Err(bad) => unreadable.push((order.schedule.id.clone(), bad)),
            }
        }
        let made = Plan { unreadable, ..Plan::default() };
        Self {
            wishes,
            window,
            territory: Territory::new(&wishes.units),
            orders,
            rotation,
            since,
            softer: Softer::new(),
            made,
        }
    }

    fn plan(mut self) -> Plan {
        let mut stations: Vec<_> = self.wishes.stations.iter().collect();
        stations.sort_unstable_by_key(|station| &station.id);
        let mut requests = Vec::new();
        for station in stations {
            let site = Site {
                station,
                unit: self.territory.unit(&station.unit),
                quiet: station.quiet_hours.as_ref().unwrap_or(&self.wishes.calendar.quiet_hours),
            };
            let (airings, decisions) = (self.made.airings.len(), self.made.decisions.len());
            self.request(&site, &mut requests);
            self.settle(&site, &mut requests);
            self.made.airings[airings..].sort_unstable_by_key(|airing| airing.starts_at);
            self.made.decisions[decisions..]
                .sort_by(|a, b| (a.nominal_at, &a.schedule).cmp(&(b.nominal_at, &b.schedule)));
        }
        self.made
    }

    /// Collects what the station's schedules ask for, and refuses what cannot be whatever else airs.
    fn request(&mut self, site: &Site<'a>, requests: &mut Vec<Request<Wish>>) {
        let mut named = Vec::new();
        let mut turns = false;
        for (number, order) in self.orders.iter().enumerate() {
            if self.territory.means(&order.schedule.stations, site.station) {
                turns |= matches!(order.content, Content::Turns { .. });
                named.push((number, self.rotation.concerns(order)));
            }
        }
        let mut times: Vec<(UtcMs, Priority, usize, usize)> = Vec::new();
        for (number, concerned) in named {
            let order = &self.orders[number];
            let skip = if turns && concerned {
                0
            } else {
                order.occurrences.partition_point(|one| one.at < self.since)
            };
            let times_of = order.occurrences.iter().enumerate().skip(skip);
            times.extend(
                times_of.map(|(index, one)| (one.at, order.schedule.priority, number, index)),
            );
        }
        times.sort_unstable_by_key(|(at, priority, number, _)| {
            (*at, std::cmp::Reverse(*priority), *number)
        });

        let mut wheel = self.rotation.wheel();
        for (at, _, order, occurrence) in times {
            let wish = Wish { order, occurrence, turned: None };
            if turns {
                self.rotation.reach(&mut wheel, &site.station.id, at);
            }
            let mut sounding = self.possible(site, &wish).and_then(|()| {
                let order = (wish.order, &self.orders[wish.order]);
                match &order.1.content {
                    Content::Fixed { ms, .. } => Ok((None, *ms)),
                    Content::Nothing(why) => Err(why.clone()),
                    Content::Turns { .. } => {
                        let day = order.1.occurrences[wish.occurrence].day;
                        self.rotation.take(&wheel, order, day).map(|(items, ms)| (Some(items), ms))
                    }
                }
            });
            if let Ok((_, ms)) = &sounding
                && let Some(hours) = self.disturbs(site, order, at, *ms)
            {
                sounding = Err(Why::QuietHours(hours));
            }
            let (turned, ms) = match sounding {
                Ok(sounding) => sounding,
                Err(why) => {
                    self.refuse(site, &wish, why);
                    continue;
                }
            };
            let one = &self.orders[order];
            if turns {
                let items = match (&turned, &one.content) {
                    (Some(items), _) | (None, Content::Fixed { items, .. }) => &items[..],
                    _ => &[],
                };
                self.rotation.count(&mut wheel, items, at);
            }
            if at >= self.since {
                requests.push(Request {
                    at: at.0,
                    ms,
                    late_ms: one.late_ms,
                    reach_ms: one.reach_ms().unwrap_or(0),
                    urgency: Priority::Emergency as u8 - one.schedule.priority as u8,
                    tie: order,
                    what: Wish { turned, ..wish },
                });
            }
        }
    }

    /// What stands against a wish whatever it sounds.
    fn possible(&self, site: &Site<'_>, wish: &Wish) -> Result<(), Why> {
        let (order, day) = (&self.orders[wish.order], self.occurrence(wish).day);
        let unit = &site.station.unit;
        match site.unit {
            None => return Err(Why::UnitMissing(unit.clone())),
            Some(known) if !exists(known, day) => return Err(Why::UnitAbsent(unit.clone(), day)),
            Some(_) => {}
        }
        if let Some(clip) = order.dated.iter().find(|clip| !clip.is_valid_on(day)) {
            return Err(Why::ClipNotValid(clip.id.clone(), day));
        }
        if order.schedule.priority == Priority::Routine && !order.schedule.on_holidays {
            let holidays = &self.wishes.calendar.holidays;
            if let Some(holiday) = holidays.iter().find(|holiday| holiday.date == day) {
                return Err(Why::Holiday(holiday.name.clone()));
            }
        }
        Ok(())
    }

    /// The quiet hours that something routine would break.
    fn disturbs(&self, site: &Site<'_>, order: usize, at: UtcMs, ms: i64) -> Option<QuietHours> {
        let schedule = self.orders[order].schedule;
        if schedule.priority != Priority::Routine {
            return None;
        }
        broken(site.quiet, schedule.zone, at, UtcMs(at.0.saturating_add(ms)))
    }

    fn occurrence(&self, wish: &Wish) -> &Occurrence {
        &self.orders[wish.order].occurrences[wish.occurrence]
    }

    /// Finds each its place.
    fn settle(&mut self, site: &Site<'a>, requests: &mut Vec<Request<Wish>>) {
        let mut verdicts = Vec::with_capacity(requests.len());
        let this = &*self;
        let allowed = |one: &Request<Wish>, start: i64| {
            this.disturbs(site, one.what.order, UtcMs(start), one.ms).is_none()
        };
        let mut timeline = Timeline::new(self.since.0, allowed, |request, verdict| {
            verdicts.push((request, verdict))
        });
        for request in requests.drain(..) {
            timeline.push(request);
        }
        timeline.finish();
        for (request, verdict) in verdicts {
            let rule = |tie: usize| self.orders[tie].schedule.id.clone();
            match verdict {
                Verdict::Starts(start, waited) => self.start(site, request, UtcMs(start), waited),
                Verdict::Occupied(tie) => {
                    self.refuse(site, &request.what, Why::Occupied(rule(tie)))
                }
                Verdict::Cut(cut) => self.refuse(site, &request.what, Why::Crowded(UtcMs(cut))),
            }
        }
    }

    fn start(&mut self, site: &Site<'a>, request: Request<Wish>, at: UtcMs, waited: Option<usize>) {
        if let Some(tie) = waited {
            if let Some(hours) = self.disturbs(site, request.tie, at, request.ms) {
                return self.refuse(site, &request.what, Why::QuietHours(hours));
            }
            if self.window.contains(at) {
                let after = Why::After(self.orders[tie].schedule.id.clone());
                let decision = self.decision(site, &request.what, after, Some(at));
                self.made.decisions.push(decision);
            }
        }
        if !self.window.contains(at) {
            return;
        }
        let order = &self.orders[request.tie];
        let occurrence = &order.occurrences[request.what.occurrence];
        let items = match (request.what.turned, &order.content) {
            (Some(items), _) => items,
            (None, Content::Fixed { items, .. }) => items.clone(),
            (None, _) => return,
        };
        let ends_at = UtcMs(at.0.saturating_add(request.ms));
        let gain = match order.schedule.priority {
            Priority::Emergency => Gain::UNITY,
            _ => softened(&site.station.softer, order.schedule.zone, at, ends_at),
        };
        let items = soften(&mut self.softer, items, gain);
        let airing = Airing {
            id: AiringId::from_parts(&order.schedule.id, &site.station.id, &occurrence.compact),
            schedule: order.schedule.id.clone(),
            station: site.station.id.clone(),
            programme: order.schedule.programme.clone(),
            title: order.title.clone(),
            campaign: order.schedule.campaign.clone(),
            priority: order.schedule.priority,
            bulletin: None,
            nominal_at: occurrence.at,
            starts_at: at,
            ends_at,
            latest_start: UtcMs(occurrence.at.0.saturating_add(order.late_ms)),
            items,
        };
        self.made.airings.push(airing);
    }

    fn refuse(&mut self, site: &Site<'a>, wish: &Wish, why: Why) {
        if self.window.contains(self.occurrence(wish).at) {
            let decision = self.decision(site, wish, why, None);
            self.made.decisions.push(decision);
        }
    }

    fn decision(
        &self,
        site: &Site<'a>,
        wish: &Wish,
        why: Why,
        moved_to: Option<UtcMs>,
    ) -> Decision {
        let (order, occurrence) = (&self.orders[wish.order], self.occurrence(wish));
        Decision {
            airing: AiringId::from_parts(&order.schedule.id, &site.station.id, &occurrence.compact),
            schedule: order.schedule.id.clone(),
            station: site.station.id.clone(),
            programme: order.schedule.programme.clone(),
            title: order.title.clone(),
            nominal_at: occurrence.at,
            moved_to,
            why,
        }
    }
}

fn soften(made: &mut Softer, items: Arc<[AiringItem]>, gain: Gain) -> Arc<[AiringItem]> {
    if gain == Gain::UNITY {
        return items;
    }
    let [_, softer] = made.entry((items.as_ptr(), gain)).or_insert_with(|| {
        let softer = items.iter().cloned().map(|item| item.softer(gain)).collect();
        [items, softer]
    });
    softer.clone()
}
