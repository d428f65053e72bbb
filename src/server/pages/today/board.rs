//! The day laid out: rows, columns, and what stands where they meet. Pure.

use std::collections::{BTreeMap, HashMap};

use super::{
    slots::{Slot, lay_out},
    state,
};
use crate::{
    radio::{StationId, UtcMs},
    server::{
        AiringReport, AiringState,
        pages::{
            area::Area,
            condition::{Condition, Known},
        },
    },
};

/// One airing where its station's row and its session's column meet.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) airing: String,
    /// When it began, or is to begin.
    pub(super) at: UtcMs,
    pub(super) word: &'static str,
    pub(super) reason: Option<String>,
    pub(super) evidence: Option<&'static str>,
    pub(super) title: String,
    /// Whether the station lacks some of its clips.
    pub(super) lacks: bool,
}

/// A station.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: StationId,
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) condition: Condition,
    /// Of each column.
    pub(super) cells: Vec<Vec<Cell>>,
}

/// The same programme at one instant at several stations.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) title: String,
    pub(super) from: UtcMs,
    pub(super) until: UtcMs,
    pub(super) count: usize,
}

/// A day.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) slots: Vec<Slot>,
    /// Those with trouble first.
    pub(super) rows: Vec<Row>,
    /// What the plan has for now.
    pub(super) due: Vec<Group>,
    /// What it has next, today.
    pub(super) next: Option<Group>,
    /// How many airings there are in each state.
    pub(super) counts: Vec<(&'static str, usize)>,
    /// How many stations are heard, how many are silent, and how many are not connected.
    pub(super) heard: usize,
    pub(super) silent: usize,
    pub(super) unconnected: usize,
}

/// In which order states are counted.
const WORDS: [&str; 9] = [
    "missed",
    "interrupted",
    "partial",
    "unreported",
    "simulated",
    "refused",
    "due",
    "aired",
    "planned",
];

fn groups<'a>(airings: impl Iterator<Item = &'a AiringReport>) -> Vec<Group> {
    let mut groups: BTreeMap<(UtcMs, &str), Group> = BTreeMap::new();
    for airing in airings {
        let group =
            groups.entry((airing.starts_at, airing.title.as_str())).or_insert_with(|| Group {
                title: airing.title.clone(),
                from: airing.starts_at,
                until: airing.ends_at,
                count: 0,
            });
        group.count += 1;
        group.until = group.until.max(airing.ends_at);
    }
    groups.into_values().collect()
}

impl Board {
    /// Lays out what came of a day's airings at the stations of an area.
    pub(super) fn draw(area: &Area, known: &Known, airings: Vec<AiringReport>, now: UtcMs) -> Self {
        let mut of_station: HashMap<&StationId, Vec<(usize, &AiringReport)>> =
            area.stations.iter().map(|station| (&station.id, Vec::new())).collect();
        let shown: Vec<&AiringReport> =
            airings.iter().filter(|airing| of_station.contains_key(&airing.station)).collect();
        let due_at: Vec<_> =
            shown.iter().map(|airing| (airing.nominal_at, &airing.station)).collect();
        let (slots, places) = lay_out(&due_at);
        for (airing, place) in shown.iter().zip(places) {
            if let Some(of_it) = of_station.get_mut(&airing.station) {
                of_it.push((place, airing));
            }
        }
        let mut rows: Vec<Row> = area
            .stations
            .iter()
            .map(|station| {
                let of_it = of_station.remove(&station.id).unwrap_or_default();
                let reports: Vec<&AiringReport> = of_it.iter().map(|(_, airing)| *airing).collect();
                let mut cells = vec![Vec::new(); slots.len()];
                for (place, airing) in of_it {
                    cells[place].push(cell(airing, now));
                }
                Row {
                    id: station.id.clone(),
                    name: station.name.clone(),
                    unit: area.name(&station.unit).to_owned(),
                    condition: known.condition(&station.id, &reports, now),
                    cells,
                }
            })
            .collect();
        // Stable: within a rank the dictionary's order stays.
        rows.sort_by_key(|row| row.condition.rank());
        let words: Vec<&str> = shown.iter().map(|airing| state::word(airing, now)).collect();
        let counts =
            WORDS.map(|word| (word, words.iter().filter(|counted| **counted == word).count()));
        let planned = || shown.iter().copied().filter(|one| one.state == AiringState::Planned);
        let due = groups(planned().filter(|one| one.starts_at <= now && now < one.ends_at));
        let next = groups(planned().filter(|one| one.starts_at > now)).into_iter().next();
        let lines =
            |code: &str| rows.iter().filter(|row| row.condition.line.code() == code).count();
        Self {
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            heard: lines("heard"),
            silent: lines("silent"),
            unconnected: lines("unconnected") + lines("never-heard"),
            slots,
            rows,
            due,
            next,
        }
    }

    /// The stations that have trouble.
    pub(super) fn troubled(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| !row.condition.troubles.is_empty()).collect()
    }
}

fn cell(airing: &AiringReport, now: UtcMs) -> Cell {
    Cell {
        airing: airing.id.to_string(),
        at: airing.started_at.unwrap_or(airing.starts_at),
        word: state::word(airing, now),
        reason: airing.reason.clone().filter(|_| airing.state != AiringState::Aired),
        evidence: airing.evidence.as_ref().map(state::circle),
        title: airing.title.clone(),
        lacks: airing.ready == Some(false),
    }
}
