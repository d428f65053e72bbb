//! Any bytes from a station: each record is taken or gets its receipt, and nothing panics. One that is taken is signed
//! with the station's key, and is the station's.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use loa::{
    radio::StationId,
    signing::{Context, Envelope, SecretKey},
    wire::{
        ReceiptResult, StationRecord,
        arrival::{Arrival, judge},
    },
};

/// The key of the seeds' station.
static SECRET: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::from_seed(&[1; 32]));
static STATION: LazyLock<StationId> = LazyLock::new(|| "thach-lam".parse().unwrap());

fuzz_target!(|bytes: &[u8]| {
    // What stands behind a signature can be anything that a station with a fault signs.
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(&Envelope::seal(Context::Record, text.to_owned(), &SECRET));
    }
    match Arrival::read(bytes) {
        Ok(arrival) => {
            for record in arrival.records {
                match record {
                    Ok(envelope) => check(&envelope),
                    Err(receipt) => assert!(receipt.why.is_some_and(|why| !why.is_empty())),
                }
            }
        }
        Err(why) => assert!(!why.is_empty()),
    }
});

fn check(envelope: &Envelope) {
    let key = SECRET.public();
    match judge(envelope, &STATION, &[key]) {
        Ok(record) => {
            let station = match &record {
                StationRecord::AsRun(record) => &record.station,
                StationRecord::Event(record) => &record.station,
            };
            assert_eq!((station, envelope.key), (&*STATION, key));
            assert!(i64::try_from(record.sequence()).is_ok());
        }
        Err(receipt) => {
            assert_eq!(receipt.result, ReceiptResult::Invalid);
            assert!(receipt.why.is_some_and(|why| !why.is_empty()));
        }
    }
}
