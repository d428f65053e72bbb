//! The mark of a drill, which is part of the program.

use std::io::{Cursor, Write as _};

use super::{Limits, Refusal, Shelf, ShelfError, intake};
use crate::radio::{AiringItem, DRILL_MARK};

const BYTES: &[u8] = include_bytes!("../../audio/dien-tap.flac");

/// The size of its file in bytes.
pub const DRILL_MARK_BYTES: u64 = BYTES.len() as u64;

/// Puts it on a shelf where it is not there yet.
///
/// # Errors
/// The disk refuses.
pub fn shelve_drill_mark(shelf: &Shelf) -> Result<(), ShelfError> {
    if shelf.contains(&DRILL_MARK) {
        return Ok(());
    }
    let mut writer = shelf.writer(&DRILL_MARK)?;
    let io = |source| ShelfError::Io { hash: DRILL_MARK, source };
    writer.restart().map_err(io)?;
    writer.write_all(BYTES).map_err(io)?;
    writer.commit().map(drop)
}

/// What an airing of it sounds. Decodes and measures it.
///
/// # Errors
/// None where the program was built from what ships.
pub fn drill_mark() -> Result<AiringItem, Refusal> {
    let measure = intake::measure_from(Cursor::new(BYTES), &Limits::default(), |_| ())?;
    Ok(measure.item("Đây là diễn tập"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_that_ships_is_the_one_that_stations_know() {
        let AiringItem::Clip { sha256, bytes, .. } = drill_mark().unwrap() else { unreachable!() };
        assert_eq!((sha256, bytes), (DRILL_MARK, DRILL_MARK_BYTES));
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(folder.path()).unwrap();
        shelve_drill_mark(&shelf).unwrap();
        shelve_drill_mark(&shelf).unwrap();
        assert!(shelf.verify(&DRILL_MARK).is_ok());
    }
}
