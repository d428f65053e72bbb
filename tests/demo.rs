//! The demo as a newcomer meets it: a process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// The programs whose command lines name a folder.
fn at_work_in(folder: &Path) -> Vec<(Pid, String)> {
    let name = folder.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| {
            let pid = Pid::from_raw(process.file_name().to_str()?.parse().ok()?)?;
            // One that has ended meanwhile is not at work.
            let line = fs::read(process.path().join("cmdline")).ok()?;
            Some((pid, String::from_utf8_lossy(&line).replace('\0', " ")))
        })
        .filter(|(_, line)| line.contains(name))
        .collect()
}

fn demo(folder: &Path) -> Command {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_loa"));
    demo.args(["demo", "--port", "0", "--data"]).arg(folder).stdin(Stdio::null());
    // No sound device, whatever this machine has.
    demo.env("PULSE_SERVER", "unix:/nowhere").env("ALSA_CONFIG_PATH", "/dev/null");
    demo
}

#[test]
fn without_a_sound_device_it_says_so_airs_and_stops_at_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("demo");
    let mut demo = demo(&folder);
    let mut demo = demo.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Each record is there to be read while the demo runs on.
    let mut said = BufReader::new(demo.stdout.take().unwrap()).lines();
    let first = said.next().expect("a record before it ends").unwrap();
    assert!(first.contains(" aired, simulated, "), "{first}");
    assert!(demo.try_wait().unwrap().is_none(), "it goes on");
    let at_work = at_work_in(&folder);
    assert_eq!(at_work.len(), 4, "the demo, the district and two communes: {at_work:?}");

    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    assert!(said.all(|line| line.unwrap().contains("simulated")));
    let mut told = String::new();
    demo.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    let status = demo.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{told}");
    assert_eq!(at_work_in(&folder), [], "nobody is left behind");
    assert_eq!(told.matches("nothing is audible: ").count(), 1, "{told}");
    assert!(told.contains("Loa is up: open http://127.0.0.1:"), "{told}");
}

#[test]
fn what_keeps_it_from_running_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "Kính gửi").unwrap();
    let output = demo(folder.path()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("is not empty: the demo begins with an empty folder"), "{told}");
}

#[test]
fn a_process_that_ends_brings_the_others_down_and_the_reason_up() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("demo");
    let mut demo = demo(&folder);
    let demo = demo.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let commune = loop {
        let commune = folder.join("thach-lam");
        if let Some((pid, _)) = at_work_in(&commune).first() {
            break *pid;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    kill_process(commune, Signal::KILL).unwrap();
    let output = demo.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("thach-lam ended (signal: 9"), "{told}");
    assert_eq!(at_work_in(&folder), [], "nobody is left behind");
}

#[test]
fn once_without_a_word_from_the_stations_is_a_failure_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("demo");
    let output =
        demo(&folder).args(["--once", "--speaker", "wav:/nowhere/x.wav"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    let expected =
        "after 90 s these stations have not confirmed an airing: thach-thanh, kim-tan, thach-lam";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn the_demo_airs_at_three_stations_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    // A taken port must be no trouble.
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = Command::new(env!("CARGO_BIN_EXE_loa"))
        .args(["demo", "--once", "--speaker", "silent", "--port", &port.to_string(), "--data"])
        .arg(folder.path().join("demo"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (said, told) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{said}\n{told}");
    for station in ["thach-thanh", "kim-tan", "thach-lam"] {
        let records: Vec<&str> = said.lines().filter(|line| line.contains(station)).collect();
        assert!(records.len() >= 2, "a chime and an announcement at {station}:\n{said}");
        assert!(records.iter().all(|line| line.contains("simulated")), "{said}");
    }
    assert!(told.contains("is taken"), "{told}");
}
