//! Stations that are killed again and again while they air, and their district beside them: nothing is lost, nothing is
//! double, nothing is heard twice.

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

use std::{convert::Infallible, time::Duration};

use village::Village;

const STATIONS: [&str; 4] = ["mot", "hai", "ba", "bon"];

/// Kills of each station; `LOA_KILLS` asks for more.
fn kills() -> usize {
    let wanted = std::env::var("LOA_KILLS").ok().and_then(|kills| kills.parse().ok());
    wanted.unwrap_or(50)
}

fn next(state: u64) -> u64 {
    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

/// Starts the district and kills it, up to ten seconds after it was ready, for ever.
async fn torment_district(village: &Village) -> Infallible {
    let mut state = 0;
    loop {
        let district = village.serve().await;
        state = next(state);
        tokio::time::sleep(Duration::from_millis((state >> 33) % 10_000)).await;
        district.kill();
    }
}

/// Starts a station and kills it at a moment that nobody chose, until the day is over or it has been killed enough.
async fn torment(village: &Village, station: &str, seed: u64, kills: usize) {
    let mut state = seed;
    for run in 0..kills {
        let program = village.station(station, &format!("wav:{station}-{run}.wav"));
        state = next(state);
        // Up to two and a half seconds: in its start, before, during and after an airing.
        tokio::time::sleep(Duration::from_millis((state >> 33) % 2_500)).await;
        program.kill();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stations_and_a_district_that_are_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let kills = kills();
    // A kill takes a second and a quarter on average; a few airings are left for afterwards.
    let airings = kills / 2 + 4;
    village::day::write(folder.path(), &STATIONS, airings, Duration::from_secs(3));
    let village = Village::found(folder.path());
    // Everybody enrols and hears of the day.
    let server = village.serve().await;
    for station in STATIONS {
        let program = village.station(station, &format!("wav:{station}-first.wav"));
        village
            .until(&format!("{station} has a clip"), async || village.clips_at(station) > 0)
            .await;
        program.kill();
    }
    server.kill();
    let torments =
        (1..).zip(STATIONS).map(|(seed, station)| torment(&village, station, seed, kills));
    tokio::select! {
        _ = futures_util::future::join_all(torments) => {}
        never = torment_district(&village) => match never {},
    }
    let server = village.serve().await;
    let outcomes = village.end_of_day(&STATIONS, airings).await;
    println!("{} kills of each of {} stations: {outcomes:?}", kills, STATIONS.len());
    assert!(outcomes["simulated"] > 0 && outcomes["interrupted"] > 0, "{outcomes:?}");
    server.stop();
    for station in STATIONS {
        village.assert_same_records(station);
    }
}
