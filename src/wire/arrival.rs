//! What a station sends as confirmations, read and judged record by record. Pure.

use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{AsRunRecord, Confirmations, Receipt, ReceiptResult, StationRecord, StationStatus};
use crate::{
    radio::{Outcome, StationId},
    signing::{Context, Envelope, PublicKey},
};

/// What came: records that can be read, or why not, in the order sent.
#[derive(Debug)]
pub struct Arrival {
    /// The records, not judged yet; of one that cannot be read, its receipt.
    pub records: Vec<Result<Envelope, Receipt>>,
    /// How the station is, or why that cannot be read.
    pub status: Option<Result<StationStatus, String>>,
    /// Whether it is to be told what runs of its records there are.
    pub tell_runs: bool,
}

/// What a batch looks like before its records are believed.
#[derive(Deserialize)]
struct Loose {
    #[serde(default)]
    records: Vec<serde_json::Value>,
    #[serde(default)]
    status: Option<serde_json::Value>,
    #[serde(default)]
    tell_runs: bool,
}

impl Arrival {
    /// Reads [`Confirmations`]. Nearly every batch reads whole, in one pass; only one that does not is read record by
    /// record, so that one bad record blocks no other.
    ///
    /// # Errors
    /// There is no list of records; says why.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if let Ok(whole) = serde_json::from_slice::<Confirmations>(bytes) {
            let records = whole.records.into_iter().map(Ok).collect();
            return Ok(Self { records, status: whole.status.map(Ok), tell_runs: whole.tell_runs });
        }
        let loose: Loose = read_json(bytes)?;
        let status = loose.status.map(|status| {
            serde_json::from_value(status).map_err(|error: serde_json::Error| error.to_string())
        });
        let records = loose
            .records
            .into_iter()
            .map(|value| {
                serde_path_to_error::deserialize(value)
                    .map_err(|error| invalid(None, name_field(&error)))
            })
            .collect();
        Ok(Self { records, status, tell_runs: loose.tell_runs })
    }
}

/// What a record must be: readable, signed with one of its station's keys, and one that the station may make.
///
/// # Errors
/// The receipt that says why it is not taken.
pub fn judge(
    envelope: &Envelope,
    station: &StationId,
    keys: &[PublicKey],
) -> Result<StationRecord, Receipt> {
    let record = read_record(&envelope.payload).map_err(|why| {
        let sequence =
            serde_json::from_str(&envelope.payload).ok().map(|Numbered { sequence }| sequence);
        invalid(sequence, why)
    })?;
    let sequence = Some(record.sequence());
    let no = |why: String| Err(invalid(sequence, why));
    if !keys.contains(&envelope.key) {
        return no(format!(
            "key: it is none of {station}'s, or was revoked: enrol the station again"
        ));
    }
    if envelope.open(Context::Record).is_err() {
        return no("signature: it does not fit".to_owned());
    }
    let (of, boot) = match &record {
        StationRecord::AsRun(record) => (&record.station, &record.boot),
        StationRecord::Event(event) => (&event.station, &event.boot),
    };
    if of != station {
        return no(format!("station: this is taken from {station} only"));
    }
    if boot.len() != 32 || !boot.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return no("boot: 32 lower-case hexadecimal digits are expected".to_owned());
    }
    if i64::try_from(record.sequence()).is_err() {
        return no("sequence: it is larger than 9223372036854775807".to_owned());
    }
    let wrong = match &record {
        StationRecord::AsRun(record) => impossible(record, station),
        StationRecord::Event(_) => None,
    };
    wrong.map_or(Ok(record), no)
}

impl StationRecord {
    /// Reads what a station signed.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(payload: &str) -> Result<Self, String> {
        read_record(payload)
    }
}

/// An event says so; everything else is to be an as-run record.
fn read_record(payload: &str) -> Result<StationRecord, String> {
    let why = match read_json(payload.as_bytes()) {
        Ok(record) => return Ok(StationRecord::AsRun(Box::new(record))),
        Err(why) => why,
    };
    match serde_json::from_str(payload) {
        Ok(Eventful { event: IgnoredAny }) => {
            read_json(payload.as_bytes()).map(StationRecord::Event)
        }
        Err(_) => Err(why),
    }
}

/// As much of an event as tells it from an as-run record.
#[derive(Deserialize)]
struct Eventful {
    event: IgnoredAny,
}

/// What an as-run record may not say.
fn impossible(record: &AsRunRecord, station: &StationId) -> Option<String> {
    if record.airing.station() != station.as_str() {
        return Some(format!("airing: {} is not at {station}", record.airing));
    }
    if record.outcome == Outcome::Aired && record.evidence.is_none() {
        return Some("evidence: a record of \"aired\" says what it rests on".to_owned());
    }
    // PostgreSQL has no such text.
    if record.title.contains('\0') {
        return Some("title: it contains a NUL character".to_owned());
    }
    None
}

/// As much of a record as its receipt needs.
#[derive(Deserialize)]
struct Numbered {
    sequence: u64,
}

fn invalid(sequence: Option<u64>, why: String) -> Receipt {
    Receipt { sequence, result: ReceiptResult::Invalid, why: Some(why) }
}

/// Reads JSON.
///
/// # Errors
/// Why it cannot be read, naming the field.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    // To know the field takes four times as long, and nearly always nobody asks.
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|error| name_field(&error))?;
    from.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// `field: why`; only why at the top.
fn name_field<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> String {
    match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        field => format!("{field}: {}", error.inner()),
    }
}
