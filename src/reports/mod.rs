//! What came of a period, added up and written down: for an office, for a spreadsheet, for the wall. Pure: airings and names
//! come in, bytes go out; how each airing stands was judged before.

mod csv;
mod diary;
mod document;
mod elsewhere;
mod entry;
mod heads;
mod letter;
mod names;
mod pen;
mod period;
mod picture;
mod reconciliation;
mod row;
mod shown;
mod tally;
mod workbook;
mod xml;

pub use self::csv::Csv;
pub use diary::Diary;
pub use document::document;
pub use elsewhere::Elsewhere;
pub use entry::{Entry, Word};
pub use letter::Letter;
pub use names::{Names, Rank};
pub use pen::Pen;
pub use period::Period;
pub use picture::picture;
pub use reconciliation::{Cell, Line, Reconciliation};
pub use shown::Shown;
pub use tally::{Column, Tally};
pub use workbook::Workbook;

#[cfg(test)]
mod sample;
