//! One walk over a recording: decode to the last frame, measure, hash, judge; and keep it if wanted.
//!
//! One thread reads, hashes and decodes, another measures. Memory stays within a few megabytes whatever the length.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
    sync::mpsc,
    time::Duration,
};

use super::{
    decode::{DecodeError, Decoder, Format},
    loudness,
    scan::{Measured, Scan},
    shelf::{Arrival, Shelf},
    tee::{Copied, Tee},
    verdict::{Limits, Refusal, Warning},
    waveform::Waveform,
};
use crate::radio::{AiringItem, ClipHash, ClipId, Gain};

/// What a recording is.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The SHA-256 of its bytes.
    pub sha256: ClipHash,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its sample rate, channels and codec.
    pub format: Format,
    /// Frames after decoding, exact.
    pub frames: u64,
    /// Integrated loudness in LUFS (EBU R128); none where less than 400 ms is louder than -70 LUFS.
    pub loudness_lufs: Option<f64>,
    /// True peak in dBTP (ITU-R BS.1770), over all channels.
    pub true_peak_dbtp: f64,
    /// The gain towards the target loudness, limited by the ceiling.
    pub gain: Gain,
    /// Silence before the first sound, in milliseconds.
    pub leading_silence_ms: u64,
    /// Silence after the last sound, in milliseconds.
    pub trailing_silence_ms: u64,
    /// A drawing of it.
    pub waveform: Waveform,
    /// The title tag, NFC.
    pub title: Option<String>,
    /// What people should know.
    pub warnings: Vec<Warning>,
}

impl Measure {
    /// How long it sounds, in milliseconds, rounded up.
    pub fn duration_ms(&self) -> u64 {
        milliseconds(self.frames, self.format.sample_rate)
    }
}

impl Measure {
    /// What an airing of it sounds where it is no clip of the rules.
    pub fn item(&self, title: &str) -> AiringItem {
        AiringItem::Clip {
            clip: ClipId::of_recording(&self.sha256),
            sha256: self.sha256,
            bytes: self.bytes,
            title: title.into(),
            frames: self.frames,
            sample_rate: self.format.sample_rate,
            gain: self.gain,
            chime: false,
        }
    }
}

/// How far the walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes of the file.
    pub of_bytes: u64,
    /// What has been decoded.
    pub sound: Duration,
}

/// Samples handed to the other thread at once, and how many such heaps there are.
const HEAP: usize = 32 * 1024;
const HEAPS: usize = 8;

/// Measures a file.
///
/// # Errors
/// The [`Refusal`] says why it cannot air.
pub fn measure(
    path: &Path,
    limits: &Limits,
    progress: impl FnMut(Progress),
) -> Result<Measure, Refusal> {
    measure_from(File::open(path)?, limits, progress)
}

/// Measures anything that can be read and sought in.
///
/// # Errors
/// As [`measure`].
pub fn measure_from<S>(
    source: S,
    limits: &Limits,
    progress: impl FnMut(Progress),
) -> Result<Measure, Refusal>
where
    S: Read + Seek + Send + Sync + 'static,
{
    Ok(walk(source, None, limits, progress)?.0)
}

/// Measures a file and keeps its bytes on the shelf: all of them or none. Taking in the same again changes nothing.
///
/// # Errors
/// As [`measure`]; [`Refusal::Shelf`] where the shelf cannot keep it.
pub fn take_in(
    path: &Path,
    shelf: &Shelf,
    limits: &Limits,
    progress: impl FnMut(Progress),
) -> Result<Measure, Refusal> {
    let source = File::open(path)?;
    let arrival = shelf.arrival().map_err(Refusal::Shelf)?;
    let copy = arrival.file().map_err(Refusal::Shelf)?;
    let (measure, copied) = walk(source, Some(copy), limits, progress)?;
    copied.map_err(Refusal::Shelf)?;
    arrival.place(&measure.sha256).map_err(Refusal::Shelf)?;
    Ok(measure)
}

/// Measures what has arrived whole and keeps it on the shelf; what is refused is gone.
///
/// # Errors
/// As [`take_in`].
pub fn take_arrived(
    arrival: Arrival,
    limits: &Limits,
    progress: impl FnMut(Progress),
) -> Result<Measure, Refusal> {
    let source = arrival.file().map_err(Refusal::Shelf)?;
    let (measure, _) = walk(source, None, limits, progress)?;
    arrival.place(&measure.sha256).map_err(Refusal::Shelf)?;
    Ok(measure)
}

fn walk<S>(
    mut source: S,
    copy: Option<File>,
    limits: &Limits,
    progress: impl FnMut(Progress),
) -> Result<(Measure, std::io::Result<()>), Refusal>
where
    S: Read + Seek + Send + Sync + 'static,
{
    let of_bytes = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
    let tee = Tee::new(source, copy);
    let mut decoder = Decoder::new(tee.clone())?;
    let format = decoder.format();
    if format.channels > limits.channels {
        let (channels, limit) = (format.channels, limits.channels);
        return Err(Refusal::TooManyChannels { channels, limit });
    }
    let scan = Scan::new(format.sample_rate, format.channels);
    let seen = || tee.done();
    let (frames, measured) = listen(&mut decoder, scan, limits, of_bytes, seen, progress)?;
    let copied = tee.finish()?;
    if let Some(frame) = measured.broken_at {
        let second = Duration::from_millis(milliseconds(frame, format.sample_rate)).as_secs_f64();
        let why = "its samples are no numbers; export it again".to_owned();
        return Err(DecodeError::Damaged { second, why }.into());
    }
    if measured.silence.everywhere() {
        return Err(Refusal::Silent);
    }
    let title = decoder.title().map(str::to_owned);
    Ok(summed_up(format, frames, title, measured, copied, limits))
}

/// Decodes here and measures on another thread.
fn listen(
    decoder: &mut Decoder,
    mut scan: Scan,
    limits: &Limits,
    of_bytes: u64,
    seen: impl Fn() -> u64,
    mut progress: impl FnMut(Progress),
) -> Result<(u64, Measured), Refusal> {
    let format = decoder.format();
    let (full, to_measure) = mpsc::sync_channel::<Vec<f32>>(HEAPS);
    let (empty, to_fill) = mpsc::channel::<Vec<f32>>();
    std::thread::scope(|threads| {
        let meter = threads.spawn(move || {
            for mut heap in to_measure {
                scan.add(&heap);
                heap.clear();
                // The decoder has ended: the heap is not needed again.
                let _ = empty.send(heap);
            }
            scan.finish()
        });
        let mut frames = 0u64;
        let mut heap = Vec::with_capacity(HEAP * 2);
        while let Some(block) = decoder.block()? {
            frames += (block.len() / usize::from(format.channels)) as u64;
            heap.extend_from_slice(block);
            if heap.len() >= HEAP {
                let next = to_fill.try_recv().unwrap_or_else(|_| Vec::with_capacity(HEAP * 2));
                let _ = full.send(std::mem::replace(&mut heap, next));
                let sound = Duration::from_millis(milliseconds(frames, format.sample_rate));
                progress(Progress { bytes: seen(), of_bytes, sound });
                if sound > limits.longest {
                    return Err(Refusal::TooLong { limit: limits.longest });
                }
            }
        }
        let _ = full.send(heap);
        drop(full);
        if Duration::from_millis(milliseconds(frames, format.sample_rate)) > limits.longest {
            return Err(Refusal::TooLong { limit: limits.longest });
        }
        let second = Duration::from_millis(milliseconds(frames, format.sample_rate)).as_secs_f64();
        let measured = meter.join().map_err(|_| DecodeError::Panicked { second })?;
        Ok((frames, measured))
    })
}

fn summed_up(
    format: Format,
    frames: u64,
    title: Option<String>,
    measured: Measured,
    copied: Copied,
    limits: &Limits,
) -> (Measure, std::io::Result<()>) {
    let Measured { loudness_lufs, true_peak_dbtp, waveform, silence, warnings, .. } = measured;
    let measure = Measure {
        sha256: copied.sha256,
        bytes: copied.bytes,
        format,
        frames,
        loudness_lufs,
        true_peak_dbtp,
        gain: loudness::gain(loudness_lufs, true_peak_dbtp, limits),
        leading_silence_ms: milliseconds(silence.leading(), format.sample_rate),
        trailing_silence_ms: milliseconds(silence.trailing(), format.sample_rate),
        waveform,
        title,
        warnings,
    };
    (measure, copied.copy)
}

fn milliseconds(frames: u64, sample_rate: u32) -> u64 {
    let ms = (u128::from(frames) * 1000).div_ceil(u128::from(sample_rate.max(1)));
    u64::try_from(ms).unwrap_or(u64::MAX)
}
