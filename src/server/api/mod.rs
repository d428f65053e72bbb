//! What `/api/v1` answers, a file per noun.

pub(super) mod airings;
pub(super) mod approvals;
pub(super) mod bulletins;
pub(super) mod clip_list;
pub(super) mod clips;
pub(super) mod confirmations;
pub(super) mod declarations;
pub(super) mod enrolments;
pub(super) mod events;
pub(super) mod expiries;
pub(super) mod faults;
pub(super) mod health;
pub(super) mod intake;
pub(super) mod log;
pub(super) mod news;
pub(super) mod recordings;
pub(super) mod rules;
pub(super) mod rundown;
