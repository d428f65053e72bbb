use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::Wish;
use crate::{
    radio::{Campaign, Right},
    reports::Shown,
    server::{
        District,
        pages::{
            area::Area,
            fault::Fault,
            page::Page,
            visitor::{Reader, Visitor},
        },
        reports::{Form, Progress, reconcile},
    },
};

/// Days whose figures are added up on a page: more are taken along as a file.
const MOST_DAYS: usize = 366;

#[derive(Template)]
#[template(path = "pages/reports.html")]
struct Reports {
    v: Visitor,
    wish: Wish,
    area: Area,
    campaigns: Vec<Campaign>,
    is_long: bool,
    /// None: nobody has asked for them yet.
    figures: Option<Shown>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Asked {
    show: String,
    #[serde(flatten)]
    wish: Wish,
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(Asked { show, mut wish }): Query<Asked>,
) -> Result<Response, Fault> {
    let area = Area::with(&district, &reader, Right::Export).await?;
    if show.is_empty() {
        let top =
            area.units.iter().find(|unit| area.tops.contains(&unit.id) || unit.parent.is_none());
        let of = |key: &str| {
            let name = top.map_or("…", |unit| unit.name.as_str());
            reader.of(key).with("unit", name).to_string()
        };
        wish.superior = of("reports.superior-is");
        wish.issuer = of("reports.issuer-is");
        wish.symbol = of("reports.symbol-is");
        wish.place = of("reports.place-is");
        wish.office = of("reports.office-is");
    }
    let ask = wish.ask(&district, &reader, &area, district.clock.now()).await?;
    let is_long = ask.period.length() > MOST_DAYS;
    let figures = if show.is_empty() || is_long {
        None
    } else {
        let made = reconcile(&district.store, &ask, &Progress::default()).await;
        let made = made.map_err(Fault::failed)?;
        Some(Shown::new(
            &made,
            &crate::server::reports::names(&district.store).await?,
            reader.dates(),
        ))
    };
    let period = &ask.period;
    (wish.from, wish.until) =
        (reader.dates().date_of(&period.from), reader.dates().date_of(&period.until));
    let campaigns = district.store.campaigns().await?;
    let page = Reports { v: reader.visitor(), wish, area, campaigns, is_long, figures };
    Ok(Page(page).into_response())
}
