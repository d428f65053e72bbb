//! The style sheet and the scripts. Their address has their hash in it, so that a browser keeps them for good and still
//! gets the new ones after an update.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A page adds its script here.
const FILES: &[(&str, &str, &str)] = &[
    ("style.css", STYLE, include_str!("../../../static/style.css")),
    ("clips.js", SCRIPT, include_str!("../../../static/clips.js")),
    ("lying.css", STYLE, include_str!("../../../static/lying.css")),
    ("emergency.js", SCRIPT, include_str!("../../../static/emergency.js")),
    ("recorder.js", SCRIPT, include_str!("../../../static/recorder.js")),
    ("confirm.js", SCRIPT, include_str!("../../../static/confirm.js")),
    ("page.js", SCRIPT, include_str!("../../../static/page.js")),
    ("reports.js", SCRIPT, include_str!("../../../static/reports.js")),
    ("today.js", SCRIPT, include_str!("../../../static/today.js")),
    ("timetable.css", STYLE, include_str!("../../../static/timetable.css")),
    ("timetable.js", SCRIPT, include_str!("../../../static/timetable.js")),
    ("upright.css", STYLE, include_str!("../../../static/upright.css")),
];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, _, text) in FILES {
        hash.update(name);
        hash.update(text);
    }
    hex::encode(&hash.finalize()[..8])
});

/// Where a file is fetched.
pub(super) fn address(file: &str) -> String {
    debug_assert!(FILES.iter().any(|(name, ..)| *name == file), "{file} is not in the list");
    format!("/static/{}/{file}", *VERSION)
}

pub(super) async fn fetch(Path((version, file)): Path<(String, String)>) -> Response {
    let found = FILES.iter().find(|(name, ..)| *name == file && version == *VERSION);
    let Some((_, kind, text)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, *kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, *text).into_response()
}
