use serde::{Deserialize, Serialize};

use super::{Measure, Warning, Waveform};

/// What is kept of a [`Measure`] to show people: all but what a clip carries itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The codec's short name.
    pub codec: String,
    /// Samples in a frame.
    pub channels: u16,
    /// Integrated loudness in LUFS; none where it is too short to rate.
    pub loudness_lufs: Option<f64>,
    /// True peak in dBTP.
    pub true_peak_dbtp: f64,
    /// Silence before the first sound, in milliseconds.
    pub leading_silence_ms: u64,
    /// Silence after the last sound, in milliseconds.
    pub trailing_silence_ms: u64,
    /// What people should know.
    pub warnings: Vec<Warning>,
    /// A drawing of it.
    pub waveform: Waveform,
}

impl From<&Measure> for Facts {
    fn from(measure: &Measure) -> Self {
        Self {
            codec: measure.format.codec.to_owned(),
            channels: measure.format.channels,
            loudness_lufs: measure.loudness_lufs,
            true_peak_dbtp: measure.true_peak_dbtp,
            leading_silence_ms: measure.leading_silence_ms,
            trailing_silence_ms: measure.trailing_silence_ms,
            warnings: measure.warnings.clone(),
            waveform: measure.waveform.clone(),
        }
    }
}
