use super::LogKey;
use crate::{
    radio::UtcMs,
    signing::{BadNote, Context, NoteKey, SecretKey, Signature, Signs},
};

/// The keys with which a log's heads are signed, each named by the one before it.
///
/// A head is signed by the last key that is named among its entries: the first head that holds the name of a new key is the
/// first that the new key signs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogKeys(Vec<(u64, NoteKey)>);

/// Why a key is not taken for the log's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLogKey {
    /// It is none.
    #[error(transparent)]
    Key(#[from] BadNote),
    /// It signs something else.
    #[error("{0} is a key of another kind")]
    Kind(String),
    /// It has another name than the log.
    #[error("the log is called {0}, and this key is of another")]
    Name(String),
    /// The one before it did not sign it.
    #[error("the log has a key already, {0}, and that one did not sign this")]
    Unsigned(String),
    /// It says that there was one before it.
    #[error("it is the log's first key, and says that another signed it")]
    First,
    /// An entry cannot be read.
    #[error("the entry of the log's key cannot be read: {0}")]
    Entry(String),
}

impl LogKey<'static> {
    /// The statement that a key follows the one that signs it.
    pub fn after(at: UtcMs, key: &NoteKey, by: &SecretKey) -> Self {
        let key = key.to_string();
        let signature = by.sign(Context::LogKey, &key).to_string();
        Self { at, key: key.into(), signature: Some(signature.into()) }
    }
}

impl LogKeys {
    /// Begins with a key that is known from elsewhere.
    pub fn of(known: NoteKey) -> Self {
        Self(vec![(0, known)])
    }

    /// Reads them from entries that say who may sign, each with its number.
    ///
    /// # Errors
    /// The first that is not taken.
    pub fn read(entries: &[(u64, String)]) -> Result<Self, BadLogKey> {
        let mut keys = Self::default();
        for (index, line) in entries {
            if line.starts_with(r#"{"kind":"log-key""#) {
                let entry = serde_json::from_str(line)
                    .map_err(|error: serde_json::Error| BadLogKey::Entry(error.to_string()))?;
                keys.enter(*index, &entry)?;
            }
        }
        Ok(keys)
    }

    /// Takes the key that an entry names.
    ///
    /// # Errors
    /// It is no key of this log, or the one before it did not sign it.
    pub fn enter(&mut self, index: u64, entry: &LogKey<'_>) -> Result<(), BadLogKey> {
        let key: NoteKey = entry.key.parse()?;
        if key.signs() != Signs::Text {
            return Err(BadLogKey::Kind(entry.key.to_string()));
        }
        match (self.newest(), &entry.signature) {
            (None, None) => {}
            (None, Some(_)) => return Err(BadLogKey::First),
            (Some(before), signature) => {
                let signature = signature.as_ref().and_then(|text| text.parse::<Signature>().ok());
                let is_signed = signature.is_some_and(|signature| {
                    before.key().check(Context::LogKey, &entry.key, &signature).is_ok()
                });
                if !is_signed {
                    return Err(BadLogKey::Unsigned(before.to_string()));
                }
                if key.name() != before.name() {
                    return Err(BadLogKey::Name(before.name().to_owned()));
                }
            }
        }
        self.0.push((index, key));
        Ok(())
    }

    /// The key that signs a head of so many entries.
    pub fn signer_of(&self, size: u64) -> Option<&NoteKey> {
        self.0.iter().rev().find(|(index, _)| *index < size).map(|(_, key)| key)
    }

    /// The last of them.
    pub fn newest(&self) -> Option<&NoteKey> {
        self.0.last().map(|(_, key)| key)
    }

    /// Whether a key is one of them.
    pub fn hold(&self, key: &NoteKey) -> bool {
        self.0.iter().any(|(_, known)| known == key)
    }

    /// The entries at which the key was changed.
    pub fn changes(&self) -> impl Iterator<Item = u64> {
        self.0.iter().skip(1).map(|(index, _)| *index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(number: u8) -> SecretKey {
        SecretKey::from_seed(&[number; 32])
    }

    fn key(name: &str, number: u8) -> NoteKey {
        NoteKey::new(name, Signs::Text, secret(number).public()).unwrap()
    }

    fn first(number: u8) -> LogKey<'static> {
        LogKey { at: UtcMs(0), key: key("loa/a", number).to_string().into(), signature: None }
    }

    #[test]
    fn a_head_is_signed_by_the_last_key_under_it() {
        let mut keys = LogKeys::default();
        assert_eq!(keys.signer_of(9), None);
        keys.enter(2, &first(1)).unwrap();
        keys.enter(7, &LogKey::after(UtcMs(1), &key("loa/a", 2), &secret(1))).unwrap();
        keys.enter(8, &LogKey::after(UtcMs(2), &key("loa/a", 3), &secret(2))).unwrap();
        let signer = |size| keys.signer_of(size).cloned();
        assert_eq!(signer(2), None);
        assert_eq!([3, 7].map(signer), [1, 1].map(|number| Some(key("loa/a", number))));
        assert_eq!([8, 9].map(signer), [2, 3].map(|number| Some(key("loa/a", number))));
        assert!(keys.hold(&key("loa/a", 1)) && !keys.hold(&key("loa/a", 4)));
        assert_eq!(keys.changes().collect::<Vec<_>>(), [7, 8]);
    }

    #[test]
    fn a_key_that_the_one_before_did_not_sign_is_not_taken() {
        let mut keys = LogKeys::of(key("loa/a", 1));
        let unsigned = Err(BadLogKey::Unsigned(key("loa/a", 1).to_string()));
        assert_eq!(keys.enter(5, &first(2)), unsigned);
        let by_itself = LogKey::after(UtcMs(1), &key("loa/a", 2), &secret(2));
        assert_eq!(keys.enter(5, &by_itself), unsigned);
        let of_another = LogKey::after(UtcMs(1), &key("loa/b", 2), &secret(1));
        assert_eq!(keys.enter(5, &of_another), Err(BadLogKey::Name("loa/a".to_owned())));
        let mut bent = LogKey::after(UtcMs(1), &key("loa/a", 2), &secret(1));
        bent.key = key("loa/a", 3).to_string().into();
        assert_eq!(keys.enter(5, &bent), unsigned);
        assert_eq!(keys.changes().count(), 0);
        let witness = NoteKey::new("loa/a", Signs::Sight, secret(2).public()).unwrap();
        let witness = LogKey::after(UtcMs(1), &witness, &secret(1));
        assert!(matches!(keys.enter(5, &witness), Err(BadLogKey::Kind(_))));
        let second = LogKey::after(UtcMs(1), &key("loa/a", 2), &secret(1));
        assert_eq!(LogKeys::default().enter(0, &second), Err(BadLogKey::First));
    }
}
