//! Each entry as its row says it now.

use std::{
    borrow::Cow,
    ops::{DerefMut, Range},
};

use serde_json::value::RawValue;
use sqlx::{PgConnection, SqliteConnection};

use super::{
    super::{
        NewRecord, StoreError, StoredDeclaration,
        db::{Engine, Row, sql},
        text,
    },
    columns::{Bent, Columns, record_columns},
    line,
};
use crate::{
    log::{
        ChannelReport, ChannelReportWithdrawn, Declared, Deed, Entry, Record, Revoked, Ruling,
        StationKey,
    },
    radio::UtcMs,
};

/// What stands for a row that cannot be read: no entry's line.
const UNREADABLE: &str = "unreadable";

/// A record as it goes into the log.
pub(in crate::store) fn record(record: &NewRecord, received_at: UtcMs) -> Entry<'_> {
    Entry::Record(Record {
        at: received_at.to_string().into(),
        key: Some(record.envelope.key.to_string().into()),
        signature: Some(record.envelope.signature.to_string().into()),
        payload: Cow::Borrowed(&record.envelope.payload),
    })
}

/// A word about an airing as it goes into the log.
pub(in crate::store) fn declaration(word: &StoredDeclaration, number: i64) -> Entry<'_> {
    Entry::Declaration(Declared {
        at: word.declared_at,
        airing: word.airing.as_str(),
        number,
        outcome: &word.outcome,
        started_at: word.started_at,
        cause: word.cause.as_deref(),
        detail: word.detail.as_deref(),
        by: &word.declared_by,
        sent_as: word.key.as_deref(),
    })
}

/// The columns of a ruling, in the order of [`read_ruling`].
macro_rules! ruling_columns {
    () => {
        "noun, subject, number, content, approved, ruled_by, ruled_by_name, ruled_at, comment, own"
    };
}

/// What [`read_channel`] reads, and whence.
macro_rules! channel_columns {
    () => {
        "id, campaign, unit, channel, day, number, note, photograph, reported_by, reported_at from channel_report"
    };
}

/// What [`read_withdrawn`] reads, and whence.
macro_rules! withdrawn_columns {
    () => {
        "id, withdrawn_by, withdrawn_at from channel_report"
    };
}

/// A report on another channel, whose row has this place, goes into the log.
pub(in crate::store) async fn channel_report(
    tx: &mut super::Tx,
    place: u64,
) -> Result<(), StoreError> {
    let rows = sql!(fetch tx,
        concat!("select log_position, ", channel_columns!(), " where log_position = $1"),
        place.cast_signed())?;
    let line = read_channel(rows.first().ok_or(sqlx::Error::RowNotFound)?)?;
    super::append_leaves(tx, place, &[crate::log::leaf(line.as_bytes())]).await
}

/// That such a report was taken back, whose row has this place, goes into the log.
pub(in crate::store) async fn channel_withdrawn(
    tx: &mut super::Tx,
    place: u64,
) -> Result<(), StoreError> {
    let rows = sql!(fetch tx,
        concat!("select withdrawn_position, ", withdrawn_columns!(), " where withdrawn_position = $1"),
        place.cast_signed())?;
    let line = read_withdrawn(rows.first().ok_or(sqlx::Error::RowNotFound)?)?;
    super::append_leaves(tx, place, &[crate::log::leaf(line.as_bytes())]).await
}

/// The last ruling on a thing as it goes into the log.
pub(in crate::store) async fn ruling(
    tx: &mut super::Tx,
    noun: &str,
    subject: &str,
    place: u64,
) -> Result<(), StoreError> {
    let rows = sql!(fetch tx,
        concat!("select log_position, ", ruling_columns!(),
            " from ruling where noun = $1 and subject = $2 and log_position = $3"),
        noun, subject, place.cast_signed())?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let leaf = crate::log::leaf(read_ruling(row)?.as_bytes());
    super::append_leaves(tx, place, &[leaf]).await
}

/// A line of the trail as it goes into the log.
pub(in crate::store) fn deed<'a>(
    (id, at): (&'a str, UtcMs),
    (person, who): (Option<&'a str>, &'a str),
    deed: &'a str,
    subject: &'a str,
    (before, after): (Option<&'a RawValue>, Option<&'a RawValue>),
) -> Entry<'a> {
    Entry::Deed(Deed { at, id, deed, person, who, subject, before, after })
}

/// The entries of a span as lines; where there is none, an empty one.
pub(super) async fn lines<S, P>(
    on: &mut Engine<S, P>,
    span: Range<u64>,
) -> Result<Vec<String>, StoreError>
where
    S: DerefMut<Target = SqliteConnection>,
    P: DerefMut<Target = PgConnection>,
{
    let count = usize::try_from(span.end.saturating_sub(span.start)).unwrap_or_default();
    let mut lines = vec![String::new(); count];
    let (from, until) = (span.start.cast_signed(), span.end.cast_signed());
    macro_rules! take {
        ($read:expr, $column:literal, $select:expr) => {
            let rows = sql!(fetch on,
                concat!("select ", $column, ", ", $select, " where ", $column, " >= $1 and ", $column, " < $2"),
                from, until)?;
            for row in &rows {
                let place = row.get::<i64>(0)?.saturating_sub(from);
                let line = $read(row).unwrap_or_else(|_| UNREADABLE.to_owned());
                if let Some(held) = usize::try_from(place).ok().and_then(|place| lines.get_mut(place)) {
                    // Two rows with one place are no entry.
                    *held = if held.is_empty() { line } else { UNREADABLE.to_owned() };
                }
            }
        };
    }
    take!(
        read_record,
        "log_position",
        concat!("received_at, key, signature, record, ", record_columns!(), " from as_run")
    );
    take!(
        read_declaration,
        "log_position",
        "airing, number, outcome, started_at, cause, detail, declared_by, declared_at, key from declaration"
    );
    take!(read_channel, "log_position", channel_columns!());
    take!(read_withdrawn, "withdrawn_position", withdrawn_columns!());
    take!(read_ruling, "log_position", concat!(ruling_columns!(), " from ruling"));
    take!(
        read_deed,
        "log_position",
        "id, at, person, who, deed, subject, before, after from audit"
    );
    take!(read_station_key, "log_position", "public_key, station, enrolled_at from station_key");
    take!(read_revoked, "revoked_position", "public_key, station, revoked_at from station_key");
    take!(|row: &Row| row.get::<String>(1), "log_position", "entry from log_entry");
    Ok(lines)
}

fn read_record(row: &Row) -> Result<String, StoreError> {
    let at = UtcMs(row.get(1)?).to_string().into();
    let (key, signature): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
    let (payload, columns): (String, _) = (row.get(4)?, Columns::read(row, 5)?);
    let do_fit = columns.fit(&payload, key.is_some() && signature.is_some());
    let (key, signature) = (key.map(Cow::Owned), signature.map(Cow::Owned));
    let entry = Entry::Record(Record { at, key, signature, payload: payload.into() });
    if do_fit { line(&entry) } else { text("record", "", &Bent { entry: &entry, columns }) }
}

fn read_declaration(row: &Row) -> Result<String, StoreError> {
    let (airing, outcome, by): (String, String, String) = (row.get(1)?, row.get(3)?, row.get(7)?);
    let (cause, detail, sent_as): (Option<String>, Option<String>, Option<String>) =
        (row.get(5)?, row.get(6)?, row.get(9)?);
    line(&Entry::Declaration(Declared {
        at: UtcMs(row.get(8)?),
        airing: &airing,
        number: row.get(2)?,
        outcome: &outcome,
        started_at: row.get::<Option<i64>>(4)?.map(UtcMs),
        cause: cause.as_deref(),
        detail: detail.as_deref(),
        by: &by,
        sent_as: sent_as.as_deref(),
    }))
}

fn read_channel(row: &Row) -> Result<String, StoreError> {
    let (id, campaign, unit): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let (channel, day, by): (String, String, String) = (row.get(4)?, row.get(5)?, row.get(9)?);
    let (note, photograph): (Option<String>, Option<String>) = (row.get(7)?, row.get(8)?);
    line(&Entry::ChannelReport(ChannelReport {
        at: UtcMs(row.get(10)?),
        id: &id,
        campaign: &campaign,
        unit: &unit,
        channel: &channel,
        day: &day,
        number: row.get(6)?,
        note: note.as_deref(),
        photograph: photograph.as_deref(),
        by: &by,
    }))
}

fn read_withdrawn(row: &Row) -> Result<String, StoreError> {
    let (id, by): (String, String) = (row.get(1)?, row.get(2)?);
    let at = UtcMs(row.get(3)?);
    line(&Entry::ChannelReportWithdrawn(ChannelReportWithdrawn { at, id: &id, by: &by }))
}

fn read_ruling(row: &Row) -> Result<String, StoreError> {
    let (noun, subject, content): (String, String, String) =
        (row.get(1)?, row.get(2)?, row.get(4)?);
    let (by, by_name, comment): (Option<String>, String, Option<String>) =
        (row.get(6)?, row.get(7)?, row.get(9)?);
    line(&Entry::Ruling(Ruling {
        at: row.get::<Option<i64>>(8)?.map(UtcMs),
        noun: &noun,
        subject: &subject,
        number: row.get(3)?,
        content: &content,
        approved: row.get(5)?,
        by: by.as_deref(),
        by_name: &by_name,
        comment: comment.as_deref(),
        own: row.get(10)?,
    }))
}

fn read_deed(row: &Row) -> Result<String, StoreError> {
    let (id, at): (String, i64) = (row.get(1)?, row.get(2)?);
    let (person, who): (Option<String>, String) = (row.get(3)?, row.get(4)?);
    let (word, subject): (String, String) = (row.get(5)?, row.get(6)?);
    let raw = |column| -> Result<Option<Box<RawValue>>, StoreError> {
        let text: Option<String> = row.get(column)?;
        text.map(|text| super::super::json("line of the trail", &id, &text)).transpose()
    };
    let (before, after) = (raw(7)?, raw(8)?);
    let values = (before.as_deref(), after.as_deref());
    line(&deed((&id, UtcMs(at)), (person.as_deref(), &who), &word, &subject, values))
}

fn read_station_key(row: &Row) -> Result<String, StoreError> {
    let (key, station): (String, String) = (row.get(1)?, row.get(2)?);
    let at = UtcMs(row.get(3)?).to_string().into();
    line(&Entry::StationKey(StationKey { at, station: station.into(), key: key.into() }))
}

fn read_revoked(row: &Row) -> Result<String, StoreError> {
    let (key, station): (String, String) = (row.get(1)?, row.get(2)?);
    let at = UtcMs(row.get(3)?).to_string().into();
    line(&Entry::StationKeyRevoked(Revoked { at, station: station.into(), key: key.into() }))
}
