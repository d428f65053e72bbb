use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{CampaignId, Gain, ProgrammeId, ScheduleId, Selection};

/// How urgent: the three of the Vietnamese rules. Greater is more urgent.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Thông thường.
    #[default]
    Routine,
    /// Ưu tiên.
    Priority,
    /// Khẩn cấp.
    Emergency,
}

/// A rule (lịch phát): which programme, when, at which stations, how urgent, how late it may start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its name in Loa.
    pub id: ScheduleId,
    /// Its title for people, NFC.
    pub title: String,
    /// What airs.
    pub programme: ProgrammeId,
    /// The campaign it serves; its dates then bound the rule.
    pub campaign: Option<CampaignId>,
    /// When it airs.
    pub when: When,
    /// The time zone that `when`, `from` and `until` are written in.
    #[serde(with = "zone_name")]
    pub zone: Tz,
    /// The first day; none: any.
    pub from: Option<NaiveDate>,
    /// The last day, still inside; none: any.
    pub until: Option<NaiveDate>,
    /// Where it airs.
    pub stations: Selection,
    /// How urgent it is.
    pub priority: Priority,
    /// How long after its nominal instant it may still start, in milliseconds.
    pub late_limit_ms: u64,
    /// A level change for the hour, e.g. lower in the early morning.
    pub gain: Gain,
    /// Whether it also airs on the calendar's holidays.
    pub on_holidays: bool,
    /// Times at which it does not do as `when` says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Exception>,
}

/// One time that a rule names and that is otherwise this once, in the zone's local time. If the rule does not name it, it
/// means nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The time that the rule names.
    pub at: NaiveDateTime,
    /// When it airs instead; none: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDateTime>,
}

/// When a schedule airs, in its zone's local time.
///
/// Where the zone's clocks are put forward, a time that is skipped airs at the first instant after the gap. Where they are
/// put back, a time that comes twice airs the first time only; so a rule like `*/20 * * * *` rests for the second run of
/// the doubled hour. Several times that fall on one instant air once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// crontab(5): five fields, or six with seconds in front, or `@daily` and friends. Of several lines each counts.
    Cron(String),
    /// These local instants.
    Dates(Vec<NaiveDateTime>),
}

mod zone_name {
    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(zone: &Tz, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(zone.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Tz, D::Error> {
        let name = String::deserialize(from)?;
        name.parse().map_err(|_| {
            D::Error::custom(format!(
                "\"{name}\" is not a time zone: write it like Asia/Ho_Chi_Minh"
            ))
        })
    }
}
