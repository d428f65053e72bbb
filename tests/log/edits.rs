//! What somebody does who rewrites the log, with the log's own key or without it.

use loa::log::{Head, Older, line_of};

use super::forge::{Dice, OURS, entries, export, head, note, verdict};

const ENTRIES: usize = 50;

/// One of the edits of an export, of whose first `kept` somebody holds the head.
fn edited(dice: &mut Dice, lines: &[String], kept: usize) -> (Vec<u8>, &'static str) {
    let mut now = lines.to_vec();
    let at = dice.below(kept);
    let sign = |lines: &[String], by| export(&note(head(lines), by), lines);
    match dice.below(9) {
        0 => {
            now.remove(at);
            (sign(&now, OURS), "an entry deleted, and signed anew")
        }
        1 => {
            // Not itself: a copy of the last that is known is an entry more, and nothing else.
            now.insert(at, lines[(at + 1 + dice.below(ENTRIES - 1)) % ENTRIES].clone());
            (sign(&now, OURS), "an entry inserted, and signed anew")
        }
        2 => {
            let other = (at + 1 + dice.below(ENTRIES - 1)) % ENTRIES;
            now.swap(at, other);
            (sign(&now, OURS), "two entries swapped, and signed anew")
        }
        3 => {
            now.truncate(at);
            (sign(&now, OURS), "cut short, and signed anew")
        }
        4 => (sign(&now, OURS + 1), "signed with another key"),
        5 => {
            for line in &mut now[at..] {
                *line = line.replace("22:00:00", "21:00:00").replace("1970", "1971");
            }
            (sign(&now, OURS), "rewritten from an entry on, and hashed and signed anew")
        }
        6 => {
            now.remove(dice.below(ENTRIES));
            (export(&note(head(lines), OURS), &now), "an entry deleted")
        }
        7 => {
            let place = dice.below(ENTRIES);
            let line = now[place].replacen("kind", "kinD", 1);
            let mut text = String::from_utf8(export(&note(head(lines), OURS), &now)).unwrap();
            text = text.replacen(&line_of(&now[place]), &line_of(&line), 1);
            (text.into_bytes(), "an entry changed, with its hash")
        }
        _ => {
            let mut whole = sign(&now, OURS);
            whole.truncate(dice.below(whole.len()));
            (whole, "the file cut")
        }
    }
}

#[test]
fn no_edit_of_ten_thousand_passes_where_an_older_head_is_known() {
    let mut dice = Dice::new(2);
    let lines = entries(&mut dice, ENTRIES);
    let (mut found, mut same) = (0, 0);
    let untouched = export(&note(head(&lines), OURS), &lines);
    for _ in 0..10_000 {
        let kept = 1 + dice.below(ENTRIES);
        let old = head(&lines[..kept]);
        let older = Older { head: old, note: Some(note(old, OURS)) };
        let (export, what) = edited(&mut dice, &lines, kept);
        if export == untouched {
            same += 1;
            continue;
        }
        let verdict = verdict(&export, Some(older), false);
        assert!(verdict.is_err(), "{what}: {}", verdict.unwrap());
        found += 1;
    }
    println!("{found} edits, each found; {same} changed nothing");
    assert!(found > 9_500, "{found}");
}

#[test]
fn an_older_head_must_be_the_logs_own() {
    let lines = entries(&mut Dice::new(3), 20);
    let whole = export(&note(head(&lines), OURS), &lines);
    let at_5 = head(&lines[..5]);
    let older = |head: Head, by| Some(Older { head, note: Some(note(head, by)) });
    let proven = verdict(&whole, older(at_5, OURS), true).unwrap();
    assert_eq!(proven.older, Some(5));
    assert!(proven.to_string().contains("the first 5 are those of the older head"), "{proven}");
    assert!(verdict(&whole, older(at_5, OURS + 1), true).is_err());
    // From paper there is no signature, and the hash alone says enough.
    assert!(verdict(&whole, Some(Older { head: at_5, note: None }), true).is_ok());
    let strange = Head { size: 5, root: [7; 32] };
    assert!(verdict(&whole, Some(Older { head: strange, note: None }), true).is_err());
    let longer = Head { size: 21, ..at_5 };
    assert!(verdict(&whole, Some(Older { head: longer, note: None }), true).is_err());
}

#[test]
fn a_records_signature_counts_and_so_does_whose_key_it_is() {
    let lines = entries(&mut Dice::new(4), 40);
    let at = lines.iter().position(|line| line.contains("\"kind\":\"record\"")).unwrap();
    let resigned = |change: &dyn Fn(&str) -> String| {
        let mut now = lines.clone();
        now[at] = change(&now[at]);
        verdict(&export(&note(head(&now), OURS), &now), None, true)
    };
    for (change, why) in [
        (
            &(|line: &str| line.replace("Bluezone", "Bluezones")) as &dyn Fn(&str) -> String,
            "signature",
        ),
        (&|line: &str| line.replace("\"key\":\"", "\"key\":\"00"), "no station enrolled"),
        (&|line: &str| line.replace("xa-", "ya-"), "it speaks of ya-"),
        (
            &|line: &str| line.replace("\"signature\":\"", "\"signature\":null,\"was\":\""),
            "without",
        ),
        (&|line: &str| line.replace("\\\"sequence\\\":", "\\\"sequence\\\":-"), "cannot be read"),
    ] {
        let wrong = resigned(change).unwrap_err();
        assert_eq!(wrong.entry(), Some(at as u64), "{wrong}");
        assert!(wrong.to_string().contains(why), "{wrong}");
    }
}
