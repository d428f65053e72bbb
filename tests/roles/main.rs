//! The roles as processes: their settings.

#![allow(clippy::unwrap_used, reason = "a test that goes wrong is to stop there")]

mod settings;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// The program, undisturbed by what this machine has set.
fn loa(folder: &Path, arguments: &[&str]) -> Command {
    let mut loa = Command::new(env!("CARGO_BIN_EXE_loa"));
    loa.current_dir(folder).env("LOA_CONFIG", "/dev/null").args(arguments).stdin(Stdio::null());
    // No sound device, whatever this machine has.
    loa.env("PULSE_SERVER", "unix:/nowhere").env("ALSA_CONFIG_PATH", "/dev/null");
    loa
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
