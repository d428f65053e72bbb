//! Wishes become a plan, with a reason for everything. Pure: no IO, no clock, no async.
//!
//! A wish is one schedule at one station at one instant that the schedule's rule names. Every wish ends as an airing or
//! as a decision that says why not; a moved one as both. A wish belongs to the window that it starts in, or, when it is
//! refused, to the window of its nominal instant, and nothing about it depends on the window that it is asked in: plans
//! of neighbouring windows fit together.

mod check;
pub mod cron; // crontab(5)
mod decision;
mod difference; // what another plan has otherwise
mod occurrence; // a rule's instants
mod order; // a schedule with everything looked up
mod plan;
mod progress; // what a campaign owes, and what of it aired
mod quiet;
mod rhythm; // a rule as people say it
mod rotation; // whose turn it is
pub mod sheet; // a plan on paper
mod territory; // units and selections
mod timeline; // one station's time
mod told; // reasons read back
mod wishes;
mod zone;

pub use check::{Breach, check};
pub use cron::{BadRule, Rule};
pub use decision::{Decision, Why};
pub use difference::{Difference, DifferenceKind, difference};
pub use occurrence::{next, within};
pub use plan::{Plan, plan};
pub use progress::{Day, DayStanding, Forecast, Row, Worth, forecast, progress};
pub use rhythm::Rhythm;
pub use territory::Territory;
pub use wishes::Wishes;
pub use zone::{instant, local};

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;
