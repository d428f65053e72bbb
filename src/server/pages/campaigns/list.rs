use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{Places, forecast, rows, tone};
use crate::{
    radio::{Campaign, Right},
    server::{
        District,
        pages::{
            fault::Fault,
            page::Page,
            visitor::{Reader, Visitor},
        },
    },
};

#[derive(Template)]
#[template(path = "pages/campaigns.html")]
struct Campaigns {
    v: Visitor,
    lines: Vec<Line>,
    may_plan: bool,
}

struct Line {
    campaign: Campaign,
    stations: usize,
    tone: &'static str,
    word: &'static str,
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let places = Places::of(&district, &reader).await?;
    let mut campaigns = district.store.campaigns().await?;
    // What goes on comes first, and of that the newest.
    let today = reader.dates().day(reader.now());
    campaigns.sort_by_key(|it| (it.until < today, std::cmp::Reverse(it.from)));
    let mut lines = Vec::with_capacity(campaigns.len());
    for campaign in campaigns {
        let stations = places.meant(&campaign);
        if stations == 0 {
            continue;
        }
        let (tone, word) = if today < campaign.from {
            ("quiet", "campaigns.not-begun")
        } else {
            tone(forecast(&rows(&district, &reader, &places, &campaign).await?))
        };
        lines.push(Line { campaign, stations, tone, word });
    }
    let may_plan = reader.grants().may(Right::Plan);
    Ok(Page(Campaigns { v: reader.visitor(), lines, may_plan }).into_response())
}
