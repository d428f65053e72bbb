use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    AiringId, BulletinOrder, CampaignId, Clip, ClipHash, ClipId, Gain, Priority, ProgrammeId,
    ScheduleId, StationId, UtcMs,
};

/// One programme at one station at one instant, as planned (lần phát). It leaves the station no choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Airing {
    /// Derived from schedule, station and nominal instant.
    pub id: AiringId,
    /// The rule that asked for it.
    pub schedule: ScheduleId,
    /// Where it airs.
    pub station: StationId,
    /// What airs.
    pub programme: ProgrammeId,
    /// The programme's title by value.
    pub title: Arc<str>,
    /// The campaign it serves.
    pub campaign: Option<CampaignId>,
    /// How urgent it is.
    pub priority: Priority,
    /// The bulletin that it carries out; none: a schedule asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulletin: Option<BulletinOrder>,
    /// The instant that the rule names.
    pub nominal_at: UtcMs,
    /// The instant of its first frame.
    pub starts_at: UtcMs,
    /// The instant after its last frame.
    pub ends_at: UtcMs,
    /// The last instant at which it may still start.
    pub latest_start: UtcMs,
    /// What sounds, in order; shared between the stations that air the same.
    pub items: Arc<[AiringItem]>,
}

impl Airing {
    /// The instant by which it is over even when it starts as late as it may.
    pub fn over_at(&self) -> UtcMs {
        self.ends_at + self.latest_start.since(self.starts_at)
    }
}

/// One part of an airing, with all that a station needs to sound it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum AiringItem {
    /// A recording.
    Clip {
        /// Its name in rules.
        clip: ClipId,
        /// Its content.
        sha256: ClipHash,
        /// The file's size in bytes.
        bytes: u64,
        /// Its title by value.
        #[schema(value_type = String)]
        title: Arc<str>,
        /// Frames after decoding.
        frames: u64,
        /// Frames a second, Hz.
        sample_rate: u32,
        /// The clip's gain, the schedule's and that of the station's softer hours together.
        gain: Gain,
        /// Whether it only calls attention.
        #[serde(default)]
        chime: bool,
    },
    /// Silence.
    Pause {
        /// How long, in milliseconds.
        ms: u32,
    },
}

impl From<&Clip> for AiringItem {
    /// A clip with its own gain.
    fn from(clip: &Clip) -> Self {
        Self::Clip {
            clip: clip.id.clone(),
            sha256: clip.sha256,
            bytes: clip.bytes,
            title: clip.title.as_str().into(),
            frames: clip.frames,
            sample_rate: clip.sample_rate,
            gain: clip.gain,
            chime: false,
        }
    }
}

impl AiringItem {
    /// The same with so much added to its gain.
    #[must_use]
    pub fn softer(mut self, by: Gain) -> Self {
        if let Self::Clip { gain, .. } = &mut self {
            *gain = *gain + by;
        }
        self
    }

    /// How long it sounds, in milliseconds, rounded up.
    pub fn duration_ms(&self) -> u64 {
        match self {
            Self::Clip { frames, sample_rate, .. } => (u128::from(*frames) * 1000)
                .div_ceil(u128::from((*sample_rate).max(1)))
                .try_into()
                .unwrap_or(u64::MAX),
            Self::Pause { ms } => u64::from(*ms),
        }
    }
}
