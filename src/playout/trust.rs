//! Which rundowns a station follows. Pure: the station tells the time, if it knows it.

use crate::{
    radio::{StationId, UtcMs},
    signing::{BadKeys, Context, DistrictKey, newest},
    wire::{Rundown, SignedRundown},
};

/// What a station holds on to when it is sent a rundown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// Who it is.
    pub station: StationId,
    /// The newest key of the district's that it knows.
    pub key: DistrictKey,
    /// The highest version that it ever took.
    pub version: u64,
}

/// A rundown that is followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// What is to air.
    pub rundown: Rundown,
    /// The key that signed it: what the station trusts from now on.
    pub key: DistrictKey,
}

/// Why a rundown is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not as the district signed it, or not signed by it.
    #[error("its signature does not fit")]
    BadSignature,
    /// The row of keys does not lead from the key that the station trusts to the one that signed.
    #[error("{0}; if the district has lost its keys, enrol the station again")]
    UnknownKey(#[from] BadKeys),
    /// It has fields that this station does not know, or lacks some.
    #[error("it cannot be read: {0}; a newer station may know how")]
    Unreadable(String),
    /// It is somebody else's.
    #[error("it is for station {0}")]
    OtherStation(String),
    /// The station took a newer one.
    #[error("its version {version} is older than {highest}")]
    OlderVersion {
        /// Its version.
        version: u64,
        /// The highest that the station took.
        highest: u64,
    },
    /// Its time, or its key's, has not begun.
    #[error("it is not valid before {0}: see that the clocks of district and station are right")]
    NotYetValid(UtcMs),
    /// Its time is over.
    #[error("it is not to be taken after {0}")]
    Expired(UtcMs),
    /// Its key's time is over.
    #[error(
        "the district's key expired at {0}: change it with loa key rotate. What the station has goes on airing"
    )]
    KeyExpired(UtcMs),
}

impl Refused {
    /// A code that stays.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadSignature => "bad-signature",
            Self::UnknownKey(_) => "unknown-key",
            Self::Unreadable(_) => "unreadable",
            Self::OtherStation(_) => "other-station",
            Self::OlderVersion { .. } => "older-version",
            Self::NotYetValid(_) => "not-yet-valid",
            Self::Expired(_) => "expired",
            Self::KeyExpired(_) => "key-expired",
        }
    }
}

impl Trust {
    /// Whether what the district sends is to be followed. Without a time that can be believed, its dates are not asked:
    /// a station that does not know the day must still be told what is new.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn judge(&self, sent: &SignedRundown, now: Option<UtcMs>) -> Result<Taken, Refused> {
        let taken = self.open(sent)?;
        let Taken { rundown, key } = &taken;
        if rundown.version < self.version {
            let (version, highest) = (rundown.version, self.version);
            return Err(Refused::OlderVersion { version, highest });
        }
        if let Some(now) = now {
            if now < rundown.not_before.max(key.not_before) {
                return Err(Refused::NotYetValid(rundown.not_before.max(key.not_before)));
            }
            if now >= rundown.not_after {
                return Err(Refused::Expired(rundown.not_after));
            }
            if now >= key.not_after {
                return Err(Refused::KeyExpired(key.not_after));
            }
        }
        Ok(taken)
    }

    /// Reads one that was taken before: its dates and its version were asked then, and it does not expire.
    ///
    /// # Errors
    /// It is not as it was taken.
    pub fn open(&self, sent: &SignedRundown) -> Result<Taken, Refused> {
        let payload = sent.rundown.open(Context::Rundown).map_err(|_| Refused::BadSignature)?;
        let key = newest(&sent.keys, Some(&self.key))?;
        if sent.rundown.key != key.key {
            return Err(Refused::BadSignature);
        }
        let rundown: Rundown = serde_json::from_str(payload)
            .map_err(|error| Refused::Unreadable(error.to_string()))?;
        if rundown.station != self.station {
            return Err(Refused::OtherStation(rundown.station.to_string()));
        }
        let stray = |id: &crate::radio::AiringId| id.station() != self.station.as_str();
        if let Some(airing) = rundown.airings.iter().find(|airing| stray(&airing.id)) {
            return Err(Refused::OtherStation(airing.id.station().to_owned()));
        }
        Ok(Taken { rundown, key })
    }
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
