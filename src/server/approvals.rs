//! Who approved what an airing sounds.

use std::collections::HashMap;

use crate::{
    radio::{AiringItem, Ruling, Subject},
    store::{Store, StoreError, StoredAiring},
};

/// What was ruled on the clips and programmes of some airings, each from the oldest on.
#[derive(Debug, Default)]
pub(super) struct Approvals(HashMap<Subject, Vec<Ruling>>);

impl Approvals {
    /// Asks the database.
    pub(super) async fn of(store: &Store, airings: &[StoredAiring]) -> Result<Self, StoreError> {
        let mut subjects: Vec<Subject> = airings.iter().flat_map(subjects).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let names: Vec<&str> = subjects.iter().map(Subject::id).collect();
        let mut rulings: HashMap<Subject, Vec<Ruling>> = HashMap::new();
        for ruling in store.rulings_on(&names).await? {
            rulings.entry(ruling.subject.clone()).or_default().push(ruling);
        }
        Ok(Self(rulings))
    }

    /// The approvals that an airing rests on: of its programme, if that needed one, and of each of its clips.
    pub(super) fn on(&self, airing: &StoredAiring) -> Vec<Ruling> {
        let starts_at = airing.planned.airing.starts_at;
        let in_time = |ruling: &&Ruling| ruling.at.is_none_or(|at| at <= starts_at);
        let approval = |subject: Subject| {
            let rulings = self.0.get(&subject)?.iter().rev().filter(in_time);
            let sounds = |ruling: &&Ruling| sounds(airing, ruling);
            rulings.filter(|ruling| ruling.approved).find(sounds).cloned()
        };
        subjects(airing).into_iter().filter_map(approval).collect()
    }
}

/// The programme and the clips of an airing, each once; nothing of one that does not sound.
fn subjects(airing: &StoredAiring) -> Vec<Subject> {
    let planned = &airing.planned.airing;
    if planned.items.is_empty() {
        return Vec::new();
    }
    let mut subjects = vec![Subject::Programme(planned.programme.clone())];
    for item in planned.items.iter() {
        if let AiringItem::Clip { clip, .. } = item {
            let subject = Subject::Clip(clip.clone());
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
    }
    subjects
}

/// Whether a ruling is on the very recording that the airing has. Which items a programme had is not kept with an airing.
fn sounds(airing: &StoredAiring, ruling: &Ruling) -> bool {
    let Subject::Clip(id) = &ruling.subject else { return true };
    airing.planned.airing.items.iter().any(|item| match item {
        AiringItem::Clip { clip, sha256, .. } => clip == id && *sha256 == ruling.content,
        AiringItem::Pause { .. } => false,
    })
}
