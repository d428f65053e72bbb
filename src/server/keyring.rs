//! The district's keys: a folder with the secret of the newest, and the row of statements by which each is known.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Expiry, LogSecrets};
use crate::{
    private,
    radio::UtcMs,
    signing::{
        self, BadKeys, Context, DistrictKey, Envelope, KeyFileError, PublicKey, SecretKey, newest,
    },
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
    /// The secret is not there.
    #[error(
        "the secret {0} of the district's key is missing: restore the folder from a backup. Without one, move every district-*.json in it away: a new key is made, and every station has to be enrolled again"
    )]
    Lost(PathBuf),
    /// Two changed the key at the same time.
    #[error(
        "the key was changed meanwhile: look with loa key show whether it has to be changed again"
    )]
    Meanwhile,
}

/// The district's keys, ready to sign.
#[derive(Debug, Clone)]
pub struct Keyring {
    folder: PathBuf,
    row: Vec<Envelope>,
    newest: DistrictKey,
    secret: SecretKey,
    /// What signs the log's heads.
    log: LogSecrets,
}

impl Keyring {
    /// Reads the keys from their folder; makes the first where there is none.
    ///
    /// # Errors
    /// They cannot be read or made, or do not fit together.
    pub fn open(folder: &Path, now: UtcMs) -> Result<Self, KeyringError> {
        let trouble = |source| KeyringError::Io { folder: folder.to_owned(), source };
        private::folder(folder).map_err(trouble)?;
        if let Some(there) = Self::look(folder)? {
            forget_before(folder, there.newest.number)?;
            return Ok(Self { log: LogSecrets::open(folder)?, ..there });
        }
        let secret = signing::read_or_make(&secret_of(folder, 1))?;
        let newest = key(1, &secret, now);
        let row = vec![write(folder, &newest, &secret)?];
        let log = LogSecrets::open(folder)?;
        Ok(Self { folder: folder.to_owned(), row, newest, secret, log })
    }

    /// Reads the keys from their folder and changes nothing; none where there are none.
    ///
    /// # Errors
    /// They cannot be read, or do not fit together.
    pub fn look(folder: &Path) -> Result<Option<Self>, KeyringError> {
        let mut row = Vec::new();
        while let Some(statement) = read(folder, row.len() + 1)? {
            row.push(statement);
        }
        if row.is_empty() {
            return Ok(None);
        }
        let newest = newest(&row, None)
            .map_err(|source| KeyringError::Keys { folder: folder.to_owned(), source })?;
        let path = secret_of(folder, newest.number);
        match signing::read(&path)? {
            None => Err(KeyringError::Lost(path)),
            Some(secret) if secret.public() != newest.key => Err(KeyringError::Stranger(path)),
            Some(secret) => {
                let log = LogSecrets::look(folder)?;
                Ok(Some(Self { folder: folder.to_owned(), row, newest, secret, log }))
            }
        }
    }

    /// The keys as they are now, if another program has made a newer one.
    ///
    /// # Errors
    /// They cannot be read, or do not fit together.
    pub fn renewed(&self) -> Result<Option<Self>, KeyringError> {
        if read(&self.folder, self.row.len() + 1)?.is_none() {
            return Ok(None);
        }
        Self::look(&self.folder)
    }

    /// Makes the next key, signed by the newest, and keeps it; stations trust it when they next hear from the district.
    /// The secret of the one before is then removed: whoever finds it later can sign nothing with it.
    ///
    /// # Errors
    /// It cannot be made or kept, or another was made meanwhile.
    pub fn rotate(&self, now: UtcMs) -> Result<Self, KeyringError> {
        let folder = &self.folder;
        let trouble = |source| KeyringError::Io { folder: folder.clone(), source };
        // Two at once would write two keys under one number.
        let lock = fs::File::open(folder).map_err(trouble)?;
        lock.lock().map_err(trouble)?;
        if read(folder, self.row.len() + 1)?.is_some() {
            return Err(KeyringError::Meanwhile);
        }
        let number = self.newest.number + 1;
        // The secret is on disk before anybody hears of the key.
        let secret = signing::read_or_make(&secret_of(folder, number))?;
        let newest = key(number, &secret, now);
        let mut row = self.row.clone();
        row.push(write(folder, &newest, &self.secret)?);
        forget_before(folder, number)?;
        Ok(Self { folder: folder.clone(), row, newest, secret, log: self.log.clone() })
    }

    /// What signs the heads of the log.
    pub fn log(&self) -> &LogSecrets {
        &self.log
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The statements from the first key to the one that signed something; to the newest, if none of them did.
    pub fn row_to(&self, signer: PublicKey) -> &[Envelope] {
        let is_signer = |statement: &Envelope| {
            let key = serde_json::from_str::<DistrictKey>(&statement.payload);
            key.is_ok_and(|key| key.key == signer)
        };
        self.row.iter().rposition(is_signer).map_or(&self.row, |place| &self.row[..=place])
    }

    /// The statements from the first key to the newest.
    pub fn row(&self) -> &[Envelope] {
        &self.row
    }

    /// The key that signs now.
    pub fn newest(&self) -> &DistrictKey {
        &self.newest
    }

    /// The keys from the first to the newest.
    ///
    /// # Errors
    /// A statement cannot be read.
    pub fn keys(&self) -> Result<Vec<DistrictKey>, KeyringError> {
        let read = |(number, statement): (usize, &Envelope)| {
            serde_json::from_str(&statement.payload)
                .map_err(|error| KeyringError::Statement(statement_of(&self.folder, number), error))
        };
        (1..).zip(&self.row).map(read).collect()
    }

    /// When the newest stops to sign, and what to do.
    pub fn expiry(&self) -> Expiry {
        Expiry {
            what: "district-key",
            expires_at: self.newest.not_after,
            remedy: "after that stations take no new rundown, and air what they have; change it with loa key rotate",
        }
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

/// Removes the secrets of the keys that sign no more.
fn forget_before(folder: &Path, number: u32) -> Result<(), KeyringError> {
    for old in 1..number {
        match fs::remove_file(secret_of(folder, old)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(KeyringError::Io { folder: folder.to_owned(), source: error });
            }
            _ => {}
        }
    }
    Ok(())
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
        let second = first.rotate(NOW + LIFE).unwrap();
        let third = second.rotate(NOW + LIFE).unwrap();
        let read = Keyring::open(folder.path(), NOW).unwrap();
        assert_eq!((read.newest(), read.row()), (third.newest(), third.row()));
        assert_eq!(newest(read.row(), Some(first.newest())), Ok(third.newest().clone()));
        let sealed = read.seal(Context::Rundown, "x".to_owned());
        assert_eq!((sealed.key, sealed.open(Context::Rundown)), (third.newest().key, Ok("x")));
        // The old secrets are gone, and one that read the keys before finds the new one.
        let secrets = |folder: &Path| {
            let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
            names
                .filter(|name| name.to_str().unwrap().ends_with(".key") && name != "log.key")
                .collect::<Vec<_>>()
        };
        assert_eq!(secrets(folder.path()), ["district-3.key"]);
        assert_eq!(read.log().first(), first.log().first());
        assert_eq!(first.renewed().unwrap().unwrap().newest(), third.newest());
        assert!(third.renewed().unwrap().is_none());
        assert_eq!(third.row_to(first.newest().key), first.row());
        assert_eq!(third.row_to(third.newest().key), third.row());
        // Nor is a number given twice.
        assert!(matches!(second.rotate(NOW), Err(KeyringError::Meanwhile)));
        // What a power cut left behind is removed at the next start.
        fs::write(folder.path().join("district-2.key"), "").unwrap();
        Keyring::open(folder.path(), NOW).unwrap();
        assert_eq!(secrets(folder.path()), ["district-3.key"]);
    }

    #[test]
    fn a_secret_that_is_lost_or_another_is_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        Keyring::open(folder.path(), NOW).unwrap();
        let secret = folder.path().join("district-1.key");
        fs::remove_file(&secret).unwrap();
        for _ in 0..2 {
            let error = Keyring::open(folder.path(), NOW).unwrap_err();
            assert!(matches!(error, KeyringError::Lost(_)), "{error}");
            assert!(!secret.exists(), "a secret that nobody knows was left behind");
        }
        signing::read_or_make(&secret).unwrap();
        let error = Keyring::open(folder.path(), NOW).unwrap_err();
        assert!(matches!(error, KeyringError::Stranger(_)), "{error}");
    }
}
