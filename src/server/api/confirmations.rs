use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;

use crate::{
    radio::{Outcome, StationId},
    server::{
        District,
        body::{JsonBytes, name_field, read_json},
        login::OfStation,
        metrics,
        problem::Refusal,
    },
    signing::{Context, Envelope, PublicKey},
    store::{NewRecord, Verdict},
    wire::{AsRunRecord, Confirmations, Problem, Receipt, ReceiptResult, Receipts, StationStatus},
};

/// Records in one call at most.
const MOST: usize = 500;

/// What came: records that can be read, or why not, with the sequence number where that much can be read.
struct Arrived {
    records: Vec<Result<Envelope, Receipt>>,
    status: Option<StationStatus>,
}

/// What a batch looks like before its records are believed.
#[derive(Deserialize)]
struct Loose {
    #[serde(default)]
    records: Vec<serde_json::Value>,
    #[serde(default)]
    status: Option<serde_json::Value>,
}

/// Takes as-run records of any age. Answered when they are on disk; one bad record blocks no other.
#[utoipa::path(
    post, path = "/api/v1/confirmations", tag = "station", security(("station" = [])),
    request_body = Confirmations,
    responses(
        (status = 200, description = "What became of each record, in the order sent.", body = Receipts),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a station's token.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "More than 500 records or 1 MiB.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No list of records.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn confirm(
    State(district): State<District>,
    OfStation(station): OfStation,
    JsonBytes(bytes): JsonBytes,
) -> Result<Json<Receipts>, Refusal> {
    let arrived = read(&bytes)?;
    if arrived.records.len() > MOST {
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-many-records",
            format!("{} records in one call: send at most {MOST}", arrived.records.len()),
        ));
    }
    let keys = district.store.station_keys(&station).await?;
    let (arrived_records, judge_of) = (arrived.records, station.clone());
    // A signature takes some 50 microseconds to check: not on a thread that others wait for.
    let judged = tokio::task::spawn_blocking(move || {
        let judge = |record: Result<Envelope, Receipt>| {
            record.and_then(|envelope| judge(envelope, &judge_of, &keys))
        };
        arrived_records.into_iter().map(judge).collect::<Vec<_>>()
    });
    let mut believed = Vec::new();
    let mut results = Vec::new();
    for record in judged.await.map_err(Refusal::internal)? {
        match record {
            Ok(record) => {
                results.push(None);
                believed.push(record);
            }
            Err(receipt) => results.push(Some(receipt)),
        }
    }
    let status = arrived.status.map(|status| serde_json::to_string(&status)).transpose();
    let (records, new): (Vec<_>, Vec<_>) = believed.into_iter().unzip();
    let verdicts = district
        .store
        .confirm(&station, new, status.map_err(Refusal::internal)?, district.clock.now())
        .await?;
    let mut kept = records.iter().zip(verdicts);
    let results = results
        .into_iter()
        .filter_map(|invalid| invalid.or_else(|| kept.next().map(receipt)))
        .collect();
    Ok(Json(Receipts { results }))
}

/// Nearly every batch reads whole, in one pass; only one that does not is read record by record.
fn read(bytes: &[u8]) -> Result<Arrived, Refusal> {
    if let Ok(whole) = serde_json::from_slice::<Confirmations>(bytes) {
        let records = whole.records.into_iter().map(Ok).collect();
        return Ok(Arrived { records, status: whole.status });
    }
    let loose: Loose = crate::server::body::read_json(bytes).map_err(Refusal::unreadable)?;
    let status = loose.status.and_then(|status| match serde_json::from_value(status) {
        Ok(status) => Some(status),
        Err(error) => {
            tracing::warn!(%error, "a station's status cannot be read");
            None
        }
    });
    let records = loose
        .records
        .into_iter()
        .map(|value| {
            serde_path_to_error::deserialize(value)
                .map_err(|error| invalid(None, name_field(&error)))
        })
        .collect();
    Ok(Arrived { records, status })
}

/// What a record must be: signed by its station, readable, and one that the station may make.
fn judge(
    envelope: Envelope,
    station: &StationId,
    keys: &[PublicKey],
) -> Result<(AsRunRecord, NewRecord), Receipt> {
    let record: AsRunRecord = read_json(envelope.payload.as_bytes()).map_err(|why| {
        let sequence =
            serde_json::from_str(&envelope.payload).ok().map(|Numbered { sequence }| sequence);
        invalid(sequence, why)
    })?;
    let sequence = Some(record.sequence);
    let no = |why: String| Err(invalid(sequence, why));
    if !keys.contains(&envelope.key) {
        return no(format!(
            "key: it is none of {station}'s, or was revoked: enrol the station again"
        ));
    }
    if envelope.open(Context::Record).is_err() {
        return no("signature: it does not fit".to_owned());
    }
    if record.station != *station {
        return no(format!("station: the token belongs to {station}"));
    }
    if record.boot.len() != 32
        || !record.boot.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    {
        return no("boot: 32 lower-case hexadecimal digits are expected".to_owned());
    }
    if i64::try_from(record.sequence).is_err() {
        return no("sequence: it is larger than 9223372036854775807".to_owned());
    }
    if record.airing.station() != station.as_str() {
        return no(format!("airing: {} is not at {station}", record.airing));
    }
    if record.outcome == Outcome::Aired && record.evidence.is_none() {
        return no("evidence: a record of \"aired\" says what it rests on".to_owned());
    }
    // PostgreSQL has no such text.
    if record.title.contains('\0') {
        return no("title: it contains a NUL character".to_owned());
    }
    let new = NewRecord::new(&record, envelope);
    Ok((record, new))
}

/// As much of a record as its receipt needs.
#[derive(Deserialize)]
struct Numbered {
    sequence: u64,
}

fn invalid(sequence: Option<u64>, why: String) -> Receipt {
    Receipt { sequence, result: ReceiptResult::Invalid, why: Some(why) }
}

fn receipt((record, verdict): (&AsRunRecord, Verdict)) -> Receipt {
    let (result, why) = match verdict {
        Verdict::Recorded => {
            metrics::record(record);
            (ReceiptResult::Recorded, None)
        }
        Verdict::Duplicate => {
            (ReceiptResult::Duplicate, Some("the same record is there already".to_owned()))
        }
        Verdict::Conflict => (
            ReceiptResult::Conflict,
            Some("another record is there under this boot and sequence, and stays".to_owned()),
        ),
    };
    Receipt { sequence: Some(record.sequence), result, why }
}
