use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use super::Shelf;
use crate::radio::ClipHash;

const PREFIX: &str = "intake-";

/// A file on its way in; gone again unless it is placed.
#[derive(Debug)]
pub struct Arrival {
    shelf: Shelf,
    file: tempfile::NamedTempFile,
}

impl Arrival {
    pub(super) fn new(shelf: &Shelf) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix(PREFIX).permissions(Permissions::from_mode(0o644));
        let file = builder.tempfile_in(shelf.arriving())?;
        // Tells another process that sweeps the shelf that somebody is still at work.
        file.as_file().lock()?;
        Ok(Self { shelf: shelf.clone(), file })
    }

    /// What it is written to and read from. It is nobody else's, so that what was written is what is measured.
    ///
    /// # Errors
    /// The system has no further file to give.
    pub fn file(&self) -> io::Result<File> {
        self.file.as_file().try_clone()
    }

    /// Keeps it under its name.
    pub(in crate::library) fn place(self, hash: &ClipHash) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        let (_file, path) = self.file.into_parts();
        self.shelf.settle(&path, hash)?;
        // It has moved: there is nothing left to take away under the old name.
        path.keep().map_err(|e| e.error)?;
        Ok(())
    }
}

/// Takes away what nobody is working on any more.
pub(super) fn sweep(arriving: &Path) -> io::Result<()> {
    for entry in fs::read_dir(arriving)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let path = entry.path();
        match File::open(&path) {
            Ok(file) if file.try_lock().is_ok() => fs::remove_file(&path)?,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
