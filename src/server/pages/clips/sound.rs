//! What a recording looks like, and how loud it is, in words.

use std::fmt::Write;

use crate::{
    library::{Facts, Waveform},
    radio::Gain,
    server::pages::{visitor::Visitor, words::Phrase},
};

/// Bars that a drawing has at most: what a screen shows.
const BARS: usize = 600;
/// Half its height.
const HALF: i16 = 64;

/// A drawing as the path of an SVG, `0 0 width 128`, and its width.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::server::pages) struct Drawing {
    pub(in crate::server::pages) path: String,
    pub(in crate::server::pages) width: usize,
}

/// Draws a bar from the lowest to the highest sample for each stretch of sound.
pub(in crate::server::pages) fn drawing(waveform: &Waveform) -> Drawing {
    let together = waveform.pairs.len().div_ceil(BARS).max(1);
    let mut path = String::new();
    let mut width = 0;
    for stretch in waveform.pairs.chunks(together) {
        let low = stretch.iter().map(|pair| pair[0]).min().unwrap_or_default();
        let high = stretch.iter().map(|pair| pair[1]).max().unwrap_or_default();
        let (top, bottom) = (HALF - i16::from(high) / 2, HALF - i16::from(low) / 2);
        // Silence is a hairline, not nothing.
        let height = (bottom - top).max(1);
        write!(path, "M{width} {top}h1v{height}h-1z").ok();
        width += 1;
    }
    Drawing { path, width }
}

/// Closer to the house's level than this nobody hears a difference, dB.
const SAME: f64 = 0.5;

/// How loud it is against the house's level, and what is done about it.
pub(super) fn loudness(v: &Visitor, facts: Option<&Facts>, gain: Gain, target: f64) -> Phrase {
    let number = |db: f64| v.dates().decimal(&db.abs(), 1);
    let change = gain.db();
    let Some(loudness) = facts.and_then(|facts| facts.loudness_lufs) else {
        let sign = if change > 0.0 { "+" } else { "" };
        let signed = format!("{sign}{}", v.dates().decimal(&change, 1));
        return v.of("clips.loudness-short").with("gain", signed);
    };
    let over = loudness - target;
    let phrase = if over.abs() < SAME && change.abs() < SAME {
        v.of("clips.loudness-right")
    } else if over > 0.0 {
        v.of("clips.loudness-down")
    } else if change < 0.0 {
        v.of("clips.loudness-held")
    } else if -over - change > SAME {
        v.of("clips.loudness-limited")
    } else {
        v.of("clips.loudness-up")
    };
    let (over, gain) = (number(over), number(change));
    phrase.with("over", &over).with("under", &over).with("gain", gain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_as_wide_as_a_screen_and_keeps_its_crest() {
        for pairs in [0usize, 1, 599, 600, 601, 2000] {
            let mut waveform = Waveform { frames_per_pair: 1, pairs: vec![[-10, 10]; pairs] };
            if let Some(pair) = waveform.pairs.get_mut(pairs / 2) {
                *pair = [-127, 127];
            }
            let drawing = drawing(&waveform);
            assert!(drawing.width <= BARS && drawing.width >= pairs.min(300), "{pairs}");
            assert_eq!(drawing.path.matches('M').count(), drawing.width);
            assert_eq!(drawing.path.matches(" 1h1v126").count(), usize::from(pairs > 0));
        }
    }
}
