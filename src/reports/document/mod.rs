//! The report of a campaign in the form that Vietnamese offices use.
//! Source: Decree 30/2020/NĐ-CP, appendix I (form of administrative documents).

mod archive;
mod code;

use std::io::{self, Cursor};

use askama::Template;
use chrono::{Datelike, NaiveDate};

use super::{
    Elsewhere, Letter, Line, Names, Pen, Reconciliation,
    heads::{Heads, Sum},
    row,
};
use crate::radio::{Campaign, UtcMs};

pub(super) use archive::Archive;

#[derive(Template)]
#[template(path = "reports/document.xml")]
struct Document<'a> {
    pen: &'a dyn Pen,
    letter: &'a Letter,
    placed: String,
    about: String,
    opening: String,
    summary: Vec<String>,
    tables: Vec<Table>,
    reasons: Vec<Reason>,
    late: Vec<String>,
    elsewhere: Vec<Row>,
    /// How to check it with a program of one's own; none where there is no head to check it with.
    command: Option<String>,
    has_code: bool,
}

/// The stations of a campaign, in figures.
struct Table {
    title: String,
    heads: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
    total: Vec<String>,
    /// Twentieths of a point.
    station_width: usize,
    figure_width: usize,
}

struct Reason {
    station: String,
    column: String,
    reason: String,
    count: String,
}

/// What was declared of another channel.
struct Row {
    day: String,
    unit: String,
    channel: String,
    number: String,
    note: String,
}

/// The text's width and the widths of a table's first columns, in twentieths of a point.
const TEXT: usize = 9355;
const NUMBER: usize = 480;
const STATION: usize = 2100;

/// The report as a file of Word. Of one campaign, or of all that aired where none is named; dated by the instant at which it
/// was asked for.
///
/// # Errors
/// A part of it cannot be written.
pub fn document(
    (letter, campaign, now): (&Letter, Option<&Campaign>, UtcMs),
    made: &Reconciliation,
    elsewhere: &[Elsewhere],
    names: &Names,
    pen: &dyn Pen,
) -> io::Result<Vec<u8>> {
    let total = made.total();
    let heads = Heads::of(&total);
    let lines = names.lines(made);
    let tables = lines.chunk_by(|(of, ..), (next, ..)| of == next).map(|lines| {
        let of = lines.first().and_then(|(of, ..)| *of);
        let title = match of {
            Some(of) => {
                filled(pen, "reports.of-campaign", &[("campaign", names.campaign(Some(of)))])
            }
            None => pen.of("reports.without-campaign"),
        };
        let lines: Vec<_> = lines.iter().map(|(_, at, line)| (names.station(at), *line)).collect();
        table(title, &heads, &lines, pen)
    });
    let mut by_station = lines.clone();
    by_station.sort_by_key(|&(_, station, _)| names.rank(station));
    let mut reasons = Vec::new();
    for (_, station, line) in by_station {
        reasons.extend(line.tally.reasons().map(|(column, reason, count)| Reason {
            station: names.station(station).to_owned(),
            column: row::column(column, pen),
            reason: pen.code("reason", reason),
            count: pen.number(count),
        }));
    }
    let late = total.tally.late().map(|(day, count)| {
        filled(pen, "reports.came-on", &[("count", &pen.number(count)), ("date", &pen.date(&day))])
    });
    let picture = letter.verify_at.as_deref().map(code::png).transpose()?.flatten();
    let document = Document {
        pen,
        letter,
        placed: placed(letter, pen.day(now), pen),
        about: about(campaign, made, pen),
        opening: opening(letter, campaign, made, pen),
        summary: summary(&total, made, pen),
        tables: tables.collect(),
        reasons,
        late: late.collect(),
        elsewhere: elsewhere.iter().map(|one| declared(one, names, pen)).collect(),
        command: letter.checkpoint.as_deref().map(|note| command(note, pen)),
        has_code: picture.is_some(),
    };
    let mut archive = Archive::new(Cursor::new(Vec::new()), picture.as_deref())?;
    archive.write(document.render().map_err(io::Error::other)?)?;
    Ok(archive.finish()?.into_inner())
}

/// How a head is checked without asking anybody; its second and third line are its number of entries and its hash.
fn command(note: &str, pen: &dyn Pen) -> String {
    let head: Vec<&str> = note.lines().skip(1).take(2).collect();
    filled(pen, "reports.command", &[("head", &head.join(":"))])
}

fn declared(one: &Elsewhere, names: &Names, pen: &dyn Pen) -> Row {
    let by = filled(pen, "reports.declared-by", &[("name", &one.by)]);
    let note = [one.note.as_str(), &by].into_iter().filter(|text| !text.is_empty());
    Row {
        day: pen.date(&one.day),
        unit: names.unit(&one.unit).to_owned(),
        channel: pen.code("channel", &one.channel.to_string()),
        number: pen.number(one.number.into()),
        note: note.collect::<Vec<_>>().join(" "),
    }
}

/// A text with its places filled.
pub(super) fn filled(pen: &dyn Pen, key: &str, values: &[(&str, &str)]) -> String {
    let fill =
        |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
    values.iter().fold(pen.of(key), fill)
}

/// `Thạch Thành, ngày 26 tháng 11 năm 2026`: days and the first two months in two digits, as the decree wants.
fn placed(letter: &Letter, day: NaiveDate, pen: &dyn Pen) -> String {
    let month =
        if day.month() < 3 { format!("{:02}", day.month()) } else { day.month().to_string() };
    let (of_month, year) = (format!("{:02}", day.day()), day.year().to_string());
    let place = if letter.place.is_empty() { "…" } else { &letter.place };
    let values: [(&str, &str); 4] =
        [("place", place), ("day", &of_month), ("month", &month), ("year", &year)];
    filled(pen, "reports.placed", &values)
}

fn span(made: &Reconciliation, pen: &dyn Pen) -> (String, String) {
    (pen.date(&made.period().from), pen.date(&made.period().until))
}

fn about(campaign: Option<&Campaign>, made: &Reconciliation, pen: &dyn Pen) -> String {
    let (from, until) = span(made, pen);
    let values: [(&str, &str); 2] = [("from", &from), ("until", &until)];
    match campaign {
        Some(campaign) => {
            let values = [&values[..], &[("campaign", campaign.title.as_str())]].concat();
            filled(pen, "reports.about-campaign", &values)
        }
        None => filled(pen, "reports.about", &values),
    }
}

fn opening(
    letter: &Letter,
    campaign: Option<&Campaign>,
    made: &Reconciliation,
    pen: &dyn Pen,
) -> String {
    let (from, until) = span(made, pen);
    let issuer = if letter.issuer.is_empty() { "…" } else { &letter.issuer };
    let values: [(&str, &str); 3] = [("issuer", issuer), ("from", &from), ("until", &until)];
    match campaign {
        Some(Campaign { title, directive, .. }) => {
            let date = pen.date(&directive.date);
            let more: [(&str, &str); 4] = [
                ("campaign", title.as_str()),
                ("number", &directive.number),
                ("date", &date),
                ("by", &directive.issuer),
            ];
            filled(pen, "reports.opening-campaign", &[&values[..], &more].concat())
        }
        None => filled(pen, "reports.opening", &values),
    }
}

/// The figures in sentences.
fn summary(total: &Line, made: &Reconciliation, pen: &dyn Pen) -> Vec<String> {
    use super::Column::{
        Ahead, Declared, Heard, Missed, Partial, Played, Refused, Simulated, Unreported,
    };
    let number = |count: u64| pen.number(count);
    let of = |column| number(total.tally.of(column));
    let stations = number(made.by_station().len() as u64);
    let owed = [
        ("stations", stations),
        ("owed", number(total.owed)),
        ("met", number(total.met)),
        ("lacking", number(total.lacking())),
    ];
    let planned = [
        ("airings", number(total.tally.airings())),
        ("planned", number(total.tally.planned())),
        ("unplanned", number(total.tally.unplanned())),
    ];
    let aired = [
        ("aired", number(total.tally.aired())),
        ("heard", of(Heard)),
        ("played", of(Played)),
        ("declared", of(Declared)),
    ];
    let others = [
        ("partial", of(Partial)),
        ("missed", of(Missed)),
        ("refused", of(Refused)),
        ("simulated", of(Simulated)),
        ("unreported", of(Unreported)),
        ("ahead", of(Ahead)),
    ];
    fn text(pen: &dyn Pen, key: &str, values: &[(&str, String)]) -> String {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        filled(pen, key, &values)
    }
    vec![
        text(pen, "reports.says-owed", &owed),
        text(pen, "reports.says-planned", &planned),
        text(pen, "reports.says-aired", &aired),
        text(pen, "reports.says-others", &others),
    ]
}

fn table(title: String, heads: &Heads, lines: &[(&str, &Line)], pen: &dyn Pen) -> Table {
    let figures = |line: &Line| heads.sums().map(|sum| pen.number(sum.of(line))).collect();
    let mut total = Line::new(lines.first().map_or(0, |(_, line)| line.days.len()));
    lines.iter().for_each(|(_, line)| total.join(line));
    let count = heads.sums().count();
    let figure_width = (TEXT - NUMBER - STATION) / count;
    Table {
        title,
        heads: heads.sums().map(|sum: Sum| sum.head(pen)).collect(),
        rows: lines.iter().map(|(name, line)| ((*name).to_owned(), figures(line))).collect(),
        total: figures(&total),
        station_width: TEXT - NUMBER - figure_width * count,
        figure_width,
    }
}

#[cfg(test)]
mod tests;
