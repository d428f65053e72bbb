//! What the district shows to everybody: the whole on or off, and each campaign and clip.

use std::collections::HashSet;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    clips,
    fault::Fault,
    form::Form,
    notice::Notice,
    page::Page,
    visitor::{Reader, Visitor},
    words::Phrase,
};
use crate::{
    radio::{Approval, Campaign, CampaignId, ClipId},
    server::District,
    store::{ClipFilter, Publishable, StoredClip},
};

const ADDRESS: &str = "/publishing";
/// Clips on the page; more are found by their words.
const CLIPS: u32 = 50;

#[derive(Template)]
#[template(path = "pages/publishing.html")]
struct Publishing {
    v: Visitor,
    is_public: bool,
    address: String,
    words: String,
    campaigns: Vec<Campaign>,
    clips: Vec<StoredClip>,
    published: HashSet<Publishable>,
    /// Clips that everybody sees because their campaign is shown.
    with_campaign: HashSet<ClipId>,
}

impl Publishing {
    fn shows_campaign(&self, campaign: &Campaign) -> bool {
        self.published.contains(&Publishable::Campaign(campaign.id.clone()))
    }

    fn shows_clip(&self, stored: &StoredClip) -> bool {
        self.published.contains(&Publishable::Clip(stored.clip.id.clone()))
    }

    fn comes_with_campaign(&self, stored: &StoredClip) -> bool {
        self.with_campaign.contains(&stored.clip.id)
    }

    fn approval(&self, stored: &StoredClip) -> (&'static str, Phrase) {
        clips::approval(&self.v, stored.approval)
    }

    fn waits(&self, stored: &StoredClip) -> bool {
        stored.approval == Approval::Waiting
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    words: String,
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(Wanted { words }): Query<Wanted>,
) -> Result<Response, Fault> {
    let store = &district.store;
    let published = store.published().await?;
    let campaigns = store.campaigns().await?;
    let filter = ClipFilter { words: Some(words.clone()), ..ClipFilter::default() };
    let mut clips = store.find_clips(&filter, None, CLIPS).await?;
    let is_shown = |it: &StoredClip| published.contains(&Publishable::Clip(it.clip.id.clone()));
    clips.sort_by_key(|stored| !is_shown(stored));
    let shown =
        campaigns.iter().filter(|it| published.contains(&Publishable::Campaign(it.id.clone())));
    let with_campaign = shown.flat_map(|it| it.clips.iter().cloned()).collect();
    let page = Publishing {
        v: reader.visitor(),
        is_public: store.is_public().await?,
        address: format!("{}/public", reader.origin()),
        words,
        campaigns,
        clips,
        published,
        with_campaign,
    };
    Ok(Page(page).into_response())
}

/// Whether the whole is on.
#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    on: bool,
}

pub(super) async fn switch(
    State(district): State<District>,
    reader: Reader,
    Form(Switch { on }): Form<Switch>,
) -> Result<Response, Fault> {
    district.store.set_public(&reader.actor(), on, reader.now()).await?;
    district.public.cache.clear();
    let said = if on { "publishing.is-on" } else { "publishing.is-off" };
    Ok(Notice::new(said).at(&reader, ADDRESS))
}

/// Whether everybody is to see it.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    shown: bool,
    /// What was looked for, to go back to.
    #[serde(default)]
    words: String,
}

async fn publish(
    district: &District,
    reader: &Reader,
    (what, title): (Publishable, &str),
    wish: Wish,
) -> Result<Response, Fault> {
    district.store.publish(&reader.actor(), &what, wish.shown, reader.now()).await?;
    district.public.cache.clear();
    let said = if wish.shown { "publishing.shown" } else { "publishing.hidden" };
    let words = serde_html_form::to_string([("words", &wish.words)]).unwrap_or_default();
    let back =
        if wish.words.is_empty() { ADDRESS.to_owned() } else { format!("{ADDRESS}?{words}") };
    Ok(Notice::about(said, title).at(reader, &back))
}

pub(super) async fn clip(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let id: ClipId = id.parse().map_err(|_| Fault::Missing)?;
    let stored = district.store.clip(&id).await?.ok_or(Fault::Missing)?;
    publish(&district, &reader, (Publishable::Clip(id), &stored.clip.title), wish).await
}

pub(super) async fn campaign(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let id: CampaignId = id.parse().map_err(|_| Fault::Missing)?;
    let campaigns = district.store.campaigns().await?;
    let campaign = campaigns.into_iter().find(|it| it.id == id).ok_or(Fault::Missing)?;
    publish(&district, &reader, (Publishable::Campaign(id), &campaign.title), wish).await
}
