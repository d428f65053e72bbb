//! What would be otherwise if a form were saved as it stands: a dry run of the planner.

use std::{collections::BTreeSet, time::Duration};

use super::{
    super::{fault::Fault, visitor::Visitor},
    ground::Ground,
};
use crate::{
    planning::{Difference, DifferenceKind, Wishes, difference, next, plan},
    radio::{Calendar, Schedule, UtcMs, Window},
    server::planned,
};

/// How far the dry run looks.
const AHEAD: Duration = Duration::from_hours(14 * 24);
/// How many of the next instants are told.
const NEXT: usize = 10;
/// More lines than these nobody reads.
const SHOWN: usize = 100;

pub(super) struct Preview {
    /// The next instants of the first schedule: `Thứ Hai, 05:00 30/11/2026`.
    pub(super) next: Vec<String>,
    pub(super) steps: Vec<Step>,
    /// Steps beyond those.
    pub(super) more: usize,
    /// Whether something is refused, moved or gone, and not only new.
    pub(super) is_grave: bool,
}

pub(super) struct Step {
    pub(super) tone: &'static str,
    /// `mới`, `dời`, `bị từ chối`, `không còn`.
    pub(super) kind: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) title: String,
    pub(super) rule: String,
    pub(super) why: String,
    pub(super) places: String,
}

impl Preview {
    /// Plans the rules as they are and as they would be, from now to two weeks hence, or to `until` if that is later.
    pub(super) async fn of(
        v: &Visitor,
        ground: &Ground,
        changed: &[Schedule],
        until: Option<UtcMs>,
    ) -> Result<Self, Fault> {
        let now = v.now();
        let until = until.unwrap_or(now).max(now + AHEAD);
        let window = Window { from: now, until };
        let mut before = planned::wishes(ground.rules.clone());
        let territory = crate::planning::Territory::new(&ground.rules.units);
        let known = |new: &Schedule| before.schedules.iter().find(|old| old.id == new.id).cloned();
        let old: Vec<Schedule> = changed.iter().filter_map(known).collect();
        let both: Vec<&Schedule> = changed.iter().chain(&old).collect();
        before
            .stations
            .retain(|station| both.iter().any(|one| territory.means(&one.stations, station)));
        let mut after = before.clone();
        after.schedules.retain(|old| changed.iter().all(|new| new.id != old.id));
        after.schedules.extend(changed.iter().cloned());
        let found = differences(v, before, after, vec![window]).await?;

        let first = changed.first();
        let campaign = first.and_then(|one| one.campaign.as_ref());
        let campaign = ground.rules.campaigns.iter().find(|one| Some(&one.id) == campaign);
        let instants = first.map(|one| next(one, campaign, now, NEXT).unwrap_or_default());
        let instants = instants.unwrap_or_default();
        let in_words = |at: &UtcMs| {
            format!("{}, {}", v.dates().weekday(&v.dates().day(*at)), v.dates().moment(at))
        };
        let next = instants.iter().map(in_words).collect();
        Ok(Self { next, ..Self::told(v, ground, changed, &found) })
    }

    /// Plans the days from now on that would be holidays or would be none any more; under other quiet hours all days to
    /// two weeks hence.
    pub(super) async fn of_calendar(
        v: &Visitor,
        ground: &Ground,
        calendar: &Calendar,
    ) -> Result<Self, Fault> {
        let (now, before) = (v.now(), planned::wishes(ground.rules.clone()));
        let days = |of: &Calendar| of.holidays.iter().map(|one| one.date).collect::<BTreeSet<_>>();
        let is_of_hours = before.calendar.quiet_hours != calendar.quiet_hours;
        let mut windows: Vec<Window> =
            is_of_hours.then_some(Window { from: now, until: now + AHEAD }).into_iter().collect();
        for day in &days(&before.calendar) ^ &days(calendar) {
            // In a schedule's own zone the day may begin sooner and end later.
            let (begin, end) = (day.pred_opt().unwrap_or(day), day.succ_opt().unwrap_or(day));
            let from = v.dates().window(begin).from.max(now);
            let until = v.dates().window(end).until;
            match windows.last_mut() {
                Some(last) if from <= last.until => last.until = last.until.max(until),
                _ if from < until => windows.push(Window { from, until }),
                _ => {}
            }
        }
        let after = Wishes { calendar: calendar.clone(), ..before.clone() };
        let found = differences(v, before, after, windows).await?;
        Ok(Self::told(v, ground, &[], &found))
    }

    fn told(v: &Visitor, ground: &Ground, changed: &[Schedule], found: &[Difference]) -> Self {
        let title = |one: &Difference| {
            let new = changed.iter().find(|new| new.id == one.schedule).map(|new| &new.title);
            let old = ground.names.schedule(&one.schedule);
            new.map_or(old.unwrap_or_default(), |title| title).to_owned()
        };
        Self {
            next: Vec::new(),
            steps: found.iter().take(SHOWN).map(|one| step(v, ground, one, title(one))).collect(),
            more: found.len().saturating_sub(SHOWN),
            is_grave: found.iter().any(|one| one.kind != DifferenceKind::New),
        }
    }
}

/// What is planned otherwise within some windows, by time.
async fn differences(
    v: &Visitor,
    before: Wishes,
    after: Wishes,
    windows: Vec<Window>,
) -> Result<Vec<Difference>, Fault> {
    let zone = v.dates().zone;
    let found = tokio::task::spawn_blocking(move || {
        let in_window = |window| difference(&plan(&before, window), &plan(&after, window), zone);
        windows.into_iter().flat_map(in_window).collect()
    });
    found.await.map_err(Fault::failed)
}

fn step(v: &Visitor, ground: &Ground, one: &Difference, rule: String) -> Step {
    let (tone, kind) = match one.kind {
        DifferenceKind::New => ("good", v.of("schedule.step-new")),
        DifferenceKind::Moved => ("warn", v.of("schedule.step-moved")),
        DifferenceKind::Refused => ("bad", v.of("schedule.step-refused")),
        DifferenceKind::Gone => ("quiet", v.of("schedule.step-gone")),
    };
    let moment = |at: Option<UtcMs>| at.map(|at| v.dates().moment(&at)).unwrap_or_default();
    let stations: Vec<&str> =
        one.stations.iter().map(|id| ground.names.station(id.as_str())).collect();
    let places = match &stations[..] {
        few @ ([_] | [_, _]) => few.join(", "),
        more => v.of("timetable.stations").with("count", more.len()).to_string(),
    };
    let why = one.why.as_ref().map(|why| ground.names.why(v, why).to_string());
    Step {
        tone,
        kind: kind.to_string(),
        before: moment(one.before),
        after: moment(one.after),
        title: one.title.to_string(),
        rule,
        why: why.unwrap_or_default(),
        places,
    }
}
