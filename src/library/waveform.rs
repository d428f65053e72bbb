use serde::{Deserialize, Serialize};

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
    frames_per_pair: u64,
    pairs: Vec<[f32; 2]>,
    current: [f32; 2],
    frames: u64,
}

const NOTHING: [f32; 2] = [f32::INFINITY, f32::NEG_INFINITY];

impl Drawing {
    pub(super) fn new() -> Self {
        Self { frames_per_pair: 64, pairs: Vec::with_capacity(MOST), current: NOTHING, frames: 0 }
    }

    /// One more frame, with its lowest and highest sample.
    pub(super) fn add(&mut self, low: f32, high: f32) {
        self.current = [self.current[0].min(low), self.current[1].max(high)];
        self.frames += 1;
        if self.frames == self.frames_per_pair {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.pairs.push(std::mem::replace(&mut self.current, NOTHING));
        self.frames = 0;
        if self.pairs.len() == MOST {
            self.pairs = self
                .pairs
                .chunks(2)
                .map(|two| two.iter().fold(NOTHING, |sum, p| [sum[0].min(p[0]), sum[1].max(p[1])]))
                .collect();
            self.pairs.reserve(MOST / 2);
            self.frames_per_pair *= 2;
        }
    }

    pub(super) fn finish(mut self) -> Waveform {
        if self.frames > 0 {
            self.turn();
        }
        let pairs = self.pairs.iter().map(|pair| pair.map(step)).collect();
        Waveform { frames_per_pair: self.frames_per_pair, pairs }
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
        for frames in [1u64, 63, 64, 100_000, 1_000_000] {
            let mut drawing = Drawing::new();
            for i in 0..frames {
                let sample = if i == frames / 3 { 1.0 } else { 0.25 };
                drawing.add(-0.5, sample);
            }
            let waveform = drawing.finish();
            assert!(waveform.pairs.len() <= MOST);
            let covered = waveform.pairs.len() as u64 * waveform.frames_per_pair;
            assert!(covered >= frames && covered < frames + waveform.frames_per_pair);
            let crest = (frames / 3 / waveform.frames_per_pair) as usize;
            for (i, pair) in waveform.pairs.iter().enumerate() {
                assert_eq!(*pair, [-64, if i == crest { 127 } else { 32 }]);
            }
        }
    }
}
