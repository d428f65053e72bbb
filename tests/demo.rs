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
    net::TcpListener,
    process::{Command, Stdio},
};

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
