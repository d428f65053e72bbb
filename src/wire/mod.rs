//! What a station and the district say to each other: JSON over HTTP under `/api/v1`.
//!
//! What is signed is sent as exact bytes inside an [`Envelope`], so that no two JSON libraries have to agree on a
//! spelling. Times are RFC 3339 in UTC, sizes bytes, levels hundredths of a decibel.

pub mod arrival;
mod carried;
mod code;
mod event;

pub use carried::{
    BadWord, CarriedEnrolment, CarriedReceipts, CarriedRequest, CarriedState, DistrictWord,
    RefusedRecord, Run,
};
pub use code::{BadCode, EnrolmentCode};
pub use event::{Event, EventRecord, Hand, StationRecord};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    radio::{
        AiringId, AiringItem, BulletinOrder, CampaignId, Cause, ClipHash, ClockState, Evidence,
        Outcome, Priority, Rank, Reason, RecordHash, ScheduleId, StationId, UtcMs,
    },
    signing::{Envelope, PublicKey},
};

/// The header in which every answer of the district's says what time it is there, in Unix milliseconds.
pub const TIME_HEADER: &str = "loa-time";

/// A station's rundown as it is sent: signed, with the row of the district's keys that says whose signature counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedRundown {
    /// The district's keys from the first to the newest, each a [`DistrictKey`](crate::signing::DistrictKey) signed by
    /// the one before it.
    pub keys: Vec<Envelope>,
    /// A [`Rundown`], signed by the newest.
    pub rundown: Envelope,
}

/// The ordered airings of one station between two instants (lịch ngày).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rundown {
    /// The station it is for.
    pub station: StationId,
    /// What people call the station; empty: by its id.
    #[serde(default)]
    pub station_name: String,
    /// Only rises; changes exactly when the content does.
    pub version: u64,
    /// The first instant at which a station may take it.
    pub not_before: UtcMs,
    /// The first instant at which a station may no longer take it. One that it took before stands.
    pub not_after: UtcMs,
    /// The first instant it speaks of: it is the whole truth from here to `until`.
    pub from: UtcMs,
    /// The first instant it no longer speaks of.
    pub until: UtcMs,
    /// In order of `starts_at`.
    pub airings: Vec<RundownAiring>,
    /// Clips of prepared bulletins: the station keeps them, because they may be ordered at any moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepared: Vec<PreparedClip>,
}

/// A clip to be kept at the station though no airing has it yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreparedClip {
    /// Its content.
    pub sha256: ClipHash,
    /// The file's size in bytes.
    pub bytes: u64,
}

/// One airing as the station is told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RundownAiring {
    /// Its name.
    pub id: AiringId,
    /// The rule it comes from.
    pub schedule: ScheduleId,
    /// The campaign it serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// The programme's title.
    pub title: String,
    /// How urgent it is.
    pub priority: Priority,
    /// The bulletin that it carries out; none: a schedule asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulletin: Option<BulletinOrder>,
    /// The instant of its first frame.
    pub starts_at: UtcMs,
    /// The instant after its last frame.
    pub ends_at: UtcMs,
    /// The last instant at which it may still start.
    pub latest_start: UtcMs,
    /// What sounds, in order.
    pub items: Vec<AiringItem>,
}

/// What really sounded for one clip of one airing (nhật ký phát sóng).
///
/// Known by (station, boot, sequence). A station never changes a record that it has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AsRunRecord {
    /// Who says so.
    pub station: StationId,
    /// One run of the station's program, 32 hexadecimal digits.
    #[schema(example = "5f2b8c1d9e0a4b7c8d6e5f4a3b2c1d0e")]
    pub boot: String,
    /// Counts up by one, without a gap, over the station's life.
    pub sequence: u64,
    /// What was to air.
    pub airing: AiringId,
    /// Whether it was a drill.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drill: bool,
    /// Which item of the airing, counted from 0.
    pub position: u32,
    /// Which try at the airing, counted from 1.
    pub attempt: u32,
    /// The instant at which the item was due.
    pub scheduled_at: UtcMs,
    /// The instant at which its first frame left the device.
    #[serde(default)]
    pub started_at: Option<UtcMs>,
    /// The instant after its last frame left the device.
    #[serde(default)]
    pub ended_at: Option<UtcMs>,
    /// Frames that the device took, at `sample_rate`.
    pub frames_played: u64,
    /// Frames that it should have taken, at `sample_rate`.
    pub frames_expected: u64,
    /// The device's frames a second, Hz.
    pub sample_rate: u32,
    /// How long after the due instant the first frame left the device, in microseconds; negative: before.
    #[serde(default)]
    pub start_error_us: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it is not `aired`.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// The reason in figures, for people.
    #[serde(default)]
    pub detail: Option<String>,
    /// What the outcome rests on; none where nothing sounded.
    #[serde(default)]
    pub evidence: Option<Evidence>,
    /// Device time over clock time in parts per million while it sounded: 1000000 is the right pace.
    #[serde(default)]
    pub pace_ppm: Option<u32>,
    /// Times the device ran empty.
    pub xruns: u32,
    /// The speaker that took the frames.
    #[serde(default)]
    pub speaker: Option<String>,
    /// The content, by value.
    #[serde(default)]
    pub clip: Option<ClipHash>,
    /// The title, by value.
    pub title: String,
    /// The version of the rundown that ordered it.
    pub rundown_version: u64,
    /// How far the clock could be believed.
    pub clock: ClockState,
    /// The hash of the station's previous record; none in its first.
    #[serde(default)]
    pub previous: Option<RecordHash>,
}

impl RundownAiring {
    /// How much it outranks others.
    pub fn rank(&self) -> Rank {
        Rank::of(self.priority, self.bulletin.as_ref())
    }

    /// Whether it is a drill.
    pub fn is_drill(&self) -> bool {
        self.bulletin.as_ref().is_some_and(|bulletin| bulletin.drill)
    }
}

impl AsRunRecord {
    /// Whether the clip has had its turn in a rotation: when something of it sounded that the evidence vouches for, be
    /// it only a trial on a silent speaker; and when the clip itself is at fault, because one that can never air would
    /// otherwise be next for ever and silence all others. A clip that the station let down comes again.
    pub fn had_its_turn(&self) -> bool {
        let at_fault = matches!(
            self.reason,
            Some(Reason::ClipMissing | Reason::ClipCorrupt | Reason::DecodeFailed)
        );
        at_fault || (self.frames_played > 0 && self.evidence.is_some())
    }
}

/// A station asks to be known, with a code that works once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// The one-time code; its first part is enough.
    pub code: String,
    /// The key with which the station will sign its records. A player without one declares what it aired, and cannot
    /// confirm it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<PublicKey>,
    /// The player's name and version.
    pub software: String,
}

/// The district knows the station from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Enrolment {
    /// Who the station is.
    pub station: StationId,
    /// What it shows at every call, as `Authorization: Bearer`. Told once; the district keeps only its hash.
    pub token: String,
    /// The district's keys, as in [`SignedRundown`]: the station trusts the newest, and whatever that one signs.
    pub keys: Vec<Envelope>,
}

/// As-run records on their way to the district; with none, a sign of life.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Confirmations {
    /// [`AsRunRecord`]s and [`EventRecord`]s, each signed by its station; at most 500.
    #[serde(default)]
    pub records: Vec<Envelope>,
    /// How the station is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StationStatus>,
    /// Asks for `runs` in the answer, which costs the district more than `held`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tell_runs: bool,
}

/// How a station is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StationStatus {
    /// The player's name and version.
    pub software: String,
    /// The speaker in use.
    pub speaker: String,
    /// How far its clock can be believed.
    pub clock: ClockState,
    /// The highest version of its rundown that it ever took; it refuses any lower one.
    #[serde(default)]
    pub rundown_version: Option<u64>,
    /// What sounds now, if the player says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playing: Option<AiringId>,
    /// Records that wait to be sent.
    pub waiting: u64,
    /// Bytes that are free on its disk; none: the player does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_free: Option<u64>,
    /// What is wrong; empty when nothing is.
    pub faults: Vec<Fault>,
    /// Which airings to come lack clips; none: the player does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<Stock>,
}

/// How far a station has the clips of the airings to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stock {
    /// The version of the rundown that says what is needed.
    pub rundown_version: u64,
    /// How many airings lack a clip.
    pub count: u64,
    /// The first of them, in order of `starts_at`; at most 20.
    pub airings: Vec<Lacking>,
    /// Clips of prepared bulletins that are not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepared: Vec<ClipHash>,
}

/// An airing to come whose clips are not all at the station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lacking {
    /// Which.
    pub airing: AiringId,
    /// The instant of its first frame.
    pub starts_at: UtcMs,
    /// What it lacks.
    pub clips: Vec<ClipHash>,
}

/// Something that is wrong at a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Stays the same from release to release.
    pub code: String,
    /// What is wrong and what to do, for people.
    pub detail: String,
}

impl Fault {
    /// A fault with its code and words.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Self { code: code.to_owned(), detail: detail.into() }
    }
}

/// What became of each record, in the order sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Receipts {
    /// One for each record sent.
    pub results: Vec<Receipt>,
    /// Which of the station's records the district has, these included. What it once confirmed and has no more, after a
    /// backup of its database was restored, the station sends again.
    #[serde(default)]
    pub held: Option<Held>,
    /// The same by hash, where it was asked for. Numbers alone may be those of an earlier life of the station, which lost
    /// its folder and began anew at 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<Vec<Run>>,
}

/// Which of a station's records the district has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Held {
    /// The sequence number up to which nothing is missing; 0: the first is.
    pub head: u64,
    /// The highest sequence number; 0: none.
    pub last: u64,
    /// What is missing before the last, the oldest first; at most 100 spans, others later.
    pub missing: Vec<Span>,
}

/// Numbers that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Span {
    /// The lowest.
    pub first: u64,
    /// The highest, included.
    pub last: u64,
}

/// Something that is wrong with a station's chain of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChainFault {
    /// What kind of thing.
    pub kind: ChainFaultKind,
    /// At which sequence number.
    pub sequence: u64,
    /// What is wrong, for people.
    pub detail: String,
    /// When it was found; none where it is looked for anew at every question.
    pub found_at: Option<UtcMs>,
}

/// Kinds of fault in a station's chain of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChainFaultKind {
    /// Records are missing. It heals when they come.
    Gap,
    /// Two histories: two records under one number, or one that follows another than the one that is there.
    Fork,
    /// A record that is not the first names none before it, or the first names one.
    Break,
}

impl std::fmt::Display for ChainFaultKind {
    /// The word that the API and the database use.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The record's sequence number; none when it could not be read.
    #[serde(default)]
    pub sequence: Option<u64>,
    /// What became of it.
    pub result: ReceiptResult,
    /// Why it is not `recorded`, naming the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptResult {
    /// It is on disk.
    Recorded,
    /// The same record was there already.
    Duplicate,
    /// A different record is there under the same key.
    Conflict,
    /// It cannot be a record.
    Invalid,
}

/// The smallest way to say that an airing aired, for a commune whose player is not Loa's.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// How it ended.
    pub outcome: Outcome,
    /// When it began, if that was noted.
    #[serde(default)]
    pub started_at: Option<UtcMs>,
    /// Why, when it did not air.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// Anything that people should know.
    #[serde(default)]
    pub detail: Option<String>,
    /// A name that the sender makes for this word, at most 64 characters: sent again under it, it is kept once.
    #[serde(default)]
    pub key: Option<String>,
    /// Whether it is said in place of what was declared before, which stays on the record.
    #[serde(default)]
    pub correction: bool,
}

/// An error as RFC 9457 says it, with a code that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the code says more than a link would.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stays the same from release to release.
    pub code: String,
    /// What is wrong here and what to do.
    pub detail: String,
    /// The same in Vietnamese, where people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail_vi: Option<String>,
}
