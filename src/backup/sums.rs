//! The list of files with their hashes, as sha256sum writes and reads it.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{BackupError, SUMS};
use crate::private;

/// Each file's SHA-256, by its path in the folder.
#[derive(Debug, Default)]
pub(super) struct Sums(pub(super) BTreeMap<PathBuf, String>);

impl Sums {
    /// # Errors
    /// It is not there, or a line of it is not as `sha256sum` writes it.
    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(SUMS);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::Unfinished(folder.to_owned()));
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(BackupError::Damaged(format!("{SUMS} is no text")));
            }
            text => text.map_err(BackupError::at(&path))?,
        };
        let mut sums = BTreeMap::new();
        for line in text.split_inclusive('\n') {
            let is_hash =
                |hash: &str| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
            let parts = line.strip_suffix('\n').and_then(|line| line.split_once("  "));
            let Some((hash, path)) = parts.filter(|(hash, _)| is_hash(hash)) else {
                return Err(BackupError::Damaged(format!("{SUMS} has a line that is none")));
            };
            sums.insert(PathBuf::from(path), hash.to_owned());
        }
        Ok(Self(sums))
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), BackupError> {
        let lines = self.0.iter().map(|(path, hash)| format!("{hash}  {}\n", path.display()));
        let path = folder.join(SUMS);
        let text: String = lines.collect();
        private::replace(&path, text.as_bytes()).map_err(BackupError::at(&path))
    }
}

/// Copies a file for its owner only, durably; gives its bytes and its SHA-256.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(u64, String), BackupError> {
    if let Some(folder) = to.parent() {
        private::folder(folder).map_err(BackupError::at(folder))?;
    }
    let mut source = File::open(from).map_err(BackupError::at(from))?;
    let failed = BackupError::at(to);
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(to).map_err(&failed)?;
    let read = pour(&mut source, &mut file).map_err(&failed)?;
    file.sync_all().map_err(&failed)?;
    Ok(read)
}

/// Reads a file to its end; gives its bytes and its SHA-256.
pub(super) fn look(path: &Path) -> Result<(u64, String), BackupError> {
    let failed = BackupError::at(path);
    let mut file = File::open(path).map_err(&failed)?;
    pour(&mut file, &mut io::sink()).map_err(&failed)
}

fn pour(from: &mut impl Read, to: &mut impl Write) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok((bytes, hex::encode(hash.finalize()))),
            n => {
                hash.update(&buffer[..n]);
                to.write_all(&buffer[..n])?;
                bytes += n as u64;
            }
        }
    }
}
