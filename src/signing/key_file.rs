use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, spki::der::pem::LineEnding},
};

use super::SecretKey;
use crate::private;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The disk says no.
    #[error("cannot read or make the key {path}: {source}; see that its folder is there and yours")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no key.
    #[error("{0} is no ed25519 key in PEM (RFC 8410): restore it from a backup")]
    NotAKey(PathBuf),
    /// Others may read it.
    #[error(
        "others than its owner may read the key {0}: chmod 600, and change the key if somebody may have read it"
    )]
    Open(PathBuf),
    /// No random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

/// Reads a key from its file, or makes one where there is none: PKCS #8 in PEM (RFC 8410), for its owner only, on disk
/// before it is used.
///
/// # Errors
/// The file cannot be read or made, is no key, or is open to others.
pub fn read_or_make(path: &Path) -> Result<SecretKey, KeyFileError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    let key = SecretKey::generate()?;
    write(path, &key)?;
    Ok(key)
}

/// Reads a key from its file; none where there is none.
///
/// # Errors
/// The file cannot be read, is no key, or is open to others.
pub fn read(path: &Path) -> Result<Option<SecretKey>, KeyFileError> {
    match fs::read_to_string(path) {
        Ok(pem) => {
            if private::is_open(path) {
                return Err(KeyFileError::Open(path.to_owned()));
            }
            let key = SigningKey::from_pkcs8_pem(&pem);
            key.map(|key| Some(SecretKey(key))).map_err(|_| KeyFileError::NotAKey(path.to_owned()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyFileError::Io { path: path.to_owned(), source }),
    }
}

/// Puts a key in the place of the one in a file, if there is one.
///
/// # Errors
/// The disk refuses.
pub fn write(path: &Path, key: &SecretKey) -> Result<(), KeyFileError> {
    let trouble = |source| KeyFileError::Io { path: path.to_owned(), source };
    let pem = key.0.to_pkcs8_pem(LineEnding::LF).map_err(|e| trouble(io::Error::other(e)))?;
    private::replace(path, pem.as_bytes()).map_err(trouble)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let made = read_or_make(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_or_make(&path).unwrap().public(), made.public());
        assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read_or_make(&path), Err(KeyFileError::Open(_))));
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(read_or_make(&path), Err(KeyFileError::NotAKey(_))));
    }
}
