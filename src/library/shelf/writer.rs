use std::{
    fs::{self, File, TryLockError},
    io::{self, Seek as _, SeekFrom, Write},
    path::PathBuf,
};

use super::{Shelf, ShelfError, hash_of};
use crate::radio::ClipHash;

/// Receives one clip. What was received survives a power cut and is gone on with; it becomes a clip by [`commit`]
/// only.
///
/// [`commit`]: Writer::commit
#[derive(Debug)]
pub struct Writer {
    shelf: Shelf,
    hash: ClipHash,
    file: File,
    received: u64,
}

impl Writer {
    pub(super) fn open(shelf: &Shelf, hash: ClipHash) -> io::Result<Self> {
        let path = shelf.partial(&hash);
        let mut options = File::options();
        let mut file = options.create(true).truncate(false).read(true).write(true).open(path)?;
        file.try_lock().map_err(|e| match e {
            TryLockError::Error(e) => e,
            TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "it is being received already")
            }
        })?;
        let received = file.seek(SeekFrom::End(0))?;
        Ok(Self { shelf: shelf.clone(), hash, file, received })
    }

    /// Bytes received so far: where to go on.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Forgets what was received: the other side begins from the start.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.received = 0;
        Ok(())
    }

    /// Checks the hash of all that was received and makes it a clip, durably. What does not match is thrown away.
    ///
    /// # Errors
    /// [`ShelfError::Corrupt`] where the hash is another; the disk refuses.
    pub fn commit(mut self) -> Result<PathBuf, ShelfError> {
        let Self { shelf, hash, .. } = &self;
        let (shelf, hash) = (shelf.clone(), *hash);
        let partial = shelf.partial(&hash);
        let fault = ShelfError::of(hash);
        self.file.sync_all().map_err(&fault)?;
        self.file.rewind().map_err(&fault)?;
        if hash_of(self.file.try_clone().map_err(&fault)?).map_err(&fault)? != hash {
            fs::remove_file(partial).map_err(&fault)?;
            return Err(ShelfError::Corrupt(hash));
        }
        let path = shelf.settle(&partial, &hash).map_err(&fault)?;
        shelf.note(&hash, true);
        Ok(path)
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.received += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
