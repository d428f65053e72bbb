//! Power cuts that lose whatever was not synced, after every step that a station takes on its disk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

mod damaged;
mod disk;
mod left;
mod rest;
#[path = "../studio/mod.rs"]
mod studio;
#[path = "../village/mod.rs"]
mod village;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use disk::{Cut, Disk, Witness};
use left::Progress;
use loa::radio::{ClipHash, UtcMs};
use rest::Day;
use village::{Village, tones};

const AIRINGS: usize = 3;

/// The place in a recording where each clip begins to sound.
fn onsets(tape: &Path) -> Vec<(usize, usize)> {
    let bytes = std::fs::read(tape).unwrap();
    let (mut onsets, mut silent) = (Vec::new(), usize::MAX / 2);
    for (at, frame) in bytes[44..].chunks_exact(4).enumerate() {
        let sounds = frame.iter().any(|byte| *byte != 0);
        // Between airings lies more than a tenth of a second of silence.
        if sounds && silent > 4_800 {
            onsets.push(44 + at * 4);
        }
        silent = if sounds { 0 } else { silent.saturating_add(1) };
    }
    let clips: Vec<usize> =
        tones::heard(tape, AIRINGS).iter().filter(|(_, tenths)| *tenths > 3).map(|h| h.0).collect();
    assert_eq!(clips.len(), onsets.len(), "{clips:?} {onsets:?}");
    clips.into_iter().zip(onsets).collect()
}

/// What was going on between two moments.
fn operations(before: Progress, after: Progress) -> impl Iterator<Item = &'static str> {
    let changed = [
        ("receive rundown", before.has_rundown != after.has_rundown),
        ("fetch clip", before.clips != after.clips),
        ("air: begin", before.begun != after.begun),
        ("air: end", before.ended != after.ended),
        ("confirm", before.confirmed != after.confirmed),
    ];
    changed.into_iter().filter(|(_, is)| *is).map(|(what, _)| what)
}

/// A station receives its rundown, fetches clips, airs and confirms, with a real district. Then the power is cut after
/// each step of that, and each time the day is played to its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    village::day::write(&root, &["mot"], AIRINGS, Duration::from_secs(3));
    let village = Village::found(&root);
    let server = village.serve().await;
    let log = root.join("steps");
    let mut command =
        village.command(&village.station_arguments("mot", "wav:mot/tape.wav", &village.address));
    Witness::build(&root).watch(&mut command, &root.join("mot"), &log, None);
    let station = village.start("mot", command);
    village.until_reported("mot").await;
    let over = village.airings("mot").await.last().unwrap()["ends_at"].as_str().unwrap().parse();
    let over: UtcMs = over.unwrap();
    station.stop();
    server.stop();
    village.assert_same_records("mot");

    let onsets = onsets(&root.join("mot/tape.wav"));
    assert_eq!(onsets.len(), AIRINGS);
    let district = left::received(&root.join("district/loa.db"), "mot");
    assert_eq!(district.len(), AIRINGS);
    let steps = disk::steps(&log);
    let mut disk = Disk::new();
    let scratch = root.join("left");
    let clips = (0..AIRINGS).map(|n| std::fs::read(root.join(format!("{n}.wav"))).unwrap());
    let day = Day {
        station: "mot".parse().unwrap(),
        district: root.join("district"),
        clips: clips.map(|bytes| ClipHash::of(&bytes)).collect(),
        over,
    };
    let mut cuts = 0;
    let mut progress = Progress::default();
    let mut operations_cut: BTreeSet<&str> = BTreeSet::new();
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for (n, step) in steps.iter().enumerate() {
        // What is left stays the same until the next sync or rename, while more and more is heard and received: the last
        // moment before that asks the most.
        if n > 0 && disk.changes_with(step) {
            let length = disk.read("tape.wav").map_or(0, <[u8]>::len);
            let known = left::Known {
                heard: onsets
                    .iter()
                    .filter(|(_, at)| *at < length)
                    .map(|(clip, _)| *clip)
                    .collect(),
                received: district.iter().filter(|r| r.received_at < steps[n - 1].at).collect(),
            };
            for cut in [Cut::Everything, Cut::Bytes] {
                disk.write_left(&scratch, cut);
                let moment = format!("{cut:?} after step {n}, before: {}", step.what);
                let now = left::stands(&scratch, &known, &moment).await;
                if cut == Cut::Everything {
                    operations_cut.extend(operations(progress, now));
                    progress = now;
                }
                disk.write_left(&scratch, cut);
                // The power is away for a moment, or for longer than an airing waits.
                let away = Duration::from_millis([50, 700, 2_000, 17_000][cuts / 2 % 4]);
                let back = UtcMs(step.at) + away;
                for state in day.play_on(&scratch, back, &known, &moment).await {
                    *states.entry(state).or_default() += 1;
                }
                cuts += 1;
            }
        }
        disk.take(step);
    }
    println!("{} steps, {cuts} different moments: {states:?}", steps.len());
    assert!(cuts > 100, "{cuts}");
    let all = ["air: begin", "air: end", "confirm", "fetch clip", "receive rundown"];
    assert_eq!(Vec::from_iter(operations_cut), all);
    let whole =
        Progress { has_rundown: true, clips: 3, begun: AIRINGS, ended: AIRINGS, confirmed: 3 };
    assert_eq!(progress, whole, "the last moment is not the day's end");
    for state in ["aired", "simulated", "interrupted", "missed"] {
        assert!(states.get(state).is_some_and(|count| *count > 10), "{states:?}");
    }
}

/// Power cuts of each station, or how often it is run if it dies by itself; `LOA_CUTS` asks for more.
fn cuts() -> u64 {
    let wanted = std::env::var("LOA_CUTS").ok().and_then(|cuts| cuts.parse().ok());
    wanted.unwrap_or(12)
}

/// Runs a station until it has taken so many steps on its disk, and cuts its power: again and again, each time a few steps
/// later, and each time on what the last cut has left.
async fn outage(village: &Village, witness: &Witness, station: &str, seed: u64) {
    let root = village.folder.join(station);
    let mut disk = Disk::new();
    let mut state = seed;
    for run in 0..cuts() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Starting takes some fifty steps, an airing some twenty beside its recording, which lies elsewhere.
        let after = 1 + (state >> 33) % 120;
        let speaker = format!("wav:{station}-{run}.wav");
        let mut command =
            village.command(&village.station_arguments(station, &speaker, &village.address));
        let log = village.folder.join(format!("{station}-{run}.steps"));
        witness.watch(&mut command, &root, &log, Some(after));
        let mut program = village.start(station, command);
        // Where nothing is left to do it takes no more steps.
        let dead = async {
            while program.0.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(6), dead).await;
        program.kill();
        disk::steps(&log).iter().for_each(|step| disk.take(step));
        let cut = if state >> 62 & 1 == 0 { Cut::Everything } else { Cut::Bytes };
        disk.cut(cut);
        disk.write_left(&root, cut);
    }
}

/// The same with the program itself, on what the cuts before have left, beside a real district.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn again_and_again() {
    const STATIONS: [&str; 3] = ["mot", "hai", "ba"];
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let airings = cuts() as usize + 3;
    village::day::write(&root, &STATIONS, airings, Duration::from_secs(3));
    let village = Village::found(&root);
    let server = village.serve().await;
    let witness = Witness::build(&root);
    let outages =
        (1..).zip(STATIONS).map(|(seed, station)| outage(&village, &witness, station, seed));
    futures_util::future::join_all(outages).await;
    let outcomes = village.end_of_day(&STATIONS, airings).await;
    println!("{} cuts of each of {} stations: {outcomes:?}", cuts(), STATIONS.len());
    server.stop();
    for station in STATIONS {
        village.assert_same_records(station);
    }
}
