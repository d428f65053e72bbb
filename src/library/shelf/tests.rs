use std::{fs, io::Write as _};

use sha2::{Digest as _, Sha256};

use super::*;

fn shelf() -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(folder.path()).unwrap();
    (folder, shelf)
}

fn hash(bytes: &[u8]) -> ClipHash {
    ClipHash(Sha256::digest(bytes).into())
}

#[test]
fn a_download_goes_on_where_it_stopped() {
    let (folder, shelf) = shelf();
    let bytes = vec![7u8; 100_000];
    let hash = hash(&bytes);
    let mut writer = shelf.writer(&hash).unwrap();
    writer.write_all(&bytes[..40_000]).unwrap();
    drop(writer);
    assert!(!shelf.contains(&hash));

    let shelf = Shelf::open(folder.path()).unwrap();
    let mut writer = shelf.writer(&hash).unwrap();
    assert_eq!(writer.received(), 40_000);
    assert!(matches!(shelf.writer(&hash), Err(ShelfError::Io { .. })), "two at a time");
    writer.write_all(&bytes[40_000..]).unwrap();
    let path = writer.commit().unwrap();
    assert_eq!(path, shelf.path_of(&hash));
    assert!(fs::read(path).unwrap() == bytes);
    shelf.verify(&hash).unwrap();
    assert_eq!(shelf.clips().unwrap(), [hash]);
    assert_eq!(fs::read_dir(shelf.arriving()).unwrap().count(), 0);
}

#[test]
fn wrong_bytes_never_become_a_clip() {
    let (_folder, shelf) = shelf();
    let hash = hash(b"right");
    let mut writer = shelf.writer(&hash).unwrap();
    writer.write_all(b"wrong").unwrap();
    assert!(matches!(writer.commit(), Err(ShelfError::Corrupt(h)) if h == hash));
    assert!(!shelf.contains(&hash));
    assert_eq!(shelf.writer(&hash).unwrap().received(), 0);
}

#[test]
fn a_restart_forgets_what_came_before() {
    let (_folder, shelf) = shelf();
    let hash = hash(b"right");
    let mut writer = shelf.writer(&hash).unwrap();
    writer.write_all(b"wrong").unwrap();
    writer.restart().unwrap();
    assert_eq!(writer.received(), 0);
    writer.write_all(b"right").unwrap();
    writer.commit().unwrap();
    shelf.verify(&hash).unwrap();
}

#[test]
fn decay_on_disk_is_noticed() {
    let (folder, shelf) = shelf();
    let hash = hash(b"right");
    assert!(matches!(shelf.verify(&hash), Err(ShelfError::Missing(h)) if h == hash));
    assert!(!shelf.is_known_whole(&hash));
    let mut writer = shelf.writer(&hash).unwrap();
    writer.write_all(b"right").unwrap();
    let path = writer.commit().unwrap();
    assert!(shelf.is_known_whole(&hash), "it was read when it was committed");
    let anew = Shelf::open(folder.path()).unwrap();
    assert!(!anew.is_known_whole(&hash), "nobody has read it yet");
    anew.verify(&hash).unwrap();
    assert!(anew.is_known_whole(&hash));
    fs::write(&path, b"rihgt").unwrap();
    assert!(matches!(shelf.verify(&hash), Err(ShelfError::Corrupt(h)) if h == hash));
    assert!(!shelf.is_known_whole(&hash));
    shelf.remove(&hash).unwrap();
    shelf.remove(&hash).unwrap();
    assert!(!shelf.contains(&hash));
}

#[test]
fn only_what_nobody_works_on_is_swept() {
    let (folder, shelf) = shelf();
    fs::write(shelf.arriving().join("intake-stale"), b"half").unwrap();
    let arrival = shelf.arrival().unwrap();
    let again = Shelf::open(folder.path()).unwrap();
    let left = fs::read_dir(again.arriving()).unwrap().count();
    assert_eq!(left, 1, "the stale one is gone, the living one stays");
    arrival.file().unwrap().write_all(b"whole").unwrap();
    arrival.place(&hash(b"whole")).unwrap();
    again.verify(&hash(b"whole")).unwrap();
    drop(shelf.arrival().unwrap());
    assert_eq!(fs::read_dir(again.arriving()).unwrap().count(), 0);
}

#[test]
fn a_part_is_forgotten_unless_somebody_receives_it() {
    let (_folder, shelf) = shelf();
    let (old, new) = (hash(b"old"), hash(b"new"));
    shelf.writer(&old).unwrap().write_all(b"o").unwrap();
    let receiving = shelf.writer(&new).unwrap();
    let mut partials = shelf.partials().unwrap();
    partials.sort_unstable();
    let mut both = [old, new];
    both.sort_unstable();
    assert_eq!(partials, both);
    assert!(shelf.forget_partial(&old).unwrap());
    assert!(!shelf.forget_partial(&old).unwrap());
    assert!(!shelf.forget_partial(&new).unwrap());
    assert_eq!(shelf.partials().unwrap(), [new]);
    drop(receiving);
    assert!(shelf.forget_partial(&new).unwrap());
}
