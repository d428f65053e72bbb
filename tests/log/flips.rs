//! Every single bit of an export.

use std::ops::Range;

use loa::log::{Verifier, read_head, verify};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::forge::{Dice, OURS, entries, export, head, key, note, verdict};

const ENTRIES: usize = 1000;
/// Entries that one thread bends, one after another.
const SHARE: usize = 100;

#[test]
fn every_flip_of_one_bit_is_found_and_its_entry_named() {
    let lines = entries(&mut Dice::new(1), ENTRIES);
    let whole = export(&note(head(&lines), OURS), &lines);
    assert_eq!(verdict(&whole, None, true).unwrap().size, ENTRIES as u64);
    let mut rest = &whole[..];
    read_head(&mut rest).unwrap();
    let begin = whole.len() - rest.len();

    let export = &whole[..];
    let shares = ENTRIES.div_ceil(SHARE);
    let share = |number: usize| number * SHARE..ENTRIES.min((number + 1) * SHARE);
    // Where the verifier's own work is done, too: handing each line over to another thread takes longer than checking it.
    let flips =
        (0..shares).into_par_iter().map(|number| flip_entries(export, begin, share(number)));
    let flips: u64 = flips.sum();
    // The head is no entry: it is named itself.
    let mut bent = whole.clone();
    for bit in 0..begin * 8 {
        bent[bit / 8] ^= 1 << (bit % 8);
        let verdict = verify(&mut &bent[..], Some(key(OURS)), None, false);
        let wrong = verdict.expect_err("a flip in the head was not found").to_string();
        assert!(!wrong.starts_with("entry"), "bit {bit} of the head: {wrong}");
        bent[bit / 8] ^= 1 << (bit % 8);
    }
    let flips = flips + begin as u64 * 8;
    println!("{flips} flips of one bit, each found");
    assert_eq!(flips, whole.len() as u64 * 8);
}

/// Flips every bit of some entries' lines, one after another; gives how many.
fn flip_entries(whole: &[u8], begin: usize, range: Range<usize>) -> u64 {
    let mut verifier =
        Verifier::new(read_head(&mut &whole[..]).unwrap(), None, None, false).unwrap();
    let ends: Vec<usize> = (begin..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    let starts: Vec<usize> = std::iter::once(begin).chain(ends.iter().map(|end| end + 1)).collect();
    let mut flips = 0;
    for entry in 0..range.end {
        let (from, end) = (starts[entry], ends[entry]);
        if range.contains(&entry) {
            // What a reader takes for this line when its end is gone reaches into the next one.
            let after = ends.get(entry + 1).map_or(end + 1, |end| end + 1);
            let mut bytes = whole[from..after].to_vec();
            for bit in 0..(end + 1 - from) * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                let first = bytes.iter().position(|byte| *byte == b'\n');
                // A last line without its end is none.
                let seen = first.map_or(&b""[..], |end| &bytes[..end]);
                let wrong = verifier.take(&[seen]).expect_err("a flip was not found");
                assert_eq!(
                    wrong.entry(),
                    Some(entry as u64),
                    "bit {bit} of entry {entry}: {wrong}"
                );
                bytes[bit / 8] ^= 1 << (bit % 8);
                flips += 1;
            }
        }
        verifier.take(&[&whole[from..end]]).unwrap();
    }
    flips
}
