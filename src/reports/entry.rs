use crate::radio::{AiringId, AiringState, CampaignId, Cause, Evidence, StationId, UnitId, UtcMs};

/// What somebody said of an airing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Who says so.
    pub by: String,
    /// Why it did not air.
    pub cause: Option<Cause>,
    /// Anything that people should know.
    pub note: Option<String>,
}

/// One airing as reports tell of it: judged before, with its state and what that rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name.
    pub id: AiringId,
    /// Where.
    pub station: StationId,
    /// The unit that the station belonged to.
    pub unit: UnitId,
    /// The campaign that it serves.
    pub campaign: Option<CampaignId>,
    /// What, by value.
    pub title: String,
    /// The instant of its first frame, as planned.
    pub starts_at: UtcMs,
    /// The instant after its last frame, as planned.
    pub ends_at: UtcMs,
    /// When it really began.
    pub started_at: Option<UtcMs>,
    /// How it stands.
    pub state: AiringState,
    /// On what that rests.
    pub evidence: Option<Evidence>,
    /// Why it stands so, as a code.
    pub reason: Option<String>,
    /// What somebody said of it, where that is what counts.
    pub word: Option<Word>,
    /// Whether the plan has it; false: only a record tells of it.
    pub is_planned: bool,
    /// Whether some word of it came later than a station whose line holds would have sent it.
    pub is_late: bool,
    /// When each word of it, a record or a declaration, reached the district.
    pub arrivals: Vec<UtcMs>,
}
