//! True peak as ITU-R BS.1770-5 annex 2 describes it: the largest sample of the sound raised to four times its rate
//! (twice from 96 kHz, unchanged from 192 kHz).
//!
//! The filter is the ebur128 crate's: a sinc of 48 taps under a Hann window. Its gain is bounded, so a stretch whose
//! samples could not exceed the peak found so far even at that bound is left out: the result stays the same, and most
//! of an hour is never filtered.

const TAPS: usize = 48;
/// Frames looked at together.
const STRETCH: usize = 64;

/// Measures the true peak of all channels together.
#[derive(Debug)]
pub(super) struct TruePeak {
    /// For each phase its taps, the newest sample's first.
    phases: Vec<Vec<f32>>,
    bound: f32,
    channels: Vec<Channel>,
    peak: f32,
}

/// The last samples before the stretch, then the stretch.
#[derive(Debug, Clone)]
struct Channel {
    samples: [f32; TAPS / 2 + STRETCH],
    filled: usize,
    previous: f32,
}

const PAST: usize = TAPS / 2;

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
        let silent = Channel { samples: [0.0; PAST + STRETCH], filled: 0, previous: 0.0 };
        Self { phases, bound, channels: vec![silent; usize::from(channels)], peak: 0.0 }
    }

    /// Listens to interleaved samples, whole frames.
    pub(super) fn add(&mut self, samples: &[f32]) {
        let count = self.channels.len().max(1);
        for (index, channel) in self.channels.iter_mut().enumerate() {
            let mut rest = samples.get(index..).unwrap_or_default().iter().step_by(count);
            loop {
                let room = &mut channel.samples[PAST + channel.filled..];
                let mut taken = 0;
                for (place, sample) in room.iter_mut().zip(rest.by_ref()) {
                    *place = *sample;
                    taken += 1;
                }
                channel.filled += taken;
                if channel.filled < STRETCH {
                    break;
                }
                self.peak = channel.listen(&self.phases, self.bound, self.peak);
            }
        }
    }

    /// The largest sample, 1 being full scale.
    pub(super) fn finish(mut self) -> f32 {
        for channel in &mut self.channels {
            channel.samples[PAST + channel.filled..].fill(0.0);
            self.peak = channel.listen_to(&self.phases, self.bound, self.peak, channel.filled);
        }
        self.peak
    }
}

impl Channel {
    fn listen(&mut self, phases: &[Vec<f32>], bound: f32, peak: f32) -> f32 {
        self.listen_to(phases, bound, peak, STRETCH)
    }

    fn listen_to(&mut self, phases: &[Vec<f32>], bound: f32, peak: f32, frames: usize) -> f32 {
        let own = self.samples[PAST..].iter().fold(0.0f32, |max, s| max.max(s.abs()));
        let mut peak = peak.max(own);
        if own.max(self.previous) * bound > peak {
            for taps in phases {
                let mut sums = [0.0f32; STRETCH];
                for (age, tap) in taps.iter().enumerate() {
                    let past = &self.samples[PAST - age..];
                    for (sum, sample) in sums.iter_mut().zip(past) {
                        *sum += sample * tap;
                    }
                }
                peak = sums[..frames].iter().fold(peak, |max, sum| max.max(sum.abs()));
            }
        }
        self.samples.copy_within(STRETCH.., 0);
        self.previous = own;
        self.filled = 0;
        peak
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
    use super::*;

    /// Uneven blocks, so that stretches and blocks never meet.
    fn ours(samples: &[f32], rate: u32, channels: u16) -> f64 {
        let mut meter = TruePeak::new(rate, channels);
        for block in samples.chunks(usize::from(channels) * 37) {
            meter.add(block);
        }
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
        assert!((peak - 0.0).abs() < 0.5, "{peak} dBTP");
        assert!(samples.iter().all(|s| s.abs() < 0.708));
    }
}
