//! Integrated loudness (EBU R128, ITU-R BS.1770) and the gain that follows from it.

use ebur128::{EbuR128, Mode};

use super::verdict::Limits;
use crate::radio::Gain;

/// Measures integrated loudness.
pub(super) struct Loudness(Option<EbuR128>);

impl Loudness {
    /// A meter; where the crate knows no such rate, one that measures nothing.
    pub(super) fn new(sample_rate: u32, channels: u16) -> Self {
        Self(EbuR128::new(u32::from(channels), sample_rate, Mode::I).ok())
    }

    /// Listens to interleaved samples, whole frames.
    pub(super) fn add(&mut self, samples: &[f32]) {
        if let Some(meter) = &mut self.0
            && meter.add_frames_f32(samples).is_err()
        {
            self.0 = None;
        }
    }

    /// In LUFS; none where less than 400 ms is louder than -70 LUFS.
    pub(super) fn finish(self) -> Option<f64> {
        self.0?.loudness_global().ok().filter(|lufs| lufs.is_finite())
    }
}

/// The gain that brings a recording to the house's loudness, as far as its peaks allow.
pub(super) fn gain(loudness_lufs: Option<f64>, true_peak_dbtp: f64, limits: &Limits) -> Gain {
    let wanted = loudness_lufs.map_or(0.0, |lufs| limits.target_lufs - lufs);
    let allowed = limits.ceiling_dbtp - true_peak_dbtp;
    // Rounded down, so that the ceiling holds.
    Gain::from_db((wanted.min(allowed) * 100.0).floor() / 100.0)
}
