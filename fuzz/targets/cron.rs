//! Any text: a rule or a reason, and nothing panics, also when its times are asked for.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use loa::planning::cron::Rule;

fuzz_target!(|input: &str| {
    // A rule, and after a bar the second since 1970 from which it is asked.
    let (text, from) = input.split_once('|').unwrap_or((input, "1601510400"));
    let rule = match Rule::parse(text) {
        Ok(rule) => rule,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let Some(from) = from.parse().ok().and_then(|from| DateTime::from_timestamp(from, 0)) else {
        return;
    };
    let mut before = None;
    for time in rule.from(from.naive_utc()).take(3) {
        assert!(from.naive_utc() <= time && before < Some(time), "{text}: {time}");
        before = Some(time);
    }
});
