use std::{str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    AiringItem, BulletinId, ClipHash, ClipId, PersonId, PreparedBulletinId, Priority, StationId,
    UtcMs,
};

/// The recording that says "this is a drill": `audio/dien-tap.flac`.
pub const DRILL_MARK: ClipHash = ClipHash([
    0x50, 0xdd, 0x05, 0xf7, 0x7c, 0x71, 0x4f, 0xe6, 0x3e, 0x09, 0x34, 0x58, 0x2a, 0x10, 0xd5, 0x2f,
    0x20, 0x14, 0xbc, 0x79, 0x98, 0xbe, 0x93, 0xa2, 0xd0, 0xbc, 0x76, 0x61, 0xe5, 0x1e, 0x94, 0xb0,
]);

/// A bulletin that is ready to be asked for at any hour (bản tin soạn sẵn). Every station keeps its recordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedBulletin {
    /// Its name in Loa.
    pub id: PreparedBulletinId,
    /// Its title for people, NFC.
    pub title: String,
    /// Whether it is for drills only. A recording serves drills or emergencies, never both.
    #[serde(default)]
    pub drill: bool,
    /// What sounds, in order.
    pub clips: Vec<ClipId>,
    /// What puts it right, if it was sent by mistake; empty: nothing is prepared.
    #[serde(default)]
    pub correction: Vec<ClipId>,
}

/// What an airing carries out where no schedule asked for it, as the station is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulletinOrder {
    /// Which bulletin.
    pub id: BulletinId,
    /// Whether it is a drill: it keeps quiet hours and a stop at the site, and never sounds without its mark.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drill: bool,
    /// Whether what it interrupts goes on after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumes: bool,
    /// The bulletin that it puts right: it cuts in on that one too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<BulletinId>,
}

impl BulletinOrder {
    /// Whether these items may sound for it. In a drill every recording follows the mark, so that whoever begins to
    /// listen there is told.
    pub fn allows(&self, items: &[AiringItem]) -> bool {
        let hash = |item: &AiringItem| match item {
            AiringItem::Clip { sha256, .. } => Some(*sha256),
            AiringItem::Pause { .. } => None,
        };
        let is_mark = |item: &AiringItem| hash(item) == Some(DRILL_MARK);
        let follows_mark = |at: usize| at.checked_sub(1).is_some_and(|at| is_mark(&items[at]));
        !self.drill
            || (items.iter().enumerate()).all(|(at, item)| is_mark(item) || follows_mark(at))
    }
}

/// How much an airing outranks another: a greater one cuts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Thông thường.
    Routine,
    /// Ưu tiên.
    Priority,
    /// A drill of an emergency.
    Drill,
    /// Khẩn cấp.
    Emergency,
}

impl Rank {
    /// The rank of an airing of this priority, for this bulletin if it is for one.
    pub fn of(priority: Priority, bulletin: Option<&BulletinOrder>) -> Self {
        match (priority, bulletin) {
            (_, Some(bulletin)) if bulletin.drill => Self::Drill,
            (Priority::Routine, _) => Self::Routine,
            (Priority::Priority, _) => Self::Priority,
            (Priority::Emergency, _) => Self::Emergency,
        }
    }
}

/// An urgent airing that interrupts (bản tin khẩn): asked for by one person, agreed to by another, sent at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulletin {
    /// Its name.
    pub id: BulletinId,
    /// What was asked for. It does not change.
    pub asked: Asked,
    /// Who agreed, and when; then it was sent.
    pub agreed: Option<Step>,
    /// Who took it back, and when.
    pub cancelled: Option<Step>,
}

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Step {
    /// Who.
    pub by: String,
    /// When.
    pub at: UtcMs,
}

/// What was asked for, by value: the second person agrees to exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Who asked, as people call them.
    pub by: String,
    /// The same as an account; none: by a token.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// When.
    pub at: UtcMs,
    /// Until when another person may agree.
    pub until: UtcMs,
    /// Whether it is a drill.
    pub drill: bool,
    /// Its title for people, NFC.
    pub title: Arc<str>,
    /// Why it is sent, in the asker's words; may be empty.
    pub why: String,
    /// What sounds, in order.
    pub items: Arc<[AiringItem]>,
    /// What sounds when it has to be put right; empty: nothing is prepared.
    pub correction: Arc<[AiringItem]>,
    /// Where it sounds.
    pub stations: Vec<StationId>,
    /// Where it was to sound and will not, because the station takes no drills.
    #[serde(default)]
    pub without: Vec<StationId>,
    /// How long after it was sent a station may still begin it, in milliseconds.
    pub current_ms: u64,
    /// The bulletin that it puts right.
    #[serde(default)]
    pub corrects: Option<BulletinId>,
}

/// How a bulletin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BulletinState {
    /// It waits for a second person.
    Asked,
    /// Nobody agreed in time: it was not sent.
    Lapsed,
    /// It was sent and may sound.
    Sent,
    /// It was sent and can sound no more.
    Ended,
    /// Somebody took it back; where it sounded, it was broken off.
    Cancelled,
}

/// Why a bulletin is not agreed to, corrected or cancelled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// The asker agrees.
    #[error("{0} asked for this bulletin: another person has to listen to it and agree")]
    SamePerson(String),
    /// Nobody agreed in time.
    #[error("nobody agreed by {0}, so it was not sent: ask for it anew")]
    Lapsed(UtcMs),
    /// It was sent before.
    #[error("{} agreed at {}, and it was sent then", .0.by, .0.at)]
    Sent(Step),
    /// It was never sent.
    #[error("it was not sent: there is nothing to put right")]
    NotSent,
    /// Somebody took it back.
    #[error("{} cancelled it at {}", .0.by, .0.at)]
    Cancelled(Step),
    /// It can sound no more.
    #[error("it has ended: there is nothing left to cancel")]
    Ended,
}

impl NotNow {
    /// A code that stays.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SamePerson(_) => "same-person",
            Self::Lapsed(_) => "lapsed",
            Self::Sent(_) => "already-sent",
            Self::NotSent => "not-sent",
            Self::Cancelled(_) => "cancelled",
            Self::Ended => "ended",
        }
    }
}

impl Asked {
    /// How long it sounds, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.items.iter().map(AiringItem::duration_ms).sum()
    }

    /// The word that has to be typed to ask for it.
    pub fn word(drill: bool) -> &'static str {
        if drill { "DIỄN TẬP" } else { "KHẨN CẤP" }
    }
}

impl Bulletin {
    /// How it stands at an instant.
    pub fn state(&self, now: UtcMs) -> BulletinState {
        match (&self.cancelled, &self.agreed) {
            (Some(_), _) => BulletinState::Cancelled,
            (None, None) if now >= self.asked.until => BulletinState::Lapsed,
            (None, None) => BulletinState::Asked,
            (None, Some(_)) if self.over_at().is_some_and(|over| now >= over) => {
                BulletinState::Ended
            }
            (None, Some(_)) => BulletinState::Sent,
        }
    }

    /// When no station can be sounding it any more; none while it was not sent.
    pub fn over_at(&self) -> Option<UtcMs> {
        let spans = [self.asked.current_ms, self.asked.duration_ms()];
        let sum = spans.map(std::time::Duration::from_millis).iter().sum();
        self.agreed.as_ref().map(|agreed| agreed.at + sum)
    }

    /// Whether somebody may agree now.
    ///
    /// # Errors
    /// Why not.
    pub fn agree(&self, by: &str, person: Option<&PersonId>, now: UtcMs) -> Result<(), NotNow> {
        let is_same = match (person, &self.asked.person) {
            (Some(person), Some(asker)) => person == asker,
            _ => by == self.asked.by,
        };
        match (self.state(now), &self.agreed, &self.cancelled) {
            (_, _, Some(cancelled)) => Err(NotNow::Cancelled(cancelled.clone())),
            (_, Some(agreed), _) => Err(NotNow::Sent(agreed.clone())),
            (BulletinState::Lapsed, ..) => Err(NotNow::Lapsed(self.asked.until)),
            _ if is_same => Err(NotNow::SamePerson(by.to_owned())),
            _ => Ok(()),
        }
    }

    /// Whether it can be taken back now: before it is agreed to, or while it may still sound.
    ///
    /// # Errors
    /// Why not.
    pub fn cancel(&self, now: UtcMs) -> Result<(), NotNow> {
        match (self.state(now), &self.cancelled) {
            (_, Some(cancelled)) => Err(NotNow::Cancelled(cancelled.clone())),
            (BulletinState::Lapsed, _) => Err(NotNow::Lapsed(self.asked.until)),
            (BulletinState::Ended, _) => Err(NotNow::Ended),
            _ => Ok(()),
        }
    }

    /// Whether it may be put right: once it was sent, also after it was cancelled or has ended.
    ///
    /// # Errors
    /// It was never sent.
    pub fn correct(&self) -> Result<(), NotNow> {
        if self.agreed.is_some() { Ok(()) } else { Err(NotNow::NotSent) }
    }

    /// A name for a bulletin asked for at an instant; `random` tells it from another of that instant.
    pub fn name(drill: bool, at: UtcMs, random: u16) -> Option<BulletinId> {
        let kind = if drill { "drill" } else { "bulletin" };
        let at = at.compact().to_ascii_lowercase();
        BulletinId::from_str(&format!("{kind}-{at}-{random:04x}")).ok()
    }
}

/// What sounds for these recordings: in a drill each follows the mark, and the mark ends it.
pub fn sounding(clips: Vec<AiringItem>, mark: Option<&AiringItem>) -> Arc<[AiringItem]> {
    let Some(mark) = mark else { return clips.into() };
    let marked = clips.into_iter().flat_map(|clip| [mark.clone(), clip]);
    marked.chain([mark.clone()]).collect()
}
