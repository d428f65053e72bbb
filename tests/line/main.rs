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
    tokio::time::sleep(APART * 3).await;
    harm.far.store(true, Ordering::Relaxed);
    tokio::time::sleep(APART * 3).await;
    harm.far.store(false, Ordering::Relaxed);
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

/// Runs a command of the system; says why it failed.
fn system(command: &str) -> Result<(), String> {
    let mut words = command.split_whitespace();
    let done = Command::new(words.next().unwrap()).args(words).output();
    let done = done.map_err(|why| format!("{command}: {why}"))?;
    let told = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    if done.status.success() { Ok(()) } else { Err(format!("{command}: {told}")) }
}

/// Two machines: the station's has a network of its own, and a cable to this one.
struct Cable {
    /// The network's name, and the cable's at this end: this run's own.
    name: String,
    /// Where the cable's four addresses begin.
    net: String,
    last: u32,
}

impl Cable {
    /// Where this machine may make no networks, says why.
    fn lay() -> Result<Self, String> {
        let run = std::process::id();
        let (net, last) = (format!("10.213.{}", run % 256), run / 256 % 64 * 4);
        let cable = Self { name: format!("loa{run}"), net, last };
        let Self { name, net, last } = &cable;
        system(&format!("ip netns add {name}"))?;
        system(&format!("ip link add {name} type veth peer name eth0 netns {name}"))?;
        system(&format!("ip address add {net}.{}/30 dev {name}", last + 1))?;
        system(&format!("ip link set {name} up"))?;
        system(&format!("ip -n {name} address add {net}.{}/30 dev eth0", last + 2))?;
        system(&format!("ip -n {name} link set eth0 up"))?;
        // What makes it lose packets must be there too.
        cable.lose(0)?;
        Ok(cable)
    }

    fn district(&self) -> String {
        format!("{}.{}", self.net, self.last + 1)
    }

    /// Of a hundred packets each way, so many are lost.
    fn lose(&self, percent: u32) -> Result<(), String> {
        for chain in ["INPUT", "OUTPUT"] {
            system(&format!(
                "ip netns exec {} iptables -A {chain} -m statistic --mode random --probability 0.{percent:02} -j DROP",
                self.name
            ))?;
        }
        Ok(())
    }

    /// Of a hundred packets to the district, so many arrive twice.
    fn double(&self, percent: u32) -> Result<(), String> {
        system(&format!(
            "ip netns exec {} iptables -t mangle -A POSTROUTING -o eth0 -m statistic --mode random --probability 0.{percent:02} -j TEE --gateway {}",
            self.name,
            self.district()
        ))
    }

    /// Packets are lost, doubled and two seconds late; says what the kernel cannot do.
    fn spoil(&self) -> Result<(), String> {
        let netem = "netem delay 2s loss 30% duplicate 30%";
        let late = system(&format!("tc -n {} qdisc add dev eth0 root {netem}", self.name));
        if late.is_err() {
            self.lose(30)?;
            self.double(30)?;
        }
        late
    }

    fn cut(&self) {
        system(&format!("ip -n {} link set eth0 down", self.name)).unwrap();
    }

    fn mend(&self) {
        system(&format!("ip -n {} link set eth0 up", self.name)).unwrap();
        for table in ["filter", "mangle"] {
            system(&format!("ip netns exec {} iptables -t {table} -F", self.name)).unwrap();
        }
        // There may be none.
        let _ = system(&format!("tc -n {} qdisc delete dev eth0 root", self.name));
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        // What was not laid cannot be taken up.
        let _ = system(&format!("ip netns delete {}", self.name));
        let _ = system(&format!("ip link delete {}", self.name));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cable_that_loses_and_doubles_packets_and_is_pulled_out() {
    let cable = match Cable::lay() {
        Ok(cable) => cable,
        Err(why) => {
            println!("left out: this machine lets us make no networks: {why}");
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    village::day::write(folder.path(), &["mot"], AIRINGS, APART);
    let village = Village::found_at(folder.path(), &cable.district());
    let server = village.serve().await;
    let arguments = village.station_arguments("mot", "silent", &village.address);
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &cable.name]).arg(env!("CARGO_BIN_EXE_loa")).args(arguments);
    command.current_dir(folder.path());
    let station = village.start("mot", command);
    village.until("mot has all clips", async || village.clips_at("mot") == AIRINGS).await;
    if let Err(why) = cable.spoil() {
        println!("packets are lost and doubled, but not late: {why}");
    }
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
