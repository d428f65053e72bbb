use axum::{Json, extract::State, http::StatusCode};

use crate::{
    radio::StationId,
    server::{District, body::JsonBytes, login::OfStation, metrics, problem::Refusal, rolling},
    signing::Envelope,
    store::{Call, NewRecord, Verdict},
    wire::{
        Confirmations, Problem, Receipt, ReceiptResult, Receipts, StationRecord,
        arrival::{Arrival, judge},
    },
};

/// Records in one call at most.
const MOST: usize = 500;

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
    let arrived = Arrival::read(&bytes).map_err(Refusal::unreadable)?;
    if arrived.records.len() > MOST {
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-many-records",
            format!("{} records in one call: send at most {MOST}", arrived.records.len()),
        ));
    }
    let status = arrived.status.and_then(|status| {
        status
            .inspect_err(|error| tracing::warn!(%station, error, "its status cannot be read"))
            .ok()
    });
    let took = status.as_ref().and_then(|status| status.rundown_version);
    let text = status.as_ref().map(serde_json::to_string).transpose().map_err(Refusal::internal)?;
    let results = keep(&district, &station, arrived.records, Call::Line { status: text }).await?;
    district.news.called(&station, status.as_ref(), district.clock.now());
    if let Some(took) = took
        && let Err(error) = rolling::outdo(&district, &station, took).await
    {
        tracing::error!(%station, %error, "its rundown could not be written anew");
    }
    let held = Some(district.store.held(&station).await?);
    let runs = match arrived.tell_runs {
        true => Some(district.store.runs(&station).await?),
        false => None,
    };
    Ok(Json(Receipts { results, held, runs }))
}

/// Judges a station's records, however they came, and keeps those that are believed; a receipt for each, in order.
pub(in crate::server) async fn keep(
    district: &District,
    station: &StationId,
    records: Vec<Result<Envelope, Receipt>>,
    call: Call,
) -> Result<Vec<Receipt>, Refusal> {
    let keys = district.store.station_keys(station).await?;
    let judge_of = station.clone();
    // A signature takes some 50 microseconds to check: not on a thread that others wait for.
    let judged = tokio::task::spawn_blocking(move || {
        let judged = |envelope| -> Result<_, Receipt> {
            let record = judge(&envelope, &judge_of, &keys)?;
            let new = match &record {
                StationRecord::AsRun(record) => NewRecord::new(record, envelope),
                StationRecord::Event(event) => NewRecord::event(event, envelope),
            };
            Ok((record, new))
        };
        records.into_iter().map(|record| record.and_then(judged)).collect::<Vec<_>>()
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
    let (records, new): (Vec<_>, Vec<_>) = believed.into_iter().unzip();
    let verdicts = district.store.confirm(station, new, call, district.clock.now()).await?;
    if verdicts.contains(&Verdict::Recorded) {
        district.news.arrived();
    }
    district.heard.send_modify(|count| *count += 1);
    let mut kept = records.iter().zip(verdicts);
    Ok(results
        .into_iter()
        .filter_map(|invalid| invalid.or_else(|| kept.next().map(receipt)))
        .collect())
}

fn receipt((record, verdict): (&StationRecord, Verdict)) -> Receipt {
    let (result, why) = match verdict {
        Verdict::Recorded => {
            if let StationRecord::AsRun(record) = record {
                metrics::record(record);
            }
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
    Receipt { sequence: Some(record.sequence()), result, why }
}
