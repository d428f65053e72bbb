//! How an airing stands: plan and record, joined. Pure.

use super::report::ReceivedDeclaration;
use crate::{
    radio::{AiringItem, AiringState, Evidence, Outcome, Reason, UtcMs},
    store::{PlannedAiring, StoredAiring},
    wire::AsRunRecord,
};

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

impl Standing {
    fn bare(state: AiringState) -> Self {
        Self { state, reason: None, detail: None, evidence: None, started_at: None }
    }

    /// Joins what was planned, what the player recorded (in order of making) and what a person says. The player's
    /// record outranks a person's word.
    pub(super) fn of(
        stored: &StoredAiring,
        records: &[&AsRunRecord],
        word: Option<&ReceivedDeclaration>,
        now: UtcMs,
    ) -> Self {
        let mut standing = Self::by_plan_or_report(&stored.planned, records, word, now);
        let without_plan = match stored.withdrawn_at {
            Some(at) => Some((
                "withdrawn",
                format!("the plan dropped it at {at}; the station did not know"),
            )),
            None if stored.unplanned => Some((
                "not-planned",
                "the district's plan does not have it; the station reported it".to_owned(),
            )),
            None => None,
        };
        if let (None, Some((code, words))) = (&standing.reason, without_plan) {
            standing.reason = Some(code.to_owned());
            standing.detail = Some(words);
        }
        standing
    }

    fn by_plan_or_report(
        planned: &PlannedAiring,
        records: &[&AsRunRecord],
        word: Option<&ReceivedDeclaration>,
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
        if now < planned.airing.over_at() {
            return plan_says(AiringState::Planned);
        }
        Self {
            reason: Some("no-record".to_owned()),
            detail: Some("the station has not reported it".to_owned()),
            ..Self::bare(AiringState::Unreported)
        }
    }

    fn by_word(word: &ReceivedDeclaration) -> Self {
        let aired = word.outcome == Outcome::Aired;
        let because = format!("declared by {}", word.declared_by);
        let cause = word.cause.map(|cause| cause.to_string());
        let why: Vec<String> = cause.into_iter().chain(word.detail.clone()).collect();
        Self {
            state: state_of(word.outcome),
            reason: (!aired).then(|| Reason::Reported.to_string()),
            detail: Some(if why.is_empty() {
                because
            } else {
                format!("{because}: {}", why.join(", "))
            }),
            evidence: Some(Evidence::Declared),
            started_at: word.started_at,
        }
    }

    fn by_records(planned: &PlannedAiring, records: &[&AsRunRecord], now: UtcMs) -> Self {
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
            None if last.len() < sounding && now < planned.airing.over_at() => AiringState::Planned,
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
fn last_of_each<'a>(records: &[&'a AsRunRecord]) -> Vec<&'a AsRunRecord> {
    let mut last = std::collections::BTreeMap::<u32, &AsRunRecord>::new();
    for &record in records {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        radio::{Airing, Cause, Priority, digest},
        reports::{Entry, Tally},
        store::JUDGEMENT,
    };

    const START: UtcMs = UtcMs(1_601_503_200_000);
    const AFTER: UtcMs = UtcMs(START.0 + 120_000);

    /// A chime, a pause and a clip, a minute together.
    fn planned() -> PlannedAiring {
        let clip = |name: &str| {
            json!({"kind": "clip", "clip": name, "sha256": "0".repeat(64), "bytes": 1, "title": name,
                   "frames": 48_000, "sample_rate": 48_000, "gain": 0})
        };
        let items = json!([clip("chime"), {"kind": "pause", "ms": 500}, clip("bluezone")]);
        PlannedAiring {
            airing: Airing {
                id: "sang.thach-lam.20200930T220000Z".parse().unwrap(),
                schedule: "sang".parse().unwrap(),
                station: "thach-lam".parse().unwrap(),
                programme: "ban-tin".parse().unwrap(),
                title: "Bản tin".into(),
                campaign: None,
                priority: Priority::Routine,
                bulletin: None,
                nominal_at: START,
                starts_at: START,
                ends_at: UtcMs(START.0 + 60_000),
                latest_start: START,
                items: serde_json::from_value::<Vec<AiringItem>>(items).unwrap().into(),
            },
            unit: "thach-lam".parse().unwrap(),
            refused: false,
            reason: None,
            decision: None,
            digest: String::new(),
        }
    }

    fn record(position: u32, attempt: u32, rest: &serde_json::Value) -> AsRunRecord {
        let mut record = json!({"station": "thach-lam", "boot": "0".repeat(32), "sequence": position,
            "airing": "sang.thach-lam.20200930T220000Z", "position": position, "attempt": attempt,
            "scheduled_at": START, "frames_played": 0, "frames_expected": 48_000, "sample_rate": 48_000,
            "xruns": 0, "title": "x", "rundown_version": 1, "clock": "synced"});
        for (name, value) in rest.as_object().unwrap() {
            record[name] = value.clone();
        }
        serde_json::from_value(record).unwrap()
    }

    fn aired(evidence: &str) -> serde_json::Value {
        json!({"outcome": "aired", "frames_played": 48_000, "started_at": START, "evidence": evidence})
    }

    fn of(
        planned: PlannedAiring,
        records: &[AsRunRecord],
        word: Option<&ReceivedDeclaration>,
        now: UtcMs,
    ) -> Standing {
        let stored = StoredAiring { planned, withdrawn_at: None, unplanned: false };
        Standing::of(&stored, &records.iter().collect::<Vec<_>>(), word, now)
    }

    fn state(
        records: &[AsRunRecord],
        now: UtcMs,
    ) -> (AiringState, Option<String>, Option<Evidence>) {
        let standing = of(planned(), records, None, now);
        (standing.state, standing.reason, standing.evidence)
    }

    #[test]
    fn an_airing_is_worth_its_weakest_item() {
        let (played, heard, simulated) = (aired("played"), aired("heard"), aired("simulated"));
        let both = [record(0, 1, &heard), record(2, 1, &played)];
        assert_eq!(state(&both, AFTER), (AiringState::Aired, None, Some(Evidence::Played)));
        let half = [record(0, 1, &simulated), record(2, 1, &played)];
        assert_eq!(state(&half, AFTER).0, AiringState::Simulated);
        // A second attempt that was really played makes it good.
        let again = [record(0, 1, &simulated), record(2, 1, &played), record(0, 2, &played)];
        assert_eq!(state(&again, AFTER).0, AiringState::Aired);
    }

    #[test]
    fn an_airing_is_not_better_than_its_records() {
        let played = aired("played");
        let because = |outcome: &str, reason: &str, frames: u64| json!({"outcome": outcome, "reason": reason, "frames_played": frames, "evidence": "played"});
        let missed = because("missed", "device-missing", 0);
        let quiet = because("refused", "quiet-hours", 0);
        let cut = because("interrupted", "station-stopped", 100);
        let broken = because("partial", "decode-failed", 100);
        let table = [
            (
                vec![record(0, 1, &missed), record(2, 1, &missed)],
                AiringState::Missed,
                "device-missing",
            ),
            (vec![record(0, 1, &quiet)], AiringState::Refused, "quiet-hours"),
            (
                vec![record(0, 1, &played), record(2, 1, &cut)],
                AiringState::Interrupted,
                "station-stopped",
            ),
            (
                vec![record(0, 1, &played), record(2, 1, &missed)],
                AiringState::Partial,
                "device-missing",
            ),
            (
                vec![record(0, 1, &broken), record(2, 1, &played)],
                AiringState::Partial,
                "decode-failed",
            ),
            (vec![record(0, 1, &played)], AiringState::Partial, "items-unreported"),
        ];
        for (records, expected, why) in table {
            let (state, reason, _) = state(&records, AFTER);
            assert_eq!((state, reason.as_deref()), (expected, Some(why)));
        }
        assert_eq!(state(&[record(0, 1, &played)], START).0, AiringState::Planned);
    }

    #[test]
    fn without_a_record_a_word_counts_and_silence_is_told() {
        let word = ReceivedDeclaration {
            declared_by: "Lan".into(),
            declared_at: AFTER,
            outcome: Outcome::Missed,
            started_at: None,
            cause: Some(Cause::Power),
            detail: Some("cả xã".into()),
        };
        let standing = of(planned(), &[], Some(&word), AFTER);
        assert_eq!(
            (standing.state, standing.evidence),
            (AiringState::Missed, Some(Evidence::Declared))
        );
        assert_eq!(standing.reason.as_deref(), Some("reported"));
        assert_eq!(standing.detail.as_deref(), Some("declared by Lan: power, cả xã"));
        // The player's record outranks it.
        let records = [record(0, 1, &aired("played")), record(2, 1, &aired("played"))];
        assert_eq!(of(planned(), &records, Some(&word), AFTER).state, AiringState::Aired);
        assert_eq!(state(&[], AFTER).0, AiringState::Unreported);
        assert_eq!(state(&[], UtcMs(START.0 + 59_999)).0, AiringState::Planned);
        assert_eq!(state(&[], UtcMs(START.0 + 60_000)).0, AiringState::Unreported);
        // It may start five minutes late, and end as much later.
        let mut patient = planned();
        patient.airing.latest_start = UtcMs(START.0 + 300_000);
        let half = [record(0, 1, &aired("played"))];
        for (records, over) in
            [(&[][..], AiringState::Unreported), (&half[..], AiringState::Partial)]
        {
            let state = |now| of(patient.clone(), records, None, UtcMs(START.0 + now)).state;
            assert_eq!(state(359_999), AiringState::Planned);
            assert_eq!(state(360_000), over);
        }
        let refused = PlannedAiring { refused: true, reason: Some("holiday".into()), ..planned() };
        let standing = of(refused, &[], None, START);
        assert_eq!(
            (standing.state, standing.reason.as_deref()),
            (AiringState::Refused, Some("holiday"))
        );
    }

    /// All that a record can say of how one of the items ended; nothing, too.
    fn all_records(position: u32) -> Vec<Vec<AsRunRecord>> {
        let mut all = vec![vec![]];
        for outcome in ["aired", "partial", "missed", "refused", "interrupted"] {
            for evidence in [None, Some("simulated"), Some("played"), Some("heard")] {
                for frames in [0, 48_000] {
                    let said =
                        json!({"outcome": outcome, "evidence": evidence, "frames_played": frames});
                    all.push(vec![record(position, 1, &said)]);
                }
            }
        }
        all
    }

    fn entry(standing: &Standing, planned: PlannedAiring, is_planned: bool) -> Entry {
        let airing = planned.airing;
        Entry {
            id: airing.id,
            station: airing.station,
            unit: planned.unit,
            campaign: None,
            title: airing.title.to_string(),
            starts_at: airing.starts_at,
            ends_at: airing.ends_at,
            started_at: standing.started_at,
            state: standing.state,
            evidence: standing.evidence,
            reason: standing.reason.clone(),
            word: None,
            is_planned,
            is_late: false,
            arrivals: vec![AFTER, AFTER + std::time::Duration::from_hours(24)],
        }
    }

    /// All that comes of it, hashed.
    const JUDGED: &str = "fb407a87a2cb46de10c28bdf90e7e951a87940b70faa3e978b07611fa6466b5a";

    #[test]
    fn whoever_judges_otherwise_counts_it_up() {
        let word = |outcome| ReceivedDeclaration {
            declared_by: "Lan".into(),
            declared_at: AFTER,
            outcome,
            started_at: None,
            cause: None,
            detail: None,
        };
        let words = [None, Some(word(Outcome::Aired)), Some(word(Outcome::Missed))];
        let plans = [
            (false, None, false),
            (true, None, false),
            (false, Some(START), false),
            (false, None, true),
        ];
        let (as_planned, zone) = (planned(), chrono_tz::Asia::Ho_Chi_Minh);
        let (mut all, mut tally) = (Vec::new(), Tally::default());
        for (chime, clip) in all_records(0)
            .iter()
            .flat_map(|chime| all_records(2).into_iter().map(move |clip| (chime, clip)))
        {
            let records: Vec<&AsRunRecord> = chime.iter().chain(&clip).collect();
            for (word, (refused, withdrawn_at, unplanned)) in
                words.iter().flat_map(|word| plans.map(|plan| (word, plan)))
            {
                for now in [START, AFTER] {
                    let planned = PlannedAiring { refused, ..as_planned.clone() };
                    let stored = StoredAiring { planned: planned.clone(), withdrawn_at, unplanned };
                    let standing = Standing::of(&stored, &records, word.as_ref(), now);
                    tally.count(&entry(&standing, planned, !unplanned), zone);
                    all.push((standing.state, standing.evidence, standing.reason));
                }
            }
        }
        assert_eq!(all.len(), 41 * 41 * 3 * 4 * 2);
        // Airings are judged otherwise than before? Then count JUDGEMENT up in store/judged.rs, and write here what it is now.
        assert_eq!((JUDGEMENT, digest(&(all, tally)).as_str()), (1, JUDGED));
    }

    #[test]
    fn what_sounded_without_a_plan_says_so() {
        let records = [record(0, 1, &aired("played")), record(2, 1, &aired("played"))];
        let records: Vec<_> = records.iter().collect();
        let kept = StoredAiring { planned: planned(), withdrawn_at: None, unplanned: true };
        let stray = Standing::of(&kept, &records, None, AFTER);
        assert_eq!(
            (stray.state, stray.reason.as_deref()),
            (AiringState::Aired, Some("not-planned"))
        );
        let kept = StoredAiring { withdrawn_at: Some(START), unplanned: false, ..kept };
        let dropped = Standing::of(&kept, &records, None, AFTER);
        assert_eq!(dropped.reason.as_deref(), Some("withdrawn"));
        assert!(dropped.detail.unwrap().contains("2020-09-30T22:00:00"));
        // What the station says weighs more.
        let missed = record(0, 1, &json!({"outcome": "missed", "reason": "station-down"}));
        let missed = Standing::of(&kept, &[&missed], None, AFTER);
        assert_eq!(missed.reason.as_deref(), Some("station-down"));
    }
}
