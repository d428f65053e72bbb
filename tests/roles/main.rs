//! The roles as processes: their settings, what they tell a service manager, what the doctor finds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that goes wrong is to stop there")]

mod clips;
mod doctor;
mod keys;
mod proxy;
mod report;
mod rules;
mod service;
mod settings;
mod site;

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// One commune with its station.
const RULES: &str = r#"
[[unit]]
id = "thach-lam"
code = "15196"
name = "Thạch Lâm"
kind = "commune"

[[station]]
id = "thach-lam"
name = "Đài xã Thạch Lâm"
kind = "commune"
unit = "thach-lam"
"#;

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

/// Runs to the end, which must be a good one; gives what was asked for.
fn done(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", told(&output));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs to a bad end; gives the exit code and what was said of it.
fn refused(mut command: Command) -> (i32, String) {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?}: {}", told(&output));
    (output.status.code().unwrap(), told(&output))
}

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A role that runs until it is dropped.
struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    fn start(mut command: Command, log: PathBuf) -> Self {
        let child = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        Self { child, log }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until a line of the log holds a word; gives the line.
    fn said(&self, word: &str) -> String {
        for _ in 0..600 {
            if let Some(line) = self.log().lines().find(|line| line.contains(word)) {
                return line.to_owned();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it never said {word}: {}", self.log());
    }

    fn ask_to_stop(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A district that serves [`RULES`].
struct District {
    serving: Running,
    address: String,
    code: String,
}

impl District {
    fn start(folder: &Path, manage: impl FnOnce(&mut Command)) -> Self {
        std::fs::write(folder.join("rules.toml"), RULES).unwrap();
        done(loa(folder, &["apply", "rules.toml"]));
        Self::serve(folder, manage)
    }

    /// The same with the rules that are there.
    fn serve(folder: &Path, manage: impl FnOnce(&mut Command)) -> Self {
        let code = done(loa(folder, &["enrol", "thach-lam"]));
        let mut serve = loa(folder, &["serve", "--listen", "127.0.0.1:0"]);
        manage(&mut serve);
        let serving = Running::start(serve, folder.join("serve.log"));
        let line: serde_json::Value = serde_json::from_str(&serving.said("serving")).unwrap();
        let address = format!("http://{}", line["fields"]["address"].as_str().unwrap());
        Self { serving, address, code }
    }

    /// What the API says to a person.
    fn get(&self, folder: &Path, path: &str) -> serde_json::Value {
        let token = done(loa(folder, &["token", "Lan"]));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = loa::tls::client(&loa::tls::Trust::Nobody).unwrap().build().unwrap();
            let call = client.get(format!("{}/api/v1/{path}", self.address)).bearer_auth(token);
            call.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
        })
    }

    /// Its commune's station, with a speaker, enrolled at the first start.
    fn station(&self, folder: &Path, speaker: &str) -> Command {
        let mut station = loa(folder, &["station", "--server", &self.address]);
        station.args(["--speaker", speaker]).env("LOA_CODE", &self.code);
        station
    }
}
