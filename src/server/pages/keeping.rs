//! How long recordings are kept.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    fault::Fault,
    form::Form,
    notice::Notice,
    page::{Page, wrong},
    visitor::{Reader, Visitor},
};
use crate::{server::District, store};

const ADDRESS: &str = "/keeping";

#[derive(Template)]
#[template(path = "pages/keeping.html")]
struct Keeping {
    v: Visitor,
    months: String,
    error: String,
    kept: usize,
    gone: usize,
}

/// What a form says: so many months, or nothing for good.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    months: String,
}

impl Wish {
    fn read(&self) -> Option<store::Keeping> {
        match self.months.trim() {
            "" => store::Keeping::new(None),
            text => store::Keeping::new(Some(text.parse().ok()?)),
        }
    }
}

async fn page(
    district: &District,
    reader: &Reader,
    months: String,
    error: String,
) -> Result<Keeping, Fault> {
    let kept = district.shelf.clips().map_err(Fault::failed)?.len();
    let gone = district.store.gone().await?.len();
    Ok(Keeping { v: reader.visitor(), months, error, kept, gone })
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let months = district.store.keeping().await?.months();
    let months = months.map(|months| months.to_string()).unwrap_or_default();
    Ok(Page(page(&district, &reader, months, String::new()).await?).into_response())
}

pub(super) async fn save(
    State(district): State<District>,
    reader: Reader,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let Some(keeping) = wish.read() else {
        let error = reader.of("keeping.months-wrong").with("least", store::Keeping::SHORTEST);
        let error = error.with("most", store::Keeping::LONGEST).to_string();
        return Ok(wrong(page(&district, &reader, wish.months, error).await?));
    };
    district.store.set_keeping(&reader.actor(), keeping, reader.now()).await?;
    Ok(Notice::new("keeping.saved").at(&reader, ADDRESS))
}
