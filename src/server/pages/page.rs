use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use super::fault::Fault;

/// A template as an answer. One that shows a form again because something in it is wrong says so by its status.
pub(super) struct Page<T>(pub(super) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(text) => Html(text).into_response(),
            Err(error) => Fault::failed(error).into_response(),
        }
    }
}

/// The same where something in a form was wrong.
pub(super) fn wrong<T: Template>(template: T) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Page(template)).into_response()
}
