use std::{fmt, sync::Arc};

use chrono::NaiveDate;

use crate::radio::{
    AiringId, CampaignId, ClipId, ProgrammeId, QuietHours, ScheduleId, StationId, UnitId, UtcMs,
};

/// Why a wish is not an airing at the instant that its rule names.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The airing that was wished for.
    pub airing: AiringId,
    /// The rule that asked for it.
    pub schedule: ScheduleId,
    /// Where it was to air.
    pub station: StationId,
    /// What was to air.
    pub programme: ProgrammeId,
    /// The programme's title by value; the schedule's where there is no such programme.
    pub title: Arc<str>,
    /// The instant that the rule names.
    pub nominal_at: UtcMs,
    /// When it airs instead; none: it is refused.
    pub moved_to: Option<UtcMs>,
    /// Why.
    pub why: Why,
}

/// A reason, with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It waits for another airing at the station.
    After(ScheduleId),
    /// Others sound at the station until after its latest start; the last of them is named.
    Occupied(ScheduleId),
    /// The station's rules leave no free moment for a whole day; nothing may sound across the day's end at this instant.
    Crowded(UtcMs),
    /// It is routine, and some of it would sound in quiet hours.
    QuietHours(QuietHours),
    /// It is routine, and the day is a holiday.
    Holiday(String),
    /// The station's unit does not exist on the day.
    UnitAbsent(UnitId, NaiveDate),
    /// The station's unit is unknown.
    UnitMissing(UnitId),
    /// The programme is unknown.
    ProgrammeMissing(ProgrammeId),
    /// The programme has nothing that sounds.
    ProgrammeEmpty(ProgrammeId),
    /// The campaign is unknown.
    CampaignMissing(CampaignId),
    /// A rotation's campaign does not run on the day.
    OutsideCampaign(CampaignId, NaiveDate),
    /// A rotation has no clip left that may air.
    NothingToRotate(CampaignId),
    /// The clip is unknown.
    ClipMissing(ClipId),
    /// The clip was put out of use.
    ClipRetired(ClipId),
    /// The clip may not air on the day.
    ClipNotValid(ClipId, NaiveDate),
    /// Nobody has approved the clip.
    NotApproved(ClipId),
    /// Nobody has approved the programme as it is now.
    ProgrammeNotApproved(ProgrammeId),
}

impl Decision {
    /// `moved` or `refused`.
    pub fn state(&self) -> &'static str {
        if self.moved_to.is_some() { "moved" } else { "refused" }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.moved_to {
            Some(to) => {
                let span = std::time::Duration::from_millis(
                    to.0.saturating_sub(self.nominal_at.0).unsigned_abs(),
                );
                write!(f, "moved {}: {}", Span(span), self.why)
            }
            None => write!(f, "refused: {}", self.why),
        }
    }
}

/// A duration as people say it: `40 s`, `5 min 20 s`.
struct Span(std::time::Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, seconds) = (self.0.as_secs() / 60, self.0.as_secs() % 60);
        if minutes > 0 {
            write!(f, "{minutes} min")?;
        }
        match (minutes, seconds, self.0.subsec_millis()) {
            (0, seconds, 0) => write!(f, "{seconds} s"),
            (0, seconds, ms) => write!(f, "{seconds}.{ms:03} s"),
            (_, 0, _) => Ok(()),
            (_, seconds, _) => write!(f, " {seconds} s"),
        }
    }
}

impl Why {
    /// Stays the same from release to release.
    pub fn code(&self) -> &'static str {
        match self {
            Self::After(_) => "after",
            Self::Occupied(_) => "occupied",
            Self::Crowded(_) => "crowded",
            Self::QuietHours(_) => "quiet-hours",
            Self::Holiday(_) => "holiday",
            Self::UnitAbsent(..) => "unit-absent",
            Self::UnitMissing(_) => "unit-missing",
            Self::ProgrammeMissing(_) => "programme-missing",
            Self::ProgrammeEmpty(_) => "programme-empty",
            Self::CampaignMissing(_) => "campaign-missing",
            Self::OutsideCampaign(..) => "outside-campaign",
            Self::NothingToRotate(_) => "nothing-to-rotate",
            Self::ClipMissing(_) => "clip-missing",
            Self::ClipRetired(_) => "clip-retired",
            Self::ClipNotValid(..) => "clip-not-valid",
            Self::NotApproved(_) => "not-approved",
            Self::ProgrammeNotApproved(_) => "programme-not-approved",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(other) => write!(f, "after {other}"),
            Self::Occupied(other) => write!(f, "{other} sounds until after its latest start"),
            Self::Crowded(cut) => {
                write!(
                    f,
                    "the station has no free moment all day, and nothing may sound across {cut}"
                )
            }
            Self::QuietHours(hours) => write!(
                f,
                "quiet hours {}–{}",
                hours.begin().format("%H:%M"),
                hours.end().format("%H:%M")
            ),
            Self::Holiday(name) => write!(f, "holiday: {name}"),
            Self::UnitAbsent(unit, day) => write!(f, "unit {unit} does not exist on {day}"),
            Self::UnitMissing(unit) => write!(f, "no unit {unit}"),
            Self::ProgrammeMissing(programme) => write!(f, "no programme {programme}"),
            Self::ProgrammeEmpty(programme) => {
                write!(f, "programme {programme} has nothing to sound")
            }
            Self::CampaignMissing(campaign) => write!(f, "no campaign {campaign}"),
            Self::OutsideCampaign(campaign, day) => {
                write!(f, "campaign {campaign} does not run on {day}")
            }
            Self::NothingToRotate(campaign) => {
                write!(f, "campaign {campaign} has no further clip that may air")
            }
            Self::ClipMissing(clip) => write!(f, "no clip {clip}"),
            Self::ClipRetired(clip) => write!(f, "clip {clip} is retired"),
            Self::ClipNotValid(clip, day) => write!(f, "clip {clip} may not air on {day}"),
            Self::NotApproved(clip) => write!(f, "not approved: {clip}"),
            Self::ProgrammeNotApproved(programme) => {
                write!(f, "not approved: programme {programme}")
            }
        }
    }
}
