//! Holds the words against each other, and against what the pages ask for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use unicode_normalization::is_nfc;

use super::*;
use crate::{
    radio::{Cause, Channel, FaultKind, Right, Role},
    reports::Column,
    server::pages::{
        condition,
        help::{STATES, STEPS},
        state::{EVIDENCE, REASONS, SPEAKERS},
        trail,
    },
    store::{Deed, LogFaultKind},
};

/// The fields of what the trail has before and after.
const TRAIL_FIELDS: &[&str] = &[
    "added",
    "airings",
    "airings_per_day",
    "approved_by",
    "by",
    "bytes",
    "campaign",
    "cause",
    "changed",
    "channel",
    "clips",
    "code",
    "codes",
    "comment",
    "content",
    "correction",
    "corrects",
    "day",
    "detail",
    "directive",
    "drill",
    "drills",
    "except",
    "expires_at",
    "four_eyes",
    "frames",
    "from",
    "gain",
    "holidays",
    "issuing_office",
    "items",
    "keys",
    "kind",
    "language",
    "last_airing",
    "late_limit_ms",
    "months",
    "name",
    "note",
    "number",
    "on_holidays",
    "outcome",
    "own",
    "parent",
    "photograph",
    "priority",
    "programme",
    "public",
    "quiet_hours",
    "remedy",
    "removed",
    "resume_after_bulletin",
    "retired",
    "roles",
    "sample_rate",
    "sha256",
    "sign_in",
    "since",
    "softer",
    "source_document",
    "stations",
    "title",
    "tokens",
    "transcript",
    "unit",
    "until",
    "when",
    "why",
    "zone",
];

/// Sections whose keys are codes: what the program writes and the pages explain.
fn by_code() -> BTreeMap<&'static str, BTreeSet<String>> {
    let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    let mut sections = BTreeMap::new();
    sections.insert("right", Right::ALL.iter().map(ToString::to_string).collect());
    sections.insert("role", Role::ALL.iter().map(ToString::to_string).collect());
    sections.insert(
        "intake",
        codes(&[
            "not-audio",
            "empty",
            "damaged",
            "decoder-panicked",
            "unreadable",
            "silent",
            "too-long",
            "too-many-channels",
            "not-kept",
            "known",
            "too-large",
            "no-room",
            "busy",
            "broken-body",
            "internal",
        ]),
    );
    sections.insert("deed", Deed::ALL.iter().map(ToString::to_string).collect());
    for (names, known) in [
        (&["state", "state-means"][..], STATES),
        (&["evidence", "evidence-means"], EVIDENCE),
        (&["reason", "reason-means"], REASONS),
        (&["step"], &STEPS.map(|(code, ..)| code)),
    ] {
        sections.extend(names.iter().map(|name| (*name, codes(known))));
    }
    sections.insert("line", codes(&["unconnected", "never-heard", "silent", "heard"]));
    let troubles: BTreeSet<String> = codes(condition::TROUBLES);
    sections.insert("trouble", troubles.clone());
    sections.insert("remedy", troubles);
    sections.insert("log-fault", LogFaultKind::ALL.iter().map(ToString::to_string).collect());
    sections.insert("station-kind", codes(&["district", "commune", "mobile"]));
    sections.insert("unit-kind", codes(&["province", "district", "town", "commune", "village"]));
    sections.insert("priority", codes(&["routine", "priority", "emergency"]));
    sections.insert("speaker", codes(SPEAKERS));
    sections.insert("clock", codes(&["synced", "holdover", "untrusted"]));
    sections.insert("channel", Channel::ALL.iter().map(ToString::to_string).collect());
    sections.insert("cause", Cause::ALL.iter().map(ToString::to_string).collect());
    sections.insert("fault-kind", FaultKind::ALL.iter().map(ToString::to_string).collect());
    sections.insert("column", Column::ALL.iter().map(ToString::to_string).collect());
    let dates = ["seconds", "minutes", "hours", "days"];
    let mut spans: BTreeSet<String> = codes(&dates);
    spans.extend(dates.map(|unit| format!("{unit}-1")));
    spans.extend((1..=7).map(|day| format!("weekday-{day}")));
    sections.insert("dates", spans);
    sections.insert("trail-noun", codes(trail::NOUNS));
    sections.insert("trail-field", codes(TRAIL_FIELDS));
    sections.insert("why", codes(crate::planning::Why::CODES));
    sections
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|kind| kind == "rs" || kind == "html" || kind == "xml" || kind == "svg")
        {
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
    files(&root.join("templates/reports"), &mut found);
    files(&root.join("src/reports"), &mut found);
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
fn every_file_is_a_section_and_sections_stand_in_order() {
    let names: Vec<_> = SECTIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert!(names.is_sorted());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/pages/words");
    for language in Language::ALL {
        let files = fs::read_dir(folder.join(language.as_str())).unwrap();
        let stem = |file: fs::DirEntry| file.path().file_stem()?.to_str().map(str::to_owned);
        let mut files: Vec<String> = files.filter_map(|file| stem(file.unwrap())).collect();
        files.sort();
        assert_eq!(files, names);
    }
}

/// The variants of an enumeration, as serde writes them in kebab-case.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let (_, body) = source.split_once(&format!("pub enum {name} {{")).unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let words = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let words = words.filter_map(|line| line.strip_suffix(','));
    words
        .map(|word| {
            let mut kebab = String::new();
            for (at, c) in word.char_indices() {
                if c.is_uppercase() && at > 0 {
                    kebab.push('-');
                }
                kebab.push(c.to_ascii_lowercase());
            }
            kebab
        })
        .collect()
}

/// The help page explains whatever the program can say: read off the source, so that a new code cannot be forgotten.
#[test]
fn no_code_is_left_unexplained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let set = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<BTreeSet<_>>();
    let asrun = source("src/radio/asrun.rs");
    let mut states = variants(&asrun, "AiringState");
    // The pages' own, for a planned one whose time it is.
    states.insert("due".to_owned());
    assert_eq!(set(STATES), states);
    assert_eq!(set(EVIDENCE), variants(&asrun, "Evidence"));
    let mut reasons = variants(&asrun, "Reason");
    let decision = source("src/planning/decision.rs");
    let (_, codes) = decision.split_once("fn code(&self)").unwrap();
    let (codes, _) = codes.split_once("impl ").unwrap();
    reasons.extend(codes.split('"').skip(1).step_by(2).map(str::to_owned));
    // The district's own, in `standing.rs`.
    reasons.extend(
        ["withdrawn", "not-planned", "no-record", "items-unreported", "simulated"]
            .map(str::to_owned),
    );
    assert_eq!(set(REASONS), reasons);
    let mut found = Vec::new();
    files(&root.join("src/playout"), &mut found);
    let mut faults = BTreeSet::new();
    for text in found.iter().map(|path| fs::read_to_string(path).unwrap()) {
        for rest in text.split("Fault::new(").skip(1) {
            if let Some(code) = rest.trim_start().strip_prefix('"') {
                faults.insert(code.split('"').next().unwrap().to_owned());
            }
        }
    }
    assert!(faults.len() > 5 && faults.is_subset(&set(condition::TROUBLES)), "{faults:?}");
}
