//! A workbook with a sheet for each table: real dates and numbers, the head of each sheet stays in sight. Written row by
//! row, so that a year takes no more memory than a day.

use std::io::Write;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook as Book, Worksheet, XlsxError};

use super::{
    Elsewhere, Entry, Line, Names, Pen, Reconciliation,
    heads::{Heads, Sum},
    row::{self, HEADS, Value, row},
};
use crate::radio::{CampaignId, StationId};

/// Rows that a sheet can have, its head included.
/// Source: Excel specifications and limits.
const LONGEST: u32 = 1_048_576;

/// Where each sheet stands; those of airings come last, as many as it takes.
const SUMMARY: usize = 0;
const DAYS: usize = 1;
const REASONS: usize = 2;
const LATE: usize = 3;
const ELSEWHERE: usize = 4;

/// A workbook that is written airing by airing.
pub struct Workbook {
    book: Book,
    formats: Formats,
    /// The sheet of airings that is being written, and its next row.
    sheet: usize,
    next: u32,
}

struct Formats {
    head: Format,
    day: Format,
    time: Format,
    moment: Format,
    number: Format,
}

impl Formats {
    fn new() -> Self {
        let number = |text| Format::new().set_num_format(text);
        Self {
            head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top),
            day: number("dd/mm/yyyy"),
            time: number("hh:mm:ss"),
            moment: number("dd/mm/yyyy hh:mm:ss"),
            number: number("#,##0"),
        }
    }
}

impl Workbook {
    /// Begins one, with the sheets that are filled when all is known.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub fn new(pen: &dyn Pen) -> Result<Self, XlsxError> {
        let mut book = Book::new();
        for key in [
            "reports.sheet-summary",
            "reports.sheet-days",
            "reports.sheet-reasons",
            "reports.sheet-late",
            "reports.sheet-elsewhere",
        ] {
            sheet(&mut book, pen.of(key))?;
        }
        let mut made = Self { book, formats: Formats::new(), sheet: ELSEWHERE, next: LONGEST };
        made.turn(pen)?;
        Ok(made)
    }

    /// Goes on on another sheet of airings.
    fn turn(&mut self, pen: &dyn Pen) -> Result<(), XlsxError> {
        self.sheet += 1;
        let name = match self.sheet - ELSEWHERE {
            1 => pen.of("reports.sheet-airings"),
            number => format!("{} {number}", pen.of("reports.sheet-airings")),
        };
        let sheet = sheet(&mut self.book, name)?;
        let heads: Vec<_> = HEADS.iter().map(|(key, width)| (pen.of(key), *width)).collect();
        begin(sheet, &heads, &self.formats)?;
        self.next = 1;
        Ok(())
    }

    /// Writes some airings.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub fn add(
        &mut self,
        entries: &[Entry],
        names: &Names,
        pen: &dyn Pen,
    ) -> Result<(), XlsxError> {
        for entry in entries {
            if self.next >= LONGEST {
                self.turn(pen)?;
            }
            let sheet = self.book.worksheet_from_index(self.sheet)?;
            for (column, value) in (0..).zip(row(entry, names, pen)) {
                write(sheet, (self.next, column), value, &self.formats)?;
            }
            self.next += 1;
        }
        Ok(())
    }

    /// Writes the tables of figures, and all of it into a file.
    ///
    /// # Errors
    /// There is no room for it, or the file cannot be written.
    pub fn finish<W: Write + Send>(
        mut self,
        (made, elsewhere): (&Reconciliation, &[Elsewhere]),
        names: &Names,
        pen: &dyn Pen,
        into: W,
    ) -> Result<W, XlsxError> {
        self.summary(made, names, pen)?;
        self.days(made, names, pen)?;
        self.reasons(made, names, pen)?;
        self.late(made, pen)?;
        self.elsewhere(elsewhere, names, pen)?;
        let mut into = into;
        self.book.save_to_writer(&mut into)?;
        Ok(into)
    }

    fn fill(
        &mut self,
        sheet: usize,
        heads: &[(String, u16)],
        rows: impl IntoIterator<Item = Vec<Value>>,
    ) -> Result<(), XlsxError> {
        let sheet = self.book.worksheet_from_index(sheet)?;
        begin(sheet, heads, &self.formats)?;
        for (at, row) in (1..).zip(rows) {
            for (column, value) in (0..).zip(row) {
                write(sheet, (at, column), value, &self.formats)?;
            }
        }
        Ok(())
    }

    fn summary(
        &mut self,
        made: &Reconciliation,
        names: &Names,
        pen: &dyn Pen,
    ) -> Result<(), XlsxError> {
        let mut heads = places(pen);
        heads.extend(Heads::all().map(|sum: Sum| (sum.head(pen), 11)));
        heads.push((pen.of("reports.lacking"), 11));
        let rows = names.lines(made).into_iter().map(|(campaign, station, line): (_, _, &Line)| {
            let mut row = place(campaign, station, names).to_vec();
            row.extend(Heads::all().map(|sum| Value::Number(sum.of(line))));
            row.push(Value::Number(line.lacking()));
            row
        });
        self.fill(SUMMARY, &heads, rows)
    }

    fn days(
        &mut self,
        made: &Reconciliation,
        names: &Names,
        pen: &dyn Pen,
    ) -> Result<(), XlsxError> {
        let heads = [
            places(pen),
            vec![
                (pen.of("reports.day"), 11),
                (pen.of("reports.owed"), 11),
                (pen.of("reports.airings"), 11),
                (pen.of("reports.aired"), 11),
                (pen.of("reports.of-which-declared"), 11),
                (pen.of("reports.ahead"), 11),
            ],
        ]
        .concat();
        let rows = names.lines(made).into_iter().flat_map(|(campaign, station, line)| {
            made.period()
                .days()
                .zip(&line.days)
                .filter(|(_, cell)| cell.owed > 0 || cell.airings > 0)
                .map(move |(day, cell)| {
                    let figures = [cell.owed, cell.airings, cell.aired, cell.declared, cell.ahead];
                    let mut row = place(campaign, station, names).to_vec();
                    row.push(Value::Day(day));
                    row.extend(figures.map(|figure| Value::Number(u64::from(figure))));
                    row
                })
        });
        self.fill(DAYS, &heads, rows.take(LONGEST as usize - 1))
    }

    fn reasons(
        &mut self,
        made: &Reconciliation,
        names: &Names,
        pen: &dyn Pen,
    ) -> Result<(), XlsxError> {
        let heads = [
            places(pen),
            vec![
                (pen.of("reports.result"), 14),
                (pen.of("reports.reason"), 40),
                (pen.of("reports.times"), 9),
            ],
        ]
        .concat();
        let rows = names.lines(made).into_iter().flat_map(|(campaign, station, line)| {
            line.tally.reasons().map(move |(column, reason, count)| {
                let mut row = place(campaign, station, names).to_vec();
                row.push(Value::Text(row::column(column, pen)));
                row.push(Value::Text(pen.code("reason", reason)));
                row.push(Value::Number(count));
                row
            })
        });
        self.fill(REASONS, &heads, rows)
    }

    fn late(&mut self, made: &Reconciliation, pen: &dyn Pen) -> Result<(), XlsxError> {
        let heads = [(pen.of("reports.arrived-on"), 14), (pen.of("reports.times"), 9)];
        let total = made.total();
        let rows =
            total.tally.late().map(|(day, count)| vec![Value::Day(day), Value::Number(count)]);
        self.fill(LATE, &heads, rows)
    }

    /// What people declare beside the airings.
    fn elsewhere(
        &mut self,
        elsewhere: &[Elsewhere],
        names: &Names,
        pen: &dyn Pen,
    ) -> Result<(), XlsxError> {
        let heads = [
            ("channels.day", 11),
            ("channels.unit", 26),
            ("channels.channel", 26),
            ("channels.number", 11),
            ("channels.note", 40),
            ("reports.said-by", 26),
        ];
        let heads = heads.map(|(key, width)| (pen.of(key), width));
        let rows = elsewhere.iter().map(|one| {
            vec![
                Value::Day(one.day),
                Value::Text(names.unit(&one.unit).to_owned()),
                Value::Text(pen.code("channel", one.channel.as_str())),
                Value::Number(u64::from(one.number)),
                Value::Text(one.note.clone()),
                Value::Text(one.by.clone()),
            ]
        });
        self.fill(ELSEWHERE, &heads, rows)
    }
}

fn places(pen: &dyn Pen) -> Vec<(String, u16)> {
    vec![(pen.of("reports.campaign"), 28), (pen.of("reports.station"), 26)]
}

fn place(campaign: Option<&CampaignId>, station: &StationId, names: &Names) -> [Value; 2] {
    let campaign = names.campaign(campaign);
    let campaign =
        if campaign.is_empty() { Value::Nothing } else { Value::Text(campaign.to_owned()) };
    [campaign, Value::Text(names.station(station).to_owned())]
}

fn sheet(book: &mut Book, name: String) -> Result<&mut Worksheet, XlsxError> {
    book.add_worksheet_with_constant_memory()?.set_name(name)
}

/// The head of a sheet: always in sight, on paper too, with room for what stands below.
fn begin(
    sheet: &mut Worksheet,
    heads: &[(String, u16)],
    formats: &Formats,
) -> Result<(), XlsxError> {
    // Heads may take two lines.
    sheet.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?.set_row_height(0, 32)?;
    // A4, as wide as the paper.
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    for (column, (head, width)) in (0..).zip(heads) {
        sheet.set_column_width(column, f64::from(*width))?;
        sheet.write_string_with_format(0, column, head, &formats.head)?;
    }
    Ok(())
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: Value,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match value {
        Value::Text(text) => sheet.write_string(row, column, clipped(text))?,
        Value::Day(day) => {
            sheet.write_datetime_with_format(row, column, date(day)?, &formats.day)?
        }
        Value::Time(time) => {
            let (hour, minute, second) = clock(time);
            let time = ExcelDateTime::from_hms(hour, minute, second)?;
            sheet.write_datetime_with_format(row, column, time, &formats.time)?
        }
        Value::Moment(day, time) => {
            let (hour, minute, second) = clock(time);
            let moment = date(day)?.and_hms(hour, minute, second)?;
            sheet.write_datetime_with_format(row, column, moment, &formats.moment)?
        }
        // Whole numbers up to 2^53 are exact there.
        Value::Number(number) => {
            sheet.write_number_with_format(row, column, number as f64, &formats.number)?
        }
        Value::Nothing => sheet,
    };
    Ok(())
}

/// A cell holds 32,767 letters at most.
/// Source: Excel specifications and limits.
fn clipped(text: String) -> String {
    const MOST: usize = 32_767;
    if text.len() <= MOST { text } else { text.chars().take(MOST / 2).collect() }
}

fn date(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(day.year()).unwrap_or(1900);
    ExcelDateTime::from_ymd(year, small(day.month()), small(day.day()))
}

fn clock(time: NaiveTime) -> (u16, u8, u8) {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    (u16::from(small(time.hour())), small(time.minute()), small(time.second()))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use roxmltree::Document;

    use super::*;
    use crate::reports::{
        Period,
        sample::{Plain, WILD, day, entries, names, reconciled},
    };

    #[test]
    fn a_sheet_for_each_table_with_real_dates_and_a_head_in_sight() {
        let period = Period::new(day(1), day(2));
        let mut book = Workbook::new(&Plain).unwrap();
        for date in period.days() {
            book.add(&entries(3, date), &names(3), &Plain).unwrap();
        }
        let beside = [Elsewhere {
            day: day(2),
            unit: "xa".parse().unwrap(),
            channel: crate::radio::Channel::Leaflet,
            number: 1_200,
            note: WILD.to_owned(),
            by: "Lan".to_owned(),
        }];
        let made = (&reconciled(3, period), &beside[..]);
        let file = book.finish(made, &names(3), &Plain, Cursor::new(Vec::new()));
        let mut archive = zip::ZipArchive::new(Cursor::new(file.unwrap().into_inner())).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let sheets: Vec<String> =
            (1..=6).map(|number| part(&format!("xl/worksheets/sheet{number}.xml"))).collect();
        for sheet in &sheets {
            let xml = Document::parse(sheet).unwrap();
            let find =
                |name: &str| xml.descendants().filter(|it| it.tag_name().name() == name).count();
            assert_eq!(find("pane"), 1);
            assert!(find("row") > 1);
        }
        // Three stations, two days, two airings each, and the head.
        let airings = Document::parse(&sheets[5]).unwrap();
        let rows: Vec<_> =
            airings.descendants().filter(|it| it.tag_name().name() == "row").collect();
        assert_eq!(rows.len(), 1 + 3 * 2 * 2);
        let cells: Vec<_> = rows[1].children().collect();
        // 1/11/2026 is day 46327 of Excel's count, 5 o'clock 5/24 of a day: numbers, not texts.
        assert!(cells[0].attribute("t").is_none());
        let number = |at: usize| -> f64 {
            let value = cells[at].descendants().find(|it| it.tag_name().name() == "v").unwrap();
            value.text().unwrap().parse().unwrap()
        };
        assert!((number(0) - 46_327.0).abs() < 1e-9 && (number(1) - 5.0 / 24.0).abs() < 1e-9);
        assert!((number(6) - 90.0).abs() < 1e-9);
        // What looks like a formula is a text.
        assert!(!sheets[5].contains("<f>") && sheets[5].contains("=cmd|"));
        assert!(sheets[0].contains(&WILD[..4]));
        assert!(sheets[4].contains("channel.leaflet") && sheets[4].contains("1200"));
        let names = part("xl/workbook.xml");
        for key in ["summary", "days", "reasons", "late", "elsewhere", "airings"] {
            assert!(names.contains(&format!("name=\"reports.sheet-{key}\"")), "{names}");
        }
    }
}
