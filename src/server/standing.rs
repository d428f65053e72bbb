//! How an airing stands: plan and record, joined. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    radio::{AiringItem, Evidence, Outcome, Reason, UtcMs},
    store::PlannedAiring,
    wire::AsRunRecord,
};

/// How an airing stands. One that is over has exactly one of these, and never `planned`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AiringState {
    /// It is not over yet.
    Planned,
    /// Every item sounded.
    Aired,
    /// Some of it sounded.
    Partial,
    /// Its time passed without a frame.
    Missed,
    /// The plan or the station would not air it.
    Refused,
    /// It began and was cut off.
    Interrupted,
    /// Every item went to a silent or file speaker: nobody heard it, and it never counts as aired.
    Simulated,
    /// It is over and nobody has said a word about it.
    Unreported,
}

/// The state with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) state: AiringState,
    /// A code that stays.
    pub(super) reason: Option<String>,
    /// For people.
    pub(super) detail: Option<String>,
    /// The weakest of its items'.
    pub(super) evidence: Option<Evidence>,
    pub(super) started_at: Option<UtcMs>,
}

/// A person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) outcome: Outcome,
    pub(super) started_at: Option<UtcMs>,
    pub(super) detail: Option<String>,
    pub(super) by: String,
}

impl Standing {
    fn bare(state: AiringState) -> Self {
        Self { state, reason: None, detail: None, evidence: None, started_at: None }
    }

    /// Joins what was planned, what the player recorded (in order of making) and what a person says. The player's
    /// record outranks a person's word.
    pub(super) fn of(
        planned: &PlannedAiring,
        records: &[AsRunRecord],
        word: Option<&Word>,
        now: UtcMs,
    ) -> Self {
        let plan_says = |state| Self {
            reason: planned.reason.clone(),
            detail: planned.decision.clone(),
            ..Self::bare(state)
        };
        if !records.is_empty() {
            return Self::by_records(planned, records, now);
        }
        if let Some(word) = word {
            return Self::by_word(word);
        }
        if planned.refused {
            return plan_says(AiringState::Refused);
        }
        if now < planned.airing.ends_at {
            return plan_says(AiringState::Planned);
        }
        Self {
            reason: Some("no-record".to_owned()),
            detail: Some("the station has not reported it".to_owned()),
            ..Self::bare(AiringState::Unreported)
        }
    }

    fn by_word(word: &Word) -> Self {
        let aired = word.outcome == Outcome::Aired;
        let because = format!("declared by {}", word.by);
        Self {
            state: state_of(word.outcome),
            reason: (!aired).then(|| Reason::Reported.to_string()),
            detail: Some(match &word.detail {
                Some(detail) => format!("{because}: {detail}"),
                None => because,
            }),
            evidence: Some(Evidence::Declared),
            started_at: word.started_at,
        }
    }

    fn by_records(planned: &PlannedAiring, records: &[AsRunRecord], now: UtcMs) -> Self {
        let last = last_of_each(records);
        let sounding = planned
            .airing
            .items
            .iter()
            .filter(|item| matches!(item, AiringItem::Clip { .. }))
            .count();
        let sounded = last.iter().any(|record| record.frames_played > 0);
        // Nothing said is the weakest there is.
        let evidence = last
            .iter()
            .filter(|record| record.frames_played > 0)
            .map(|record| record.evidence.unwrap_or(Evidence::Simulated))
            .min();
        let blamed = last.iter().find(|record| record.outcome != Outcome::Aired);
        let state = match blamed {
            None if last.len() < sounding && now < planned.airing.ends_at => AiringState::Planned,
            None if last.len() < sounding => AiringState::Partial,
            None if evidence <= Some(Evidence::Simulated) => AiringState::Simulated,
            None => AiringState::Aired,
            Some(_) if last.iter().any(|record| record.outcome == Outcome::Interrupted) => {
                AiringState::Interrupted
            }
            Some(_) if sounded => AiringState::Partial,
            Some(first) => state_of(first.outcome),
        };
        let (reason, detail) = match (blamed, state) {
            (Some(record), _) => {
                (record.reason.map(|reason| reason.to_string()), record.detail.clone())
            }
            (None, AiringState::Partial) => (
                Some("items-unreported".to_owned()),
                Some(format!("{} of {sounding} items were reported", last.len())),
            ),
            (None, AiringState::Simulated) => (
                Some("simulated".to_owned()),
                Some("a silent or file speaker took it: nobody heard it".to_owned()),
            ),
            (None, _) => (None, None),
        };
        let started_at = last.iter().filter_map(|record| record.started_at).min();
        Self { state, reason, detail, evidence, started_at }
    }
}

/// The record of the last attempt at each position, by position.
fn last_of_each(records: &[AsRunRecord]) -> Vec<&AsRunRecord> {
    let mut last = std::collections::BTreeMap::<u32, &AsRunRecord>::new();
    for record in records {
        let kept = last.entry(record.position).or_insert(record);
        if record.attempt >= kept.attempt {
            *kept = record;
        }
    }
    last.into_values().collect()
}

fn state_of(outcome: Outcome) -> AiringState {
    match outcome {
        Outcome::Aired => AiringState::Aired,
        Outcome::Partial => AiringState::Partial,
        Outcome::Missed => AiringState::Missed,
        Outcome::Refused => AiringState::Refused,
        Outcome::Interrupted => AiringState::Interrupted,
    }
}
