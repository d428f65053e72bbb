//! What was there before the log: it goes in first, in the order of its rows.

use serde_json::value::to_raw_value;

use super::{
    super::{Deed, Store, StoreError, Tx, db::sql},
    append_leaves, keep, lock, logged_deeds, rows,
    statements::Statements,
};
use crate::{
    log::{Entry, Rule, leaf},
    radio::UtcMs,
};

/// Entries read at a time.
const STRETCH: usize = 2_000;

/// Gives every row without a place its place, table by table: keys before what they signed, and what ended them after.
const PLACES: [&str; 8] = [
    "update station_key set log_position = $1 + place.number from (
         select public_key, row_number() over (order by enrolled_at, public_key) - 1 as number
         from station_key where log_position is null) as place
     where place.public_key = station_key.public_key",
    "update as_run set log_position = $1 + place.number from (
         select station, boot, sequence,
             row_number() over (order by received_at, station, sequence, boot) - 1 as number
         from as_run where log_position is null) as place
     where place.station = as_run.station and place.boot = as_run.boot and place.sequence = as_run.sequence",
    "update declaration set log_position = $1 + place.number from (
         select airing, number as word, row_number() over (order by declared_at, airing, number) - 1 as number
         from declaration where log_position is null) as place
     where place.airing = declaration.airing and place.word = declaration.number",
    "update channel_report set log_position = $1 + place.number from (
         select id, row_number() over (order by reported_at, id) - 1 as number
         from channel_report where log_position is null) as place
     where place.id = channel_report.id",
    "update channel_report set withdrawn_position = $1 + place.number from (
         select id, row_number() over (order by withdrawn_at, id) - 1 as number
         from channel_report where withdrawn_position is null and withdrawn_at is not null) as place
     where place.id = channel_report.id",
    "update ruling set log_position = $1 + place.number from (
         select noun, subject, number as word,
             row_number() over (order by coalesce(ruled_at, 0), noun, subject, number) - 1 as number
         from ruling where log_position is null) as place
     where place.noun = ruling.noun and place.subject = ruling.subject and place.word = ruling.number",
    concat!(
        "update audit set log_position = $1 + place.number from (
         select id, row_number() over (order by at, id) - 1 as number
         from audit where log_position is null and deed in ",
        logged_deeds!(),
        ") as place
     where place.id = audit.id"
    ),
    "update station_key set revoked_position = $1 + place.number from (
         select public_key, row_number() over (order by revoked_at, public_key) - 1 as number
         from station_key where revoked_position is null and revoked_at is not null) as place
     where place.public_key = station_key.public_key",
];

/// Takes in what there was before there was a log, once.
pub(in crate::store) async fn begin(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.db.begin().await?;
    let from = lock(&mut tx).await?;
    let fresh = sql!(execute &mut tx,
        "update log_head set is_begun = true where id = 'log' and not is_begun")?;
    if fresh == 0 {
        return Ok(());
    }
    let mut until = from;
    for statement in PLACES {
        until += sql!(execute &mut tx, statement, until.cast_signed())?;
    }
    if until > from {
        tracing::info!(entries = until - from, "beginning the log with what there is");
    }
    for start in (from..until).step_by(STRETCH) {
        let span = start..until.min(start + STRETCH as u64);
        let lines = rows::lines(&mut tx, span).await?;
        let leaves: Vec<_> = lines.iter().map(|line| leaf(line.as_bytes())).collect();
        append_leaves(&mut tx, start, &leaves).await?;
    }
    state_rules(&mut tx).await?;
    tx.commit().await
}

/// Has the log say of each rule what it is of which it says nothing yet, as of the last line of the trail: nothing else here
/// tells the time.
async fn state_rules(tx: &mut Tx) -> Result<(), StoreError> {
    let rows = sql!(fetch tx, "select coalesce(max(at), 0) from audit")?;
    let at = UtcMs(rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)?);
    let statements = Statements::read(tx).await?;
    for (noun, id, rule) in statements.unsaid() {
        let rule = to_raw_value(&rule).map_err(|error| StoreError::Unreadable {
            what: "rule",
            id: format!("{noun} {id}"),
            why: error.to_string(),
        })?;
        let entry = Rule { at, deed: Deed::RuleAdded.as_str(), noun, id, rule: Some(&rule) };
        keep(tx, &Entry::Rule(entry)).await?;
    }
    Ok(())
}
