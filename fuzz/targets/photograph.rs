//! Any bytes as a photograph: they are decoded to their end or refused for what they are, and nothing panics, hangs or eats the
//! memory. What was taken once is taken again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loa::library::{BadPhotograph, Picture, look_at};

fuzz_target!(|bytes: &[u8]| {
    let kind = Picture::of(bytes);
    let found = look_at(bytes);
    match found {
        Ok(picture) => assert_eq!(Some(picture), kind),
        Err(BadPhotograph::Kind) => assert_eq!(kind, None),
        Err(BadPhotograph::Large | BadPhotograph::Damaged) => assert!(kind.is_some()),
    }
    assert_eq!(look_at(bytes), found);
});
