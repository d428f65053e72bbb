//! Taking in an hour of MP3, which is decoding, measuring, hashing, copying to the shelf and flushing to disk, against
//! `ffmpeg -af ebur128=peak=true`, which only decodes and measures; in turns in the same run.
//!
//! `cargo bench --bench intake`; needs ffmpeg with libmp3lame.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench tells and may stop")]

mod reach;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use loa::{
    clock::{Clock as _, SystemClock},
    library::{Limits, Measure, Shelf, take_in},
};

const ROUNDS: usize = 5;
const CHILD: &str = "LOA_BENCH_TAKE_IN";
/// A long recording may not take more memory than this.
const LARGEST_KB: u64 = 64_000;
/// So many times as fast as ffmpeg.
const RATIO: f64 = 2.5;

fn main() {
    if let Some(path) = std::env::var_os(CHILD) {
        let found = taken_in(Path::new(&path));
        let memory = std::fs::read_to_string("/proc/self/status").expect("Linux");
        let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        eprintln!(
            "{} frames, {:?} LUFS, {:.2} dBTP",
            found.frames, found.loudness_lufs, found.true_peak_dbtp
        );
        println!("{}", peak.split_whitespace().next().unwrap_or_default());
        return;
    }
    // `cargo test --all-targets` runs this file too, and is no place for hours of sound.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // Here, where there is a disk to flush to; /tmp is memory on some machines.
    let folder = tempfile::tempdir_in(".").expect("a temporary folder");
    let hour = folder.path().join("hour.mp3");
    record(&hour, 3600);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        ours.push(timed(|| {
            taken_in(&hour);
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
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("ratio: {ratio:.2} times as fast");
    reach::told(&format!("at least {RATIO} times as fast"), ratio >= RATIO);
    alone(&hour);
    let long = folder.path().join("three-hours.mp3");
    record(&long, 3 * 3600);
    let peak = alone(&long);
    reach::told("three hours within 64 MB of memory", peak < LARGEST_KB);
    assert!(peak < LARGEST_KB, "{peak} kB");
}

/// On a new shelf beside it, so that every round writes its copy.
fn taken_in(path: &Path) -> Measure {
    let beside = path.parent().expect("a folder");
    let folder = tempfile::tempdir_in(beside).expect("a temporary folder");
    let shelf = Shelf::open(folder.path()).expect("a shelf");
    take_in(path, &shelf, &Limits::default(), |_| {}).expect("a good recording")
}

/// In a process of its own, so that its peak memory is its own; gives that in kB.
fn alone(path: &PathBuf) -> u64 {
    let this = std::env::current_exe().expect("this program");
    let mut child = Command::new(this);
    let told = child.env(CHILD, path).stderr(Stdio::inherit()).output().expect("this program runs");
    let peak = String::from_utf8_lossy(&told.stdout).trim().parse().expect("its peak memory");
    println!("{}: peak {peak} kB", path.file_name().unwrap_or_default().to_string_lossy());
    peak
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
