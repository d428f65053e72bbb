//! Any text as a note, a checkpoint, a head or a key: it is refused, or it has exactly this spelling; nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loa::{
    log::{Checkpoint, Head},
    signing::{Note, NoteKey, SecretKey, Signs},
};

fuzz_target!(|text: &str| {
    if let Ok(note) = text.parse::<Note>() {
        assert_eq!(note.to_string(), text);
        let key = SecretKey::from_seed(&[1; 32]).public();
        for signs in [Signs::Text, Signs::Sight] {
            let key = NoteKey::new("loa/test", signs, key).unwrap();
            assert!(note.signed_by(&key).is_err() || note.of(&key).is_some());
        }
        if let Ok(checkpoint) = note.text().parse::<Checkpoint>() {
            assert_eq!(checkpoint.to_string(), note.text());
        }
    }
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), text);
    }
    if let Ok(head) = text.parse::<Head>() {
        assert_eq!(head.to_string(), text);
    }
    if let Ok(key) = text.parse::<NoteKey>() {
        assert_eq!(key.to_string(), text);
    }
});
