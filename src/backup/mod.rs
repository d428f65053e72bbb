//! Everything that a district is, in a folder: its database as lines of JSON, its keys, its clips and photographs.
//!
//! ```text
//! backup.json              when, of what version, how many files and bytes, and each table with its hash
//! database/TABLE.jsonl     a row a line
//! keys/  clips/            as they lie in the district's folder, the keys sealed as they are
//! SHA256SUMS               every file above, as `sha256sum --check SHA256SUMS` reads it
//! ```
//!
//! `SHA256SUMS` is written last: a folder without it is no backup.

mod make;
mod restore;
mod sums;

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use self::{make::make, restore::restore};
use crate::{
    radio::UtcMs,
    store::{CopyError, DatabaseCopy},
};

const SUMS: &str = "SHA256SUMS";
const MANIFEST: &str = "backup.json";
const DATABASE: &str = "database";
/// What is copied as it lies.
const FOLDERS: [&str; 2] = ["keys", "clips"];
/// The form of backups that this Loa makes and reads.
const FORM: u32 = 1;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of the folder.
    pub form: u32,
    /// The Loa that made it.
    pub software: String,
    /// When it was begun.
    pub made_at: UtcMs,
    /// Files beside this one and the sums.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Clips that were damaged on the district's disk, and are not in the backup.
    pub damaged: Vec<String>,
    /// The database.
    pub database: DatabaseCopy,
}

/// Why there is no backup, or nothing was restored from one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something is there already.
    #[error("{} is not empty: name a folder that is not there yet, nothing is overwritten", .0.display())]
    NotEmpty(PathBuf),
    /// It was not finished.
    #[error("{} is no whole backup: it has no {SUMS}, which is written last; take another", .0.display())]
    Unfinished(PathBuf),
    /// A file is not what it was.
    #[error("the backup is damaged: {0}; take another, nothing was restored")]
    Damaged(String),
    /// It is whole, and not the record that it was made of.
    #[error("the backup is not what it was made of: {0}; take another, nothing was restored")]
    Unproven(String),
    /// Another Loa made it.
    #[error("the backup is of form {0}, which this Loa does not read: restore it with a newer one")]
    Form(u32),
    /// The database.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The disk says no.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl BackupError {
    fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// Whether nothing is there, or an empty folder.
fn is_free(path: &Path) -> Result<bool, BackupError> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(BackupError::at(path)(error)),
    }
}

/// Whether a file that is named by its content has another.
fn is_rotten(file: &Path, sha256: &str) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_hash = name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
    is_hash && name != sha256
}

/// Every file below a folder, in order, by its path from there. What is still arriving is not there yet.
fn files(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    fn walk(folder: &Path, base: &Path, found: &mut Vec<PathBuf>) -> Result<(), BackupError> {
        let failed = BackupError::at(folder);
        for entry in std::fs::read_dir(folder).map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            let path = entry.path();
            if entry.file_type().map_err(&failed)?.is_dir() {
                if entry.file_name() != "arriving" {
                    walk(&path, base, found)?;
                }
            } else if let Ok(relative) = path.strip_prefix(base) {
                found.push(relative.to_owned());
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found)?;
    found.sort();
    Ok(found)
}
