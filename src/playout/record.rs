//! What the deck says of each item, before the station puts its name, boot and number to it.

use std::sync::Arc;

use crate::radio::{AiringId, ClipHash, ClockState, Evidence, Outcome, Reason, UtcMs};

/// An as-run record without what only the station's own store knows: station, boot, sequence and hashes.
///
/// The fields mean what they mean in [`crate::wire::AsRunRecord`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What was to air.
    pub airing: AiringId,
    /// Whether it was a drill.
    pub drill: bool,
    /// Which item of the airing, counted from 0.
    pub position: u32,
    /// Which try at the airing, counted from 1.
    pub attempt: u32,
    /// The instant at which the item was due.
    pub scheduled_at: UtcMs,
    /// The instant at which its first frame left the device.
    pub started_at: Option<UtcMs>,
    /// The instant after its last frame left the device.
    pub ended_at: Option<UtcMs>,
    /// Frames that the device took.
    pub frames_played: u64,
    /// Frames that it should have taken.
    pub frames_expected: u64,
    /// The device's frames a second, Hz; the clip's own where no device was open.
    pub sample_rate: u32,
    /// How late its first frame left the device, in microseconds.
    pub start_error_us: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it is not `aired`.
    pub reason: Option<Reason>,
    /// The reason in figures, for people.
    pub detail: Option<String>,
    /// What the outcome rests on; none where nothing sounded.
    pub evidence: Option<Evidence>,
    /// Device time over clock time, in parts per million.
    pub pace_ppm: Option<u32>,
    /// Times the device ran empty while it sounded.
    pub xruns: u32,
    /// The speaker that took the frames.
    pub speaker: Option<String>,
    /// The content.
    pub clip: Option<ClipHash>,
    /// The title.
    pub title: Arc<str>,
    /// The version of the rundown that ordered it.
    pub rundown_version: u64,
    /// `Untrusted` where the deck saw the clock step; none: whoever keeps the record knows better.
    pub clock: Option<ClockState>,
}

/// An airing is about to sound.
#[derive(Debug, Clone)]
pub struct Started {
    /// What airs.
    pub airing: AiringId,
    /// Which try, counted from 1.
    pub attempt: u32,
    /// A record for each of its clips as it will stand if the power fails before any of it has ended: interrupted,
    /// with no frame known to have sounded.
    pub if_lost: Vec<Draft>,
}

/// Why a record was not kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the record could not be kept: {0}")]
pub struct NotKept(pub String);

/// Keeps the record. Called from the deck's threads; may take the time of an fsync.
pub trait Recorder: Send + Sync {
    /// Keeps durably, before the first frame, that an airing starts: after a power cut it is not aired again.
    ///
    /// # Errors
    /// When it could not be kept. The airing sounds all the same: a full disk must not silence a station.
    fn started(&self, started: &Started) -> Result<(), NotKept>;

    /// Keeps the record of one item.
    ///
    /// # Errors
    /// When it could not be kept; the deck reports a fault and says it again later.
    fn ended(&self, draft: &Draft) -> Result<(), NotKept>;
}
