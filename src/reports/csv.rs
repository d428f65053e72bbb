//! Comma-separated values, RFC 4180, for spreadsheets: UTF-8 with a byte-order mark, since old ones take it for another
//! encoding without; and no cell is taken for a formula.

use ::csv::{Terminator, WriterBuilder};

use super::{
    Entry, Names, Pen,
    row::{HEADS, Value, row},
};

/// What spreadsheets begin a formula with.
/// Source: OWASP, "CSV Injection".
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A table of airings as text, piece by piece.
pub struct Csv<'a> {
    names: &'a Names,
    pen: &'a dyn Pen,
}

impl<'a> Csv<'a> {
    /// Written so.
    pub fn new(names: &'a Names, pen: &'a dyn Pen) -> Self {
        Self { names, pen }
    }

    /// What stands before all lines.
    ///
    /// # Errors
    /// None that is known: it is written to memory.
    pub fn head(&self) -> Result<Vec<u8>, ::csv::Error> {
        let mut text = "\u{feff}".as_bytes().to_vec();
        text.extend(lines([HEADS.map(|(key, _)| self.pen.of(key))])?);
        Ok(text)
    }

    /// The lines of some airings.
    ///
    /// # Errors
    /// None that is known: they are written to memory.
    pub fn lines(&self, entries: &[Entry]) -> Result<Vec<u8>, ::csv::Error> {
        lines(
            entries
                .iter()
                .map(|entry| row(entry, self.names, self.pen).map(|value| text(value, self.pen))),
        )
    }
}

fn lines<const N: usize>(
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<Vec<u8>, ::csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(harmless))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn text(value: Value, pen: &dyn Pen) -> String {
    match value {
        Value::Text(text) => text,
        Value::Day(day) => pen.date(&day),
        Value::Time(time) => time.format("%H:%M:%S").to_string(),
        Value::Moment(day, time) => format!("{} {}", pen.date(&day), time.format("%H:%M:%S")),
        // A spreadsheet is to take it for a number: without the marks between thousands.
        Value::Number(number) => number.to_string(),
        Value::Nothing => String::new(),
    }
}

/// A text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one.
fn harmless(text: String) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_begins_no_formula(
            rows in prop::collection::vec(prop::array::uniform3("[=+@\t\r\n\", a-z;ệ'-]{0,6}"), 1..5)
        ) {
            let text = lines(rows.clone()).unwrap();
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
            let back: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(back.len(), rows.len());
            for (back, row) in back.iter().zip(&rows) {
                for (back, cell) in back.iter().zip(row) {
                    prop_assert!(!back.starts_with(FORMULA));
                    let is_formula = cell.starts_with(FORMULA);
                    prop_assert_eq!(back, &if is_formula { format!("'{cell}") } else { cell.clone() });
                }
            }
            prop_assert!(text.ends_with(b"\r\n"));
        }
    }
}
