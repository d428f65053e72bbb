use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{ClipHash, ClipId};

/// A level change in hundredths of a decibel: an integer, so that what is signed and compared is exact.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
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
    /// The first day that it may air, local; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day that it may air, still inside; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Whether it was put out of use: it airs no more, and all that it aired stays on the record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

impl Clip {
    /// Whether it may air on a local day.
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// How long it sounds, in milliseconds, rounded up.
    pub fn duration_ms(&self) -> u64 {
        (u128::from(self.frames) * 1000)
            .div_ceil(u128::from(self.sample_rate.max(1)))
            .try_into()
            .unwrap_or(u64::MAX)
    }
}
