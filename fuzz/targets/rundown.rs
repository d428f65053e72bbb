//! Any bytes from a district: a rundown is followed or refused with a code, and nothing panics. One that is followed is
//! signed by the district's newest key, is the station's, and reads the same again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use loa::{
    playout::trust::Trust,
    radio::UtcMs,
    signing::{DistrictKey, Envelope, SecretKey},
    wire::SignedRundown,
};

const NOW: UtcMs = UtcMs(1_601_503_200_000);
const DAY: i64 = 86_400_000;

/// What the seeds' station trusts.
static TRUST: LazyLock<Trust> = LazyLock::new(|| Trust {
    station: "thach-lam".parse().unwrap(),
    key: DistrictKey {
        number: 1,
        key: SecretKey::from_seed(&[1; 32]).public(),
        not_before: UtcMs(NOW.0 - DAY),
        not_after: UtcMs(NOW.0 + 365 * DAY),
    },
    version: 7,
});

fuzz_target!(|bytes: &[u8]| {
    // What stands behind the signature can be anything that a district with a fault signs.
    if let Ok(text) = std::str::from_utf8(bytes) {
        let secret = SecretKey::from_seed(&[1; 32]);
        let sealed = Envelope::seal(loa::signing::Context::Rundown, text.to_owned(), &secret);
        let own = TRUST.key.seal(&secret).unwrap();
        judge(&SignedRundown { keys: vec![own], rundown: sealed });
    }
    if let Ok(sent) = serde_json::from_slice::<SignedRundown>(bytes) {
        judge(&sent);
    }
});

fn judge(sent: &SignedRundown) {
    for now in [None, Some(NOW)] {
        match TRUST.judge(sent, now) {
            Ok(taken) => {
                assert_eq!(taken.rundown.station, TRUST.station);
                assert_eq!(sent.rundown.key, taken.key.key);
                assert!(taken.rundown.version >= TRUST.version);
                assert_eq!(TRUST.open(sent).unwrap(), taken);
            }
            Err(refused) => assert!(!refused.code().is_empty() && !refused.to_string().is_empty()),
        }
    }
}
