//! One airing as a row of a table: the same in each kind of file.

use chrono::{NaiveDate, NaiveTime, Timelike};

use super::{Column, Entry, Names, Pen};

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Day(NaiveDate),
    /// A time of day, to the second.
    Time(NaiveTime),
    /// A day with its time of day, to the second.
    Moment(NaiveDate, NaiveTime),
    Number(u64),
    Nothing,
}

/// The keys of the columns' heads, each with how many letters wide its column is.
pub(super) const HEADS: [(&str, u16); 15] = [
    ("reports.day", 11),
    ("reports.planned-at", 10),
    ("reports.station", 26),
    ("reports.unit", 20),
    ("reports.campaign", 28),
    ("reports.programme", 30),
    ("reports.seconds", 9),
    ("reports.result", 14),
    ("reports.evidence", 18),
    ("reports.started-at", 10),
    ("reports.reason", 34),
    ("reports.said-by", 40),
    ("reports.received-at", 19),
    ("reports.remark", 22),
    ("reports.name", 48),
];

/// The row of an airing.
pub(super) fn row(entry: &Entry, names: &Names, pen: &dyn Pen) -> [Value; HEADS.len()] {
    let text = |text: &str| {
        if text.is_empty() { Value::Nothing } else { Value::Text(text.to_owned()) }
    };
    let begins = pen.local(entry.starts_at);
    let time = |at| {
        let time = pen.local(at).time();
        Value::Time(time.with_nanosecond(0).unwrap_or(time))
    };
    let moment = |at| {
        let local = pen.local(at);
        let time = local.time();
        Value::Moment(local.date_naive(), time.with_nanosecond(0).unwrap_or(time))
    };
    let evidence = entry.evidence.map(|evidence| pen.code("evidence", &evidence.to_string()));
    let reason = entry.reason.as_deref().map(|reason| pen.code("reason", reason));
    let remarks = [
        (!entry.is_planned).then(|| pen.of("reports.not-in-plan")),
        entry.is_late.then(|| pen.of("reports.came-late")),
    ];
    let remark = remarks.into_iter().flatten().collect::<Vec<_>>().join("; ");
    [
        Value::Day(begins.date_naive()),
        time(entry.starts_at),
        text(names.station(&entry.station)),
        text(names.unit(&entry.unit)),
        text(names.campaign(entry.campaign.as_ref())),
        text(&entry.title),
        Value::Number(entry.ends_at.since(entry.starts_at).as_secs()),
        text(&state(entry, pen)),
        text(&evidence.unwrap_or_default()),
        entry.started_at.map_or(Value::Nothing, time),
        text(&reason.unwrap_or_default()),
        text(&said(entry, pen)),
        entry.arrivals.iter().max().map_or(Value::Nothing, |at| moment(*at)),
        text(&remark),
        text(entry.id.as_str()),
    ]
}

/// How an airing stands, in the word of the pages.
pub(super) fn state(entry: &Entry, pen: &dyn Pen) -> String {
    pen.code("state", entry.state.as_str())
}

/// Who said so, with why it did not air and what else they noted.
pub(super) fn said(entry: &Entry, pen: &dyn Pen) -> String {
    let Some(word) = &entry.word else { return String::new() };
    let cause = word.cause.map(|cause| pen.code("cause", cause.as_str()));
    let parts = [Some(word.by.clone()), cause, word.note.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The word of a column.
pub(super) fn column(column: Column, pen: &dyn Pen) -> String {
    pen.code("column", column.as_str())
}
