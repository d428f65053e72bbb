//! One station's time: wishes that could get in each other's way are settled together, everything else alone.
//!
//! A wish reaches from its nominal instant to the end that it has if it starts as late as it may. Where no reach
//! covers an instant, the station is idle there whatever is decided, so what lies before says nothing about what lies
//! after. That makes a plan independent of the window it was asked for. Rules so dense that a whole UTC day has no
//! idle instant are cut at the day's end instead, and nothing may sound across that cut.

use std::collections::BTreeMap;

pub(super) const DAY_MS: i64 = 86_400_000;

/// What is to be settled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<T> {
    /// The nominal instant.
    pub(super) at: i64,
    /// How long it sounds.
    pub(super) ms: i64,
    /// How long it may wait.
    pub(super) late_ms: i64,
    /// How long after the nominal instant it ends at the latest; at least `ms + late_ms`.
    pub(super) reach_ms: i64,
    /// Smaller goes first; then the nominal instant, then `tie`.
    pub(super) urgency: u8,
    pub(super) tie: usize,
    pub(super) what: T,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It starts here, after the request with the given tie where it had to wait.
    Starts(i64, Option<usize>),
    /// The one with this tie is in the way until it is too late.
    Occupied(usize),
    /// It would sound across this cut.
    Cut(i64),
}

/// Settles requests that come in order of their nominal instants. `allowed` says whether one may sound from a later
/// start than its nominal one; `settled` is told every verdict.
pub(super) struct Timeline<T, A, S> {
    group: Vec<Request<T>>,
    idle_since: i64,
    busy_until: i64,
    allowed: A,
    settled: S,
}

impl<T, A, S> Timeline<T, A, S>
where
    A: Fn(&Request<T>, i64) -> bool,
    S: FnMut(Request<T>, Verdict),
{
    /// The station is idle at `since`, or what comes before does not matter.
    pub(super) fn new(since: i64, allowed: A, settled: S) -> Self {
        Self { group: Vec::new(), idle_since: since, busy_until: since, allowed, settled }
    }

    pub(super) fn push(&mut self, request: Request<T>) {
        if request.at >= self.busy_until {
            self.settle();
            self.idle_since = request.at;
        } else if self.cut().is_some_and(|cut| cut <= request.at) {
            self.settle();
        }
        self.busy_until = self.busy_until.max(request.at.saturating_add(request.reach_ms));
        self.group.push(request);
    }

    pub(super) fn finish(mut self) {
        self.settle();
    }

    /// The first day's end after the group's last request that has been without an idle instant for a day.
    fn cut(&self) -> Option<i64> {
        let last = self.group.last()?.at;
        let next = last.div_euclid(DAY_MS).saturating_add(1).saturating_mul(DAY_MS);
        let dense = self.idle_since.saturating_add(DAY_MS);
        let dense = dense.saturating_add((-dense).rem_euclid(DAY_MS));
        Some(next.max(dense)).filter(|cut| *cut < self.busy_until)
    }

    fn settle(&mut self) {
        let cut = self.cut().unwrap_or(i64::MAX);
        let mut group = std::mem::take(&mut self.group);
        group.sort_unstable_by_key(|one| (one.urgency, one.at, one.tie));
        let mut taken: BTreeMap<i64, (i64, usize)> = BTreeMap::new();
        for request in group.drain(..) {
            let verdict = place(&taken, &request, cut);
            if let Verdict::Starts(start, waited) = verdict
                && (waited.is_none() || (self.allowed)(&request, start))
            {
                taken.insert(start, (start.saturating_add(request.ms), request.tie));
            }
            (self.settled)(request, verdict);
        }
        self.group = group;
    }
}

/// The first free start. Spans never overlap, so the last of those that begin before our end is the one to pass.
fn place<T>(taken: &BTreeMap<i64, (i64, usize)>, request: &Request<T>, cut: i64) -> Verdict {
    let (mut start, mut waited) = (request.at, None);
    loop {
        let end = start.saturating_add(request.ms);
        match taken.range(..end).next_back() {
            Some((_, (until, other))) if *until > start => {
                (start, waited) = (*until, Some(*other));
                if start - request.at > request.late_ms {
                    return Verdict::Occupied(*other);
                }
            }
            _ if end > cut => return Verdict::Cut(cut),
            _ => return Verdict::Starts(start, waited),
        }
    }
}
