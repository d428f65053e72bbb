//! Numbers as runs without a gap. Pure.

use std::collections::BTreeMap;

use crate::wire::Span;

/// Runs of numbers, no two of which touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Runs(BTreeMap<u64, u64>);

impl Runs {
    pub(super) fn holds(&self, number: u64) -> bool {
        self.0.range(..=number).next_back().is_some_and(|(_, last)| *last >= number)
    }

    pub(super) fn add(&mut self, number: u64) {
        if self.holds(number) {
            return;
        }
        let last = self.0.remove(&(number + 1)).unwrap_or(number);
        match self.0.range_mut(..number).next_back() {
            Some((_, before)) if *before + 1 == number => *before = last,
            _ => {
                self.0.insert(number, last);
            }
        }
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        self.0.iter().map(|(first, last)| Span { first: *first, last: *last })
    }

    /// What is missing, counted from 1, before the last run.
    pub(super) fn gaps(&self) -> Vec<Span> {
        let mut next = 1;
        let mut gaps = Vec::new();
        for run in self.spans() {
            if run.first > next {
                gaps.push(Span { first: next, last: run.first - 1 });
            }
            next = run.last + 1;
        }
        gaps
    }
}

impl FromIterator<Span> for Runs {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        Self(spans.into_iter().map(|span| (span.first, span.last)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_hold_what_was_added_and_never_touch(numbers in prop::collection::vec(0_u64..40, 0..60)) {
            let mut runs = Runs::default();
            for number in &numbers {
                runs.add(*number);
            }
            let all: BTreeSet<u64> = numbers.into_iter().collect();
            let held: Vec<u64> = runs.spans().flat_map(|run| run.first..=run.last).collect();
            prop_assert_eq!(&held, &all.iter().copied().collect::<Vec<_>>());
            let missing: Vec<u64> = runs.gaps().iter().flat_map(|gap| gap.first..=gap.last).collect();
            let last = all.last().copied().unwrap_or(0);
            let expected: Vec<u64> = (1..=last).filter(|number| !all.contains(number)).collect();
            prop_assert_eq!(missing, expected);
            let spans: Vec<Span> = runs.spans().collect();
            prop_assert!(spans.windows(2).all(|two| two[0].last + 1 < two[1].first));
        }
    }
}
