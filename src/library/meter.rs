use ebur128::{EbuR128, Mode};
use serde::Serialize;

use super::{Format, Warning};

/// Below this, a sample is silence: -60 dBFS.
const SILENCE: f32 = 0.001;

/// At this, a sample stands at full scale.
const FULL_SCALE: f32 = 0.9999;

/// Samples at full scale in a row that a recording cannot have by chance.
const CLIPPED_RUN: u32 = 3;

/// Most points of a drawing.
const POINTS: usize = 2000;

/// A silence inside that is worth a word, in seconds.
const LONG_SILENCE: u64 = 5;

/// One point of the drawing: the lowest and the highest sample, 127 at full scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Peak(pub i8, pub i8);

/// What is measured of the samples while they go by: integrated loudness and true peak (EBU R128, ITU-R BS.1770),
/// silences, clipping and the drawing.
pub(super) struct Meter {
    format: Format,
    loudness: EbuR128,
    frames: u64,
    first_sound: Option<u64>,
    last_sound: u64,
    longest_silence: u64,
    clipped_runs: u64,
    clipped_now: u32,
    drawing: Drawing,
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) frames: u64,
    /// None when nothing was loud enough to be gated in.
    pub(super) loudness_lufs: Option<f64>,
    pub(super) true_peak_dbtp: Option<f64>,
    pub(super) leading_silence_ms: u64,
    pub(super) trailing_silence_ms: u64,
    pub(super) silent: bool,
    pub(super) warnings: Vec<Warning>,
    pub(super) peaks: Vec<Peak>,
}

impl Meter {
    pub(super) fn new(format: Format) -> Result<Self, ebur128::Error> {
        let channels = u32::try_from(format.channels).unwrap_or(u32::MAX);
        let mut loudness = EbuR128::new(channels, format.sample_rate, Mode::I | Mode::TRUE_PEAK)?;
        if channels == 1 {
            // A single channel sounds from both sides, as EBU Tech 3341 has it for dual mono.
            loudness.set_channel(0, ebur128::Channel::DualMono)?;
        }
        Ok(Self {
            format,
            loudness,
            frames: 0,
            first_sound: None,
            last_sound: 0,
            longest_silence: 0,
            clipped_runs: 0,
            clipped_now: 0,
            drawing: Drawing::default(),
        })
    }

    pub(super) fn take(&mut self, block: &[f32]) -> Result<(), ebur128::Error> {
        self.loudness.add_frames_f32(block)?;
        for frame in block.chunks_exact(self.format.channels) {
            let (mut low, mut high) = (0f32, 0f32);
            for &sample in frame {
                low = low.min(sample);
                high = high.max(sample);
            }
            self.drawing.take(low, high);
            let loudest = high.max(-low);
            if loudest >= FULL_SCALE {
                self.clipped_now += 1;
                if self.clipped_now == CLIPPED_RUN {
                    self.clipped_runs += 1;
                }
            } else {
                self.clipped_now = 0;
            }
            if loudest > SILENCE {
                if self.first_sound.is_some() {
                    let silence = self.frames - self.last_sound - 1;
                    self.longest_silence = self.longest_silence.max(silence);
                } else {
                    self.first_sound = Some(self.frames);
                }
                self.last_sound = self.frames;
            }
            self.frames += 1;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Figures, ebur128::Error> {
        let rate = u64::from(self.format.sample_rate.max(1));
        let ms = |frames: u64| frames * 1000 / rate;
        let loudness = self.loudness.loudness_global()?;
        let mut peak = 0f64;
        for channel in 0..u32::try_from(self.format.channels).unwrap_or(0) {
            peak = peak.max(self.loudness.true_peak(channel)?);
        }
        let mut warnings = Vec::new();
        if self.clipped_runs > 0 {
            warnings.push(Warning::Clipped { runs: self.clipped_runs });
        }
        if self.longest_silence > LONG_SILENCE * rate {
            warnings.push(Warning::SilenceInside { longest_ms: ms(self.longest_silence) });
        }
        if rate <= 8000 {
            warnings.push(Warning::TelephoneSound);
        }
        let trailing = self.frames.saturating_sub(self.last_sound + 1);
        Ok(Figures {
            frames: self.frames,
            loudness_lufs: loudness.is_finite().then_some(loudness),
            true_peak_dbtp: (peak > 0.0).then(|| 20.0 * peak.log10()),
            leading_silence_ms: ms(self.first_sound.unwrap_or(self.frames)),
            trailing_silence_ms: if self.first_sound.is_some() { ms(trailing) } else { 0 },
            silent: self.first_sound.is_none(),
            warnings,
            peaks: self.drawing.finish(),
        })
    }
}

/// The drawing of a recording of unknown length: when it is full, its points are joined two by two.
struct Drawing {
    points: Vec<(f32, f32)>,
    frames_per_point: u64,
    current: (f32, f32),
    in_current: u64,
}

impl Default for Drawing {
    fn default() -> Self {
        Self { points: Vec::new(), frames_per_point: 64, current: (0.0, 0.0), in_current: 0 }
    }
}

impl Drawing {
    fn take(&mut self, low: f32, high: f32) {
        self.current = (self.current.0.min(low), self.current.1.max(high));
        self.in_current += 1;
        if self.in_current == self.frames_per_point {
            self.close_point();
        }
    }

    fn close_point(&mut self) {
        self.points.push(self.current);
        self.current = (0.0, 0.0);
        self.in_current = 0;
        if self.points.len() == POINTS {
            self.points = self
                .points
                .chunks(2)
                .map(|pair| {
                    pair.iter().fold((0f32, 0f32), |all, one| (all.0.min(one.0), all.1.max(one.1)))
                })
                .collect();
            self.frames_per_point *= 2;
        }
    }

    fn finish(mut self) -> Vec<Peak> {
        if self.in_current > 0 {
            self.close_point();
        }
        #[expect(clippy::cast_possible_truncation, reason = "clamped to what an i8 holds")]
        let scale = |sample: f32| (sample * 127.0).round().clamp(-127.0, 127.0) as i8;
        self.points.iter().map(|&(low, high)| Peak(scale(low), scale(high))).collect()
    }
}
