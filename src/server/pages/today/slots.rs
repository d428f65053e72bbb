//! The columns of a day: each is a session, and has at most one airing of each station.

use std::{collections::HashSet, time::Duration};

use crate::radio::{StationId, UtcMs};

/// Airings that begin within so long of each other are one session.
const SESSION: Duration = Duration::from_mins(30);

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// When its first airing is due.
    pub(super) first: UtcMs,
    /// When its last one is.
    pub(super) last: UtcMs,
}

/// Lays out airings, given by when each is due and where. Gives the columns and, of each airing, its column.
///
/// What is due at one instant stands in one column. A station's next airing opens another one.
pub(super) fn lay_out(airings: &[(UtcMs, &StationId)]) -> (Vec<Slot>, Vec<usize>) {
    let mut order: Vec<usize> = (0..airings.len()).collect();
    order.sort_by_key(|&n| airings[n].0);
    let (mut slots, mut places) = (Vec::<Slot>::new(), vec![0; airings.len()]);
    let mut seated = HashSet::new();
    for together in order.chunk_by(|&a, &b| airings[a].0 == airings[b].0) {
        let at = airings[together[0]].0;
        let fits = slots.last().is_some_and(|slot| at.since(slot.first) < SESSION)
            && !together.iter().any(|&n| seated.contains(airings[n].1));
        if !fits {
            slots.push(Slot { first: at, last: at });
            seated.clear();
        }
        if let Some(slot) = slots.last_mut() {
            slot.last = at;
        }
        for &n in together {
            seated.insert(airings[n].1);
            places[n] = slots.len() - 1;
        }
    }
    (slots, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_a_column_and_a_station_is_in_it_once() {
        let [a, b, c]: [StationId; 3] = ["a", "b", "c"].map(|id| id.parse().unwrap());
        let at = |minute: i64| UtcMs(minute * 60_000);
        // Out of order, as moved airings are.
        let airings = [
            (at(0), &a),
            (at(10), &b),
            (at(0), &c),
            (at(20), &a),
            (at(45), &c),
            (at(50), &a),
            (at(45), &b),
            (at(200), &a),
        ];
        let (slots, places) = lay_out(&airings);
        let spans: Vec<_> =
            slots.iter().map(|slot| (slot.first.0 / 60_000, slot.last.0 / 60_000)).collect();
        assert_eq!(spans, [(0, 10), (20, 45), (50, 50), (200, 200)]);
        assert_eq!(places, [0, 0, 0, 1, 1, 2, 1, 3]);
        assert_eq!(lay_out(&[]), (vec![], vec![]));
        // Two of one station at one instant share a place.
        assert_eq!(lay_out(&[(at(0), &a), (at(0), &a)]).0.len(), 1);
    }
}
