use std::{
    fs::{File, TryLockError},
    path::Path,
};

use super::KeepError;
use crate::private;

/// The file that is locked; it stays empty.
const FILE: &str = "station.lock";

/// One program has a station's folder: numbers and hashes of records allow no second. A crash or a power cut lets go.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    pub(super) fn take(folder: &Path) -> Result<Self, KeepError> {
        let path = folder.join(FILE);
        let trouble = |source| KeepError::Folder { path: folder.to_owned(), source };
        private::file(&path).map_err(trouble)?;
        let file = File::open(&path).map_err(trouble)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(KeepError::Busy(folder.to_owned())),
            Err(TryLockError::Error(source)) => Err(trouble(source)),
        }
    }

    pub(super) fn release(&self) {
        // It ends with the file at the latest.
        let _ = self.0.unlock();
    }
}
