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

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

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
    let stock = async || {
        let stations = village.get("stations").await;
        stations["stations"][0]["status"]["stock"].clone()
    };
    village.until("one is lacking, and today's is not", async || stock().await["count"] == 1).await;
    let lacking = stock().await;
    assert_eq!(lacking["airings"][0]["clips"][0], tomorrows.as_str(), "{lacking}");
    assert_eq!(ready().await[1], Some(false));
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clip_that_rots_at_rest_is_found_told_and_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    village::day::write(folder.path(), &["mot"], 2, Duration::from_hours(24));
    let village = Village::found(folder.path());
    let server = village.serve().await;
    let ready = async || village.airings("mot").await[1]["ready"].as_bool();
    let station = village.station("mot", "silent");
    village.until("tomorrow's is ready", async || ready().await == Some(true)).await;
    station.stop();

    let clip = clip_in(folder.path(), 1);
    let good = fs::read(&clip).unwrap();
    let mut rotten = good.clone();
    rotten[5_000] ^= 1;
    fs::write(&clip, rotten).unwrap();
    let old = ClipHash::of(b"a clip that no airing needs any more");
    let part = folder.path().join(format!("mot/clips/arriving/{old}.partial"));
    fs::write(&part, "half").unwrap();
    let station = village.station("mot", "silent");
    village
        .until("the district is told", async || {
            let stations = village.get("stations").await;
            stations["stations"][0]["status"]["faults"].to_string().contains("clip-rotten")
        })
        .await;
    village.until("it is as it was", async || fs::read(&clip).is_ok_and(|now| now == good)).await;
    village.until("tomorrow's is ready again", async || ready().await == Some(true)).await;
    village.until("the old part is gone", async || !part.exists()).await;
    station.stop();
    server.stop();
}

/// A small disk of its own for a station's folder; unmounted when it is dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=40m,mode=0700", "tmpfs"]).arg(&folder);
        assert!(mount.status().unwrap().success());
        Self(folder)
    }

    /// Writes until nothing more goes in.
    fn fill(&self) {
        let mut filler =
            File::options().create(true).append(true).open(self.0.join("filler")).unwrap();
        for size in [1 << 20, 4096, 1] {
            while filler.write_all(&vec![7; size]).is_ok() {}
        }
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A test that failed may have left somebody in it.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn clip_in(folder: &Path, n: usize) -> PathBuf {
    let hash = ClipHash::of(&fs::read(folder.join(format!("{n}.wav"))).unwrap()).to_string();
    folder.join("mot/clips").join(&hash[..2]).join(hash)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_whose_disk_is_full_keeps_its_records_and_recovers_by_itself() {
    const AIRINGS: usize = 14;
    if !rustix::process::geteuid().is_root() {
        println!("left out: only root may mount disks");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::mount(folder.path().join("mot"));
    let reserve = disk.0.join("reserve");
    village::day::write(folder.path(), &["mot"], AIRINGS, Duration::from_secs(5));
    let village = Village::found(folder.path());
    let server = village.serve().await;
    let start = || {
        let mut arguments = village.station_arguments("mot", "silent", &village.address);
        arguments.extend(["--keep-free".to_owned(), "1".to_owned()]);
        village.start("mot", village.command(&arguments))
    };
    let is_full = async || {
        let stations = village.get("stations").await;
        let faults = stations["stations"][0]["status"]["faults"].to_string();
        faults.contains("disk-full")
    };
    let states = async || {
        let airings = village.airings("mot").await;
        airings.iter().filter(|airing| airing["state"] == "simulated").count()
    };

    let station = start();
    village.until("mot has all clips", async || village.clips_at("mot") == AIRINGS).await;
    village.until("room is kept", async || reserve.exists()).await;
    // During a download: the last clip is wanted again, and nothing goes in.
    fs::remove_file(clip_in(folder.path(), AIRINGS - 1)).unwrap();
    disk.fill();
    // During a record: the room kept for it is taken.
    village.until("the room kept for records is used", async || !reserve.exists()).await;
    village.until("the district knows of it", is_full).await;
    let aired = states().await;
    village.until("more airs and is reported", async || states().await >= aired + 2).await;

    // Room is made, and nobody touches the station.
    disk.empty();
    village.until("room is kept again", async || reserve.exists()).await;
    village.until("the clip is fetched", async || village.clips_at("mot") == AIRINGS).await;
    village.until("the fault is gone", async || !is_full().await).await;

    // At the start.
    disk.fill();
    station.kill();
    disk.fill();
    let station = start();
    let aired = states().await;
    village.until("it airs and reports after the start", async || states().await > aired).await;
    disk.empty();
    village.until_reported("mot").await;
    village.until("the fault is gone", async || !is_full().await).await;
    station.stop();
    server.stop();
    village.assert_same_records("mot");
    assert_eq!(village.count_records("mot"), AIRINGS);
}
