//! Bulletins: asked for by one person, agreed to by another, sent at once.

mod hearing;
mod prepared;
mod report;
mod send;
mod wish;

pub(super) use hearing::Hearing;
pub(super) use prepared::{Prepared, PreparedReport, prepared_reports};
pub(super) use report::{BulletinReport, StationReport, outline, report};
pub(super) use send::{agree, cancel, correct};
pub(super) use wish::{Wish, ask};

use axum::http::StatusCode;

use super::problem::Refusal;
use crate::radio::{BulletinId, NotNow};

impl From<NotNow> for Refusal {
    fn from(why: NotNow) -> Self {
        let status = match why {
            NotNow::SamePerson(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::CONFLICT,
        };
        Self::new(status, why.code(), why.to_string())
    }
}

fn unknown(id: &BulletinId) -> Refusal {
    Refusal::not_found(format!("there is no bulletin {id}"))
}
