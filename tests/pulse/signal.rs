//! A sound that is known at every instant, so that no converter is needed to say how it looks at another rate.

use std::{f64::consts::TAU, path::Path};

/// A sweep with a pitch of its own for each seed, which swells and fades.
#[derive(Clone, Copy)]
pub(crate) struct Sweep {
    pub(crate) seed: u32,
    pub(crate) seconds: f64,
}

impl Sweep {
    fn at(self, t: f64) -> f64 {
        let from = 300.0 + 170.0 * f64::from(self.seed);
        let edge = (t.min(self.seconds - t) / 0.02).clamp(0.0, 1.0);
        let wave = (TAU * (from * t + 250.0 * t * t)).sin()
            + 0.5 * (TAU * (from * 2.7 * t - 90.0 * t * t)).sin();
        0.3 * edge * wave
    }

    pub(crate) fn samples(self, rate: u32) -> Vec<f32> {
        (0..self.frames(rate)).map(|n| self.at(n as f64 / f64::from(rate)) as f32).collect()
    }

    pub(crate) fn frames(self, rate: u32) -> u64 {
        (self.seconds * f64::from(rate)).round() as u64
    }

    /// Writes it as a WAV file (16-bit PCM) with so many equal channels.
    pub(crate) fn write(self, file: &Path, rate: u32, channels: u16) {
        let pcm = self.samples(rate).into_iter().map(|s| (s * 32_767.0).round() as i16);
        let data: Vec<u8> = pcm
            .flat_map(|s| std::iter::repeat_n(s.to_le_bytes(), usize::from(channels)))
            .flatten()
            .collect();
        let mut wav = b"RIFF".to_vec();
        wav.extend((data.len() as u32 + 36).to_le_bytes());
        wav.extend(b"WAVEfmt \x10\0\0\0\x01\0");
        wav.extend(channels.to_le_bytes());
        wav.extend(rate.to_le_bytes());
        wav.extend((rate * u32::from(channels) * 2).to_le_bytes());
        wav.extend((channels * 2).to_le_bytes());
        wav.extend(b"\x10\0data");
        wav.extend((data.len() as u32).to_le_bytes());
        wav.extend(data);
        std::fs::write(file, wav).unwrap();
    }
}

/// How much a recording is what should have sounded: the greatest normalised cross-correlation near its onset. 1 is the same.
pub(crate) fn likeness(recording: &[f32], wanted: &[f32]) -> f64 {
    let Some(onset) = recording.iter().position(|sample| sample.abs() > 0.003) else { return 0.0 };
    let first = wanted.iter().position(|sample| sample.abs() > 0.003).unwrap();
    let near = onset.saturating_sub(first);
    let coarse = best(recording, wanted, near.saturating_sub(400)..near + 400, 7);
    best(recording, wanted, coarse.0.saturating_sub(4)..coarse.0 + 5, 1).1
}

pub(crate) fn best(
    recording: &[f32],
    wanted: &[f32],
    lags: std::ops::Range<usize>,
    step: usize,
) -> (usize, f64) {
    lags.map(|lag| (lag, correlation(recording.get(lag..).unwrap_or_default(), wanted, step)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap()
}

fn correlation(a: &[f32], b: &[f32], step: usize) -> f64 {
    if a.len() < b.len() {
        return 0.0;
    }
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b).step_by(step) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    if aa == 0.0 { 0.0 } else { ab / (aa * bb).sqrt() }
}
