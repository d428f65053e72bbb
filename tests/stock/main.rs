//! What a station has on its disk, and what the district knows of it.

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

use std::{fs, time::Duration};

use loa::radio::ClipHash;
use village::Village;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_district_knows_tonight_that_a_commune_lacks_tomorrows_clip() {
    let folder = tempfile::tempdir().unwrap();
    village::day::write(folder.path(), &["mot"], 2, Duration::from_hours(24));
    let village = Village::found(folder.path());
    let tomorrows = ClipHash::of(&fs::read(folder.path().join("1.wav")).unwrap()).to_string();
    let shelved = folder.path().join("district/clips").join(&tomorrows[..2]).join(&tomorrows);
    let aside = folder.path().join("aside");
    fs::rename(&shelved, &aside).unwrap();
    let server = village.serve().await;
    let ready = async || {
        let airings = village.airings("mot").await;
        [0, 1].map(|n| airings[n]["ready"].as_bool())
    };
    assert_eq!(ready().await, [None, None], "nobody has said anything");

    let station = village.station("mot", "silent");
    village.until("it is known which is lacking", async || ready().await[1] == Some(false)).await;
    let stations = village.get("stations").await;
    let lacking = &stations["stations"][0]["status"]["stock"];
    assert_eq!(lacking["airings"][0]["clips"][0], tomorrows.as_str(), "{lacking}");
    let figure = |n: u32| format!("loa_station_airings_lacking{{station=\"mot\"}} {n}\n");
    assert!(village.text("metrics").await.contains(&figure(1)));
    // One that lacks nothing of today's airs it.
    village
        .until("today's has aired", async || {
            village.airings("mot").await[0]["state"] == "simulated"
        })
        .await;
    assert_eq!(ready().await, [None, Some(false)]);

    fs::rename(&aside, &shelved).unwrap();
    village.until("nothing is lacking", async || ready().await[1] == Some(true)).await;
    assert!(village.text("metrics").await.contains(&figure(0)));
    station.stop();
    server.stop();
}
