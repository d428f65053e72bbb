//! Stations on bad lines: every airing is aired, and every record reaches the district once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

mod proxy;
#[path = "../village/mod.rs"]
mod village;

use std::{
    process::Command,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use proxy::Harm;
use village::Village;

const AIRINGS: usize = 12;
const APART: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_loses_doubles_and_delays() {
    let folder = tempfile::tempdir().unwrap();
    let stations = ["mot", "hai", "ba", "bon"];
    village::day::write(folder.path(), &stations, AIRINGS, APART);
    let village = Village::found(folder.path());
    let server = village.serve().await;
    let harm = Arc::new(Harm::default());
    let line = proxy::start(&village.address, harm.clone()).await;
    // Everything is at the stations before the line goes bad.
    harm.mended.store(true, Ordering::Relaxed);
    let playing = stations.map(|station| {
        let arguments = village.station_arguments(station, "silent", &line);
        village.start(station, village.command(&arguments))
    });
    for station in stations {
        village
            .until(&format!("{station} has all clips"), async || {
                village.clips_at(station) == AIRINGS
            })
            .await;
    }
    harm.mended.store(false, Ordering::Relaxed);
    tokio::time::sleep(APART * 5).await;
    harm.cut.store(true, Ordering::Relaxed);
    tokio::time::sleep(APART * 3).await;
    harm.cut.store(false, Ordering::Relaxed);
    tokio::time::sleep(APART * 5).await;
    harm.mended.store(true, Ordering::Relaxed);
    for station in stations {
        village.until_reported(station).await;
    }
    playing.into_iter().for_each(village::Program::stop);
    server.stop();
    for station in stations {
        village.assert_same_records(station);
        assert_eq!(village.count_records(station), AIRINGS);
    }
    let [lost_calls, lost_answers, doubled, delayed] =
        [&harm.lost_calls, &harm.lost_answers, &harm.doubled, &harm.delayed]
            .map(|count| count.load(Ordering::Relaxed));
    println!(
        "lost {lost_calls} calls and {lost_answers} answers; {doubled} doubled, {delayed} delayed"
    );
    assert!(lost_calls + lost_answers > 0 && doubled > 0, "the line was too good");
}

/// Runs a command of the system.
fn system(command: &str) {
    let mut words = command.split_whitespace();
    let done = Command::new(words.next().unwrap()).args(words).status().unwrap();
    assert!(done.success(), "{command}: {done}");
}

/// Two machines: the station's has a network of its own, and a cable to this one.
struct Cable;

impl Cable {
    const DISTRICT: &str = "10.213.87.1";
    const NAME: &str = "loa-test-xa";

    fn lay() -> Self {
        let cable = Self;
        cable.remove();
        system("ip netns add loa-test-xa");
        system("ip link add loa-test-0 type veth peer name eth0 netns loa-test-xa");
        system("ip address add 10.213.87.1/30 dev loa-test-0");
        system("ip link set loa-test-0 up");
        system("ip -n loa-test-xa address add 10.213.87.2/30 dev eth0");
        system("ip -n loa-test-xa link set eth0 up");
        cable
    }

    /// Of a hundred packets each way, so many are lost.
    fn lose(&self, percent: u32) {
        for chain in ["INPUT", "OUTPUT"] {
            system(&format!(
                "ip netns exec {} iptables -A {chain} -m statistic --mode random --probability 0.{percent} -j DROP",
                Self::NAME
            ));
        }
    }

    fn cut(&self) {
        system("ip -n loa-test-xa link set eth0 down");
    }

    fn mend(&self) {
        system("ip -n loa-test-xa link set eth0 up");
        system(&format!("ip netns exec {} iptables -F", Self::NAME));
    }

    fn remove(&self) {
        // There may be none.
        let _ = Command::new("ip").args(["netns", "delete", Self::NAME]).output();
        let _ = Command::new("ip").args(["link", "delete", "loa-test-0"]).output();
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.remove();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cable_that_loses_packets_and_is_pulled_out() {
    if !rustix::process::geteuid().is_root() {
        println!("left out: only root may make networks");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    village::day::write(folder.path(), &["mot"], AIRINGS, APART);
    let cable = Cable::lay();
    let village = Village::found_at(folder.path(), Cable::DISTRICT);
    let server = village.serve().await;
    let arguments = village.station_arguments("mot", "silent", &village.address);
    let mut command = Command::new("ip");
    command.args(["netns", "exec", Cable::NAME]).arg(env!("CARGO_BIN_EXE_loa")).args(arguments);
    command.current_dir(folder.path());
    let station = village.start("mot", command);
    village.until("mot has all clips", async || village.clips_at("mot") == AIRINGS).await;
    cable.lose(30);
    tokio::time::sleep(APART * 4).await;
    cable.cut();
    tokio::time::sleep(APART * 3).await;
    cable.mend();
    village.until_reported("mot").await;
    station.stop();
    server.stop();
    village.assert_same_records("mot");
    assert_eq!(village.count_records("mot"), AIRINGS);
}
