//! Looks for airings: what the database can choose it chooses, the rest is read off what came of each.

use super::{AiringReport, AiringState, District, problem::Refusal, report::report_all};
use crate::{
    radio::{AiringId, Evidence, UtcMs},
    store::{AiringFilter, Order},
};

/// Airings looked at in one call at most: a rare state does not hold the database for long.
const LOOKED_AT: usize = 10_000;

/// Airings read at once where only some of them are wanted.
const AT_ONCE: u32 = 500;

/// Where a page ended: the last airing's instant and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor(UtcMs, String);

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}", self.0.0, self.1)
    }
}

impl std::str::FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('~').ok_or(())?;
        let id: AiringId = id.parse().map_err(|_| ())?;
        Ok(Self(UtcMs(at.parse().map_err(|_| ())?), id.as_str().to_owned()))
    }
}

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Search {
    pub(super) filter: AiringFilter,
    pub(super) state: Option<AiringState>,
    pub(super) evidence: Option<Evidence>,
    pub(super) order: Order,
    /// At most so many.
    pub(super) limit: u32,
    /// Where the page before ended.
    pub(super) after: Option<Cursor>,
}

/// Some airings.
#[derive(Debug)]
pub(super) struct Found {
    /// Fewer than the limit does not mean that these were the last.
    pub(super) airings: Vec<AiringReport>,
    /// Where to go on; none: there are no more.
    pub(super) next: Option<Cursor>,
}

impl Search {
    fn wants(&self, report: &AiringReport) -> bool {
        self.state.is_none_or(|state| state == report.state)
            && self.evidence.is_none_or(|evidence| report.evidence == Some(evidence))
    }

    /// The next page.
    pub(super) async fn page(mut self, district: &District) -> Result<Found, Refusal> {
        let now = district.clock.now();
        let full = self.limit as usize;
        let chooses = self.state.is_some() || self.evidence.is_some();
        // What is settled the database has chosen: a page is then found at once.
        let mut at_once = if chooses { self.limit.saturating_mul(2) } else { self.limit };
        self.filter.state = self.state.map(|state| state.as_str().to_owned());
        self.filter.evidence = self.evidence;
        let (mut airings, mut looked_at) = (Vec::new(), 0);
        loop {
            let after = self.after.as_ref().map(|cursor| (cursor.0, cursor.1.as_str()));
            let stored = district.store.airings(&self.filter, self.order, after, at_once).await?;
            let is_last = stored.len() < at_once as usize;
            looked_at += stored.len();
            for report in report_all(district, stored, now).await? {
                if airings.len() == full {
                    return Ok(Found { airings, next: self.after });
                }
                self.after = Some(Cursor(report.starts_at, report.id.as_str().to_owned()));
                if self.wants(&report) {
                    airings.push(report);
                }
            }
            if is_last {
                return Ok(Found { airings, next: None });
            }
            if airings.len() == full || looked_at >= LOOKED_AT {
                return Ok(Found { airings, next: self.after });
            }
            at_once = AT_ONCE.max(self.limit);
        }
    }
}
