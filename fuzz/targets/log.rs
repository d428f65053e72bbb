//! Any bytes as an export of the log: it is proven or the first thing that is wrong is named, and nothing panics. The same
//! lines with hashes and a head that fit lead the verifier deeper; what is proven then is what was put in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loa::{
    log::{Checkpoint, Entry, Frontier, Head, LogKey, leaf, line_of, verify},
    radio::UtcMs,
    signing::{Note, NoteKey, SecretKey, Signs},
};

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = verify(&mut &bytes[..], None, None, true) {
        assert!(!error.to_string().is_empty());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let secret = SecretKey::from_seed(&[1; 32]);
    let key = NoteKey::new("loa/test", Signs::Text, secret.public()).unwrap();
    let first = Entry::LogKey(LogKey { at: UtcMs(0), key: key.to_string().into(), signature: None }).line().unwrap();
    let mut tree = Frontier::default();
    let mut lines = String::new();
    for entry in std::iter::once(&*first).chain(text.lines().take(200)) {
        tree.push(leaf(entry.as_bytes()));
        lines += &line_of(entry);
        lines.push('\n');
    }
    let head = Head { size: tree.size(), root: tree.root() };
    let mut note = Note::new(Checkpoint { origin: "loa/test".to_owned(), head }.to_string()).unwrap();
    note.sign("loa/test", &secret).unwrap();
    let export = format!("{note}\n{lines}");
    match verify(&mut export.as_bytes(), Some(key), None, true) {
        Ok(proven) => assert_eq!(proven.size, tree.size()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
