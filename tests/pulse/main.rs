//! A real sound server, recorded: what sounds, and what is said of it when the device fails.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test fails by panicking, and its numbers are small"
)]

#[path = "../player/mod.rs"]
mod player;
mod server;
mod signal;

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use loa::{
    clock::{Clock as _, SystemClock},
    radio::{AiringItem, UtcMs},
};
use player::Orders;
use serde_json::Value;
use server::{Server, address};
use signal::{Sweep, likeness};

/// Not a test: the process that the tests start.
#[test]
#[ignore = "the player that the other tests start"]
fn play() {
    player::run();
}

struct Player {
    process: Child,
    says: BufReader<ChildStdout>,
    records: Vec<Value>,
}

impl Player {
    fn start(folder: &Path, orders: &Orders) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["play", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env(player::ORDERS, orders.to_text())
            .env("PULSE_SERVER", address(folder))
            .env("HOME", folder)
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("PULSE_RUNTIME_PATH")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap());
        Self { process, says, records: Vec::new() }
    }

    /// Reads on until it says something of this kind.
    fn hear(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        self.hear_or_end(wanted)
            .unwrap_or_else(|| panic!("never said; records: {:?}", self.records))
    }

    fn hear_or_end(&mut self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        for line in self.says.by_ref().lines() {
            let Ok(said) = serde_json::from_str::<Value>(&line.unwrap()) else { continue };
            if said["record"].is_object() {
                self.records.push(said["record"].clone());
            }
            if wanted(&said) {
                return Some(said);
            }
        }
        None
    }

    /// Waits for its end; gives outcome, reason and evidence of each record.
    fn ends(&mut self) -> Vec<[String; 3]> {
        self.hear_or_end(|_| false);
        assert!(self.process.wait().unwrap().success());
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        self.records
            .iter()
            .map(|r| [text(&r["outcome"]), text(&r["reason"]), text(&r["evidence"])])
            .collect()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn ended(outcome: &str, reason: &str, evidence: &str) -> [String; 3] {
    [outcome, reason, evidence].map(str::to_owned)
}

fn soon(seconds: f64) -> UtcMs {
    SystemClock.now() + Duration::from_secs_f64(seconds)
}

fn clip(folder: &Path, sweep: Sweep, rate: u32, channels: u16) -> AiringItem {
    let file = folder.join(format!("{}-{rate}.wav", sweep.seed));
    sweep.write(&file, rate, channels);
    player::shelve(&folder.join("shelf"), &file, sweep.frames(rate), rate)
}

fn orders(folder: &Path, airings: Vec<(UtcMs, u64, Vec<AiringItem>)>, until: UtcMs) -> Orders {
    Orders { speaker: "device".into(), shelf: folder.join("shelf"), airings, until }
}

#[test]
fn what_sounds_is_what_was_ordered() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder, "loa");
    let (one, two) = (Sweep { seed: 1, seconds: 1.5 }, Sweep { seed: 2, seconds: 1.0 });
    let items = vec![clip(folder, one, 44_100, 1), clip(folder, two, 48_000, 2)];
    let recording = server.record();
    let mut player =
        Player::start(folder, &orders(folder, vec![(soon(5.0), 60_000, items)], soon(9.5)));
    assert_eq!(player.ends(), [ended("aired", "", "played"), ended("aired", "", "played")]);
    let wanted = [one.samples(48_000), two.samples(48_000)].concat();
    let heard = recording.end();
    let alike = likeness(&heard, &wanted);
    assert!(alike > 0.999, "likeness {alike}");
    // Were another clip taken for the second, or a gap of a millisecond between the two, it would show.
    let three = Sweep { seed: 3, seconds: 1.0 };
    let wrong = likeness(&heard, &[one.samples(48_000), three.samples(48_000)].concat());
    assert!(wrong < 0.9, "likeness with a wrong clip {wrong}");
    let gap = likeness(&heard, &[one.samples(48_000), vec![0.0; 48], two.samples(48_000)].concat());
    assert!(gap < 0.95, "likeness with a gap {gap}");
    for record in &player.records {
        assert_eq!(record["frames_played"], record["frames_expected"]);
        assert_eq!(record["xruns"], 0);
    }
}

#[test]
fn a_server_that_is_killed_in_the_middle_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder, "loa");
    let (long, short) = (Sweep { seed: 1, seconds: 30.0 }, Sweep { seed: 2, seconds: 1.0 });
    let (long, then) = (clip(folder, long, 48_000, 1), clip(folder, short, 48_000, 1));
    let day = vec![(soon(4.0), 60_000, vec![long]), (soon(20.0), 60_000, vec![then])];
    let mut player = Player::start(folder, &orders(folder, day, soon(26.0)));
    player.hear(|said| said["started"].is_string());
    std::thread::sleep(Duration::from_secs(5));
    drop(server);
    player.hear(|said| said["faults"].as_array().is_some_and(|faults| !faults.is_empty()));
    let server = Server::start(folder, "loa");
    let recording = server.record();
    assert_eq!(
        player.ends(),
        [ended("interrupted", "device-lost", "played"), ended("aired", "", "played")]
    );
    let cut = &player.records[0];
    let (played, expected) =
        (cut["frames_played"].as_u64().unwrap(), cut["frames_expected"].as_u64().unwrap());
    assert!(0 < played && played < expected, "{cut}");
    let alike = likeness(&recording.end(), &short.samples(48_000));
    assert!(alike > 0.999, "likeness {alike}");
}

#[test]
fn a_server_that_hangs_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder, "loa");
    let (long, short) = (Sweep { seed: 1, seconds: 30.0 }, Sweep { seed: 2, seconds: 1.0 });
    let (long, then) = (clip(folder, long, 48_000, 1), clip(folder, short, 48_000, 1));
    let day = vec![(soon(4.0), 60_000, vec![long]), (soon(22.0), 60_000, vec![then])];
    let mut player = Player::start(folder, &orders(folder, day, soon(28.0)));
    player.hear(|said| said["started"].is_string());
    std::thread::sleep(Duration::from_secs(5));
    server.freeze();
    player.hear(|said| said["faults"].as_array().is_some_and(|faults| !faults.is_empty()));
    std::thread::sleep(Duration::from_secs(3));
    server.thaw();
    player.hear(|said| said["speaker"].is_string());
    assert_eq!(
        player.ends(),
        [ended("interrupted", "device-lost", "played"), ended("aired", "", "played")]
    );
}

#[test]
fn a_device_that_is_missing_and_then_appears() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let item = clip(folder, Sweep { seed: 1, seconds: 1.0 }, 48_000, 1);
    let day = vec![(soon(1.0), 500, vec![item.clone()]), (soon(10.0), 60_000, vec![item])];
    let mut player = Player::start(folder, &orders(folder, day, soon(16.0)));
    player.hear(|said| said["record"]["reason"] == "device-missing");
    let _server = Server::start(folder, "loa");
    assert_eq!(
        player.ends(),
        [ended("missed", "device-missing", ""), ended("aired", "", "played")]
    );
}

#[test]
fn a_dummy_is_no_sound_device() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let _server = Server::start(folder, "auto_null");
    let item = clip(folder, Sweep { seed: 1, seconds: 1.0 }, 48_000, 1);
    let mut player =
        Player::start(folder, &orders(folder, vec![(soon(3.0), 1_000, vec![item])], soon(6.0)));
    let said =
        player.hear(|said| said["faults"].as_array().is_some_and(|faults| !faults.is_empty()));
    assert!(said["faults"][0].as_str().unwrap().contains("dummy"), "{said}");
    assert_eq!(player.ends(), [ended("missed", "device-missing", "")]);
}

#[test]
fn alsas_null_device_is_no_sound_device() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // No server answers here, so ALSA is asked.
    std::fs::write(folder.join(".asoundrc"), "pcm.!default { type null }\n").unwrap();
    let item = clip(folder, Sweep { seed: 1, seconds: 1.0 }, 48_000, 1);
    let mut player =
        Player::start(folder, &orders(folder, vec![(soon(6.0), 1_000, vec![item])], soon(9.0)));
    let said =
        player.hear(|said| said["faults"].as_array().is_some_and(|faults| !faults.is_empty()));
    assert!(said["faults"][0].as_str().unwrap().contains("pace"), "{said}");
    assert_eq!(player.ends(), [ended("missed", "device-missing", "")]);
}
