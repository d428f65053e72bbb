//! Which clips a rundown needs, which airings lack some, and which clips nobody needs any more. Pure.

use std::collections::{HashMap, HashSet};

use crate::{
    radio::{AiringItem, ClipHash, UtcMs},
    wire::{Lacking, Rundown, RundownAiring, Stock},
};

/// Airings told of by name; of more, only how many.
const NAMED: usize = 20;

/// A clip that is to be at the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Which.
    pub clip: ClipHash,
    /// Its size.
    pub bytes: u64,
}

/// Every clip of a rundown, once, the first needed first; then those of prepared bulletins; those of airings whose time has
/// passed come last.
pub fn needs(rundown: &Rundown, now: UtcMs) -> Vec<Need> {
    let mut seen = HashSet::new();
    let (coming, past): (Vec<_>, Vec<_>) =
        rundown.airings.iter().partition(|airing| airing.latest_start >= now);
    let coming = coming.into_iter().flat_map(clips).chain(prepared(rundown));
    coming.chain(past.into_iter().flat_map(clips)).filter(|need| seen.insert(need.clip)).collect()
}

fn prepared(rundown: &Rundown) -> impl Iterator<Item = Need> {
    rundown.prepared.iter().map(|clip| Need { clip: clip.sha256, bytes: clip.bytes })
}

/// The clips of airings whose time has not passed, once each, the first needed first.
pub fn coming(rundown: &Rundown, now: UtcMs) -> impl Iterator<Item = Need> {
    let mut seen = HashSet::new();
    let airings = rundown.airings.iter().filter(move |airing| airing.latest_start >= now);
    airings.flat_map(clips).filter(move |need| seen.insert(need.clip))
}

fn clips(airing: &RundownAiring) -> impl Iterator<Item = Need> {
    airing.items.iter().filter_map(|item| match item {
        AiringItem::Clip { sha256, bytes, .. } => Some(Need { clip: *sha256, bytes: *bytes }),
        AiringItem::Pause { .. } => None,
    })
}

/// How far a rundown's coming airings can sound with the clips that are there.
pub fn stock(rundown: &Rundown, now: UtcMs, has: impl Fn(&ClipHash) -> bool) -> Stock {
    let mut missing: HashMap<ClipHash, bool> = HashMap::new();
    let mut stock = Stock {
        rundown_version: rundown.version,
        count: 0,
        airings: Vec::new(),
        prepared: Vec::new(),
    };
    for airing in rundown.airings.iter().filter(|airing| airing.latest_start >= now) {
        let mut lacks: Vec<ClipHash> = clips(airing)
            .map(|need| need.clip)
            .filter(|clip| *missing.entry(*clip).or_insert_with(|| !has(clip)))
            .collect();
        if lacks.is_empty() {
            continue;
        }
        stock.count += 1;
        if stock.airings.len() < NAMED {
            let mut named = HashSet::new();
            lacks.retain(|clip| named.insert(*clip));
            let (airing, starts_at) = (airing.id.clone(), airing.starts_at);
            stock.airings.push(Lacking { airing, starts_at, clips: lacks });
        }
    }
    stock.prepared = prepared(rundown).map(|need| need.clip).filter(|clip| !has(clip)).collect();
    stock
}

/// Until when clips may sound, over every rundown that was followed: an airing that a newer one no longer has may be
/// sounding.
#[derive(Debug, Default)]
pub struct Use(HashMap<ClipHash, UtcMs>);

impl Use {
    /// Another rundown is followed.
    pub fn add(&mut self, rundown: &Rundown) {
        for airing in &rundown.airings {
            let over = airing.ends_at + airing.latest_start.since(airing.starts_at);
            for need in clips(airing) {
                let until = self.0.entry(need.clip).or_insert(over);
                *until = (*until).max(over);
            }
        }
    }

    /// Of the clips that are there, those that nothing planned needs and nothing can be sounding from, in their order.
    pub fn spare(&self, there: Vec<ClipHash>, rundown: &Rundown, now: UtcMs) -> Vec<ClipHash> {
        let needed: HashSet<ClipHash> = rundown
            .airings
            .iter()
            .flat_map(clips)
            .chain(prepared(rundown))
            .map(|need| need.clip)
            .collect();
        let is_used = |clip: &ClipHash| self.0.get(clip).is_some_and(|until| *until >= now);
        there.into_iter().filter(|clip| !needed.contains(clip) && !is_used(clip)).collect()
    }
}

#[cfg(test)]
pub(in crate::playout) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::playout) fn hash(name: &str) -> ClipHash {
        ClipHash::of(name.as_bytes())
    }

    /// An airing a minute from 1000 s on, of ten seconds, that may start thirty seconds late. A clip's file holds its name.
    pub(in crate::playout) fn rundown(version: u64, airings: &[&[&str]]) -> Rundown {
        let airings: Vec<_> = (0..)
            .zip(airings)
            .map(|(n, clips)| {
                let items: Vec<_> = clips
                    .iter()
                    .map(|name| {
                        json!({"kind": "clip", "clip": name, "sha256": hash(name), "bytes": name.len(),
                               "title": name, "frames": 480_000, "sample_rate": 48_000, "gain": 0})
                    })
                    .collect();
                let at = UtcMs(1_000_000 + n * 60_000);
                json!({"id": format!("s.xa.1970010{}T001640Z", n % 9 + 1), "schedule": "s", "title": "x",
                       "priority": "routine", "starts_at": at, "ends_at": UtcMs(at.0 + 10_000),
                       "latest_start": UtcMs(at.0 + 30_000), "items": items})
            })
            .collect();
        serde_json::from_value(json!({"station": "xa", "version": version, "not_before": UtcMs(0),
            "not_after": UtcMs(1), "from": UtcMs(0), "until": UtcMs(1), "airings": airings}))
        .unwrap()
    }

    #[test]
    fn the_first_needed_comes_first_and_what_has_passed_last() {
        let rundown = rundown(1, &[&["a", "bb"], &["bb", "ccc"], &["a"]]);
        let order = |now| {
            let needs = needs(&rundown, UtcMs(now));
            needs.iter().map(|need| (need.clip, need.bytes)).collect::<Vec<_>>()
        };
        let [a, b, c] = [(hash("a"), 1), (hash("bb"), 2), (hash("ccc"), 3)];
        assert_eq!(order(0), [a, b, c]);
        assert_eq!(order(1_030_001), [b, c, a]);
        assert_eq!(order(i64::MAX), [a, b, c]);
    }

    #[test]
    fn an_airing_lacks_what_is_not_there() {
        let rundown = rundown(7, &[&["a", "b", "a"], &["b"], &["c", "c"]]);
        let told = |now, there: &[&str]| {
            let there: Vec<_> = there.iter().map(|name| hash(name)).collect();
            stock(&rundown, UtcMs(now), |clip| there.contains(clip))
        };
        assert_eq!(
            told(0, &["a", "b", "c"]),
            Stock { rundown_version: 7, count: 0, airings: vec![], prepared: vec![] }
        );
        let some = told(0, &["b"]);
        assert_eq!(some.count, 2);
        assert_eq!(some.airings[0].clips, [hash("a")]);
        assert_eq!(some.airings[1].clips, [hash("c")]);
        assert_eq!(told(1_030_001, &["b"]).airings.len(), 1);
        let many = vec![&["z"][..]; 50];
        let many = stock(&self::rundown(1, &many), UtcMs(0), |_| false);
        assert_eq!((many.count, many.airings.len()), (50, NAMED));
    }

    #[test]
    fn what_is_needed_or_may_sound_is_not_spare() {
        let (old, new) = (rundown(1, &[&["a"], &["b"]]), rundown(2, &[&["c"]]));
        let mut used = Use::default();
        used.add(&old);
        used.add(&new);
        let there = ["a", "b", "c", "d"].map(hash).to_vec();
        let spare = |now| used.spare(there.clone(), &new, UtcMs(now));
        assert_eq!(spare(0), [hash("d")]);
        // "a" began as late as it could and has just ended.
        assert_eq!(spare(1_040_000), [hash("d")]);
        assert_eq!(spare(1_040_001), [hash("a"), hash("d")]);
        assert_eq!(spare(i64::MAX), [hash("a"), hash("b"), hash("d")]);
    }
}
