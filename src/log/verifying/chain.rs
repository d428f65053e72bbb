use std::collections::HashMap;

use super::book::Told;
use crate::radio::RecordHash;

/// The stations' chains. Of a stretch without a gap only its two ends are kept.
#[derive(Debug, Default)]
pub(super) struct Chains {
    stations: HashMap<String, Chain>,
    /// Records that follow another than the one that is here.
    forks: Vec<Break>,
}

#[derive(Debug, Default)]
struct Chain {
    /// The last of each stretch, by number.
    ends: HashMap<u64, RecordHash>,
    /// The first of each stretch, by number: what it says of the one before.
    begins: HashMap<u64, (Option<RecordHash>, u64)>,
}

/// Where a chain is not whole.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Break {
    index: u64,
    station: String,
    sequence: u64,
}

impl Chains {
    pub(super) fn add(&mut self, index: u64, told: &Told, hash: RecordHash) {
        let (station, sequence) = (told.station.as_str(), told.sequence);
        let chain = match self.stations.get_mut(station) {
            Some(chain) => chain,
            None => self.stations.entry(station.to_owned()).or_default(),
        };
        let previous = told.previous.flatten();
        let at = |index| Break { index, station: station.to_owned(), sequence };
        match sequence.checked_sub(1).and_then(|before| chain.ends.remove(&before)) {
            Some(before) if previous == Some(before) => {}
            Some(_) => self.forks.push(at(index)),
            None if sequence == 1 && told.previous.is_none() => {}
            None => {
                chain.begins.insert(sequence, (previous, index));
            }
        }
        let after = sequence.saturating_add(1);
        match chain.begins.remove(&after) {
            Some((previous, _)) if previous == Some(hash) => {}
            Some((_, index)) => {
                self.forks.push(Break { index, station: station.to_owned(), sequence: after });
            }
            None => {
                chain.ends.insert(sequence, hash);
            }
        }
    }

    pub(super) fn station_count(&self) -> u64 {
        self.stations.len() as u64
    }

    /// How many records do not follow one that is here, and the first of them in words.
    pub(super) fn breaks(&self) -> (u64, Option<String>) {
        let open = self.stations.iter().flat_map(|(station, chain)| {
            chain.begins.iter().map(move |(sequence, (_, index))| (*index, station, *sequence))
        });
        let forks = self.forks.iter().map(|fork| (fork.index, &fork.station, fork.sequence));
        let all: Vec<_> = open.chain(forks).collect();
        let first = all.iter().min().map(|(index, station, sequence)| {
            format!(
                "record {sequence} of {station}, entry {index}, does not follow one that is here"
            )
        });
        (all.len() as u64, first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(chains: &mut Chains, index: u64, sequence: u64, previous: Option<u8>, own: u8) {
        let previous = previous.map(|byte| Some(RecordHash([byte; 32])));
        let told = Told { station: "xa".into(), sequence, previous };
        chains.add(index, &told, RecordHash([own; 32]));
    }

    #[test]
    fn a_chain_is_whole_in_whatever_order_it_came() {
        for order in [[1, 2, 3, 4], [4, 3, 2, 1], [2, 4, 1, 3], [3, 1, 4, 2]] {
            let mut chains = Chains::default();
            for (index, number) in (0..).zip(order) {
                let previous = (number > 1).then(|| number - 1);
                add(&mut chains, index, number.into(), previous, number);
            }
            assert_eq!(chains.breaks(), (0, None), "{order:?}");
        }
    }

    #[test]
    fn a_gap_and_a_fork_are_told() {
        let mut chains = Chains::default();
        add(&mut chains, 0, 1, None, 1);
        add(&mut chains, 1, 3, Some(2), 3);
        add(&mut chains, 2, 4, Some(9), 4);
        let (count, first) = chains.breaks();
        assert_eq!(count, 2);
        assert!(first.unwrap().starts_with("record 3 of xa, entry 1,"));
    }
}
