use sha2::{Digest as _, Sha256};

/// SHA-256, of a leaf or of a node.
pub type Hash = [u8; 32];

/// The hash of an entry: SHA-256 of 0x00 and its bytes (RFC 9162, 2.1.1).
pub fn leaf(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of a node: SHA-256 of 0x01 and its two children (RFC 9162, 2.1.1).
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The right edge of a tree: all that is needed to grow it and to know its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The roots of the complete trees that it is made of, the largest first: one for each bit of `size`.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The edge of a tree of so many leaves, from the roots of the complete trees in it, the largest first.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut grown = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                grown = node(&left, &grown);
            }
        }
        self.peaks.push(grown);
        self.size += 1;
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree; of an empty one the hash of nothing.
    pub fn root(&self) -> Hash {
        let folded = self.peaks.iter().rev().copied().reduce(|right, left| node(&left, &right));
        folded.unwrap_or_else(|| Sha256::digest([]).into())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The root as RFC 9162 defines it, without any thought of speed.
    pub(in crate::log) fn plain_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            more => {
                let half = more.len().next_power_of_two() / 2;
                node(&plain_root(&more[..half]), &plain_root(&more[half..]))
            }
        }
    }

    pub(in crate::log) fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|number| leaf(&number.to_be_bytes())).collect()
    }

    #[test]
    fn hashes_are_those_of_the_known_vectors() {
        // The first tests of certificate-transparency's Merkle tree.
        let entries: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let mut tree = Frontier::default();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(tree.root()), empty);
        let mut roots = Vec::new();
        for entry in entries {
            tree.push(leaf(entry));
            roots.push(hex::encode(tree.root()));
        }
        assert_eq!(roots[0], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(roots[1], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        assert_eq!(roots[7], "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn a_tree_that_grew_has_the_root_of_one_that_was_built_whole() {
        let leaves = leaves(600);
        let mut tree = Frontier::default();
        for (size, leaf) in leaves.iter().enumerate() {
            assert_eq!(tree.root(), plain_root(&leaves[..size]));
            assert_eq!(Frontier::new(tree.size, tree.peaks.clone()).as_ref(), Some(&tree));
            tree.push(*leaf);
        }
        assert_eq!(Frontier::new(3, vec![]), None);
    }
}
