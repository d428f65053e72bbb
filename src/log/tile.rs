use super::{Hash, Place, node};

/// Hashes in a full tile, as in C2SP's tlog-tiles.
pub const WIDTH: u64 = 1 << HEIGHT;
const HEIGHT: u32 = 8;

/// A row of at most [`WIDTH`] nodes of one height, kept together. Tiles of level 0 hold leaves; those of the level above, the
/// roots of full tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// How high it stands, in tiles.
    pub level: u32,
    /// Which of that level, counted from 0.
    pub index: u64,
}

impl Tile {
    /// The tile from which a node is reckoned, and which of its hashes are under the node.
    pub fn of(place: Place) -> (Self, std::ops::Range<usize>) {
        let within = place.level % HEIGHT;
        let first = place.index << within;
        let tile = Self { level: place.level / HEIGHT, index: first / WIDTH };
        // Below 256 on every machine.
        let start = usize::try_from(first % WIDTH).unwrap_or_default();
        (tile, start..start + (1 << within))
    }
}

/// The root over a whole power of two of hashes; none of any other number.
pub(super) fn complete_root(hashes: &[Hash]) -> Option<Hash> {
    match hashes {
        [] => None,
        [one] => Some(*one),
        more if more.len().is_power_of_two() => {
            let (left, right) = more.split_at(more.len() / 2);
            Some(node(&complete_root(left)?, &complete_root(right)?))
        }
        _ => None,
    }
}

impl Place {
    /// The node over all hashes of a full tile; none of one that is not full.
    pub fn of_full(tile: &[Hash]) -> Option<Hash> {
        (tile.len() as u64 == WIDTH).then(|| complete_root(tile)).flatten()
    }

    /// The node here, from the hashes of its tile; none if they do not reach so far.
    pub fn of_tile(self, hashes: &[Hash]) -> Option<Hash> {
        let (_, under) = Tile::of(self);
        complete_root(hashes.get(under)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tree::tests::{leaves, plain_root},
        *,
    };

    #[test]
    fn a_node_is_reckoned_from_its_tile() {
        let leaves = leaves(1024);
        let roots: Vec<Hash> = leaves.chunks(256).map(plain_root).collect();
        for level in 0..=10 {
            for index in 0..1024_u64 >> level {
                let place = Place { level, index };
                let (tile, _) = Tile::of(place);
                let start = usize::try_from(tile.index).unwrap() * 256;
                let hashes = if tile.level == 0 { &leaves[start..start + 256] } else { &roots[..] };
                let from = usize::try_from(index << level).unwrap();
                let expected = plain_root(&leaves[from..from + (1 << level)]);
                assert_eq!(place.of_tile(hashes), Some(expected), "{place:?}");
            }
        }
        assert_eq!(Place { level: 3, index: 1 }.of_tile(&leaves[..15]), None);
    }
}
