//! Any rate and any channels become the device's.
//!
//! A 1 kHz sine from 44.1 to 48 kHz comes out of rubato's FFT 135 dB above all else, out of rodio's linear conversion
//! 62 dB, and that falls with the square of the pitch.

use rubato::{
    Fft, FixedSync, Indexing, Resampler as _, audioadapter_buffers::direct::InterleavedSlice,
};

use super::{source::ClipFault, speaker::Format};

/// Converts one clip's sound; frames in and out are aligned, so that the first stays the first.
pub(super) struct Resampler {
    from: Format,
    to: Format,
    /// None where the rates are the same.
    fft: Option<Fft<f32>>,
    /// Frames of the device's channels at the clip's rate that wait for a whole chunk.
    waiting: Vec<f32>,
    /// Resampled frames still to drop: the filter's delay.
    lead: usize,
    chunk: Vec<f32>,
}

const CHUNK: usize = 1024;

impl Resampler {
    pub(super) fn new(from: Format, to: Format) -> Result<Self, ClipFault> {
        let mut fft = None;
        if from.sample_rate != to.sample_rate {
            let (rate_in, rate_out) = (from.sample_rate as usize, to.sample_rate as usize);
            // An odd block would move the sound by half a frame.
            let even = 2 * (rate_in / gcd(rate_in, rate_out)).max(1);
            let chunk = CHUNK.next_multiple_of(even);
            let made =
                Fft::new(rate_in, rate_out, chunk, usize::from(to.channels), FixedSync::Both);
            fft =
                Some(made.map_err(|why| {
                    ClipFault::Decode(format!("no conversion of its rate: {why}"))
                })?);
        }
        let lead = fft.as_ref().map_or(0, Fft::output_delay);
        let chunk_len =
            fft.as_ref().map_or(0, |fft| fft.output_frames_max() * usize::from(to.channels));
        Ok(Self { from, to, fft, waiting: Vec::new(), lead, chunk: vec![0.0; chunk_len] })
    }

    /// Takes frames of the clip; gives what is ready.
    pub(super) fn push(&mut self, samples: &[f32], ready: &mut Vec<f32>) -> Result<(), ClipFault> {
        if self.fft.is_none() {
            remap(samples, self.from.channels, self.to.channels, ready);
            return Ok(());
        }
        remap(samples, self.from.channels, self.to.channels, &mut self.waiting);
        self.convert(ready, false)
    }

    /// Gives the rest, and some silence after it that stems from the filter.
    pub(super) fn finish(&mut self, ready: &mut Vec<f32>) -> Result<(), ClipFault> {
        let Some(fft) = &self.fft else { return Ok(()) };
        // What still waits, and enough silence to push the filter's delay out.
        let frames = fft.input_frames_next() * (1 + self.lead_in_chunks());
        self.waiting.resize(self.waiting.len() + frames * usize::from(self.to.channels), 0.0);
        self.convert(ready, true)
    }

    fn lead_in_chunks(&self) -> usize {
        self.fft
            .as_ref()
            .map_or(0, |fft| fft.output_delay().div_ceil(fft.output_frames_next().max(1)))
    }

    fn convert(&mut self, ready: &mut Vec<f32>, last: bool) -> Result<(), ClipFault> {
        let Some(fft) = &mut self.fft else { return Ok(()) };
        let channels = usize::from(self.to.channels);
        let fault = |why: &dyn std::fmt::Display| {
            ClipFault::Decode(format!("conversion of its rate: {why}"))
        };
        let mut used = 0;
        loop {
            let need = fft.input_frames_next();
            let have = (self.waiting.len() - used) / channels;
            if have == 0 || (have < need && !last) {
                break;
            }
            let frames_out = self.chunk.len() / channels;
            let input = InterleavedSlice::new(&self.waiting[used..], channels, have)
                .map_err(|why| fault(&why))?;
            let mut output = InterleavedSlice::new_mut(&mut self.chunk, channels, frames_out)
                .map_err(|why| fault(&why))?;
            let indexing = Indexing::new().partial_len(have.min(need));
            let partial = (have < need).then_some(&indexing);
            let (_, given) =
                fft.process_into_buffer(&input, &mut output, partial).map_err(|why| fault(&why))?;
            used += have.min(need) * channels;
            let dropped = self.lead.min(given);
            self.lead -= dropped;
            ready.extend_from_slice(&self.chunk[dropped * channels..given * channels]);
        }
        self.waiting.drain(..used);
        Ok(())
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// One channel goes to all, and of two each of the device's takes its own, or the last. More are folded to two or one.
fn remap(samples: &[f32], from: u16, to: u16, out: &mut Vec<f32>) {
    let (from, to) = (usize::from(from.max(1)), usize::from(to.max(1)));
    if from == to {
        out.extend_from_slice(samples);
        return;
    }
    out.reserve(samples.len() / from * to);
    let sides = sides(from);
    for frame in samples.chunks_exact(from) {
        let [left, right] = sides.each_ref().map(|side| {
            frame.iter().zip(side).map(|(sample, weight)| sample * weight).sum::<f32>()
        });
        if to == 1 {
            out.push((left + right) / 2.0);
        } else {
            out.extend((0..to).map(|channel| if channel == 0 { left } else { right }));
        }
    }
}

/// How much of each channel goes to the left and to the right, after ITU-R BS.775: the centre, where speech is, to both,
/// what is behind with less weight, low effects not at all. The channels are in the order of WAV files and decoders. A
/// side's weights sum to at most one, so that nothing can clip.
fn sides(channels: usize) -> [Vec<f32>; 2] {
    // Of the power.
    const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const LEFT: [f32; 2] = [1.0, 0.0];
    const RIGHT: [f32; 2] = [0.0, 1.0];
    const CENTRE: [f32; 2] = [HALF, HALF];
    const LOW: [f32; 2] = [0.0, 0.0];
    const BACK_LEFT: [f32; 2] = [HALF, 0.0];
    const BACK_RIGHT: [f32; 2] = [0.0, HALF];
    const BACK: [f32; 2] = [0.5, 0.5];
    let layout: &[[f32; 2]] = match channels {
        1 => &[[1.0, 1.0]],
        2 => &[LEFT, RIGHT],
        3 => &[LEFT, RIGHT, CENTRE],
        4 => &[LEFT, RIGHT, BACK_LEFT, BACK_RIGHT],
        5 => &[LEFT, RIGHT, CENTRE, BACK_LEFT, BACK_RIGHT],
        6 => &[LEFT, RIGHT, CENTRE, LOW, BACK_LEFT, BACK_RIGHT],
        7 => &[LEFT, RIGHT, CENTRE, LOW, BACK, BACK_LEFT, BACK_RIGHT],
        8 => &[LEFT, RIGHT, CENTRE, LOW, BACK_LEFT, BACK_RIGHT, BACK_LEFT, BACK_RIGHT],
        // Nobody says what these are: all count the same.
        _ => &vec![[1.0, 1.0]; channels],
    };
    let sum = layout.iter().map(|weights| weights[0]).sum::<f32>().max(1.0);
    [0, 1].map(|side| layout.iter().map(|weights| weights[side] / sum).collect())
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "a sample needs no more than an f32")]
mod tests {
    use super::*;

    fn sine(rate: u32, frames: usize) -> Vec<f32> {
        (0..frames)
            .map(|n| {
                (0.5 * (std::f64::consts::TAU * 1000.0 * n as f64 / f64::from(rate)).sin()) as f32
            })
            .collect()
    }

    fn convert(from: u32, to: u32, input: &[f32], step: usize) -> Vec<f32> {
        let mono = |sample_rate| Format { sample_rate, channels: 1 };
        let mut resampler = Resampler::new(mono(from), mono(to)).unwrap();
        let mut out = Vec::new();
        for block in input.chunks(step) {
            resampler.push(block, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    /// The sine's level over all else, in decibels, and how many frames too late it is.
    fn snr(got: &[f32], rate: u32) -> (f64, f64) {
        let second = &got[2_000..2_000 + rate as usize];
        let (mut sine, mut cosine) = (0.0, 0.0);
        let wave = |n: usize| std::f64::consts::TAU * 1000.0 * (n + 2_000) as f64 / f64::from(rate);
        for (n, sample) in second.iter().enumerate() {
            sine += 2.0 * f64::from(*sample) * wave(n).sin() / f64::from(rate);
            cosine += 2.0 * f64::from(*sample) * wave(n).cos() / f64::from(rate);
        }
        let rest = |n: usize| f64::from(second[n]) - sine * wave(n).sin() - cosine * wave(n).cos();
        let error: f64 = (0..second.len()).map(|n| rest(n).powi(2)).sum::<f64>() / f64::from(rate);
        assert!((sine.hypot(cosine) - 0.5).abs() < 1e-4, "the level changes");
        let late = -cosine.atan2(sine) / std::f64::consts::TAU / 1000.0 * f64::from(rate);
        (10.0 * ((sine * sine + cosine * cosine) / 2.0 / error).log10(), late)
    }

    #[test]
    fn a_sine_keeps_its_shape_and_its_place() {
        for (from, to) in [(44_100, 48_000), (48_000, 44_100), (8_000, 48_000), (16_000, 44_100)] {
            for step in [from as usize * 2, 1_152, 7] {
                let got = convert(from, to, &sine(from, from as usize * 2), step);
                let (ratio, late) = snr(&got, to);
                assert!(ratio > 110.0, "{from} -> {to} by {step}: {ratio:.1} dB");
                assert!(late.abs() < 0.01, "{from} -> {to}: {late:.2} frames late");
                assert!(got.len() >= 2 * to as usize, "the end is cut: {}", got.len());
            }
        }
    }

    #[test]
    fn channels_are_spread_and_gathered() {
        let mut out = Vec::new();
        remap(&[0.5, -0.5], 1, 2, &mut out);
        assert_eq!(out, [0.5, 0.5, -0.5, -0.5]);
        out.clear();
        remap(&[1.0, 0.0, 0.0, 1.0], 2, 1, &mut out);
        assert_eq!(out, [0.5, 0.5]);
        out.clear();
        remap(&[0.25, -0.5], 2, 4, &mut out);
        assert_eq!(out, [0.25, -0.5, -0.5, -0.5]);
    }

    #[test]
    fn the_speech_in_the_centre_is_not_lost() {
        for from in [3, 5, 6, 7, 8] {
            let mut frame = vec![0.0; from];
            frame[2] = 1.0;
            for to in [1, 2] {
                let mut out = Vec::new();
                remap(&frame, from as u16, to, &mut out);
                assert_eq!(out.len(), usize::from(to));
                assert!(out.iter().all(|sample| *sample > 0.2), "{from} -> {to}: {out:?}");
                assert!(out.iter().all(|sample| *sample == out[0]), "{from} -> {to}: {out:?}");
            }
        }
    }

    #[test]
    fn each_side_keeps_its_own_and_nothing_clips() {
        for from in 1..=12 {
            for to in [1, 2, 6] {
                let mut out = Vec::new();
                remap(&vec![1.0; from], from as u16, to, &mut out);
                assert_eq!(out.len(), usize::from(to));
                assert!(out.iter().all(|sample| (0.5..=1.0001).contains(sample)), "{out:?}");
            }
        }
        let mut out = Vec::new();
        // 5.1: left alone, back right alone, low effects alone.
        let left = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let back_right = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let low = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0];
        remap(&[left, back_right, low].concat(), 6, 2, &mut out);
        assert!(out[0] > 0.3 && out[1] == 0.0, "{out:?}");
        assert!(out[2] == 0.0 && out[3] > 0.2, "{out:?}");
        assert_eq!(out[4..], [0.0, 0.0]);
    }
}
