//! Figures for Prometheus.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::{District, problem::Refusal};
use crate::wire::{AsRunRecord, StationStatus};

/// Seconds: a start within 5 ms is right, one beyond a second is wrong for everybody.
const START_ERROR: &[f64] = &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0, 60.0];

/// One recorder a process: the `metrics` macros know no other.
static RECORDER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let start_error = Matcher::Full("loa_start_error_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(start_error, START_ERROR).ok()?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    Some(handle)
});

pub(super) fn start() {
    if RECORDER.is_none() {
        tracing::warn!("another part of the program records metrics; /metrics stays empty");
    }
}

pub(super) fn request(method: &Method, path: &str, status: StatusCode) {
    // An unknown method must not make a new series.
    let method = match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    };
    let status = status.as_u16().to_string();
    counter!("loa_http_requests_total", "method" => method, "path" => path.to_owned(), "status" => status)
        .increment(1);
}

/// A record came in and is on disk.
pub(super) fn record(record: &AsRunRecord) {
    let evidence = record.evidence.map_or("none".to_owned(), |evidence| evidence.to_string());
    counter!("loa_records_total", "outcome" => record.outcome.to_string(), "evidence" => evidence)
        .increment(1);
    counter!("loa_xruns_total").increment(record.xruns.into());
    if let Some(error) = record.start_error_us {
        #[expect(clippy::cast_precision_loss, reason = "an error is far below 2^52 microseconds")]
        histogram!("loa_start_error_seconds").record(error.unsigned_abs() as f64 / 1e6);
    }
}

/// The figures as text; what is known only by asking is asked now.
#[expect(clippy::cast_precision_loss, reason = "figures for a graph")]
pub(super) async fn render(district: &District) -> Result<String, Refusal> {
    gauge!("loa_confirmations_waiting").set(district.store.waiting() as f64);
    let now = district.clock.now();
    for contact in district.store.contacts().await? {
        let station = contact.station.to_string();
        gauge!("loa_station_last_contact_age_seconds", "station" => station.clone())
            .set(now.since(contact.at).as_secs_f64());
        let status = contact.status.map(|json| serde_json::from_str::<StationStatus>(&json));
        if let Some(status) = status.transpose().map_err(Refusal::internal)? {
            gauge!("loa_station_records_waiting", "station" => station.clone())
                .set(status.waiting as f64);
            if let Some(stock) = status.stock {
                gauge!("loa_station_airings_lacking", "station" => station.clone())
                    .set(stock.count as f64);
            }
            gauge!("loa_station_faults", "station" => station).set(status.faults.len() as f64);
        }
    }
    for chain in district.store.chains().await? {
        let station = chain.station.to_string();
        gauge!("loa_station_missing_records", "station" => station.clone())
            .set(chain.missing as f64);
        gauge!("loa_station_chain_faults", "station" => station).set(chain.fault_count as f64);
    }
    for expiry in district.expiries() {
        gauge!("loa_expires_seconds", "what" => expiry.what).set(expiry.seconds_left(now) as f64);
    }
    if let Some(rolled) = *district.rolled.borrow() {
        gauge!("loa_planned_age_seconds").set(now.since(rolled).as_secs_f64());
    }
    Ok(RECORDER.as_ref().map_or_else(String::new, |handle| {
        handle.run_upkeep();
        handle.render()
    }))
}
