use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::ClipId;

/// The SHA-256 (FIPS 180-4) of a recording's bytes: what a clip is known by. Text: 64 lower-case hexadecimal digits.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
pub struct ClipHash(pub [u8; 32]);

/// Why a text is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a SHA-256: 64 hexadecimal digits are expected")]
pub struct BadHash(String);

impl fmt::Display for ClipHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ClipHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ClipHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| BadHash(text.to_owned()))?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for ClipHash {
    type Error = BadHash;

    fn try_from(text: String) -> Result<Self, BadHash> {
        text.parse()
    }
}

impl From<ClipHash> for String {
    fn from(hash: ClipHash) -> Self {
        hash.to_string()
    }
}

/// A level change in hundredths of a decibel: an integer, so that what is signed and compared is exact.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct Gain {
    /// Hundredths of a decibel.
    pub centibels: i32,
}

impl Gain {
    /// No change.
    pub const UNITY: Self = Self { centibels: 0 };

    /// The nearest gain to so many decibels, between -120 and +60 dB; not a number is no change.
    pub fn from_db(db: f64) -> Self {
        if db.is_nan() {
            return Self::UNITY;
        }
        #[expect(clippy::cast_possible_truncation, reason = "clamped to what an i32 holds")]
        Self { centibels: (db.clamp(-120.0, 60.0) * 100.0).round() as i32 }
    }

    /// In decibels.
    pub fn db(self) -> f64 {
        f64::from(self.centibels) / 100.0
    }

    /// The factor for a sample.
    pub fn factor(self) -> f32 {
        #[expect(clippy::cast_possible_truncation, reason = "a factor needs no more than an f32")]
        let factor = 10f64.powf(self.db() / 20.0) as f32;
        factor
    }
}

impl std::ops::Add for Gain {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { centibels: self.centibels.saturating_add(other.centibels) }
    }
}

/// One finished recording (bản ghi), never changed: another content is another clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// Its name in rules.
    pub id: ClipId,
    /// Its content.
    pub sha256: ClipHash,
    /// The file's size in bytes.
    pub bytes: u64,
    /// Frames after decoding, exact.
    pub frames: u64,
    /// Frames a second, Hz.
    pub sample_rate: u32,
    /// Its title for people, NFC.
    pub title: String,
    /// The gain that brings it to the house's loudness.
    pub gain: Gain,
    /// The document it carries out, e.g. `12075/UBND-CNTT, 1/9/2020`.
    pub source_document: Option<String>,
    /// Who issued it.
    pub issuing_office: Option<String>,
    /// What is said in it.
    pub transcript: Option<String>,
    /// BCP 47 tag of the language spoken.
    pub language: Option<String>,
    /// Who approved its content for air.
    pub approved_by: Option<String>,
}

impl Clip {
    /// How long it sounds, in milliseconds, rounded up.
    pub fn duration_ms(&self) -> u64 {
        (u128::from(self.frames) * 1000)
            .div_ceil(u128::from(self.sample_rate.max(1)))
            .try_into()
            .unwrap_or(u64::MAX)
    }
}
