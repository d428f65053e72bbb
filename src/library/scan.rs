//! Everything that is measured of the samples, in one walk over them.

use super::{
    loudness::Loudness, silence::Silence, true_peak::TruePeak, verdict::Warning, waveform::Drawing,
    waveform::Waveform,
};

/// Samples from here on count as full scale: the largest of 16 bits.
const FULL: f32 = 32_767.0 / 32_768.0;
/// A pure tone at full scale touches it with fewer samples in a row.
const CLIPPED_RUN: u32 = 4;

/// Measures a recording that comes in blocks.
pub(super) struct Scan {
    channels: usize,
    sample_rate: u32,
    loudness: Loudness,
    true_peak: TruePeak,
    silence: Silence,
    drawing: Drawing,
    full_runs: Vec<u32>,
    clipped: bool,
}

/// What was measured.
pub(super) struct Measured {
    pub loudness_lufs: Option<f64>,
    pub true_peak_dbtp: f64,
    pub waveform: Waveform,
    pub silence: Silence,
    pub warnings: Vec<Warning>,
}

impl Scan {
    pub(super) fn new(sample_rate: u32, channels: u16) -> Self {
        Self {
            channels: usize::from(channels),
            sample_rate,
            loudness: Loudness::new(sample_rate, channels),
            true_peak: TruePeak::new(sample_rate, channels),
            silence: Silence::default(),
            drawing: Drawing::new(),
            full_runs: vec![0; usize::from(channels)],
            clipped: false,
        }
    }

    /// Listens to interleaved samples, whole frames.
    pub(super) fn add(&mut self, samples: &[f32]) {
        self.loudness.add(samples);
        self.true_peak.add(samples);
        for frame in samples.chunks_exact(self.channels) {
            let (mut low, mut high) = (frame[0], frame[0]);
            for sample in &frame[1..] {
                low = low.min(*sample);
                high = high.max(*sample);
            }
            let loudest = high.max(-low);
            self.drawing.add(low, high);
            self.silence.add(loudest);
            if loudest >= FULL || self.full_runs[0] > 0 || self.channels > 1 {
                self.count_full(frame, loudest);
            }
        }
    }

    fn count_full(&mut self, frame: &[f32], loudest: f32) {
        if loudest < FULL {
            self.full_runs.fill(0);
            return;
        }
        for (run, sample) in self.full_runs.iter_mut().zip(frame) {
            *run = if sample.abs() >= FULL { *run + 1 } else { 0 };
            self.clipped |= *run >= CLIPPED_RUN;
        }
    }

    pub(super) fn finish(self) -> Measured {
        let mut warnings = Vec::new();
        if self.clipped {
            warnings.push(Warning::Clipped);
        }
        if self.silence.longest_inside() > 5 * u64::from(self.sample_rate) {
            warnings.push(Warning::SilenceInside);
        }
        if self.sample_rate <= 8_000 {
            warnings.push(Warning::Telephone);
        }
        Measured {
            loudness_lufs: self.loudness.finish(),
            true_peak_dbtp: 20.0 * f64::from(self.true_peak.finish()).log10(),
            waveform: self.drawing.finish(),
            silence: self.silence,
            warnings,
        }
    }
}
