//! An hour of MP3: `loa::library::measure` against `ffmpeg -af ebur128=peak=true`, in turns in the same run.
//!
//! `cargo bench --bench intake`; needs ffmpeg with libmp3lame.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench tells and may stop")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use loa::{
    clock::{Clock as _, SystemClock},
    library::{Limits, measure},
};

const ROUNDS: usize = 5;
const CHILD: &str = "LOA_BENCH_MEASURE";

fn main() {
    if let Some(path) = std::env::var_os(CHILD) {
        let found =
            measure(Path::new(&path), &Limits::default(), |_| {}).expect("a good recording");
        let memory = std::fs::read_to_string("/proc/self/status").expect("Linux");
        let peak = memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown");
        println!(
            "{} frames, {:?} LUFS, {:.2} dBTP, {peak}",
            found.frames, found.loudness_lufs, found.true_peak_dbtp
        );
        return;
    }
    // `cargo test --all-targets` runs this file too, and is no place for hours of sound.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hour = folder.path().join("hour.mp3");
    record(&hour, 3600);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        ours.push(timed(|| {
            measure(&hour, &Limits::default(), |_| {}).expect("a good recording");
        }));
        theirs.push(timed(|| {
            run(ffmpeg().args(["-i"]).arg(&hour).args([
                "-af",
                "ebur128=peak=true",
                "-f",
                "null",
                "-",
            ]))
        }));
        println!("round {round}: loa {:.2?}, ffmpeg {:.2?}", ours[round - 1], theirs[round - 1]);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("median of {ROUNDS}: loa {ours:.2?}, ffmpeg {theirs:.2?}");
    println!("ratio: {:.2} times as fast", theirs.as_secs_f64() / ours.as_secs_f64());
    alone(&hour);
    let long = folder.path().join("three-hours.mp3");
    record(&long, 3 * 3600);
    alone(&long);
}

/// In a process of its own, so that its peak memory is its own.
fn alone(path: &PathBuf) {
    let this = std::env::current_exe().expect("this program");
    let told = Command::new(this).env(CHILD, path).output().expect("this program runs");
    println!(
        "{}: {}",
        path.file_name().unwrap_or_default().to_string_lossy(),
        String::from_utf8_lossy(&told.stdout).trim()
    );
}

/// The announcement again and again, its channels different.
fn record(to: &Path, seconds: u32) {
    let voice = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio/bluezone-smart-thanh-hoa.flac");
    let stereo =
        "[0:a]asplit[a][b];[b]adelay=11,volume=0.7[c];[a][c]join=inputs=2:channel_layout=stereo";
    run(ffmpeg()
        .args(["-stream_loop", "-1", "-i"])
        .arg(voice)
        .args(["-filter_complex", stereo, "-t", &seconds.to_string()])
        .args(["-ar", "44100", "-c:a", "libmp3lame", "-b:a", "128k"])
        .arg(to));
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostats", "-y"]);
    command
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("ffmpeg is installed").success(), "ffmpeg failed");
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = SystemClock.read().monotonic;
    work();
    SystemClock.read().monotonic - start
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
