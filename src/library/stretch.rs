//! Samples sorted by channel, a few at a time, so that most of what is measured of them is measured once a stretch.

/// Frames looked at together.
pub(super) const STRETCH: usize = 64;
/// Frames of the stretch before that stay in front of it.
pub(super) const PAST: usize = 24;

/// One channel: the last samples before the stretch, then the stretch.
pub(super) type Samples = [f32; PAST + STRETCH];

/// Collects interleaved samples until a stretch is full.
#[derive(Debug)]
pub(super) struct Collector {
    channels: Vec<Samples>,
    filled: usize,
}

/// The lowest and the highest sample of a stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub low: f32,
    pub high: f32,
    /// Whether all of them are numbers.
    pub sound: bool,
}

impl Collector {
    pub(super) fn new(channels: u16) -> Self {
        Self { channels: vec![[0.0; PAST + STRETCH]; usize::from(channels)], filled: 0 }
    }

    /// Takes whole frames from the start, at most up to a full stretch; returns what is left of them.
    pub(super) fn fill<'a>(&mut self, samples: &'a [f32]) -> &'a [f32] {
        let count = self.channels.len().max(1);
        let frames = (samples.len() / count).min(STRETCH - self.filled);
        let (now, rest) = samples.split_at(frames * count);
        let at = PAST + self.filled..PAST + self.filled + frames;
        match self.channels.as_mut_slice() {
            [only] => only[at].copy_from_slice(now),
            [left, right] => {
                let places = left[at.clone()].iter_mut().zip(&mut right[at]);
                for ((l, r), frame) in places.zip(now.as_chunks::<2>().0) {
                    [*l, *r] = *frame;
                }
            }
            channels => {
                for (index, channel) in channels.iter_mut().enumerate() {
                    let own = now.iter().skip(index).step_by(count);
                    channel[at.clone()].iter_mut().zip(own).for_each(|(place, s)| *place = *s);
                }
            }
        }
        self.filled += frames;
        if frames == 0 { &[] } else { rest }
    }

    /// Frames in the stretch.
    pub(super) fn filled(&self) -> usize {
        self.filled
    }

    pub(super) fn channels(&self) -> &[Samples] {
        &self.channels
    }

    /// Puts silence where the recording has ended.
    pub(super) fn pad(&mut self) {
        for channel in &mut self.channels {
            channel[PAST + self.filled..].fill(0.0);
        }
    }

    /// Begins the next stretch.
    pub(super) fn turn(&mut self) {
        for channel in &mut self.channels {
            channel.copy_within(STRETCH.., 0);
        }
        self.filled = 0;
    }
}

/// Spans the first frames of a stretch.
pub(super) fn span(channel: &Samples, frames: usize) -> Span {
    // Side by side, so that the compiler takes them in one instruction.
    const LANES: usize = 16;
    let (lanes, rest) = channel[PAST..PAST + frames].as_chunks::<LANES>();
    let (mut low, mut high, mut sound) = ([0f32; LANES], [0f32; LANES], [true; LANES]);
    for samples in lanes {
        for i in 0..LANES {
            let s = samples[i];
            low[i] = if s < low[i] { s } else { low[i] };
            high[i] = if s > high[i] { s } else { high[i] };
            sound[i] &= s.abs() <= f32::MAX;
        }
    }
    for (i, s) in rest.iter().enumerate() {
        low[i] = low[i].min(*s);
        high[i] = high[i].max(*s);
        sound[i] &= s.abs() <= f32::MAX;
    }
    Span {
        low: low.into_iter().fold(0.0, f32::min),
        high: high.into_iter().fold(0.0, f32::max),
        sound: sound.into_iter().all(|sound| sound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_to_their_channel_whatever_the_blocks() {
        for channels in [1u16, 2, 3, 8] {
            let count = usize::from(channels);
            let samples: Vec<f32> = (0..count * 200).map(|i| i as f32).collect();
            let mut collector = Collector::new(channels);
            let mut seen = vec![Vec::new(); count];
            let mut look = |collector: &mut Collector| {
                for (channel, seen) in collector.channels().iter().zip(&mut seen) {
                    seen.extend_from_slice(&channel[PAST..PAST + collector.filled()]);
                }
                collector.turn();
            };
            for block in samples.chunks(count * 23) {
                let mut rest = block;
                while !rest.is_empty() {
                    rest = collector.fill(rest);
                    if collector.filled() == STRETCH {
                        look(&mut collector);
                    }
                }
            }
            look(&mut collector);
            for (index, seen) in seen.iter().enumerate() {
                let expected: Vec<f32> =
                    samples.iter().copied().skip(index).step_by(count).collect();
                assert_eq!(*seen, expected);
            }
        }
    }

    #[test]
    fn a_span_covers_its_frames_and_no_more() {
        let mut samples = [9.0; PAST + STRETCH];
        for frames in [1, 15, 16, 17, 63, 64] {
            samples[PAST..].fill(9.0);
            samples[PAST..PAST + frames].fill(0.25);
            samples[PAST + frames - 1] = -0.5;
            let high = if frames == 1 { 0.0 } else { 0.25 };
            assert_eq!(span(&samples, frames), Span { low: -0.5, high, sound: true });
            samples[PAST + frames / 2] = f32::NAN;
            assert!(!span(&samples, frames).sound);
        }
    }
}
