//! What a page answers when it cannot be shown as asked: a page itself, in the visitor's language.

use std::{any::Any, sync::Arc};

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::{guard, visitor::Visitor};
use crate::{
    radio::Right,
    server::{
        District,
        problem::{self, Refusal},
    },
    store::StoreError,
};

/// Why a page is not shown as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// What was posted did not come from a page of ours.
    Foreign,
    /// The visitor lacks a right.
    MayNot(Right),
    /// There is nothing here.
    Missing,
    /// What was posted cannot be read.
    Unreadable,
    /// It is larger than it may be.
    TooLarge,
    /// Too much was asked for from one address.
    TooOften,
    /// It is our fault; the log says why.
    Failed,
}

impl Fault {
    /// The cause goes to the log.
    pub(super) fn failed(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a page failed");
        Self::Failed
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Foreign | Self::MayNot(_) => StatusCode::FORBIDDEN,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Unreadable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The page that says so.
    pub(super) fn page(self, v: &Visitor) -> Response {
        let (title, text) = match self {
            Self::Foreign => ("fault.foreign", v.of("fault.foreign-text")),
            Self::MayNot(right) => (
                "fault.may-not",
                v.of("fault.may-not-text").with("right", v.code("right", right.as_str())),
            ),
            Self::Missing => ("fault.missing", v.of("fault.missing-text")),
            Self::Unreadable => ("fault.unreadable", v.of("fault.unreadable-text")),
            Self::TooLarge => ("fault.too-large", v.of("fault.too-large-text")),
            Self::TooOften => ("fault.too-often", v.of("fault.too-often-text")),
            Self::Failed => ("fault.failed", v.of("fault.failed-text")),
        };
        let page = FaultPage { v, title: v.of(title).to_string(), text: text.to_string() };
        match page.render() {
            Ok(text) => (self.status(), Html(text)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page failed");
                self.status().into_response()
            }
        }
    }
}

#[derive(Template)]
#[template(path = "pages/fault.html")]
struct FaultPage<'a> {
    v: &'a Visitor,
    title: String,
    text: String,
}

/// The guard makes a page of it.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::failed(error)
    }
}

impl From<Arc<StoreError>> for Fault {
    fn from(error: Arc<StoreError>) -> Self {
        Self::failed(error)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::failed(refusal)
    }
}

pub(super) fn of_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    problem::of_panic(panic);
    Fault::Failed.into_response()
}

/// Answers where there is nothing: a browser with a page, a program with a problem.
pub(in crate::server) async fn of_nothing(
    State(district): State<District>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let accepts = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_browser = accepts.is_some_and(|accept| accept.contains("text/html"));
    if !is_browser || parts.uri.path().starts_with("/api/") {
        return problem::no_such_route().await.into_response();
    }
    match guard::of_stranger(&district, &parts).await {
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some((visitor, protect)) => {
            let mut response =
                guard::switched(&visitor).unwrap_or_else(|| Fault::Missing.page(&visitor));
            protect(response.headers_mut());
            response
        }
    }
}
