//! When does an airing start, and what does it cost? Ours against mpg123 and mpv, at one sound server, in one recording.
//!
//! `cargo bench --bench start` (needs pulseaudio, parec, mpg123, mpv and ffmpeg); see docs/benchmarks.md.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench ends by panicking and speaks by printing, and its numbers are small"
)]

#[path = "../tests/player/mod.rs"]
mod player;
mod reach;
#[path = "../tests/pulse/server.rs"]
#[expect(dead_code, reason = "shared with tests")]
mod server;
#[path = "../tests/pulse/signal.rs"]
#[expect(dead_code, reason = "shared with tests")]
mod signal;
#[path = "../tests/village/mod.rs"]
mod village;

use std::{
    io::Read as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use loa::{
    clock::{Clock as _, SystemClock},
    radio::{AiringItem, UtcMs},
};
use player::Orders;
use server::{Server, address};
use signal::Sweep;

const STARTS: usize = 30;
const APART: Duration = Duration::from_millis(1_500);
const SPIN: &str = "LOA_BENCH_SPIN";

fn main() {
    if std::env::var_os(SPIN).is_some() {
        loop {
            std::hint::spin_loop();
        }
    }
    if std::env::var_os(player::ORDERS).is_some() {
        return player::run();
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let _server = Server::start(folder, "loa");
    starts(folder);
    together(folder);
    cost(folder);
}

/// Ends with the bench.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn myself() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

fn start(command: &mut Command, folder: &Path) -> Running {
    let command = command
        .env("PULSE_SERVER", address(folder))
        .env("HOME", folder)
        .env_remove("XDG_RUNTIME_DIR");
    let name = command.get_program().to_owned();
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Running(started.unwrap_or_else(|why| panic!("{}: {why}", name.display())))
}

fn ours(folder: &Path, airings: Vec<(UtcMs, u64, Vec<AiringItem>)>, until: UtcMs) -> Running {
    let orders = Orders { speaker: "device".into(), shelf: folder.join("shelf"), airings, until };
    start(myself().env(player::ORDERS, orders.to_text()), folder)
}

fn mpg123(folder: &Path, file: &Path) -> Running {
    start(Command::new("mpg123").args(["-q", "-o", "pulse"]).arg(file), folder)
}

fn mpv(folder: &Path, file: &Path) -> Running {
    start(
        Command::new("mpv")
            .args(["--no-config", "--no-video", "--really-quiet", "--ao=pulse"])
            .arg(file),
        folder,
    )
}

/// Makes an MP3 of a sweep.
fn mp3(folder: &Path, sweep: Sweep) -> (std::path::PathBuf, AiringItem) {
    let (wav, mp3) =
        (folder.join("sweep.wav"), folder.join(format!("{}-{}.mp3", sweep.seed, sweep.seconds)));
    sweep.write(&wav, 44_100, 1);
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(&wav)
        .args(["-b:a", "128k"])
        .arg(&mp3)
        .status();
    assert!(made.unwrap().success());
    let item = player::shelve(&folder.join("shelf"), &mp3, sweep.frames(44_100), 44_100);
    (mp3, item)
}

fn sleep_until(instant: UtcMs) {
    let now = SystemClock.read().utc_us;
    std::thread::sleep(Duration::from_micros((instant.0 * 1000 - now).max(0) as u64));
}

/// What leaves the sink, and when: the earliest `arrival - samples / rate` is the recording's start.
struct Tape {
    samples: Vec<f32>,
    starts_us: i64,
}

fn record(folder: &Path, until: UtcMs) -> std::thread::JoinHandle<Tape> {
    let mut parec = Command::new("parec")
        .args([
            "-d",
            "loa.monitor",
            "--raw",
            "--rate=48000",
            "--channels=1",
            "--format=s16le",
            "--latency-msec=10",
        ])
        .env("PULSE_SERVER", address(folder))
        .env("HOME", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::spawn(move || {
        let mut out = parec.stdout.take().unwrap();
        let (mut bytes, mut starts_us, mut block) = (Vec::new(), i64::MAX, [0; 4_096]);
        while SystemClock.now() < until {
            let n = out.read(&mut block).unwrap();
            bytes.extend_from_slice(&block[..n]);
            let sounded = (bytes.len() / 2) as i64 * 1_000_000 / 48_000;
            starts_us = starts_us.min(SystemClock.read().utc_us - sounded);
        }
        drop(Running(parec));
        let samples =
            bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0);
        Tape { samples: samples.collect(), starts_us }
    })
}

impl Tape {
    fn index(&self, utc_us: i64) -> usize {
        ((utc_us - self.starts_us).max(0) * 48_000 / 1_000_000) as usize
    }

    /// Milliseconds from an instant to the first sound after it (or up to 100 ms before).
    fn onset(&self, due: UtcMs) -> Option<f64> {
        let from = self.index(due.0 * 1000 - 100_000);
        let until = self.index((due + APART).0 * 1000 - 100_000).min(self.samples.len());
        let at = self.samples.get(from..until)?.iter().position(|sample| sample.abs() > 0.003)?;
        Some((from + at) as f64 / 48.0 - (due.0 * 1000 - self.starts_us) as f64 / 1000.0)
    }
}

fn starts(folder: &Path) {
    let (file, item) = mp3(folder, Sweep { seed: 1, seconds: 0.4 });
    let busy = Running(myself().env(SPIN, "1").spawn().unwrap());
    let first = SystemClock.now() + Duration::from_secs(6);
    let due: Vec<UtcMs> = (0..STARTS * 3).map(|n| first + APART * n as u32).collect();
    let end = due[due.len() - 1] + Duration::from_secs(2);
    let airings = due[..STARTS].iter().map(|at| (*at, 1_000, vec![item.clone()])).collect();
    let tape = record(folder, end);
    let station = ours(folder, airings, due[STARTS] - Duration::from_millis(300));
    let mut others = Vec::new();
    for (n, at) in due.iter().enumerate().skip(STARTS) {
        sleep_until(*at);
        others.push(if n < 2 * STARTS { mpg123(folder, &file) } else { mpv(folder, &file) });
    }
    let tape = tape.join().unwrap();
    drop((busy, station, others));
    println!(
        "start error, {STARTS} starts each, one core busy (ms after the instant, as recorded)"
    );
    let mut spreads = Vec::new();
    for (name, due) in ["loa", "mpg123", "mpv"].iter().zip(due.chunks(STARTS)) {
        let mut onsets: Vec<f64> = due.iter().filter_map(|at| tape.onset(*at)).collect();
        assert_eq!(onsets.len(), STARTS, "not every start of {name} was recorded");
        onsets.sort_by(f64::total_cmp);
        let at = |part: f64| onsets[((onsets.len() - 1) as f64 * part).round() as usize];
        let spread = at(0.99) - at(0.01);
        spreads.push(spread);
        println!(
            "{name:8} p1 {:8.3}  median {:8.3}  p99 {:8.3}  spread {spread:7.3}",
            at(0.01),
            at(0.5),
            at(0.99),
        );
    }
    println!(
        "spread against ours: mpg123 {:.0} x, mpv {:.0} x",
        spreads[1] / spreads[0],
        spreads[2] / spreads[0]
    );
    reach::told("spread under 1 ms", spreads[0] < 1.0);
    reach::told("mpg123's spread at least 10 times ours", spreads[1] >= 10.0 * spreads[0]);
}

/// Two stations on one machine, each with a pitch of its own: how far apart are they?
fn together(folder: &Path) {
    let sweeps = [Sweep { seed: 2, seconds: 1.0 }, Sweep { seed: 9, seconds: 1.0 }];
    let first = SystemClock.now() + Duration::from_secs(6);
    let due: Vec<UtcMs> = (0..5).map(|n| first + Duration::from_secs(2 * n)).collect();
    let end = due[4] + Duration::from_secs(2);
    let tape = record(folder, end);
    let stations = sweeps.map(|sweep| {
        let wav = folder.join("station.wav");
        sweep.write(&wav, 48_000, 1);
        let item = player::shelve(&folder.join("shelf"), &wav, sweep.frames(48_000), 48_000);
        ours(folder, due.iter().map(|at| (*at, 1_000, vec![item.clone()])).collect(), end)
    });
    let tape = tape.join().unwrap();
    drop(stations);
    let offsets: Vec<f64> = due
        .iter()
        .map(|at| {
            let near = tape.index(at.0 * 1000);
            let lags = near.saturating_sub(2_400)..near + 2_400;
            let [a, b] = sweeps.map(|sweep| {
                let wanted = sweep.samples(48_000);
                let coarse = signal::best(&tape.samples, &wanted, lags.clone(), 5).0;
                signal::best(&tape.samples, &wanted, coarse - 3..coarse + 4, 1).0
            });
            a.abs_diff(b) as f64 / 48.0
        })
        .collect();
    println!("two stations, same airing, offset in ms: {offsets:.3?}");
    reach::told("two stations within 2 ms", offsets.iter().all(|offset| *offset < 2.0));
}

/// CPU time and peak memory of `loa station`, enrolled at a real district, from its start to its stop a minute and ten
/// seconds later; of that it plays a minute of MP3.
fn cost(folder: &Path) {
    let (file, _) = mp3(folder, Sweep { seed: 1, seconds: 60.0 });
    println!("60 s of MP3, from start to end of the process");
    let name = file.file_name().unwrap().to_str().unwrap();
    let at = SystemClock.now() + Duration::from_secs(8);
    std::fs::write(folder.join("schedules.toml"), one_airing(name, at)).unwrap();
    let village = village::Village::found(folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _district = runtime.block_on(village.serve());
    let mut station = village.command(&village.station_arguments("xa", "device", &village.address));
    let station = start(&mut station, folder);
    let mut players = [station, mpg123(folder, &file), mpv(folder, &file)];
    let (names, mut seen) = (["loa", "mpg123", "mpv"], [(0.0, 0); 3]);
    let end = at + Duration::from_secs(62);
    while SystemClock.now() < end {
        for (player, seen) in players.iter_mut().zip(&mut seen) {
            // What has ended is no process any more; its last figures stand.
            if player.0.try_wait().unwrap().is_none() {
                *seen = usage(player.0.id()).unwrap_or(*seen);
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let aired = runtime.block_on(village.airings("xa"));
    assert_eq!(aired[0]["state"], "aired", "{aired:?}");
    for (name, (seconds, peak)) in names.into_iter().zip(seen) {
        println!("{name:8} CPU {seconds:.2} s  peak memory {:.1} MB", peak as f64 / 1024.0);
    }
    println!(
        "CPU of loa: {:.2} x mpg123's, {:.2} x mpv's",
        seen[0].0 / seen[1].0,
        seen[0].0 / seen[2].0
    );
    reach::told("CPU at most 2 times mpg123's", seen[0].0 <= 2.0 * seen[1].0);
    reach::told("memory under 24 MB", seen[0].1 < 24_000);
}

fn one_airing(file: &str, at: UtcMs) -> String {
    let at = at.to_chrono().format("%Y-%m-%dT%H:%M:%S");
    format!(
        r#"
[[unit]]
id = "xa"
code = "1"
name = "Xã"
kind = "commune"
[[station]]
id = "xa"
name = "Đài xã"
kind = "commune"
unit = "xa"
[[clip]]
id = "c"
file = "{file}"
title = "Bản ghi"
approved_by = "Lan"
[[programme]]
id = "p"
title = "Chương trình"
items = [{{ clip = "c" }}]
[[schedule]]
id = "s"
title = "Lịch"
programme = "p"
dates = ["{at}"]
zone = "UTC"
stations = {{ units = ["xa"] }}
late_limit = "1s"
on_holidays = true
"#
    )
}

/// Seconds of CPU and the peak of resident memory in kB.
fn usage(pid: u32) -> Option<(f64, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?;
    Some((ticks / 100.0, peak.parse().ok()?))
}
