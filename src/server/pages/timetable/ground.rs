//! What every page of the timetable stands on: the rules, and the stations that the reader may see.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{
    super::{fault::Fault, visitor::Reader},
    names::Names,
};
use crate::{
    planning::Territory,
    radio::{Right, Schedule, Selection, Station, StationId, UtcMs, Window},
    server::{District, planned},
    store::{AiringFilter, Order, PlannedAiring, Rules},
};

/// More airings than a week of any district has.
const MOST: u32 = 100_000;
const DAY_MS: i64 = 86_400_000;

pub(in crate::server::pages) struct Ground {
    pub(in crate::server::pages) rules: Rules,
    pub(super) names: Names,
    /// The stations that the reader may see, by name.
    pub(in crate::server::pages) stations: Vec<Station>,
}

impl Ground {
    pub(in crate::server::pages) async fn of(
        district: &District,
        reader: &Reader,
    ) -> Result<Self, Fault> {
        let rules = district.store.rules().await?;
        let territory = Territory::new(&rules.units);
        let seen =
            |station: &&Station| reader.may_in(Right::See, territory.ancestry(&station.unit));
        let stations = rules.stations.iter().filter(seen).cloned().collect();
        Ok(Self { names: Names::of(&rules), stations, rules })
    }

    /// Those of the visible stations that a selection means.
    pub(super) fn meant(&self, selection: &Selection) -> Vec<&Station> {
        let territory = Territory::new(&self.rules.units);
        self.stations.iter().filter(|station| territory.means(selection, station)).collect()
    }

    /// Whether the reader may say when a selection airs: all that it can ever mean has to be theirs.
    pub(in crate::server::pages) fn may_plan(
        &self,
        reader: &Reader,
        selection: &Selection,
    ) -> bool {
        let territory = Territory::new(&self.rules.units);
        let in_unit = |unit| reader.may_in(Right::Plan, territory.ancestry(unit));
        let anywhere = selection.units.is_empty() && !selection.kinds.is_empty();
        let known = |id: &StationId| self.rules.stations.iter().find(|one| one.id == *id);
        reader.grants().may_everywhere(Right::Plan)
            || (!anywhere
                && selection.units.iter().all(in_unit)
                && selection.stations.iter().filter_map(known).all(|one| in_unit(&one.unit)))
    }

    /// What a day is called on which routine schedules rest.
    pub(super) fn holiday(&self, day: NaiveDate) -> Option<&str> {
        let mut holidays = self.rules.calendar.holidays.iter().flatten();
        holidays.find(|one| one.date == day).map(|one| one.name.as_str())
    }

    pub(super) fn schedule(&self, id: &str) -> Option<&Schedule> {
        self.rules.schedules.iter().find(|one| one.id.as_str() == id)
    }

    /// What is planned, aired or refused at some of the stations: as it is kept, and beyond what rundowns reach as it
    /// would be planned now.
    pub(super) async fn airings(
        &self,
        district: &District,
        stations: &BTreeSet<StationId>,
        window: Window,
    ) -> Result<Vec<PlannedAiring>, Fault> {
        let now = district.clock.now();
        let today = now.0 - now.0.rem_euclid(DAY_MS);
        let reach = UtcMs(today + DAY_MS * i64::from(district.limits.days_ahead + 1));
        let filter = AiringFilter {
            station: stations.first().filter(|_| stations.len() == 1).cloned(),
            from: Some(window.from),
            until: Some(window.until.min(reach)),
            ..AiringFilter::default()
        };
        let kept = district.store.airings(&filter, Order::Oldest, None, MOST).await?;
        let kept = kept.into_iter().filter(|stored| !stored.unplanned).map(|one| one.planned);
        let mut airings: Vec<_> =
            kept.filter(|planned| stations.contains(&planned.airing.station)).collect();
        if window.until > reach {
            let beyond = Window { from: window.from.max(reach), until: window.until };
            let mut wishes = planned::wishes(self.rules.clone());
            wishes.stations.retain(|station| stations.contains(&station.id));
            let planned = tokio::task::spawn_blocking(move || planned::rows(&wishes, beyond));
            airings.extend(planned.await.map_err(Fault::failed)?);
        }
        Ok(airings)
    }
}
