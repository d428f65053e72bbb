//! `loa clip`: what intake would say of a recording, and bringing one in.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use loa::{
    almanac::{self, ClipEntry, Problem, Problems},
    clock::{Clock, SystemClock},
    library::{Facts, Limits, Measure, Progress, Refusal, measure, take_in},
    radio::{Clip, ClipId},
    store::{Actor, Removed, Rules},
};
use serde_json::json;

use super::place::Place;

/// What to do with recordings.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what intake would say of recordings; nothing is kept.
    Check(CheckArgs),
    /// Take a recording in.
    Add(Box<AddArgs>),
}

/// What recordings are measured against.
#[derive(Debug, Clone, Args)]
pub(crate) struct IntakeArguments {
    /// The longest recording that is taken, like 90m or 4h.
    #[arg(long, env = "LOA_LONGEST_CLIP", value_name = "DURATION", default_value = "4h",
          value_parser = duration)]
    longest_clip: Duration,
}

impl IntakeArguments {
    pub(crate) fn limits(&self) -> Limits {
        Limits { longest: self.longest_clip, ..Limits::default() }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    almanac::duration(text)
        .filter(|span| !span.is_zero())
        .ok_or_else(|| format!("\"{text}\" is not a duration: write it like 90s, 15m, 1h30m or 4h"))
}

/// Arguments of `loa clip check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    intake: IntakeArguments,
    /// Recordings: WAV, MP3, AAC/M4A, FLAC or Ogg Vorbis.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object a line on standard output.
    #[arg(long)]
    json: bool,
}

/// Arguments of `loa clip add`.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    intake: IntakeArguments,
    /// The recording: WAV, MP3, AAC/M4A, FLAC or Ogg Vorbis.
    pub(crate) file: PathBuf,
    /// Its name in rules: a-z, 0-9 and '-'.
    #[arg(long)]
    pub(crate) id: ClipId,
    /// Its title; without it the file's own title tag, else the file's name.
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// The document it carries out, e.g. "12075/UBND-CNTT, 1/9/2020".
    #[arg(long)]
    pub(crate) source_document: Option<String>,
    /// Who issued it.
    #[arg(long)]
    pub(crate) issuing_office: Option<String>,
    /// A text file with what is said in it.
    #[arg(long, value_name = "FILE")]
    pub(crate) transcript: Option<PathBuf>,
    /// The language spoken, e.g. vi.
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// Who approved its content for air; without it nothing airs.
    #[arg(long)]
    pub(crate) approved_by: Option<String>,
}

/// Runs `loa clip …`.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(args) => check(&args),
        Command::Add(args) => add(&args),
    }
}

fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let (mut refused, limits) = (false, args.intake.limits());
    for file in &args.files {
        let outcome = with_progress(file, |told| measure(file, &limits, told));
        refused |= outcome.is_err();
        match &outcome {
            Ok(measure) => describe(file, measure, &mut io::stderr())?,
            Err(refusal) => writeln!(io::stderr(), "{}: refused: {refusal}", file.display())?,
        }
        if args.json {
            writeln!(io::stdout(), "{}", line(file, &outcome))?;
        }
    }
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Shows how far a long file is, on a terminal only.
fn with_progress<T>(file: &Path, work: impl FnOnce(&mut dyn FnMut(Progress)) -> T) -> T {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {percent:>3} %  {eta}") {
        bar.set_style(style);
    }
    bar.set_message(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
    let done = work(&mut |progress| {
        bar.set_length(progress.of_bytes);
        bar.set_position(progress.bytes);
    });
    bar.finish_and_clear();
    done
}

fn describe(file: &Path, measure: &Measure, to: &mut impl Write) -> io::Result<()> {
    let format = measure.format;
    writeln!(
        to,
        "{}: good: {:.1} s, {}, {} Hz, {} channel(s), {}, peak {:.1} dBTP, gain {:+.2} dB",
        file.display(),
        seconds(measure.duration_ms()),
        format.codec,
        format.sample_rate,
        format.channels,
        measure
            .loudness_lufs
            .map_or("too short to rate".to_owned(), |lufs| format!("{lufs:.1} LUFS")),
        measure.true_peak_dbtp,
        measure.gain.db(),
    )?;
    for warning in &measure.warnings {
        writeln!(to, "{}: note: {warning}", file.display())?;
    }
    Ok(())
}

fn seconds(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64()
}

/// One line for programs; the keys stay.
fn line(file: &Path, outcome: &Result<Measure, Refusal>) -> serde_json::Value {
    let good = outcome.as_ref().ok();
    json!({
        "file": file.to_string_lossy(),
        "ok": good.is_some(),
        "error": outcome.as_ref().err().map(|refusal| format!("{}: {refusal}", refusal.code())),
        "sha256": good.map(|m| m.sha256),
        "codec": good.map(|m| m.format.codec),
        "sample_rate": good.map(|m| m.format.sample_rate),
        "channels": good.map(|m| m.format.channels),
        "frames": good.map(|m| m.frames),
        "duration_ms": good.map(Measure::duration_ms),
        "loudness_lufs": good.and_then(|m| m.loudness_lufs).map(hundredths),
        "true_peak_dbtp": good.map(|m| hundredths(m.true_peak_dbtp)),
        "gain_db": good.map(|m| m.gain.db()),
        "warnings": good.map_or(json!([]), |m| json!(m.warnings)),
    })
}

fn hundredths(level: f64) -> f64 {
    (level * 100.0).round() / 100.0
}

/// The clip that a measured recording and its papers make. The file itself is put on the shelf by
/// [`loa::library::take_in`].
fn clip_of(measure: &Measure, args: &AddArgs) -> anyhow::Result<Clip> {
    let transcript = args.transcript.as_ref().map(|path| {
        std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
    });
    let own_name = || args.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let title = args.title.clone().or_else(|| measure.title.clone()).unwrap_or_else(own_name);
    let nfc = |text: &str| loa::library::nfc(text.trim());
    let kept = |text: &Option<String>| text.as_deref().map(nfc).filter(|text| !text.is_empty());
    Ok(Clip {
        id: args.id.clone(),
        sha256: measure.sha256,
        bytes: measure.bytes,
        frames: measure.frames,
        sample_rate: measure.format.sample_rate,
        title: nfc(&title),
        gain: measure.gain,
        source_document: kept(&args.source_document),
        issuing_office: kept(&args.issuing_office),
        transcript: kept(&transcript.transpose()?),
        language: kept(&args.language),
        approved_by: kept(&args.approved_by),
        from: None,
        until: None,
        retired: false,
    })
}

fn add(args: &AddArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = args.place.store().await?;
        let (shelf, limits) = (args.place.shelf()?, args.intake.limits());
        let measured = with_progress(&args.file, |told| take_in(&args.file, &shelf, &limits, told))
            .with_context(|| args.file.display().to_string())?;
        describe(&args.file, &measured, &mut io::stderr())?;
        let rules = Rules { clips: vec![clip_of(&measured, args)?], ..Rules::default() };
        let now = SystemClock.now();
        store.keep_recording(&measured.sha256, &facts(&measured)?, now).await?;
        let actor = Actor::command("loa clip add");
        let changes = store.apply_by((&actor, now), &rules, &Removed::default(), false).await?;
        store.close().await;
        match changes.first() {
            Some(change) => writeln!(io::stderr(), "{change}")?,
            None => writeln!(io::stderr(), "it was there already; nothing changed")?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What the store keeps of a recording.
pub(crate) fn facts(measured: &Measure) -> anyhow::Result<String> {
    serde_json::to_string(&Facts::from(measured)).context("what was measured")
}

/// Looks at every recording that an almanac names; what cannot be taken is told with the file and line that name it.
pub(crate) fn of_entries(
    entries: &[ClipEntry],
    look: impl Fn(&Path, &mut dyn FnMut(Progress)) -> Result<Measure, Refusal>,
) -> Result<Vec<Clip>, Problems> {
    let (mut clips, mut problems) = (Vec::new(), Vec::new());
    for entry in entries {
        match with_progress(&entry.path, |told| look(&entry.path, told)) {
            Ok(measured) => clips.push(clip_of_entry(entry, &measured)),
            Err(refusal) => {
                let file = entry.path.display();
                let reason = format!("clip \"{}\" cannot be taken: {file}: {refusal}", entry.id);
                problems.push(Problem { origin: entry.origin.clone(), reason });
            }
        }
    }
    if problems.is_empty() { Ok(clips) } else { Err(Problems(problems)) }
}

/// The clip that an almanac's entry and its measured recording make.
fn clip_of_entry(entry: &ClipEntry, measure: &Measure) -> Clip {
    Clip {
        id: entry.id.clone(),
        sha256: measure.sha256,
        bytes: measure.bytes,
        frames: measure.frames,
        sample_rate: measure.format.sample_rate,
        title: entry.title.clone(),
        gain: measure.gain,
        source_document: entry.source_document.clone(),
        issuing_office: entry.issuing_office.clone(),
        transcript: entry.transcript.clone(),
        language: entry.language.clone(),
        approved_by: entry.approved_by.clone(),
        from: entry.from,
        until: entry.until,
        retired: false,
    }
}
