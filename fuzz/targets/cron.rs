//! Any text: a rule or a reason, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loa::planning::cron::Rule;

fuzz_target!(|text: &str| {
    if let Err(fault) = Rule::parse(text) {
        assert!(!fault.to_string().is_empty());
    }
});
