use std::{
    fs::File,
    io,
    path::Path,
    sync::{PoisonError, mpsc},
    thread,
};

use super::{
    Decoder, Peak, Refusal, Shelf, Warning, decode::unreadable, meter::Meter, ogg,
    source::HashedFile,
};
use crate::radio::{ClipHash, Gain};

/// The loudness that one gain brings every clip to. The house's choice for speech over horns, not a rule's.
const TARGET_LUFS: f64 = -16.0;

/// No true peak goes above this after the gain.
const PEAK_LIMIT_DBTP: f64 = -1.0;

/// Blocks on their way from the decoder to the meter: enough to keep both busy, little memory.
const BLOCKS_UNDER_WAY: usize = 64;

/// What an intake allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest recording, in milliseconds.
    pub longest_ms: u64,
}

impl Default for Limits {
    /// Four hours.
    fn default() -> Self {
        Self { longest_ms: 4 * 60 * 60 * 1000 }
    }
}

/// How far an intake is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Bytes of the file read.
    pub read: u64,
    /// Bytes of the file.
    pub of: u64,
}

/// What a recording is, measured to its last frame.
#[derive(Debug, Clone)]
pub struct Measure {
    /// The hash of the file's bytes.
    pub sha256: ClipHash,
    /// The file's size in bytes.
    pub bytes: u64,
    /// The codec's short name.
    pub codec: &'static str,
    /// Frames a second, Hz.
    pub sample_rate: u32,
    /// Samples in a frame.
    pub channels: usize,
    /// Frames, exact.
    pub frames: u64,
    /// Integrated loudness (EBU R128); none when nothing passed its gate.
    pub loudness_lufs: Option<f64>,
    /// True peak (ITU-R BS.1770 annex 2).
    pub true_peak_dbtp: Option<f64>,
    /// Towards -16 LUFS, as far as the true peak stays at or below -1 dBTP.
    pub gain: Gain,
    /// Silence before the first sound, in milliseconds.
    pub leading_silence_ms: u64,
    /// Silence after the last sound, in milliseconds.
    pub trailing_silence_ms: u64,
    /// At most 2,000 points of a drawing.
    pub peaks: Vec<Peak>,
    /// The title among the tags, NFC.
    pub title: Option<String>,
    /// What an operator should know.
    pub warnings: Vec<Warning>,
}

impl Measure {
    /// How long it sounds, in milliseconds, rounded up.
    pub fn duration_ms(&self) -> u64 {
        (self.frames * 1000).div_ceil(u64::from(self.sample_rate.max(1)))
    }
}

/// Measures and judges a recording in one pass: one thread decodes, another measures.
///
/// # Errors
/// The reason why it is not taken in.
pub fn measure(
    path: &Path,
    limits: &Limits,
    mut progress: impl FnMut(Progress),
) -> Result<Measure, Refusal> {
    let (file, hash) =
        HashedFile::new(File::open(path).map_err(unreadable)?).map_err(unreadable)?;
    let of = std::fs::metadata(path).map_err(unreadable)?.len();
    let mut decoder = Decoder::of(Box::new(file))?;
    let format = decoder.format();
    if format.channels == 0 {
        return Err(Refusal::Empty);
    }
    let mut meter = Meter::new(format).map_err(unmeasured)?;
    let title = decoder.title();
    let most_frames = limits.longest_ms.saturating_mul(u64::from(format.sample_rate)) / 1000;

    let figures = thread::scope(|scope| {
        let (full, to_measure) = mpsc::sync_channel::<Vec<f32>>(BLOCKS_UNDER_WAY);
        let (empty, to_fill) = mpsc::channel::<Vec<f32>>();
        let measuring = scope.spawn(move || {
            for block in to_measure {
                meter.take(&block)?;
                // The decoder may have ended already: then nobody needs the block again.
                let _ = empty.send(block);
            }
            meter.finish()
        });
        let mut frames = 0;
        while let Some(samples) = decoder.next_block()? {
            frames += (samples.len() / format.channels) as u64;
            if frames > most_frames {
                return Err(Refusal::TooLong { limit_ms: limits.longest_ms });
            }
            let mut block = to_fill.try_recv().unwrap_or_default();
            block.clear();
            block.extend_from_slice(samples);
            if full.send(block).is_err() {
                break;
            }
            let read = hash.lock().unwrap_or_else(PoisonError::into_inner).reached();
            progress(Progress { read, of });
        }
        drop(full);
        measuring.join().map_err(|_| Refusal::DecoderFailed { at_ms: 0 })?.map_err(unmeasured)
    })?;

    if decoder.codec() == "vorbis" {
        let ended = ogg::has_end(File::open(path).map_err(unreadable)?).map_err(unreadable)?;
        if !ended {
            let at_ms = figures.frames * 1000 / u64::from(format.sample_rate.max(1));
            return Err(Refusal::Damaged { at_ms, what: "its end is missing".to_owned() });
        }
    }
    if figures.silent {
        return Err(Refusal::Silent);
    }
    let (sha256, bytes) = hash
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .finish(File::open(path).map_err(unreadable)?)
        .map_err(unreadable)?;
    Ok(Measure {
        sha256,
        bytes,
        codec: decoder.codec(),
        sample_rate: format.sample_rate,
        channels: format.channels,
        frames: figures.frames,
        loudness_lufs: figures.loudness_lufs,
        true_peak_dbtp: figures.true_peak_dbtp,
        gain: gain(figures.loudness_lufs, figures.true_peak_dbtp),
        leading_silence_ms: figures.leading_silence_ms,
        trailing_silence_ms: figures.trailing_silence_ms,
        peaks: figures.peaks,
        title,
        warnings: figures.warnings,
    })
}

/// Measures a copy of the recording inside the shelf's own folder and, when it is good, moves it into place. What is
/// interrupted leaves nothing half: the copy has no name until it is whole and on disk.
///
/// # Errors
/// The reason why it is not taken in.
pub fn take_in(
    path: &Path,
    shelf: &Shelf,
    limits: &Limits,
    progress: impl FnMut(Progress),
) -> Result<Measure, Refusal> {
    let not_stored = |error: io::Error| Refusal::Shelf(error.to_string());
    let mut from = File::open(path).map_err(unreadable)?;
    let mut copy = shelf.new_file().map_err(not_stored)?;
    io::copy(&mut from, copy.as_file_mut()).map_err(not_stored)?;
    let measure = measure(copy.path(), limits, progress)?;
    shelf.put(copy, &measure.sha256).map_err(not_stored)?;
    Ok(measure)
}

fn gain(loudness_lufs: Option<f64>, true_peak_dbtp: Option<f64>) -> Gain {
    let towards = loudness_lufs.map_or(0.0, |loudness| TARGET_LUFS - loudness);
    let room = true_peak_dbtp.map_or(0.0, |peak| PEAK_LIMIT_DBTP - peak);
    Gain::from_db(towards.min(room))
}

fn unmeasured(error: ebur128::Error) -> Refusal {
    Refusal::Damaged { at_ms: 0, what: format!("its loudness cannot be measured: {error}") }
}

#[cfg(test)]
mod tests;
