//! Any bytes: intake measures or refuses them, and never panics, hangs or eats the memory.
#![no_main]

use std::{io::Cursor, sync::Once, time::Duration};

use libfuzzer_sys::fuzz_target;
use loa::library::{Limits, intake::measure_from};

static HUSH: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    // libFuzzer's hook ends the process at any panic, but one inside the decoder is caught and is a refusal. What
    // reaches this function is still a find.
    HUSH.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let limits = Limits { longest: Duration::from_secs(20), ..Limits::default() };
    match measure_from(Cursor::new(bytes.to_vec()), &limits, |_| {}) {
        Ok(measure) => {
            assert!(measure.frames > 0 && measure.format.channels > 0);
            assert!(measure.true_peak_dbtp.is_finite());
            assert!(measure.waveform.pairs.len() <= 2_000);
            assert_eq!(measure.bytes, bytes.len() as u64);
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
});
