//! Holds the words against each other, and against what the pages ask for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use unicode_normalization::is_nfc;

use super::*;
use crate::{
    radio::{Right, Role},
    server::{
        AiringState,
        pages::{condition, state},
    },
};

/// Sections whose keys are codes: what the program writes and the pages explain.
fn by_code() -> BTreeMap<&'static str, BTreeSet<String>> {
    let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let mut sections = BTreeMap::new();
    sections.insert("right", Right::ALL.iter().map(ToString::to_string).collect());
    sections.insert("role", Role::ALL.iter().map(ToString::to_string).collect());
    let mut states: BTreeSet<String> =
        AiringState::ALL.iter().map(|state| state.as_str().to_owned()).collect();
    states.insert("due".to_owned());
    sections.insert("state", states);
    sections.insert("evidence", codes(state::EVIDENCE));
    sections.insert("line", codes(&["unconnected", "never-heard", "silent", "heard"]));
    let troubles: BTreeSet<String> = codes(condition::TROUBLES);
    sections.insert("trouble", troubles.clone());
    sections.insert("remedy", troubles);
    sections.insert("reason", codes(state::REASONS));
    sections.insert("station-kind", codes(&["district", "commune", "mobile"]));
    sections.insert("priority", codes(&["routine", "priority", "emergency"]));
    sections.insert("clock", codes(&["synced", "holdover", "untrusted"]));
    let dates = ["seconds", "minutes", "hours", "days"];
    let mut spans: BTreeSet<String> = codes(&dates);
    spans.extend(dates.map(|unit| format!("{unit}-1")));
    spans.extend((1..=7).map(|day| format!("weekday-{day}")));
    sections.insert("dates", spans);
    sections
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "html") {
            found.push(path);
        }
    }
}

/// Every `"section.key"` in the pages' code and templates.
fn asked() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("templates/pages"), &mut found);
    files(&root.join("src/server"), &mut found);
    found.retain(|path| !path.ends_with("tests.rs"));
    assert!(found.len() > 20);
    let sections: BTreeSet<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
    let is_key = |text: &&str| {
        text.split_once('.').is_some_and(|(section, key)| {
            sections.contains(section)
                && !key.is_empty()
                && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
    };
    let texts = found.iter().map(|path| fs::read_to_string(path).unwrap());
    texts
        .flat_map(|text| text.split('"').filter(is_key).map(str::to_owned).collect::<Vec<_>>())
        // A file's name, not a key.
        .filter(|key| !key.ends_with(".html") && !key.ends_with(".css") && !key.ends_with(".js"))
        .collect()
}

fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn neither_language_misses_a_key_or_a_place() {
    let [vi, en] = [0, 1].map(|language| read(language).unwrap());
    let keys = |catalogue: &Catalogue| catalogue.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&vi), keys(&en));
    assert!(vi.len() > 100);
    for (key, text) in &vi {
        assert_eq!(places(text), places(&en[key]), "{key}");
        assert!(is_nfc(text), "{key}");
        assert!(!text.trim().is_empty() && !en[key].trim().is_empty(), "{key}");
    }
}

#[test]
fn every_key_is_there_and_every_text_is_shown() {
    let there: BTreeSet<String> = read(0).unwrap().into_keys().collect();
    let coded: BTreeSet<String> = by_code()
        .into_iter()
        .flat_map(|(section, keys)| keys.into_iter().map(move |key| format!("{section}.{key}")))
        .collect();
    let asked: BTreeSet<String> = asked().union(&coded).cloned().collect();
    assert_eq!(asked.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "not there");
    assert_eq!(there.difference(&asked).collect::<Vec<_>>(), Vec::<&String>::new(), "not shown");
}

#[test]
fn sections_stand_in_order() {
    let names: Vec<_> = SECTIONS.iter().map(|(name, _)| *name).collect();
    assert!(names.is_sorted());
}
