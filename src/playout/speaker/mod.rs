//! Where sound goes.

/// What a speaker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Frames a second, Hz.
    pub sample_rate: u32,
    /// Samples a frame.
    pub channels: u16,
}
