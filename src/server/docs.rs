//! The API's page: written once at the start from the OpenAPI document, without scripts and without the internet.

use std::{fmt::Write, sync::Arc};

use axum::{
    Router,
    http::header,
    response::{Html, IntoResponse},
    routing::get,
};
use utoipa::openapi::{OpenApi, path::Operation};

use super::District;

const STYLE: &str = include_str!("docs.css");
/// No scripts, nothing from afar.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn routes(openapi: OpenApi) -> Router<District> {
    let page: Arc<str> = page(&openapi).into();
    let json: Arc<str> = openapi.to_json().unwrap_or_default().into();
    let with_policy = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Router::new()
        .route(
            "/api/docs",
            get(move || async move { (with_policy, Html(page.to_string())).into_response() }),
        )
        .route(
            "/api/docs.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE) }),
        )
        .route(
            "/api/openapi.json",
            get(move || async move {
                ([(header::CONTENT_TYPE, "application/json")], json.to_string()).into_response()
            }),
        )
}

fn page(openapi: &OpenApi) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Loa: the API</title>\
         <link rel=\"stylesheet\" href=\"/api/docs.css\"><h1>Loa: the API</h1>",
    );
    let about = openapi.info.description.as_deref().unwrap_or_default();
    write(&mut html, format_args!("<p>{}</p>", escape(about)));
    html.push_str(
        "<p>A token goes into each call as <code>Authorization: Bearer TOKEN</code>. Everything on this page, with the \
         shape of each body, is in <a href=\"/api/openapi.json\">openapi.json</a>.</p>",
    );
    for (path, item) in &openapi.paths.paths {
        for (method, operation) in [("GET", &item.get), ("POST", &item.post)] {
            if let Some(operation) = operation {
                call(&mut html, method, path, operation);
            }
        }
    }
    html.push_str("</html>");
    html
}

fn call(html: &mut String, method: &str, path: &str, operation: &Operation) {
    let summary = operation.summary.as_deref().unwrap_or_default();
    write(
        html,
        format_args!(
            "<section><h2><span>{method}</span> <code>{}</code></h2><p>{}</p>",
            escape(path),
            escape(summary)
        ),
    );
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    if !parameters.is_empty() {
        html.push_str("<table><tr><th>parameter<th>meaning");
        for parameter in parameters {
            let utoipa::openapi::RefOr::T(parameter) = parameter else { continue };
            let meaning = parameter.description.as_deref().unwrap_or_default();
            write(
                html,
                format_args!(
                    "<tr><td><code>{}</code><td>{}",
                    escape(&parameter.name),
                    escape(meaning)
                ),
            );
        }
        html.push_str("</table>");
    }
    html.push_str("<table><tr><th>answer<th>meaning");
    for (status, response) in &operation.responses.responses {
        if let utoipa::openapi::RefOr::T(response) = response {
            write(
                html,
                format_args!("<tr><td>{}<td>{}", escape(status), escape(&response.description)),
            );
        }
    }
    html.push_str("</table></section>");
}

fn write(html: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    html.write_fmt(text).ok();
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
