//! Verifying an export of the log: a million entries without the stations' signatures, in seconds; and with them, beside the
//! rate at which the same cores check the same signatures one by one and do nothing else, in the same run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a benchmark"
)]

#[path = "../tests/common/mod.rs"]
mod common;
mod reach;

use std::{
    io::{BufReader, BufWriter, Read as _, Seek as _, Write as _},
    time::Instant,
};

use common::{after, key_of, played};
use loa::{
    log::{Checkpoint, Entry, Frontier, Head, LogKey, Record, StationKey, leaf, line_of, verify},
    radio::UtcMs,
    signing::{Context, Envelope, Note, NoteKey, SecretKey, Signs},
};

const ENTRIES: u64 = 1_000_000;
/// Those whose signatures are checked too.
const SIGNED: u64 = 100_000;
const STATIONS: u64 = 25;
const NAME: &str = "loa/bench";

/// A file, whose first lines are known last.
struct Export {
    head: String,
    entries: std::fs::File,
    /// The records, if they are signed.
    signed: Vec<Envelope>,
}

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut bare = export(ENTRIES, false);
    let mut signed = export(SIGNED, true);
    let (mut slowest, mut shares) = (0.0_f64, Vec::new());
    for round in 1..=3 {
        let took = timed(&mut bare, ENTRIES, false);
        let whole = SIGNED as f64 / timed(&mut signed, SIGNED, true);
        let raw = raw(&signed.signed, threads);
        println!(
            "round {round}: {ENTRIES} entries without signatures {took:.2} s; with them {whole:.0} entries/s; {threads} \
             cores check the same signatures one by one at {raw:.0}/s, share {:.2}",
            whole / raw
        );
        slowest = slowest.max(took);
        shares.push(whole / raw);
    }
    shares.sort_by(f64::total_cmp);
    reach::told("a million entries without signatures within 10 s", slowest < 10.0);
    reach::told("at least 0.90 of the raw rate of signatures", shares[1] >= 0.9);
}

/// A log whose entries are a day's records of many stations, as they come: in batches of one station after another.
fn export(count: u64, is_signed: bool) -> Export {
    let secret = SecretKey::from_seed(&[1; 32]);
    let key = NoteKey::new(NAME, Signs::Text, secret.public()).unwrap();
    let mut entries = tempfile::tempfile_in(".").unwrap();
    let mut signed = Vec::new();
    let mut tree = Frontier::default();
    {
        let mut out = BufWriter::new(&mut entries);
        let mut put = |entry: &Entry<'_>| {
            let line = entry.line().unwrap();
            tree.push(leaf(line.as_bytes()));
            writeln!(out, "{}", line_of(&line)).unwrap();
        };
        put(&Entry::LogKey(LogKey { at: UtcMs(0), key: key.to_string().into(), signature: None }));
        let name = |station: u64| format!("xa-{station}");
        for station in 0..STATIONS {
            let key = key_of(&name(station)).public().to_string();
            let station = name(station).into();
            put(&Entry::StationKey(StationKey {
                at: UtcMs(0).to_string().into(),
                station,
                key: key.into(),
            }));
        }
        let mut last: Vec<Option<Envelope>> = vec![None; STATIONS as usize];
        for number in 0..count - STATIONS - 1 {
            let station = number / 50 % STATIONS;
            let sequence = number / 50 / STATIONS * 50 + number % 50 + 1;
            let record = played(&name(station), sequence);
            let previous = &mut last[station as usize];
            let envelope = if is_signed || previous.is_none() {
                after(previous.as_ref(), record)
            } else {
                unsigned(previous.as_ref().unwrap(), record)
            };
            put(&Entry::Record(Record {
                at: UtcMs(0).to_string().into(),
                key: Some(envelope.key.to_string().into()),
                signature: Some(envelope.signature.to_string().into()),
                payload: (&*envelope.payload).into(),
            }));
            if is_signed {
                signed.push(envelope.clone());
            }
            *previous = Some(envelope);
        }
        out.flush().unwrap();
    }
    let head = Head { size: tree.size(), root: tree.root() };
    let mut note = Note::new(Checkpoint { origin: NAME.to_owned(), head }.to_string()).unwrap();
    note.sign(NAME, &secret).unwrap();
    Export { head: format!("{note}\n"), entries, signed }
}

/// A record in its chain under somebody's signature: nobody looks at it.
fn unsigned(previous: &Envelope, record: loa::wire::AsRunRecord) -> Envelope {
    let before = loa::radio::RecordHash::of(previous.payload.as_bytes());
    let record = loa::wire::AsRunRecord { previous: Some(before), ..record };
    Envelope { payload: serde_json::to_string(&record).unwrap(), ..previous.clone() }
}

/// Seconds.
fn timed(export: &mut Export, count: u64, with_signatures: bool) -> f64 {
    export.entries.rewind().unwrap();
    let begun = Instant::now();
    let mut reader =
        BufReader::with_capacity(1 << 20, export.head.as_bytes().chain(&mut export.entries));
    let proven = verify(&mut reader, None, None, with_signatures).unwrap();
    let took = begun.elapsed().as_secs_f64();
    assert_eq!((proven.size, proven.broken), (count, 0), "{proven}");
    took
}

/// Signatures a second on all cores, each checked alone, keys and signatures read beforehand.
fn raw(signed: &[Envelope], threads: usize) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for part in signed.chunks(signed.len().div_ceil(threads)) {
            scope.spawn(move || {
                for Envelope { key, signature, payload } in part {
                    key.check(Context::Record, payload, signature).unwrap();
                }
            });
        }
    });
    signed.len() as f64 / begun.elapsed().as_secs_f64()
}
