//! What was owed, what was planned and what came of it: by campaign, station and day.

use std::{collections::BTreeMap, iter::repeat_n};

use chrono::NaiveDate;

use super::{Column, Period, Tally};
use crate::{
    planning::{Territory, Worth, progress},
    radio::{Campaign, CampaignId, Evidence, Station, StationId},
};

/// One day at one station for one campaign, as a table of days shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Airings owed.
    pub owed: u32,
    /// Airings, whatever came of them.
    pub airings: u32,
    /// Those of them that aired.
    pub aired: u32,
    /// Those of them that rest on a person's word alone.
    pub declared: u32,
    /// Airings that are not over.
    pub ahead: u32,
}

/// A campaign at a station; or what serves no campaign there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Airings owed.
    pub owed: u64,
    /// Airings that aired and were owed: more on one day does not make up for another.
    pub met: u64,
    /// What came of all airings.
    pub tally: Tally,
    /// A cell for each day of the period.
    pub days: Vec<Cell>,
}

impl Line {
    /// Of so many days, with nothing in it.
    pub(super) fn new(days: usize) -> Self {
        Self { owed: 0, met: 0, tally: Tally::default(), days: vec![Cell::default(); days] }
    }

    /// Airings that are owed, and neither aired nor may still.
    pub fn lacking(&self) -> u64 {
        let lacking =
            |day: &Cell| u64::from(day.owed.saturating_sub(day.aired.saturating_add(day.ahead)));
        self.days.iter().map(lacking).sum()
    }
}

/// All lines of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    period: Period,
    lines: BTreeMap<(Option<CampaignId>, StationId), Line>,
}

impl Reconciliation {
    /// Of a period, with nothing in it.
    pub fn new(period: Period) -> Self {
        Self { period, lines: BTreeMap::new() }
    }

    /// Its days.
    pub fn period(&self) -> Period {
        self.period
    }

    /// Adds what came of a station's day; days outside the period change nothing.
    pub fn add(
        &mut self,
        day: NaiveDate,
        station: &StationId,
        campaign: Option<&CampaignId>,
        tally: &Tally,
    ) {
        let Some(place) = self.period.place(day) else { return };
        let line = self.line(campaign, station);
        line.tally += tally;
        let cell = &mut line.days[place];
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        cell.airings += small(tally.airings());
        cell.aired += small(tally.aired());
        cell.declared += small(tally.of(Column::Declared));
        cell.ahead += small(tally.of(Column::Ahead));
    }

    /// Enters what a campaign is owed at these stations, once all its airings are added.
    pub fn owe(
        &mut self,
        campaign: &Campaign,
        (territory, stations): (&Territory<'_>, &[Station]),
        today: NaiveDate,
    ) {
        let within = Campaign {
            from: campaign.from.max(self.period.from),
            until: campaign.until.min(self.period.until),
            ..campaign.clone()
        };
        let owed = campaign.airings_per_day;
        // What is more than owed changes nothing of what is met, and may be much.
        let airings: Vec<_> = self
            .lines
            .iter()
            .filter(|((of, _), _)| of.as_ref() == Some(&campaign.id))
            .flat_map(|((_, station), line)| {
                self.period.days().zip(&line.days).flat_map(move |(day, cell)| {
                    let counted = cell.aired.min(owed) as usize;
                    repeat_n((station.clone(), day, Worth::Aired(Evidence::Played)), counted)
                })
            })
            .collect();
        for row in progress(&within, (territory, stations), airings, (today, today)) {
            if row.days.iter().all(|day| day.owed == 0) {
                continue;
            }
            let period = self.period;
            let line = self.line(Some(&campaign.id), &row.station);
            for day in &row.days {
                line.owed += u64::from(day.owed);
                line.met += u64::from(day.counted());
                if let Some(place) = period.place(day.date) {
                    line.days[place].owed = day.owed;
                }
            }
        }
    }

    fn line(&mut self, campaign: Option<&CampaignId>, station: &StationId) -> &mut Line {
        let key = (campaign.cloned(), station.clone());
        let days = self.period.length();
        self.lines.entry(key).or_insert_with(|| Line::new(days))
    }

    /// Every line, by campaign and station.
    pub fn lines(&self) -> impl Iterator<Item = (Option<&CampaignId>, &StationId, &Line)> {
        self.lines.iter().map(|((campaign, station), line)| (campaign.as_ref(), station, line))
    }

    /// The sum of all lines.
    pub fn total(&self) -> Line {
        let mut total = Line::new(self.period.length());
        self.lines.values().for_each(|line| total.join(line));
        total
    }

    /// The sum of each station's lines, whatever the campaign.
    pub fn by_station(&self) -> BTreeMap<&StationId, Line> {
        let mut stations = BTreeMap::new();
        for ((_, station), line) in &self.lines {
            stations.entry(station).or_insert_with(|| Line::new(self.period.length())).join(line);
        }
        stations
    }
}

impl Line {
    /// Adds another of the same period.
    pub fn join(&mut self, other: &Self) {
        self.owed += other.owed;
        self.met += other.met;
        self.tally += &other.tally;
        for (into, from) in self.days.iter_mut().zip(&other.days) {
            into.owed += from.owed;
            into.airings += from.airings;
            into.aired += from.aired;
            into.declared += from.declared;
            into.ahead += from.ahead;
        }
    }
}

#[cfg(test)]
#[path = "reconciliation_laws.rs"]
mod laws;
