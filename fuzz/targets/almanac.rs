//! Any text: the almanac is read or its faults are told, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loa::planning::Rule;

fuzz_target!(|text: &str| {
    let rule = |text: &str| Rule::parse(text).map(drop).map_err(|fault| fault.to_string());
    if let Err(problems) = loa::almanac::parse(text, rule) {
        assert!(!problems.to_string().is_empty());
    }
});
