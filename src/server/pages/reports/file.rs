use axum::{
    Json,
    body::Body,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::Wish;
use crate::{
    radio::Right,
    server::{
        District,
        pages::{area::Area, fault::Fault, visitor::Reader},
        reports::{Form, write},
    },
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Asked {
    #[serde(rename = "as")]
    form: String,
    /// What the browser calls this download, if it wants to hear how far it is.
    ticket: String,
    #[serde(flatten)]
    wish: Wish,
}

/// The report as a file, sent while it is made.
pub(in crate::server::pages) async fn fetch(
    State(district): State<District>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let form: Form = asked.form.parse().map_err(|_| Fault::Unreadable)?;
    let area = Area::with(&district, &reader, Right::Export).await?;
    let ask = asked.wish.ask(&district, &reader, &area, district.clock.now()).await?;
    let (from, until) = (ask.period.from, ask.period.until);
    let name = format!("loa-{}-{from}-{until}.{}", form.as_str(), form.extension());
    let progress = district.reports.begin(&asked.ticket);
    let headers = [
        (header::CONTENT_TYPE, form.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let body = Body::from_stream(write(district.store.clone(), ask, form, progress));
    Ok((headers, body).into_response())
}

/// How far a download is; where none is known, it is over.
pub(in crate::server::pages) async fn progress(
    State(district): State<District>,
    _: Reader,
    Path(ticket): Path<String>,
) -> Response {
    let (done, all) = district.reports.days(&ticket).unzip();
    Json(json!({"done": done, "all": all})).into_response()
}
