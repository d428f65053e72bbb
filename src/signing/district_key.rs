use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Context, Envelope, PublicKey, SecretKey};
use crate::radio::UtcMs;

/// A key of the district's, and how long it signs rundowns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DistrictKey {
    /// Counts the district's keys up from 1.
    pub number: u32,
    /// The key.
    pub key: PublicKey,
    /// The first instant at which it signs.
    pub not_before: UtcMs,
    /// The first instant at which nothing new that it signs is followed.
    pub not_after: UtcMs,
}

/// Why a row of keys is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// There is none.
    #[error("no key is told")]
    None,
    /// One is not signed by the one before it.
    #[error("key {0} is not signed by the one before it")]
    Signature(usize),
    /// One cannot be read.
    #[error("key {0} cannot be read: {1}")]
    Unreadable(usize, String),
    /// One does not count on from the one before it.
    #[error("key {0} has another number")]
    Number(usize),
    /// The one that is trusted is not among them.
    #[error("the key that this station trusts is not among the district's keys")]
    Stranger,
}

impl DistrictKey {
    /// The statement that this is the district's key, signed by the one before it; the first one's by itself.
    ///
    /// # Errors
    /// Only if it could not be written as JSON.
    pub fn seal(&self, by: &SecretKey) -> Result<Envelope, serde_json::Error> {
        Ok(Envelope::seal(Context::DistrictKey, serde_json::to_string(self)?, by))
    }
}

/// Follows a row of keys from the first to the newest, each signed by the one before it. With one that is trusted
/// already, that one must be in the row: so a station that was away for several changes of key finds the newest.
///
/// # Errors
/// The first thing that is wrong in the row.
pub fn newest(keys: &[Envelope], trusted: Option<&DistrictKey>) -> Result<DistrictKey, BadKeys> {
    let mut before: Option<DistrictKey> = None;
    let mut is_known = trusted.is_none();
    for (place, envelope) in (1..).zip(keys) {
        let payload = envelope.open(Context::DistrictKey).map_err(|_| BadKeys::Signature(place))?;
        let key: DistrictKey = serde_json::from_str(payload)
            .map_err(|error| BadKeys::Unreadable(place, error.to_string()))?;
        if usize::try_from(key.number) != Ok(place) {
            return Err(BadKeys::Number(place));
        }
        let signer = before.as_ref().map_or(key.key, |before| before.key);
        if envelope.key != signer {
            return Err(BadKeys::Signature(place));
        }
        is_known |= trusted == Some(&key);
        before = Some(key);
    }
    match before {
        None => Err(BadKeys::None),
        Some(_) if !is_known => Err(BadKeys::Stranger),
        Some(newest) => Ok(newest),
    }
}

/// Whether a key is one of those of which a row speaks. What the row is worth, [`newest`] says.
pub fn speaks_of(keys: &[Envelope], key: &PublicKey) -> bool {
    keys.iter()
        .filter_map(|envelope| serde_json::from_str::<DistrictKey>(&envelope.payload).ok())
        .any(|known| known.key == *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(number: u8) -> SecretKey {
        SecretKey::from_seed(&[number; 32])
    }

    fn key(number: u8) -> DistrictKey {
        DistrictKey {
            number: number.into(),
            key: secret(number).public(),
            not_before: UtcMs(i64::from(number) * 1000),
            not_after: UtcMs(i64::from(number) * 1000 + 5000),
        }
    }

    /// Key 1 by itself, then each by the one before it.
    fn row(until: u8) -> Vec<Envelope> {
        (1..=until).map(|n| key(n).seal(&secret(n.max(2) - 1)).unwrap()).collect()
    }

    #[test]
    fn the_newest_is_found_over_several_changes() {
        assert_eq!(newest(&row(1), None), Ok(key(1)));
        assert_eq!(newest(&row(3), Some(&key(1))), Ok(key(3)));
        assert_eq!(newest(&row(3), Some(&key(3))), Ok(key(3)));
        assert_eq!(newest(&[], Some(&key(1))), Err(BadKeys::None));
        assert!(speaks_of(&row(3), &key(1).key) && speaks_of(&row(3), &key(3).key));
        assert!(!speaks_of(&row(1), &key(2).key));
    }

    #[test]
    fn a_key_that_the_old_one_did_not_sign_is_not_believed() {
        let mut forged = row(2);
        forged[1] = key(2).seal(&secret(2)).unwrap();
        assert_eq!(newest(&forged, Some(&key(1))), Err(BadKeys::Signature(2)));
        let mut skipped = row(3);
        skipped.remove(1);
        assert_eq!(newest(&skipped, Some(&key(1))), Err(BadKeys::Number(2)));
        // A whole row of somebody else's.
        let other = SecretKey::from_seed(&[9; 32]);
        let theirs = DistrictKey { key: other.public(), ..key(1) };
        assert_eq!(newest(&[theirs.seal(&other).unwrap()], Some(&key(1))), Err(BadKeys::Stranger));
        // The same key, said to hold for longer.
        let longer = DistrictKey { not_after: UtcMs(9_000), ..key(1) };
        assert_eq!(
            newest(&[longer.seal(&secret(1)).unwrap()], Some(&key(1))),
            Err(BadKeys::Stranger)
        );
    }
}
