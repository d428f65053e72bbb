//! Room on the disk that is kept for records: a file that is given up when nothing else is left.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use rustix::{
    fs::{FallocateFlags, fallocate, statvfs},
    io::Errno,
};
use tracing::{info, warn};

use super::{Keep, KeepError};

/// The file's name in the station's folder.
const FILE: &str = "reserve";

/// Holds some thousand records, and what SQLite writes beside them.
const SIZE: u64 = 8 << 20;

/// It is made only where the disk then still has this much: else it would go at once for what it was given up for.
const MARGIN: u64 = 8 << 20;

/// With less than this, what SQLite calls trouble with its files is a full disk.
const NOTHING: u64 = 1 << 20;

impl Keep {
    /// Bytes that are free on the disk of the station's folder; none: it does not say.
    pub fn disk_free(&self) -> Option<u64> {
        free(&self.folder)
    }

    /// Whether the room for records is there. Makes it where it is not and the disk has enough.
    pub fn mind_reserve(&self) -> bool {
        let path = self.folder.join(FILE);
        if path.metadata().is_ok_and(|file| file.len() >= SIZE) {
            return true;
        }
        if room(&self.folder) < SIZE + MARGIN {
            return false;
        }
        match make(&path) {
            Ok(()) => true,
            Err(error) => {
                warn!(%error, "no room could be kept for records");
                // Half of it helps nobody.
                let _ = fs::remove_file(path);
                false
            }
        }
    }

    /// Whether something failed for want of room, and there is some now.
    pub(super) fn gives_way(&self, error: &KeepError) -> bool {
        gives_way(&self.folder, error)
    }
}

/// Gives the reserve up if something failed for want of room. Returns whether there was one.
pub(super) fn gives_way(folder: &Path, error: &KeepError) -> bool {
    let is_full = match error {
        KeepError::Sql(error) | KeepError::Open { source: error, .. } => is_full(folder, error),
        KeepError::Folder { source, .. } => source.kind() == io::ErrorKind::StorageFull,
        _ => false,
    };
    if !is_full || fs::remove_file(folder.join(FILE)).is_err() {
        return false;
    }
    info!("the disk is full: records go where room was kept for them");
    true
}

fn is_full(folder: &Path, error: &sqlx::Error) -> bool {
    const FULL: u32 = 13;
    const IO: u32 = 10;
    const CANNOT_OPEN: u32 = 14;
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    // The lowest byte is the kind, the others say more.
    match code.map(|code| code & 0xff) {
        Some(FULL) => true,
        Some(IO | CANNOT_OPEN) => room(folder) < NOTHING,
        _ => false,
    }
}

fn room(folder: &Path) -> u64 {
    free(folder).unwrap_or(0)
}

fn free(folder: &Path) -> Option<u64> {
    statvfs(folder).ok().map(|space| space.f_bavail.saturating_mul(space.f_frsize))
}

fn make(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, SIZE) {
        Err(Errno::OPNOTSUPP) => {
            let zeros = vec![0; 64 * 1024];
            for _ in 0..SIZE / zeros.len() as u64 {
                file.write_all(&zeros)?;
            }
            file.sync_all()
        }
        made => Ok(made?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_made_once_and_given_up_once() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep::open(folder.path()).await.unwrap();
        let path = folder.path().join(FILE);
        assert!(keep.mind_reserve() && keep.mind_reserve());
        assert_eq!(path.metadata().unwrap().len(), SIZE);
        let other = KeepError::Sql(sqlx::Error::RowNotFound);
        assert!(!keep.gives_way(&other) && path.exists());
        fs::write(&path, "half").unwrap();
        assert!(keep.mind_reserve());
        assert_eq!(path.metadata().unwrap().len(), SIZE);
    }
}
