use std::{fmt, fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::{Keep, KeepError};
use crate::{
    private,
    radio::{Pin, StationId},
    signing::DistrictKey,
};

/// The file's name in the station's folder.
const FILE: &str = "station.json";

/// So many numbers of records are given out at once: the file is not to be written for each record.
const BLOCK: u64 = 256;

/// Who the station is, to whom, and what it must never forget. It lies beside the database, so that a damaged one can be
/// replaced.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The district's address.
    pub server: String,
    /// The station's name.
    pub station: StationId,
    /// What it shows at every call.
    pub token: String,
    /// The hash of the code by which it enrolled, so that another code is known to be another.
    pub code_sha256: String,
    /// The newest key of the district's that the station knows: whatever orders airings is signed with it.
    pub district_key: DistrictKey,
    /// The key of the certificate that the district shows, where it made that itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    /// The highest version of a rundown that it ever took.
    #[serde(default)]
    pub rundown_version: u64,
    /// No record with a number beyond this one was ever made. Raised before the first of a block of numbers is used.
    #[serde(default)]
    pub sequence_mark: u64,
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchor")
            .field("server", &self.server)
            .field("station", &self.station)
            .field("district_key", &self.district_key)
            .field("pin", &self.pin)
            .field("rundown_version", &self.rundown_version)
            .field("sequence_mark", &self.sequence_mark)
            .finish_non_exhaustive()
    }
}

impl Anchor {
    /// Reads it from the station's folder; none before enrolment.
    ///
    /// # Errors
    /// It cannot be read, or is not what was written.
    pub fn read(folder: &Path) -> Result<Option<Self>, KeepError> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeepError::Folder { path: folder.to_owned(), source }),
        }
    }

    /// Whether the station has made more records than a store knows whose last one this is.
    pub(super) fn is_ahead_of(&self, sequence: u64) -> bool {
        self.sequence_mark.saturating_sub(sequence) > BLOCK
    }
}

impl Keep {
    /// Who the station is; none before enrolment.
    pub async fn anchor(&self) -> Option<Anchor> {
        self.anchor.lock().await.clone()
    }

    /// Remembers who the station is, durably. The mark of its numbers only rises.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn set_anchor(&self, mut anchor: Anchor) -> Result<(), KeepError> {
        let mut known = self.anchor.lock().await;
        let mark = known.as_ref().map_or(0, |known| known.sequence_mark);
        anchor.sequence_mark = anchor.sequence_mark.max(mark);
        self.put(&mut known, anchor)
    }

    /// Makes sure, durably, that a number lies below the mark. A station that is not enrolled has none.
    pub(super) async fn give_out(&self, sequence: u64) -> Result<(), KeepError> {
        let mut known = self.anchor.lock().await;
        match known.clone() {
            Some(anchor) if anchor.sequence_mark < sequence => {
                let sequence_mark = sequence.saturating_add(BLOCK - 1);
                self.put(&mut known, Anchor { sequence_mark, ..anchor })
            }
            _ => Ok(()),
        }
    }

    fn put(&self, known: &mut Option<Anchor>, anchor: Anchor) -> Result<(), KeepError> {
        if known.as_ref() == Some(&anchor) {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&anchor)?;
        private::replace(&self.folder.join(FILE), &text)
            .map_err(|source| KeepError::Folder { path: self.folder.clone(), source })?;
        *known = Some(anchor);
        Ok(())
    }
}
