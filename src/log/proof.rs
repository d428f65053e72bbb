//! Which nodes prove that an entry is in a tree, or that one tree extends another, and whether they do.

use std::ops::Range;

use super::{Hash, node};

/// A node over a whole power of two of leaves: `2^level` of them, from `index * 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// How high it stands; leaves are at 0.
    pub level: u32,
    /// Which of that height, counted from 0.
    pub index: u64,
}

/// A proof does not prove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not fit")]
pub struct BadProof;

/// The largest power of two below a number over 1.
fn split(size: u64) -> u64 {
    size.next_power_of_two() / 2
}

/// The leaves under each node of the proof that leaf `index` is in the tree of `size` leaves, in the order of RFC 9162,
/// 2.1.3.1; none if there is no such leaf.
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    fn walk(index: u64, tree: Range<u64>, path: &mut Vec<Range<u64>>) {
        if tree.end - tree.start == 1 {
            return;
        }
        let middle = tree.start + split(tree.end - tree.start);
        if index < middle {
            walk(index, tree.start..middle, path);
            path.push(middle..tree.end);
        } else {
            walk(index, middle..tree.end, path);
            path.push(tree.start..middle);
        }
    }
    let mut path = Vec::new();
    (index < size).then(|| walk(index, 0..size, &mut path))?;
    Some(path)
}

/// The leaves under each node of the proof that the tree of `new` leaves extends that of `old`, in the order of RFC 9162,
/// 2.1.4.1; none if there can be no such proof.
pub fn consistency(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    fn walk(old: u64, tree: Range<u64>, is_left: bool, path: &mut Vec<Range<u64>>) {
        if old == tree.end {
            if !is_left {
                path.push(tree);
            }
            return;
        }
        let middle = tree.start + split(tree.end - tree.start);
        if old <= middle {
            walk(old, tree.start..middle, is_left, path);
            path.push(middle..tree.end);
        } else {
            walk(old, middle..tree.end, false, path);
            path.push(tree.start..middle);
        }
    }
    let mut path = Vec::new();
    (0 < old && old <= new).then(|| walk(old, 0..new, true, &mut path))?;
    Some(path)
}

/// The nodes over a span of leaves as it stands in a proof or is a whole tree, the largest first.
pub fn span_root(span: Range<u64>) -> Vec<Place> {
    let mut places = Vec::new();
    let mut from = span.start;
    while from < span.end {
        let level = (span.end - from).ilog2();
        places.push(Place { level, index: from >> level });
        from += 1 << level;
    }
    places
}

/// The root of a span from the nodes that [`span_root`] names; none of none.
pub fn root_of(nodes: &[Hash]) -> Option<Hash> {
    nodes.iter().rev().copied().reduce(|right, left| node(&left, &right))
}

/// Checks that a leaf is in the tree of `size` leaves with this root (RFC 9162, 2.1.3.2).
///
/// # Errors
/// It is not proven.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), BadProof> {
    if index >= size {
        return Err(BadProof);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(BadProof);
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            let rise = if at & 1 == 1 { 0 } else { at.trailing_zeros().min(63) };
            (at, last) = (at >> rise, last >> rise);
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(BadProof) }
}

/// Checks that the tree of `new` leaves extends the one of `old` leaves (RFC 9162, 2.1.4.2). Every tree extends the empty
/// one, and nothing but an empty proof proves that.
///
/// # Errors
/// It is not proven.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), BadProof> {
    let is = |fits: bool| if fits { Ok(()) } else { Err(BadProof) };
    if old == 0 || old == new {
        return is(proof.is_empty() && (old == 0 || old_root == new_root));
    }
    if old > new {
        return Err(BadProof);
    }
    // A complete old tree is itself the first node, and is not sent.
    let (first, rest) = match proof {
        rest if old.is_power_of_two() => (old_root, rest),
        [first, rest @ ..] => (first, rest),
        [] => return Err(BadProof),
    };
    let rise = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> rise, (new - 1) >> rise);
    let (mut of_old, mut of_new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(BadProof);
        }
        if at & 1 == 1 || at == last {
            of_old = node(sibling, &of_old);
            of_new = node(sibling, &of_new);
            let rise = if at & 1 == 1 { 0 } else { at.trailing_zeros().min(63) };
            (at, last) = (at >> rise, last >> rise);
        } else {
            of_new = node(&of_new, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    is(last == 0 && of_old == *old_root && of_new == *new_root)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tree::tests::{leaves, plain_root},
        *,
    };

    fn resolve(leaves: &[Hash], path: &[Range<u64>]) -> Vec<Hash> {
        let at = |place: &Place| {
            let from = usize::try_from(place.index << place.level).unwrap();
            plain_root(&leaves[from..from + (1 << place.level)])
        };
        let one = |span: &Range<u64>| {
            let nodes: Vec<Hash> = span_root(span.clone()).iter().map(at).collect();
            root_of(&nodes).unwrap()
        };
        path.iter().map(one).collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_and_no_other() {
        let leaves = leaves(70);
        for size in 0..=70_usize {
            let root = plain_root(&leaves[..size]);
            assert_eq!(inclusion(size as u64, size as u64), None);
            for index in 0..size {
                let proof = resolve(&leaves, &inclusion(index as u64, size as u64).unwrap());
                let check = |index: usize, leaf: usize, proof: &[Hash]| {
                    verify_inclusion(index as u64, size as u64, leaves[leaf], proof, &root)
                };
                assert_eq!(check(index, index, &proof), Ok(()), "{index} of {size}");
                assert_eq!(check(index, (index + 1) % 70, &proof), Err(BadProof));
                if size > 1 {
                    assert_eq!(check((index + 1) % size, index, &proof), Err(BadProof));
                    assert_eq!(check(index, index, &proof[1..]), Err(BadProof));
                }
                let longer = [&proof[..], &[root]].concat();
                assert_eq!(check(index, index, &longer), Err(BadProof));
            }
        }
    }

    #[test]
    fn every_small_tree_is_proven_to_extend_every_smaller_and_no_other() {
        let leaves = leaves(70);
        let roots: Vec<Hash> = (0..=70).map(|size| plain_root(&leaves[..size])).collect();
        for new in 1..=70_usize {
            for old in 1..=new {
                let proof = resolve(&leaves, &consistency(old as u64, new as u64).unwrap());
                let check = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
                    verify_consistency((old as u64, old_root), (new as u64, new_root), proof)
                };
                assert_eq!(check(&roots[old], &roots[new], &proof), Ok(()), "{old} to {new}");
                assert_eq!(check(&roots[old - 1], &roots[new], &proof), Err(BadProof));
                assert_eq!(check(&roots[old], &roots[new - 1], &proof), Err(BadProof));
                for place in 0..proof.len() {
                    let mut bent = proof.clone();
                    bent[place][7] ^= 1;
                    assert_eq!(check(&roots[old], &roots[new], &bent), Err(BadProof));
                }
                let longer = [&proof[..], &[roots[new]]].concat();
                assert_eq!(check(&roots[old], &roots[new], &longer), Err(BadProof));
            }
        }
        assert_eq!((consistency(0, 5), consistency(6, 5)), (None, None));
    }

    #[test]
    fn the_empty_tree_is_extended_by_all() {
        let root = [1; 32];
        assert_eq!(verify_consistency((0, &[9; 32]), (5, &root), &[]), Ok(()));
        assert_eq!(verify_consistency((0, &[9; 32]), (5, &root), &[root]), Err(BadProof));
    }
}
