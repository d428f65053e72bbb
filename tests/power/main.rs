//! Stations that are killed again and again while they air: nothing is lost, nothing is double, nothing is heard twice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

#[path = "../village/mod.rs"]
mod village;

use std::{collections::HashMap, fs, path::Path, time::Duration};

use village::Village;

const STATIONS: [&str; 4] = ["mot", "hai", "ba", "bon"];

/// Kills of each station; `LOA_KILLS` asks for more.
fn kills() -> usize {
    let wanted = std::env::var("LOA_KILLS").ok().and_then(|kills| kills.parse().ok());
    wanted.unwrap_or(50)
}

/// Starts a station and kills it at a moment that nobody chose, until the day is over or it has been killed enough.
async fn torment(village: &Village, station: &str, seed: u64, kills: usize) {
    let mut state = seed;
    for run in 0..kills {
        let program = village.station(station, &format!("wav:{station}-{run}.wav"));
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Up to two and a half seconds: in its start, before, during and after an airing.
        tokio::time::sleep(Duration::from_millis((state >> 33) % 2_500)).await;
        program.kill();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_that_is_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let kills = kills();
    // A kill takes a second and a quarter on average; a few airings are left for afterwards.
    let airings = kills / 2 + 4;
    village::day::write(folder.path(), &STATIONS, airings, Duration::from_secs(3));
    let village = Village::found(folder.path());
    let server = village.serve().await;
    let torments =
        (1..).zip(STATIONS).map(|(seed, station)| torment(&village, station, seed, kills));
    futures_util::future::join_all(torments).await;

    // What is left of the day is aired in peace, and everything is confirmed.
    let last: Vec<_> = STATIONS
        .iter()
        .map(|station| village.station(station, &format!("wav:{station}-last.wav")))
        .collect();
    for station in STATIONS {
        village.until_reported(station).await;
    }
    last.into_iter().for_each(village::Program::stop);

    let mut outcomes: HashMap<String, usize> = HashMap::new();
    for station in STATIONS {
        let reported = village.airings(station).await;
        assert_eq!(reported.len(), airings);
        let played = recordings(folder.path(), station, airings);
        for airing in &reported {
            let n: usize =
                airing["schedule"].as_str().unwrap().trim_start_matches('s').parse().unwrap();
            let state = airing["state"].as_str().unwrap();
            *outcomes.entry(state.to_owned()).or_default() += 1;
            let pieces = played.get(&n).map_or(&[][..], Vec::as_slice);
            assert!(pieces.len() <= 1, "{station} aired {n} twice: {pieces:?}");
            let heard = pieces.first().copied().unwrap_or(0);
            match state {
                "simulated" => assert!(heard >= 10, "{station} {n}: heard {heard}/10 s"),
                "missed" => assert_eq!(heard, 0, "{station} {n}: {airing}"),
                "interrupted" => assert!(heard <= 12, "{station} {n}: heard {heard}/10 s"),
                other => panic!("{station} {n} is {other}: {airing}"),
            }
        }
    }
    println!("{} kills of each of {} stations: {outcomes:?}", kills, STATIONS.len());
    assert!(outcomes["simulated"] > 0 && outcomes["interrupted"] > 0, "{outcomes:?}");
    server.stop();
    for station in STATIONS {
        village.assert_same_records(station);
    }
}

/// For each clip, how many tenths of a second each piece lasted that is heard of it in all of a station's recordings.
fn recordings(folder: &Path, station: &str, clips: usize) -> HashMap<usize, Vec<usize>> {
    let mut pieces: HashMap<usize, Vec<usize>> = HashMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with(&format!("{station}-")) && name.ends_with(".wav") {
            for (clip, tenths) in village::tones::heard(&path, clips) {
                pieces.entry(clip).or_default().push(tenths);
            }
        }
    }
    pieces
}
