//! The rules of the house, read off the source: who may know whom, who asks what time it is, how long a file may be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A part of the house, and the parts of ours that it may name.
const MAY_KNOW: [(&str, &[&str]); 18] = [
    ("radio", &[]),
    ("config", &[]),
    ("private", &[]),
    ("clock", &["radio"]),
    ("almanac", &["radio"]),
    ("planning", &["radio"]),
    ("reports", &["radio", "planning"]),
    ("signing", &["radio", "private"]),
    ("tls", &["radio", "private"]),
    ("wire", &["radio", "signing"]),
    ("log", &["radio", "signing", "wire"]),
    ("library", &["radio", "wire"]),
    ("stick", &["radio", "wire", "signing", "library", "private"]),
    ("store", &["radio", "wire", "signing", "log", "private"]),
    ("backup", &["radio", "store", "private"]),
    ("playout", &["radio", "wire", "signing", "library", "clock", "private", "tls"]),
    (
        "server",
        &[
            "radio", "wire", "signing", "library", "clock", "store", "planning", "private", "tls",
            "stick", "log", "reports",
        ],
    ),
    (
        "roles",
        &[
            "radio", "wire", "library", "clock", "config", "private", "store", "planning",
            "almanac", "playout", "server", "signing", "tls", "stick", "log", "reports", "backup",
        ],
    ),
];

/// A crate, and the only places that may name it.
const AT_HOME: [(&str, &[&str]); 7] = [
    ("sqlx", &["src/store/", "src/playout/keep/"]),
    ("axum", &["src/server/", "src/playout/control/"]),
    ("cpal", &["src/playout/speaker/"]),
    ("cron", &["src/planning/"]),
    ("ed25519_dalek", &["src/signing/"]),
    ("rustls", &["src/tls/"]),
    ("rcgen", &["src/tls/"]),
];

const LONGEST_FILE: usize = 500;

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    found.sort();
    assert!(found.len() > 50, "the walk found only {} files", found.len());
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.strip_prefix(root).unwrap().to_owned(), text)
        })
        .collect()
}

fn code_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
}

/// The parts of ours that a line names: after `crate::` or `loa::`, one by one or in braces.
fn named(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for root in ["crate::", "loa::"] {
        for (at, _) in line.match_indices(root) {
            let rest = &line[at + root.len()..];
            let word: String =
                rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            names.push(word);
        }
    }
    names
}

/// `use crate::{…}` over several lines becomes one line, each of its parts after `crate::`.
fn with_open_braces(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut depth = 0i32;
    let mut inside = false;
    for (number, line) in code_of(text) {
        let trimmed = line.trim();
        let opens = trimmed.starts_with("use crate::{") || trimmed.starts_with("use loa::{");
        if opens {
            inside = true;
            depth = 0;
        }
        if inside {
            let body = trimmed.trim_start_matches("use crate::{").trim_start_matches("use loa::{");
            if depth <= 1 {
                for part in body.split(", ").filter(|_| depth == i32::from(!opens)) {
                    lines.push((number, format!("crate::{part}")));
                }
            }
            depth += i32::try_from(trimmed.matches('{').count()).unwrap();
            depth -= i32::try_from(trimmed.matches('}').count()).unwrap();
            inside = depth > 0;
        } else {
            lines.push((number, line.to_owned()));
        }
    }
    lines
}

fn forbidden_imports(sources: &[(PathBuf, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources {
        let part = path.components().nth(1).unwrap().as_os_str().to_str().unwrap();
        let part = part.trim_end_matches(".rs");
        let Some((_, may_know)) = MAY_KNOW.iter().find(|(name, _)| *name == part) else { continue };
        for (number, line) in with_open_braces(text) {
            for name in named(&line) {
                let ours = MAY_KNOW.iter().any(|(other, _)| *other == name);
                if ours && name != part && !may_know.contains(&name.as_str()) {
                    found.push(format!("{}:{number}: {part} names {name}", path.display()));
                }
            }
        }
        for (number, line) in code_of(text) {
            for (name, homes) in AT_HOME {
                let named = line.contains(&format!("{name}::"))
                    && line.match_indices(&format!("{name}::")).any(|(at, _)| {
                        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                    });
                let at_home = homes
                    .iter()
                    .any(|home| path.starts_with(home) || path.to_str().unwrap().starts_with(home));
                if named && !at_home {
                    found.push(format!("{}:{number}: names {name}", path.display()));
                }
            }
            for clock in ["SystemTime::now", "Instant::now", "Utc::now", "Local::now"] {
                if line.contains(clock) && !path.ends_with("clock.rs") {
                    found.push(format!("{}:{number}: asks what time it is", path.display()));
                }
            }
        }
    }
    found
}

#[test]
fn nobody_knows_whom_they_must_not() {
    assert_eq!(forbidden_imports(&sources()), Vec::<String>::new());
}

#[test]
fn a_forbidden_import_is_found() {
    let bad =
        |path: &str, text: &str| forbidden_imports(&[(PathBuf::from(path), text.to_owned())]).len();
    assert_eq!(bad("src/radio/unit.rs", "use crate::store::Store;"), 1);
    assert_eq!(
        bad("src/playout/deck.rs", "use crate::{\n    radio::UtcMs,\n    server::District,\n};"),
        1
    );
    assert_eq!(bad("src/playout/deck.rs", "use crate::{radio::UtcMs, store::Store};"), 1);
    assert_eq!(bad("src/planning/plan.rs", "let now = Utc::now();"), 1);
    assert_eq!(bad("src/planning/plan.rs", "use sqlx::Row;"), 1);
    assert_eq!(bad("src/server/api/airings.rs", "use crate::{radio::UtcMs, store::Store};"), 0);
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert_eq!(long, Vec::<String>::new());
}
