use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How loud a station is, in percent of its full amplitude: 0 is silence, 100 no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schema(value_type = u8, maximum = 100)]
pub struct Volume(u8);

/// Why a number is no volume.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no volume: write a whole number from 0 to 100")]
pub struct BadVolume(String);

impl Volume {
    /// No change.
    pub const FULL: Self = Self(100);

    /// 0 to 100.
    pub fn percent(self) -> u8 {
        self.0
    }

    /// The factor for a sample.
    pub fn factor(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

impl Default for Volume {
    fn default() -> Self {
        Self::FULL
    }
}

impl TryFrom<u8> for Volume {
    type Error = BadVolume;

    fn try_from(percent: u8) -> Result<Self, BadVolume> {
        if percent <= 100 { Ok(Self(percent)) } else { Err(BadVolume(percent.to_string())) }
    }
}

impl From<Volume> for u8 {
    fn from(volume: Volume) -> Self {
        volume.0
    }
}

impl FromStr for Volume {
    type Err = BadVolume;

    fn from_str(text: &str) -> Result<Self, BadVolume> {
        let percent: u8 = text.trim().parse().map_err(|_| BadVolume(text.to_owned()))?;
        percent.try_into()
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_volume_is_half_of_every_sample() {
        for (percent, factor) in [(100, 1.0), (50, 0.5), (10, 0.1), (0, 0.0)] {
            let got = Volume(percent).factor();
            assert!((got - factor).abs() < 1e-6, "{percent} %: {got}");
        }
    }

    #[test]
    fn a_volume_is_a_whole_percentage() {
        assert_eq!(" 80 ".parse::<Volume>().map(Volume::percent), Ok(80));
        for text in ["101", "-1", "50.5", "", "loud", "256"] {
            assert_eq!(text.parse::<Volume>(), Err(BadVolume(text.to_owned())));
        }
        assert!(serde_json::from_str::<Volume>("101").is_err());
        assert_eq!(serde_json::to_string(&Volume::FULL).unwrap(), "100");
    }
}
