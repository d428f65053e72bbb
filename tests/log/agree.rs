//! Two verifiers that share no code say the same.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use loa::{
    log::{Entry, Frontier, Hash, LogKey, Older, consistency, inclusion, leaf, root_of, span_root},
    radio::UtcMs,
};

use super::forge::{Dice, OURS, entries, export, head, key, note, secret, verdict, word};

pub(crate) fn python(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tools/verify_log.py")).args(arguments);
    command
}

/// What the other verifier says of each file, given an older head.
fn python_says(files: &[(String, Option<String>)], arguments: &[&str]) -> Vec<String> {
    let mut list = tempfile::tempfile().unwrap();
    for (file, older) in files {
        let older = older.as_ref().map(|older| format!("\t{older}")).unwrap_or_default();
        writeln!(list, "{file}{older}").unwrap();
    }
    std::io::Seek::rewind(&mut list).unwrap();
    let ran = python(&[arguments, &["--list"]].concat())
        .stdin(list)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(ran.status.success());
    let told = String::from_utf8(ran.stdout).unwrap();
    told.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// What the other verifier says of some exports.
pub(crate) fn python_on(exports: &[Vec<u8>]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = |(number, export): (usize, &Vec<u8>)| (written(folder.path(), number, export), None);
    python_says(&exports.iter().enumerate().map(file).collect::<Vec<_>>(), &[])
}

fn written(folder: &Path, number: usize, bytes: &[u8]) -> String {
    let file = folder.join(format!("{number}.log"));
    std::fs::write(&file, bytes).unwrap();
    file.display().to_string()
}

#[test]
fn both_verifiers_agree_on_a_thousand_random_logs() {
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut ours) = (Vec::new(), Vec::new());
    for number in 0..1000 {
        let mut dice = Dice::new(1_000_000 * number as u64);
        let count = 1 + dice.below(16);
        let lines = entries(&mut dice, count);
        let kept = 1 + dice.below(lines.len());
        let old = head(&lines[..kept]);
        // Each has its head from before; of one in five it is another log's.
        let old = if dice.below(5) == 0 { head(&lines[lines.len() - kept..]) } else { old };
        let bytes = export(&note(head(&lines), OURS), &lines);
        ours.push(word(&verdict(&bytes, Some(Older { head: old, note: None }), true)));
        files.push((written(folder.path(), number, &bytes), Some(old.to_string())));
    }
    let proven = ours.iter().filter(|word| *word == "proven").count();
    assert!((700..1000).contains(&proven), "{proven}");
    assert_eq!(python_says(&files, &[]), ours);
}

#[test]
fn both_verifiers_name_the_same_entry_of_corrupted_logs() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(5);
    let lines = entries(&mut dice, 120);
    let whole = export(&note(head(&lines), OURS), &lines);
    let (mut files, mut ours) = (Vec::new(), Vec::new());
    for number in 0..1000 {
        let mut bytes = whole.clone();
        match dice.below(4) {
            0 => bytes.truncate(dice.below(whole.len())),
            1 => {
                bytes.insert(dice.below(whole.len()), b"\n\0{ x"[dice.below(5)]);
            }
            2 => {
                bytes.remove(dice.below(whole.len()));
            }
            _ => bytes[dice.below(whole.len())] ^= 1 << dice.below(8),
        }
        ours.push(word(&verdict(&bytes, None, false)));
        files.push((written(folder.path(), number, &bytes), None));
    }
    // Lines that were written anew, with hashes and a signature that fit.
    let changes: [(&str, &str); 8] = [
        ("\"kind\":\"record\"", "\"kind\":\"record\",\"kind\":\"record\""),
        ("\"kind\":\"record\"", "\"kind\":7"),
        ("\\\"sequence\\\":", "\\\"sequence\\\":1.5,\\\"was\\\":"),
        ("\"payload\":\"{", "\"payload\":\"["),
        ("\"signature\":\"", "\"signature\":null,\"was\":\""),
        ("\"key\":\"", "\"key\":\"f"),
        ("\"at\":", "at:"),
        ("}", ""),
    ];
    for (number, (from, to)) in changes.into_iter().enumerate() {
        let mut now = lines.clone();
        let at = now.iter().position(|line| line.contains("\"kind\":\"record\"")).unwrap();
        now[at] = now[at].replacen(from, to, 1);
        let bytes = export(&note(head(&now), OURS), &now);
        let verdict = verdict(&bytes, None, false);
        assert_eq!(word(&verdict), format!("entry {at}"), "{to}");
        ours.push(word(&verdict));
        files.push((written(folder.path(), 1000 + number, &bytes), None));
    }
    // A second key of the log, signed by the first or by another, under a head that one of them signed.
    let old_or_new = [OURS, OURS + 1];
    for (number, (by, head_by)) in
        old_or_new.into_iter().flat_map(|by| old_or_new.map(|head| (by, head))).enumerate()
    {
        let mut now = lines.clone();
        let entry = LogKey::after(UtcMs(1), &key(OURS + 1), &secret(by));
        now.insert(100, Entry::LogKey(entry).line().unwrap());
        let bytes = export(&note(head(&now), head_by), &now);
        let verdict = word(&verdict(&bytes, None, false));
        let expected = match (by, head_by) {
            (OURS, OURS) => "wrong",
            (OURS, _) => continue,
            _ => "entry 100",
        };
        assert_eq!(verdict, expected, "signed by {by}, its head by {head_by}");
        ours.push(verdict);
        files.push((written(folder.path(), 2000 + number, &bytes), None));
    }
    assert!(ours.iter().all(|word| word != "proven"));
    assert_eq!(python_says(&files, &["--no-signatures"]), ours);
}

#[test]
fn both_verifiers_agree_on_proofs() {
    let leaves: Vec<Hash> = (0..40_u8).map(|number| leaf(&[number])).collect();
    let root = |size: usize| {
        let mut tree = Frontier::default();
        leaves[..size].iter().for_each(|leaf| tree.push(*leaf));
        tree.root()
    };
    let nodes = |spans: &[std::ops::Range<u64>]| -> Vec<String> {
        let one = |span: &std::ops::Range<u64>| {
            let under: Vec<Hash> = span_root(span.clone())
                .iter()
                .map(|place| {
                    let mut tree = Frontier::default();
                    let from = (place.index << place.level) as usize;
                    leaves[from..from + (1 << place.level)]
                        .iter()
                        .for_each(|leaf| tree.push(*leaf));
                    tree.root()
                })
                .collect();
            STANDARD.encode(root_of(&under).unwrap())
        };
        spans.iter().map(one).collect()
    };
    let coded = |hash: Hash| STANDARD.encode(hash);
    let fits = |head: &[String], path: &[String]| {
        let arguments: Vec<&str> = head.iter().chain(path).map(String::as_str).collect();
        python(&arguments).output().unwrap().status.success()
    };
    for (index, size) in [(0, 1), (0, 7), (6, 7), (21, 40), (39, 40), (31, 33)] {
        let path = nodes(&inclusion(index as u64, size as u64).unwrap());
        let ask = |index: usize| {
            let numbers = ["--inclusion".to_owned(), index.to_string(), size.to_string()];
            [&numbers[..], &[coded(leaves[index]), coded(root(size))]].concat()
        };
        assert!(fits(&ask(index), &path), "{index} of {size}");
        assert!(size == 1 || !fits(&ask((index + 1) % size), &path), "{index} of {size}");
    }
    for (old, new) in [(1, 40), (8, 40), (13, 40), (32, 33), (39, 40), (40, 40)] {
        let path = nodes(&consistency(old as u64, new as u64).unwrap());
        let ask = |root_of_old: Hash| {
            let numbers = ["--consistency".to_owned(), old.to_string(), coded(root_of_old)];
            [&numbers[..], &[new.to_string(), coded(root(new))]].concat()
        };
        assert!(fits(&ask(root(old)), &path), "{old} to {new}");
        assert!(!fits(&ask(root(old - 1)), &path), "{old} to {new}");
    }
}
