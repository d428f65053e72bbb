//! The diary of what was broadcast (sổ nhật ký), as inspectors read it: day by day, each airing a line, room for signatures.

use std::io::{self, Seek, Write};

use askama::Template;
use chrono::NaiveDate;

use super::{
    Entry, Letter, Names, Pen, Period,
    document::{Archive, filled},
    row::{said, state},
};

#[derive(Template)]
#[template(path = "reports/diary_begin.xml")]
struct Begin<'a> {
    pen: &'a dyn Pen,
    letter: &'a Letter,
    span: String,
}

#[derive(Template)]
#[template(path = "reports/diary_day.xml")]
struct Day<'a> {
    pen: &'a dyn Pen,
    title: String,
    lines: Vec<Line<'a>>,
}

struct Line<'a> {
    planned_at: String,
    started_at: String,
    station: &'a str,
    programme: &'a str,
    length: String,
    state: String,
    evidence: String,
    remark: String,
}

#[derive(Template)]
#[template(path = "reports/diary_end.xml")]
struct End<'a> {
    pen: &'a dyn Pen,
    letter: &'a Letter,
}

/// A diary that is written day by day.
pub struct Diary<W: Write + Seek>(Archive<W>);

impl<W: Write + Seek> Diary<W> {
    /// Begins one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(into: W, letter: &Letter, period: Period, pen: &dyn Pen) -> io::Result<Self> {
        let mut archive = Archive::new(into, None)?;
        let values = [("from", pen.date(&period.from)), ("until", pen.date(&period.until))];
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let span = filled(pen, "reports.diary-span", &values);
        archive.write(text(&Begin { pen, letter, span })?)?;
        Ok(Self(archive))
    }

    /// Writes a day.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(
        &mut self,
        day: NaiveDate,
        entries: &[Entry],
        names: &Names,
        pen: &dyn Pen,
    ) -> io::Result<()> {
        let title = format!("{}, {}", pen.weekday(&day), pen.date(&day));
        let lines = entries.iter().map(|entry| line(entry, names, pen)).collect();
        self.0.write(text(&Day { pen, title, lines })?)
    }

    /// Ends it, and gives back what it was written into.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self, letter: &Letter, pen: &dyn Pen) -> io::Result<W> {
        self.0.write(text(&End { pen, letter })?)?;
        self.0.finish()
    }
}

fn text(template: &impl Template) -> io::Result<String> {
    template.render().map_err(io::Error::other)
}

fn line<'a>(entry: &'a Entry, names: &'a Names, pen: &dyn Pen) -> Line<'a> {
    let seconds = entry.ends_at.since(entry.starts_at).as_secs();
    let reason = entry.reason.as_deref().map(|reason| pen.code("reason", reason));
    let said = Some(said(entry, pen)).filter(|said| !said.is_empty());
    let late = entry.is_late.then(|| pen.of("reports.came-late"));
    Line {
        planned_at: pen.time(entry.starts_at),
        started_at: entry.started_at.map_or_else(String::new, |at| pen.exact_time(at)),
        station: names.station(&entry.station),
        programme: &entry.title,
        length: format!("{}:{:02}", seconds / 60, seconds % 60),
        state: state(entry, pen),
        evidence: entry
            .evidence
            .map_or_else(String::new, |it| pen.code("evidence", &it.to_string())),
        remark: reason.into_iter().chain(said).chain(late).collect::<Vec<_>>().join("; "),
    }
}
