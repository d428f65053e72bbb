//! The words of the trade as plain data: no IO, no clock, no async.
//!
//! Every other module speaks in these types. Names follow the field's own terms (see `docs/architecture.md`).

mod airing;
mod approval;
mod asrun;
mod bulletin;
mod calendar;
mod campaign;
mod cause;
mod channel;
mod clip;
mod code;
mod hash;
mod name;
mod programme;
mod rights;
mod schedule;
mod station;
mod time;
mod unit;
mod vietnamese;
mod volume;

pub use airing::{Airing, AiringItem};
pub use approval::{Approval, Ruling, Subject, content_of};
pub use asrun::{AiringState, ClockState, Evidence, Outcome, Reason};
pub use bulletin::{
    Asked, Bulletin, BulletinOrder, BulletinState, DRILL_MARK, NotNow, PreparedBulletin, Rank,
    Step, sounding,
};
pub use calendar::{Calendar, CalendarParts, Holiday, QuietHours};
pub use campaign::{Campaign, Directive};
pub use cause::{Cause, FaultKind};
pub use channel::Channel;
pub use clip::{Clip, Gain};
pub use code::BadCode;
pub(crate) use code::codes;
pub use hash::{BadHash, ClipHash, Pin, RecordHash, digest};
pub use name::{
    AiringId, BadName, BulletinId, CampaignId, ClipId, PersonId, PreparedBulletinId, ProgrammeId,
    ScheduleId, StationId, UnitId,
};
pub use programme::{Item, Programme};
pub use rights::{Grant, Grants, Right, Role};
pub use schedule::{Exception, Priority, Schedule, When};
pub use station::{Selection, SofterHours, Station, StationKind};
pub use time::{BadTime, UtcMs, Window};
pub use unit::Unit;
pub use vietnamese::{fold, sort_key};
pub use volume::{BadVolume, Volume};
