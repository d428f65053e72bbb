//! The secrets that sign the log's heads, beside the district's own: `log.key` of the first key, `log-N.key` of the `N`th.
//! Which of them signs now, the log itself says.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::KeyringError;
use crate::signing::{self, NoteKey, SecretKey, Signs};

/// The secrets that are there, by number; mostly one.
#[derive(Debug, Clone)]
pub struct LogSecrets(Vec<(usize, SecretKey)>);

impl LogSecrets {
    /// Reads them; makes the first where there is none.
    ///
    /// # Errors
    /// They cannot be read or made.
    pub(super) fn open(folder: &Path) -> Result<Self, KeyringError> {
        let there = Self::look(folder)?;
        if !there.0.is_empty() {
            return Ok(there);
        }
        Ok(Self(vec![(1, signing::read_or_make(&file(folder, 1))?)]))
    }

    /// Reads them and changes nothing.
    ///
    /// # Errors
    /// They cannot be read.
    pub(super) fn look(folder: &Path) -> Result<Self, KeyringError> {
        let mut there = Vec::new();
        for number in numbers(folder)? {
            there.extend(signing::read(&file(folder, number))?.map(|secret| (number, secret)));
        }
        Ok(Self(there))
    }

    /// The key with which a new log begins, and which gives it its name.
    pub fn first(&self) -> Option<NoteKey> {
        let (_, secret) = self.0.first()?;
        let public = secret.public();
        let name = format!("loa/{}", hex::encode(&public.bytes()[..8]));
        NoteKey::new(&name, Signs::Text, public).ok()
    }

    /// The secret of a key.
    pub fn of(&self, key: &NoteKey) -> Option<&SecretKey> {
        self.numbered(key).map(|(_, secret)| secret)
    }

    /// The same with its number.
    pub(super) fn numbered(&self, key: &NoteKey) -> Option<(usize, &SecretKey)> {
        let found = self.0.iter().find(|(_, secret)| secret.public() == key.key());
        found.map(|(number, secret)| (*number, secret))
    }
}

/// Makes the secret of a number, durably; the one that is there, where somebody began to before.
pub(super) fn make(folder: &Path, number: usize) -> Result<SecretKey, KeyringError> {
    Ok(signing::read_or_make(&file(folder, number))?)
}

/// Removes the secrets below a number: they sign no more.
pub(super) fn forget_before(folder: &Path, number: usize) -> Result<(), KeyringError> {
    for old in numbers(folder)?.into_iter().filter(|old| *old < number) {
        match fs::remove_file(file(folder, old)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(KeyringError::Io { folder: folder.to_owned(), source: error });
            }
            _ => {}
        }
    }
    Ok(())
}

fn file(folder: &Path, number: usize) -> PathBuf {
    folder.join(if number == 1 { "log.key".to_owned() } else { format!("log-{number}.key") })
}

/// The numbers of which there is a file, in order.
fn numbers(folder: &Path) -> Result<Vec<usize>, KeyringError> {
    let trouble = |source| KeyringError::Io { folder: folder.to_owned(), source };
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(trouble)? {
        let name = entry.map_err(trouble)?.file_name();
        let number = match name.to_str() {
            Some("log.key") => Some(1),
            Some(name) => name
                .strip_prefix("log-")
                .and_then(|rest| rest.strip_suffix(".key")?.parse().ok())
                .filter(|number| *number > 1),
            None => None,
        };
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}
