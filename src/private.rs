//! Folders and files for their owner only: what lies in them opens doors.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// The bits that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// Makes a folder, and those above it, if it is not there. One that is there stays as somebody made it.
///
/// # Errors
/// When it cannot be made.
pub fn folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes an empty file if there is none, and shuts others out of one that is there.
///
/// # Errors
/// When it cannot be made, or belongs to somebody else.
pub fn file(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    if is_open(path) {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Puts bytes in the place of what a file held, durably: whoever reads it finds all of the one or all of the other, also
/// after a power cut.
///
/// # Errors
/// When the disk refuses; the file is then as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut half = path.as_os_str().to_owned();
    half.push(".half");
    let half = Path::new(&half);
    // One that a power cut left may have been made by another user.
    match fs::remove_file(half) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(half, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Whether anybody but the owner may read or write a file.
pub fn is_open(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.permissions().mode() & OTHERS != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_its_owners_and_what_was_open_is_shut() {
        let temporary = tempfile::tempdir().unwrap();
        let inside = temporary.path().join("a/b");
        folder(&inside).unwrap();
        assert_eq!(inside.metadata().unwrap().permissions().mode() & 0o777, 0o700);

        let secrets = inside.join("secrets");
        file(&secrets).unwrap();
        assert!(!is_open(&secrets));
        std::fs::write(&secrets, "kept").unwrap();
        std::fs::set_permissions(&secrets, Permissions::from_mode(0o644)).unwrap();
        assert!(is_open(&secrets));
        file(&secrets).unwrap();
        assert!(!is_open(&secrets));
        assert_eq!(std::fs::read_to_string(&secrets).unwrap(), "kept");

        replace(&secrets, b"new").unwrap();
        assert!(!is_open(&secrets));
        assert_eq!(std::fs::read_to_string(&secrets).unwrap(), "new");
        assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 1);

        // A folder that somebody shares on purpose is left alone.
        std::fs::set_permissions(&inside, Permissions::from_mode(0o750)).unwrap();
        folder(&inside).unwrap();
        assert_eq!(inside.metadata().unwrap().permissions().mode() & 0o777, 0o750);
    }
}
