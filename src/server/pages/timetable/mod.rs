//! What airs when: the week and the day, a sheet for the wall, and the forms that make schedules and programmes.

mod ask;
mod entry;
mod place;
mod preview;

pub(super) mod calendar;
pub(super) mod copy;
pub(super) mod day;
pub(super) mod ground;
pub(super) mod names;
pub(super) mod programme;
pub(super) mod schedule;
pub(super) mod sheet;
pub(super) mod shift;
pub(super) mod week;
