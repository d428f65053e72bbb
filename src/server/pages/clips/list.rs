use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{approval, length};
use crate::{
    radio::{Approval, ClipId, Item, Right},
    server::{
        District,
        pages::{
            fault::Fault,
            page::Page,
            visitor::{Reader, Visitor},
            words::Phrase,
        },
    },
    store::{ClipFilter, StoredClip},
};

/// Clips on a page.
const PAGE: usize = 50;

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wanted {
    words: String,
    approval: String,
    /// `in-use`, unless said otherwise; `retired`, or `all`.
    r#use: String,
    /// Where the page before ended: a sort key and a name.
    after: String,
}

#[derive(Template)]
#[template(path = "pages/clips.html")]
struct Clips {
    v: Visitor,
    may_load: bool,
    may_publish: bool,
    may_keep: bool,
    wanted: Wanted,
    clips: Vec<StoredClip>,
    used_in: HashMap<ClipId, Vec<String>>,
    /// Whether there is any clip at all.
    is_new: bool,
    next: String,
}

impl Clips {
    fn state(&self, clip: &StoredClip) -> (&'static str, Phrase) {
        approval(&self.v, clip.approval)
    }

    fn length(&self, clip: &StoredClip) -> String {
        length(clip.clip.duration_ms())
    }

    fn uses(&self, clip: &StoredClip) -> String {
        let used = self.used_in.get(&clip.clip.id).map(|used| used.join(", "));
        used.unwrap_or_else(|| self.v.of("clips.not-used").to_string())
    }

    fn days(&self, clip: &StoredClip) -> Option<Phrase> {
        let today = self.v.dates().day(self.v.now());
        if clip.clip.until.is_some_and(|until| until < today) {
            Some(self.v.of("clips.days-over"))
        } else if clip.clip.from.is_some_and(|from| today < from) {
            Some(self.v.of("clips.days-later"))
        } else {
            None
        }
    }

    fn approvals(&self) -> [(&'static str, Phrase); 4] {
        let of = |approval: Approval| (approval.code(), super::approval(&self.v, approval).1);
        [
            ("", self.v.of("clips.filter-all")),
            of(Approval::Waiting),
            of(Approval::Approved),
            of(Approval::SentBack),
        ]
    }

    fn used(&self) -> [(&'static str, Phrase); 3] {
        [
            ("in-use", self.v.of("clips.in-use")),
            ("retired", self.v.of("clips.retired")),
            ("all", self.v.of("clips.filter-all")),
        ]
    }
}

/// The titles of the programmes and campaigns that have each clip.
pub(super) async fn used_in(district: &District) -> Result<HashMap<ClipId, Vec<String>>, Fault> {
    let rules = district.store.rules().await?;
    let mut used: HashMap<ClipId, Vec<String>> = HashMap::new();
    for programme in &rules.programmes {
        for item in &programme.items {
            if let Item::Clip(id) | Item::Chime(id) = item {
                used.entry(id.clone()).or_default().push(programme.title.clone());
            }
        }
    }
    for campaign in &rules.campaigns {
        for id in &campaign.clips {
            used.entry(id.clone()).or_default().push(campaign.title.clone());
        }
    }
    for titles in used.values_mut() {
        titles.sort();
        titles.dedup();
    }
    Ok(used)
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let approval = match wanted.approval.as_str() {
        "waiting" => Some(Approval::Waiting),
        "approved" => Some(Approval::Approved),
        "sent-back" => Some(Approval::SentBack),
        _ => None,
    };
    let retired = match wanted.r#use.as_str() {
        "all" => None,
        "retired" => Some(true),
        _ => Some(false),
    };
    let filter = ClipFilter { words: Some(wanted.words.clone()), approval, retired };
    let after = wanted.after.split_once('~').and_then(|(key, id)| Some((key, id.parse().ok()?)));
    let after = after.as_ref().map(|(key, id): &(&str, ClipId)| (*key, id));
    let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
    let mut clips = district.store.find_clips(&filter, after, limit).await?;
    let goes_on = clips.len() > PAGE;
    clips.truncate(PAGE);
    let next = match clips.last().filter(|_| goes_on) {
        None => String::new(),
        Some(last) => {
            let after = format!("{}~{}", last.sort_key, last.clip.id);
            let query = [
                ("words", &wanted.words),
                ("approval", &wanted.approval),
                ("use", &wanted.r#use),
                ("after", &after),
            ];
            format!("/clips?{}", serde_html_form::to_string(query).unwrap_or_default())
        }
    };
    let is_new = clips.is_empty()
        && district.store.find_clips(&ClipFilter::default(), None, 1).await?.is_empty();
    let page = Clips {
        v: reader.visitor(),
        may_load: reader.grants().may_everywhere(Right::Load),
        may_publish: reader.grants().may_everywhere(Right::Publish),
        may_keep: reader.grants().may_everywhere(Right::People),
        used_in: used_in(&district).await?,
        wanted,
        clips,
        is_new,
        next,
    };
    Ok(Page(page).into_response())
}
