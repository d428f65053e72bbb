use serde::{Deserialize, Serialize};

use super::stretch::STRETCH;

/// A drawing of a recording, bounded whatever its length.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Waveform {
    /// How many frames one pair stands for.
    pub frames_per_pair: u64,
    /// The lowest and the highest sample of all channels, -127 to 127; at most 2,000 pairs.
    pub pairs: Vec<[i8; 2]>,
}

const MOST: usize = 2_000;

/// Draws while the recording grows: when the paper is full, neighbours are merged.
#[derive(Debug)]
pub(super) struct Drawing {
    stretches_per_pair: u64,
    pairs: Vec<[f32; 2]>,
    current: [f32; 2],
    stretches: u64,
}

const NOTHING: [f32; 2] = [f32::INFINITY, f32::NEG_INFINITY];

impl Drawing {
    pub(super) fn new() -> Self {
        Self {
            stretches_per_pair: 1,
            pairs: Vec::with_capacity(MOST),
            current: NOTHING,
            stretches: 0,
        }
    }

    /// One more stretch, with its lowest and highest sample.
    pub(super) fn add(&mut self, low: f32, high: f32) {
        self.current = [self.current[0].min(low), self.current[1].max(high)];
        self.stretches += 1;
        if self.stretches == self.stretches_per_pair {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.pairs.push(std::mem::replace(&mut self.current, NOTHING));
        self.stretches = 0;
        if self.pairs.len() == MOST {
            for i in 0..MOST / 2 {
                let [a, b] = [self.pairs[2 * i], self.pairs[2 * i + 1]];
                self.pairs[i] = [a[0].min(b[0]), a[1].max(b[1])];
            }
            self.pairs.truncate(MOST / 2);
            self.stretches_per_pair *= 2;
        }
    }

    pub(super) fn finish(mut self) -> Waveform {
        if self.stretches > 0 {
            self.turn();
        }
        let pairs = self.pairs.iter().map(|pair| pair.map(step)).collect();
        Waveform { frames_per_pair: self.stretches_per_pair * STRETCH as u64, pairs }
    }
}

fn step(sample: f32) -> i8 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what an i8 holds")]
    let step = (sample.clamp(-1.0, 1.0) * 127.0).round() as i8;
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_recording_keeps_its_crest_on_bounded_paper() {
        for stretches in [1u64, 2, 1_999, 2_000, 2_001, 30_000] {
            let mut drawing = Drawing::new();
            for i in 0..stretches {
                drawing.add(-0.5, if i == stretches / 3 { 1.0 } else { 0.25 });
            }
            let frames = stretches * STRETCH as u64;
            let waveform = drawing.finish();
            assert!(waveform.pairs.len() <= MOST);
            let covered = waveform.pairs.len() as u64 * waveform.frames_per_pair;
            assert!(covered >= frames && covered < frames + waveform.frames_per_pair);
            let crest = stretches / 3 * STRETCH as u64 / waveform.frames_per_pair;
            let crest = usize::try_from(crest).unwrap();
            for (i, pair) in waveform.pairs.iter().enumerate() {
                assert_eq!(*pair, [-64, if i == crest { 127 } else { 32 }]);
            }
        }
    }
}
