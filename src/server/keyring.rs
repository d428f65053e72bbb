//! The district's keys: a folder with the secret of the newest, and the row of statements by which each is known.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    private,
    radio::UtcMs,
    signing::{self, BadKeys, Context, DistrictKey, Envelope, KeyFileError, SecretKey, newest},
};

/// How long a key signs.
const LIFE: Duration = Duration::from_hours(365 * 24);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A key's file.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The disk says no.
    #[error("cannot read or write the district's keys in {folder}: {source}")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The statements do not follow from each other.
    #[error(
        "the district's keys in {folder} are not believed: {source}; restore the folder from a backup"
    )]
    Keys {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        source: BadKeys,
    },
    /// A statement is no JSON.
    #[error("the statement {0} cannot be read: {1}; restore it from a backup")]
    Statement(PathBuf, serde_json::Error),
    /// The secret is another key's.
    #[error(
        "{0} is not the secret of the key that its statement names; restore both from a backup"
    )]
    Stranger(PathBuf),
}

/// The district's keys, ready to sign.
#[derive(Debug, Clone)]
pub struct Keyring {
    row: Vec<Envelope>,
    newest: DistrictKey,
    secret: SecretKey,
}

impl Keyring {
    /// Reads the keys from their folder; makes the first where there is none.
    ///
    /// # Errors
    /// They cannot be read or made, or do not fit together.
    pub fn open(folder: &Path, now: UtcMs) -> Result<Self, KeyringError> {
        let trouble = |source| KeyringError::Io { folder: folder.to_owned(), source };
        private::folder(folder).map_err(trouble)?;
        let mut row = Vec::new();
        while let Some(statement) = read(folder, row.len() + 1)? {
            row.push(statement);
        }
        if row.is_empty() {
            let secret = signing::read_or_make(&secret_of(folder, 1))?;
            let key = key(1, &secret, now);
            row.push(write(folder, &key, &secret)?);
        }
        let newest = newest(&row, None)
            .map_err(|source| KeyringError::Keys { folder: folder.to_owned(), source })?;
        let path = secret_of(folder, newest.number);
        let secret = signing::read_or_make(&path)?;
        if secret.public() != newest.key {
            return Err(KeyringError::Stranger(path));
        }
        Ok(Self { row, newest, secret })
    }

    /// Makes the next key, signed by the newest, and keeps it; stations trust it when they next hear from the district.
    ///
    /// # Errors
    /// It cannot be made or kept.
    pub fn rotate(&self, folder: &Path, now: UtcMs) -> Result<Self, KeyringError> {
        let number = self.newest.number + 1;
        // The secret is on disk before anybody hears of the key.
        let secret = signing::read_or_make(&secret_of(folder, number))?;
        let newest = key(number, &secret, now);
        let mut row = self.row.clone();
        row.push(write(folder, &newest, &self.secret)?);
        Ok(Self { row, newest, secret })
    }

    /// The statements from the first key to the newest.
    pub fn row(&self) -> &[Envelope] {
        &self.row
    }

    /// The key that signs now.
    pub fn newest(&self) -> &DistrictKey {
        &self.newest
    }

    /// Signs with the newest key.
    pub fn seal(&self, context: Context, payload: String) -> Envelope {
        Envelope::seal(context, payload, &self.secret)
    }
}

fn key(number: u32, secret: &SecretKey, now: UtcMs) -> DistrictKey {
    // A station's clock may be behind the district's.
    let not_before = now - Duration::from_hours(24);
    DistrictKey { number, key: secret.public(), not_before, not_after: now + LIFE }
}

fn secret_of(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("district-{number}.key"))
}

fn statement_of(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("district-{number}.json"))
}

fn read(folder: &Path, number: usize) -> Result<Option<Envelope>, KeyringError> {
    let path = statement_of(folder, number);
    match fs::read(&path) {
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(statement) => Ok(Some(statement)),
            Err(error) => Err(KeyringError::Statement(path, error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyringError::Io { folder: folder.to_owned(), source }),
    }
}

fn write(folder: &Path, key: &DistrictKey, by: &SecretKey) -> Result<Envelope, KeyringError> {
    let trouble = |source| KeyringError::Io { folder: folder.to_owned(), source };
    let path = statement_of(folder, usize::try_from(key.number).unwrap_or(usize::MAX));
    let statement = key.seal(by).map_err(|error| trouble(error.into()))?;
    let text = serde_json::to_vec(&statement).map_err(|error| trouble(error.into()))?;
    private::replace(&path, &text).map_err(trouble)?;
    Ok(statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMs = UtcMs(1_601_503_200_000);

    #[test]
    fn keys_are_made_once_and_each_new_one_is_signed_by_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keyring::open(folder.path(), NOW).unwrap();
        let again = Keyring::open(folder.path(), NOW + LIFE).unwrap();
        assert_eq!(again.newest(), first.newest());
        let second = first.rotate(folder.path(), NOW + LIFE).unwrap();
        let third = second.rotate(folder.path(), NOW + LIFE).unwrap();
        let read = Keyring::open(folder.path(), NOW).unwrap();
        assert_eq!((read.newest(), read.row()), (third.newest(), third.row()));
        assert_eq!(newest(read.row(), Some(first.newest())), Ok(third.newest().clone()));
        let sealed = read.seal(Context::Rundown, "x".to_owned());
        assert_eq!((sealed.key, sealed.open(Context::Rundown)), (third.newest().key, Ok("x")));
    }

    #[test]
    fn a_secret_that_is_lost_or_another_is_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        Keyring::open(folder.path(), NOW).unwrap();
        fs::remove_file(folder.path().join("district-1.key")).unwrap();
        let error = Keyring::open(folder.path(), NOW).unwrap_err();
        assert!(matches!(error, KeyringError::Stranger(_)), "{error}");
    }
}
