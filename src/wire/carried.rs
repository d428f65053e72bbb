//! What goes over a USB stick where there is no line. What is on the line the words of one call is here signed.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::ReceiptResult;
use crate::{
    radio::{RecordHash, StationId, UtcMs},
    signing::{BadKeys, Context, DistrictKey, Envelope, PublicKey, newest},
};

/// A word of the district's, with the row of its keys that says whose signature counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistrictWord {
    /// The district's keys from the first to the newest.
    pub keys: Vec<Envelope>,
    /// What it says, signed by the newest.
    pub word: Envelope,
}

/// Why a word is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWord {
    /// Not as the district signed it, or not signed by it.
    #[error("its signature does not fit")]
    Signature,
    /// The row of keys does not lead to the one that signed.
    #[error(transparent)]
    Keys(#[from] BadKeys),
    /// It has fields that this program does not know, or lacks some.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

impl DistrictWord {
    /// What it says, if the district said it that the station trusts; without one, whichever district the row tells of.
    ///
    /// # Errors
    /// It is not to be believed.
    pub fn open<T: DeserializeOwned>(
        &self,
        context: Context,
        trusted: Option<&DistrictKey>,
    ) -> Result<(T, DistrictKey), BadWord> {
        let key = newest(&self.keys, trusted)?;
        if self.word.key != key.key {
            return Err(BadWord::Signature);
        }
        let payload = self.word.open(context).map_err(|_| BadWord::Signature)?;
        let says = serde_json::from_str(payload).map_err(|e| BadWord::Unreadable(e.to_string()))?;
        Ok((says, key))
    }
}

/// Which of a station's records the district has on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedReceipts {
    /// Whose.
    pub station: StationId,
    /// When the district looked.
    pub at: UtcMs,
    /// The records that it has, in runs without a gap.
    pub held: Vec<Run>,
    /// Those that it would not take.
    pub refused: Vec<RefusedRecord>,
}

/// Records that follow from each other without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The first number.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// The hash of the last, which by the chain speaks for all before it.
    pub hash: RecordHash,
}

/// A record that the district would not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedRecord {
    /// Its hash.
    pub hash: RecordHash,
    /// What became of it.
    pub result: ReceiptResult,
    /// Why.
    pub why: Option<String>,
}

/// A station without a line asks to be known. Signed with the key that the one-time code stands for, so that the code
/// itself need not lie on a stick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedRequest {
    /// The key with which the station will sign its records.
    pub public_key: PublicKey,
    /// The player's name and version.
    pub software: String,
}

/// The district knows the station from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedEnrolment {
    /// Who the station is.
    pub station: StationId,
    /// The key that it asked with.
    pub public_key: PublicKey,
}

/// How a station without a line stands. Signed with its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedState {
    /// Which.
    pub station: StationId,
    /// The highest version of a rundown that it took; 0: none. It takes none below.
    pub rundown_version: u64,
}
