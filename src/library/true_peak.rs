//! True peak as ITU-R BS.1770-5 annex 2 describes it: the largest sample of the sound raised to four times its rate
//! (twice from 96 kHz, unchanged from 192 kHz).
//!
//! The filter is the ebur128 crate's: a sinc of 48 taps under a Hann window. Its gain is bounded, so a stretch whose
//! samples could not exceed the peak found so far even at that bound is left out: the result stays the same, and most
//! of an hour is never filtered.

use super::stretch::{PAST, STRETCH, Samples};

const TAPS: usize = 48;

/// Measures the true peak of all channels together.
#[derive(Debug)]
pub(super) struct TruePeak {
    /// For each phase its taps, the newest sample's first.
    phases: Vec<Vec<f32>>,
    bound: f32,
    /// The loudest sample of each channel's stretch before.
    before: Vec<f32>,
    peak: f32,
}

impl TruePeak {
    pub(super) fn new(sample_rate: u32, channels: u16) -> Self {
        let factor = match sample_rate {
            ..96_000 => 4,
            96_000..192_000 => 2,
            _ => 0,
        };
        let phases: Vec<Vec<f32>> = (0..factor)
            .map(|phase| (phase..TAPS).step_by(factor).map(|j| tap(j, factor)).collect())
            .collect();
        let bound = phases
            .iter()
            .map(|taps: &Vec<f32>| taps.iter().map(|t| t.abs()).sum::<f32>())
            .fold(1.0, f32::max);
        Self { phases, bound, before: vec![0.0; usize::from(channels)], peak: 0.0 }
    }

    /// Listens to the first frames of a channel's stretch, whose loudest sample is known.
    pub(super) fn add(&mut self, channel: usize, samples: &Samples, frames: usize, loudest: f32) {
        let before = std::mem::replace(&mut self.before[channel], loudest);
        self.peak = self.peak.max(loudest);
        if loudest.max(before) * self.bound <= self.peak {
            return;
        }
        for taps in &self.phases {
            let mut sums = [0.0f32; STRETCH];
            for (age, tap) in taps.iter().enumerate() {
                for (sum, sample) in sums.iter_mut().zip(&samples[PAST - age..]) {
                    *sum += sample * tap;
                }
            }
            self.peak = sums[..frames].iter().fold(self.peak, |max, sum| max.max(sum.abs()));
        }
    }

    /// The largest sample, 1 being full scale.
    pub(super) fn finish(self) -> f32 {
        self.peak
    }
}

/// Tap `j` of the whole filter.
fn tap(j: usize, factor: usize) -> f32 {
    use std::f64::consts::PI;
    #[expect(clippy::cast_precision_loss, reason = "at most 48")]
    let (j, taps, factor) = (j as f64, TAPS as f64, factor as f64);
    let window = 0.5 * (1.0 - (2.0 * PI * j / taps).cos());
    let x = (j - taps / 2.0) * PI / factor;
    #[expect(clippy::cast_possible_truncation, reason = "a tap needs no more than an f32")]
    let tap = (if x.abs() < 1e-6 { window } else { window * x.sin() / x }) as f32;
    tap
}

#[cfg(test)]
mod tests {
    use super::{
        super::stretch::{Collector, Span, span},
        *,
    };

    /// Uneven blocks, so that stretches and blocks never meet.
    fn ours(samples: &[f32], rate: u32, channels: u16) -> f64 {
        let mut meter = TruePeak::new(rate, channels);
        let mut collector = Collector::new(channels);
        let mut look = |collector: &mut Collector| {
            let frames = collector.filled();
            for (index, channel) in collector.channels().iter().enumerate() {
                let Span { low, high, .. } = span(channel, frames);
                meter.add(index, channel, frames, high.max(-low));
            }
            collector.turn();
        };
        for mut block in samples.chunks(usize::from(channels) * 37) {
            while !block.is_empty() {
                block = collector.fill(block);
                if collector.filled() == STRETCH {
                    look(&mut collector);
                }
            }
        }
        collector.pad();
        look(&mut collector);
        f64::from(meter.finish())
    }

    fn crates(samples: &[f32], rate: u32, channels: u16) -> f64 {
        let mode = ebur128::Mode::TRUE_PEAK;
        let mut meter = ebur128::EbuR128::new(u32::from(channels), rate, mode).unwrap();
        meter.add_frames_f32(samples).unwrap();
        (0..u32::from(channels)).map(|c| meter.true_peak(c).unwrap()).fold(0.0, f64::max)
    }

    #[test]
    fn it_agrees_with_the_ebur128_crate() {
        let mut state = 1u32;
        for rate in [8_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
            for channels in [1u16, 2, 3, 6] {
                let samples: Vec<f32> = (0..u32::from(channels) * 5_003)
                    .map(|i| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let swell = ((i as f32) / 3_000.0).sin();
                        swell * (state as f32 / u32::MAX as f32 - 0.5)
                    })
                    .collect();
                let (a, b) = (ours(&samples, rate, channels), crates(&samples, rate, channels));
                assert!((a - b).abs() < 1e-5, "{rate} Hz, {channels} channels: {a} is not {b}");
            }
        }
    }

    #[test]
    fn a_peak_between_the_samples_is_found() {
        // A quarter of the rate, 45 degrees off: every sample is 3 dB below the crest.
        let samples: Vec<f32> =
            (0..4_800).map(|i| (std::f32::consts::FRAC_PI_2 * (i as f32 + 0.5)).sin()).collect();
        let peak = 20.0 * ours(&samples, 48_000, 1).log10();
        assert!(peak.abs() < 0.5, "{peak} dBTP");
        assert!(samples.iter().all(|s| s.abs() < 0.708));
    }
}
