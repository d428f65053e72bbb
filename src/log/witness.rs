//! What a witness vouches for: that a log only ever grew since it first looked.

use serde::{Deserialize, Serialize};

use super::{Checkpoint, Hash, Head, LogKey, LogKeys, verify_consistency};
use crate::signing::{BadNote, Note, NoteKey};

/// Why a witness does not co-sign a head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not the log's word.
    #[error("the checkpoint is not believed: {0}")]
    Note(#[from] BadNote),
    /// The note holds none.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(#[from] super::BadCheckpoint),
    /// Another log.
    #[error("this is a checkpoint of the log {found}, and not of {wanted}")]
    Stranger {
        /// Whose it is.
        found: String,
        /// Whose it is to be.
        wanted: String,
    },
    /// The log shrank.
    #[error("the log has {now} entries, and had {before}: some were taken away")]
    Shorter {
        /// Entries now.
        now: u64,
        /// Entries when the witness looked last.
        before: u64,
    },
    /// Two heads of one size.
    #[error(
        "the log has another {0} entries than when this witness looked last: it shows two people two histories"
    )]
    Split(u64),
    /// No proof, or one that proves nothing.
    #[error(
        "the log of {now} entries does not extend the one of {before} that this witness saw: it was rewritten"
    )]
    Rewritten {
        /// Entries now.
        now: u64,
        /// Entries when the witness looked last.
        before: u64,
    },
}

/// What a witness remembers of a log. Text: the log's key, then the newest head that it has seen, if it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The log's key, as notes write it.
    pub log: String,
    /// `SIZE:ROOT` of the newest head.
    pub head: Option<String>,
    /// The key that follows the log's first in which this witness believed, if it was changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signs: Option<String>,
}

impl Seen {
    /// The newest head.
    ///
    /// # Errors
    /// What was kept cannot be read.
    pub fn head(&self) -> Result<Option<Head>, Refused> {
        Ok(self.head.as_deref().map(str::parse).transpose()?)
    }

    /// The key with which the log's heads are signed, as far as this witness knows.
    ///
    /// # Errors
    /// What was kept cannot be read.
    pub fn key(&self) -> Result<NoteKey, BadNote> {
        self.signs.as_deref().unwrap_or(&self.log).parse()
    }

    /// What the witness remembers once it was told the log's keys, oldest first: it follows each that is signed by the one
    /// before it, and passes over the rest.
    ///
    /// # Errors
    /// What was kept cannot be read.
    pub fn following(self, told: &[LogKey<'_>]) -> Result<Self, BadNote> {
        let mut keys = LogKeys::of(self.key()?);
        let followed = told.iter().filter(|entry| keys.enter(0, entry).is_ok()).count();
        let newest = keys.newest().filter(|_| followed > 0);
        Ok(Self { signs: newest.map(NoteKey::to_string).or(self.signs), ..self })
    }

    /// What the witness remembers once it has seen this checkpoint, if that extends what it saw before.
    ///
    /// # Errors
    /// Why it must not be co-signed.
    pub fn after(&self, note: &Note, proof: &[Hash]) -> Result<Self, Refused> {
        let key = self.key()?;
        note.signed_by(&key)?;
        let Checkpoint { origin, head } = note.text().parse()?;
        if origin != key.name() {
            return Err(Refused::Stranger { found: origin, wanted: key.name().to_owned() });
        }
        if let Some(before) = self.head()? {
            let (old, new) = ((before.size, &before.root), (head.size, &head.root));
            match head.size.cmp(&before.size) {
                std::cmp::Ordering::Less => {
                    return Err(Refused::Shorter { now: head.size, before: before.size });
                }
                std::cmp::Ordering::Equal if head != before => {
                    return Err(Refused::Split(head.size));
                }
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => verify_consistency(old, new, proof)
                    .map_err(|_| Refused::Rewritten { now: head.size, before: before.size })?,
            }
        }
        Ok(Self { head: Some(head.to_string()), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Frontier, tree::tests::leaves},
        *,
    };
    use crate::{
        radio::UtcMs,
        signing::{SecretKey, Signs},
    };

    fn note(by: u8, origin: &str, head: Head) -> Note {
        let text = Checkpoint { origin: origin.to_owned(), head }.to_string();
        let mut note = Note::new(text).unwrap();
        note.sign("loa/a", &SecretKey::from_seed(&[by; 32])).unwrap();
        note
    }

    #[test]
    fn a_witness_follows_one_history_only() {
        let leaves = leaves(8);
        let head = |leaves: &[Hash]| {
            let mut tree = Frontier::default();
            leaves.iter().for_each(|leaf| tree.push(*leaf));
            Head { size: tree.size(), root: tree.root() }
        };
        let key = SecretKey::from_seed(&[1; 32]).public();
        let log = NoteKey::new("loa/a", Signs::Text, key).unwrap().to_string();
        let new = Seen { log, head: None, signs: None };
        let at_4 = head(&leaves[..4]);
        let seen = new.after(&note(1, "loa/a", at_4), &[]).unwrap();
        assert_eq!(seen.head(), Ok(Some(at_4)));
        assert_eq!(seen.after(&note(1, "loa/a", at_4), &[]), Ok(seen.clone()));

        let whole = head(&leaves);
        let right = head(&leaves[4..]).root;
        assert_eq!(seen.after(&note(1, "loa/a", whole), &[right]).unwrap().head(), Ok(Some(whole)));
        let rewritten = Err(Refused::Rewritten { now: 8, before: 4 });
        assert_eq!(seen.after(&note(1, "loa/a", whole), &[]), rewritten);
        let other = head(&leaves[1..5]);
        assert_eq!(seen.after(&note(1, "loa/a", other), &[]), Err(Refused::Split(4)));
        let shorter = Err(Refused::Shorter { now: 3, before: 4 });
        assert_eq!(seen.after(&note(1, "loa/a", head(&leaves[..3])), &[]), shorter);
        assert!(matches!(seen.after(&note(2, "loa/a", whole), &[right]), Err(Refused::Note(_))));
        let strange = seen.after(&note(1, "loa/b", whole), &[right]);
        assert!(matches!(strange, Err(Refused::Stranger { .. })));

        // The key is changed, twice while nobody looked: what the old one signed is followed, and nothing else.
        let secret = |number: u8| SecretKey::from_seed(&[number; 32]);
        let named =
            |number: u8| NoteKey::new("loa/a", Signs::Text, secret(number).public()).unwrap();
        let after = |number: u8| LogKey::after(UtcMs(0), &named(number), &secret(number - 1));
        let first = LogKey { at: UtcMs(0), key: named(1).to_string().into(), signature: None };
        let told = [first, after(2), after(3)];
        let followed = seen.clone().following(&told).unwrap();
        assert_eq!((followed.key(), &followed.log), (Ok(named(3)), &seen.log));
        let later = followed.after(&note(3, "loa/a", whole), &[right]).unwrap();
        assert_eq!(later.clone().following(&told), Ok(later.clone()), "it goes on from there");
        assert!(matches!(later.after(&note(2, "loa/a", whole), &[]), Err(Refused::Note(_))));
        let skipped = seen.clone().following(&[after(3)]).unwrap();
        assert_eq!(skipped, seen);
    }
}
