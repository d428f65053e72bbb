//! Takes the clicks off a clip's ends.

use std::time::Duration;

use super::speaker::Format;

/// Long enough to hide a step, too short to be heard as a fade.
pub(super) const FADE: Duration = Duration::from_millis(15);
/// -60 dB of full scale: a step of this size is no click.
const QUIET: f32 = 0.001;

/// Holds the last few milliseconds back until it is known whether they are the end.
#[derive(Debug)]
pub(super) struct Shape {
    channels: usize,
    fade_frames: usize,
    begun: bool,
    fading_in: Option<usize>,
    held: Vec<f32>,
}

impl Shape {
    pub(super) fn new(format: Format) -> Self {
        let fade_frames = usize::try_from(format.frames(FADE)).unwrap_or(usize::MAX).max(1);
        let channels = usize::from(format.channels.max(1));
        Self { channels, fade_frames, begun: false, fading_in: None, held: Vec::new() }
    }

    /// Takes frames; gives those that cannot be the end.
    pub(super) fn push(&mut self, samples: &mut [f32], ready: &mut Vec<f32>) {
        if !self.begun && !samples.is_empty() {
            self.begun = true;
            let first = &samples[..self.channels.min(samples.len())];
            self.fading_in = is_loud(first).then_some(0);
        }
        if let Some(done) = &mut self.fading_in {
            for frame in samples.chunks_mut(self.channels) {
                scale(frame, ramp(*done, self.fade_frames));
                *done += 1;
            }
            if *done >= self.fade_frames {
                self.fading_in = None;
            }
        }
        self.held.extend_from_slice(samples);
        let hold = self.fade_frames * self.channels;
        if self.held.len() > hold {
            ready.extend(self.held.drain(..self.held.len() - hold));
        }
    }

    /// Gives the end.
    pub(super) fn finish(&mut self, ready: &mut Vec<f32>) {
        let last = self.held.len().saturating_sub(self.channels);
        if is_loud(&self.held[last..]) {
            fade_out(&mut self.held, self.channels);
        }
        ready.append(&mut self.held);
    }
}

/// Brings whole frames down to silence.
fn fade_out(samples: &mut [f32], channels: usize) {
    let frames = samples.len() / channels.max(1);
    for (n, frame) in samples.chunks_mut(channels.max(1)).enumerate() {
        scale(frame, ramp(frames - n - 1, frames));
    }
}

fn is_loud(frame: &[f32]) -> bool {
    frame.iter().any(|sample| sample.abs() > QUIET)
}

fn scale(frame: &mut [f32], factor: f32) {
    for sample in frame {
        *sample *= factor;
    }
}

/// A raised cosine from 0 to 1.
fn ramp(done: usize, of: usize) -> f32 {
    if done >= of {
        return 1.0;
    }
    0.5 - 0.5 * (std::f32::consts::PI * done as f32 / of as f32).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(input: &[f32]) -> Vec<f32> {
        let mut shape = Shape::new(Format { sample_rate: 1_000, channels: 1 });
        let mut out = Vec::new();
        for block in input.chunks(7) {
            shape.push(&mut block.to_vec(), &mut out);
        }
        shape.finish(&mut out);
        out
    }

    #[test]
    fn a_clip_that_begins_and_ends_loud_is_faded() {
        let out = shaped(&[0.5; 100]);
        assert_eq!(out.len(), 100);
        assert_eq!((out[0], out[50], out[99]), (0.0, 0.5, 0.0));
        let step = out.windows(2).map(|w| (w[0] - w[1]).abs()).fold(0.0, f32::max);
        assert!(step < 0.06, "a step of {step} clicks");
    }

    #[test]
    fn a_clip_with_quiet_ends_is_left_as_it_is() {
        let mut input = vec![0.5; 100];
        input[0] = 0.0;
        input[99] = 0.0;
        assert_eq!(shaped(&input), input);
        assert_eq!(shaped(&[0.0; 3]), [0.0; 3]);
        assert_eq!(shaped(&[]), [0.0; 0]);
    }
}
