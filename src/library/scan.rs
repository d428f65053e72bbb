//! Everything that is measured of the samples, in one walk over them.

use super::{
    loudness::Loudness,
    silence::{FLOOR, Silence},
    stretch::{Collector, PAST, STRETCH, span},
    true_peak::TruePeak,
    verdict::Warning,
    waveform::{Drawing, Waveform},
};

/// Samples from here on count as full scale: the largest of 16 bits.
const FULL: f32 = 32_767.0 / 32_768.0;
/// A pure tone at full scale touches it with fewer samples in a row.
const CLIPPED_RUN: u32 = 4;

/// Measures a recording that comes in blocks.
pub(super) struct Scan {
    sample_rate: u32,
    collector: Collector,
    loudness: Loudness,
    true_peak: TruePeak,
    silence: Silence,
    drawing: Drawing,
    /// For each channel how many samples at full scale came last.
    full: Vec<u32>,
    clipped: bool,
    frames: u64,
    broken_at: Option<u64>,
}

/// What was measured.
pub(super) struct Measured {
    pub loudness_lufs: Option<f64>,
    pub true_peak_dbtp: f64,
    pub waveform: Waveform,
    pub silence: Silence,
    pub warnings: Vec<Warning>,
    /// About which frame a sample is no number.
    pub broken_at: Option<u64>,
}

impl Scan {
    pub(super) fn new(sample_rate: u32, channels: u16) -> Self {
        Self {
            sample_rate,
            collector: Collector::new(channels),
            loudness: Loudness::new(sample_rate, channels),
            true_peak: TruePeak::new(sample_rate, channels),
            silence: Silence::default(),
            drawing: Drawing::new(),
            full: vec![0; usize::from(channels)],
            clipped: false,
            frames: 0,
            broken_at: None,
        }
    }

    /// Listens to interleaved samples, whole frames.
    pub(super) fn add(&mut self, mut samples: &[f32]) {
        self.loudness.add(samples);
        while !samples.is_empty() {
            samples = self.collector.fill(samples);
            if self.collector.filled() == STRETCH {
                self.look();
            }
        }
    }

    fn look(&mut self) {
        let frames = self.collector.filled();
        let (mut low, mut high) = (0f32, 0f32);
        let mut sounding: Option<(usize, usize)> = None;
        for (index, channel) in self.collector.channels().iter().enumerate() {
            let span = span(channel, frames);
            let loudest = span.high.max(-span.low);
            (low, high) = (low.min(span.low), high.max(span.high));
            if !span.sound && self.broken_at.is_none() {
                self.broken_at = Some(self.frames);
            }
            let stretch = &channel[PAST..PAST + frames];
            if loudest > FLOOR {
                let heard = |s: &f32| s.abs() > FLOOR;
                let first = stretch.iter().position(heard).unwrap_or(0);
                let last = stretch.iter().rposition(heard).unwrap_or(first);
                let (f, l) = sounding.unwrap_or((first, last));
                sounding = Some((f.min(first), l.max(last)));
            }
            if loudest >= FULL {
                for sample in stretch {
                    let run = &mut self.full[index];
                    *run = if sample.abs() >= FULL { *run + 1 } else { 0 };
                    self.clipped |= *run >= CLIPPED_RUN;
                }
            } else {
                self.full[index] = 0;
            }
            self.true_peak.add(index, channel, frames, loudest);
        }
        self.drawing.add(low, high);
        self.silence.add(frames as u64, sounding.map(|(first, last)| (first as u64, last as u64)));
        self.frames += frames as u64;
        self.collector.turn();
    }

    pub(super) fn finish(mut self) -> Measured {
        if self.collector.filled() > 0 {
            self.collector.pad();
            self.look();
        }
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
            broken_at: self.broken_at,
        }
    }
}
