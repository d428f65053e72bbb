//! The bulletins that are ready to be asked for: which there are, and the form that makes and changes them.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    library::nfc,
    radio::{Clip, ClipId, PreparedBulletin, PreparedBulletinId, Right},
    server::{
        District,
        bulletins::{PreparedReport, prepared_reports},
        intake::names_of,
        pages::{
            choice::{Choice, choices},
            fault::Fault,
            form::Form,
            keep::{against, former, is_of_file, keep, planned_anew, stood},
            notice::Notice,
            page::{Page, wrong},
            visitor::{Reader, Visitor},
        },
    },
    store::{Rules, Thing, ThingKind},
};

const ADDRESS: &str = "/emergency/prepared";
/// Rows to choose recordings in beyond those that are filled in.
const EMPTY: usize = 2;

#[derive(Template)]
#[template(path = "pages/prepared.html")]
struct All {
    v: Visitor,
    prepared: Vec<PreparedReport>,
    may_plan: bool,
}

/// The form as it is filled in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    title: String,
    drill: String,
    /// In order; empty: nothing.
    clip: Vec<String>,
    correction: Vec<String>,
    take_over: String,
    stood: String,
}

#[derive(Template)]
#[template(path = "pages/prepared_form.html")]
struct One {
    v: Visitor,
    /// The bulletin as it is; none: a new one.
    before: Option<PreparedBulletin>,
    wish: Wish,
    rules: Rules,
    is_of_file: bool,
    stood: String,
    title_error: String,
    trouble: String,
}

impl Wish {
    fn of(bulletin: &PreparedBulletin) -> Self {
        let names = |clips: &[ClipId]| clips.iter().map(ToString::to_string).collect();
        Self {
            title: bulletin.title.clone(),
            drill: if bulletin.drill { "yes".to_owned() } else { String::new() },
            clip: names(&bulletin.clips),
            correction: names(&bulletin.correction),
            ..Self::default()
        }
    }
}

fn clips(texts: &[String]) -> Vec<ClipId> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

impl One {
    fn title(&self) -> String {
        match &self.before {
            Some(bulletin) => bulletin.title.clone(),
            None => self.v.of("emergency.new-prepared").to_string(),
        }
    }

    fn address(&self) -> String {
        let id = self.before.as_ref().map_or("new", |bulletin| bulletin.id.as_str());
        format!("{ADDRESS}/{id}")
    }

    /// What may be chosen in each row, and some rows more.
    fn rows(&self, chosen: &[String]) -> Vec<Vec<Choice>> {
        let filled = chosen.iter().filter(|id| !id.is_empty()).cloned();
        let rows = filled.chain(std::iter::repeat_n(String::new(), EMPTY));
        rows.map(|chosen| {
            let wanted = |clip: &&Clip| !clip.retired || chosen == clip.id.as_str();
            let clips = self.rules.clips.iter().filter(wanted);
            let said = |clip: &Clip| (clip.id.to_string(), clip.title.clone());
            choices(clips, said, std::slice::from_ref(&chosen))
        })
        .collect()
    }
}

pub(in crate::server::pages) async fn list(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let rules = district.store.rules().await?;
    let prepared = prepared_reports(&rules, district.today());
    let may_plan = reader.grants().may_everywhere(Right::Plan);
    Ok(Page(All { v: reader.visitor(), prepared, may_plan }).into_response())
}

async fn page(
    district: &District,
    reader: &Reader,
    id: Option<&str>,
    wish: Option<Wish>,
) -> Result<One, Fault> {
    reader.must_everywhere(Right::Plan)?;
    let rules = district.store.rules().await?;
    let before = match id {
        None => None,
        Some(id) => {
            let found = rules.bulletins.iter().find(|one| one.id.as_str() == id);
            Some(found.cloned().ok_or(Fault::Missing)?)
        }
    };
    Ok(One {
        v: reader.visitor(),
        wish: wish.or_else(|| before.as_ref().map(Wish::of)).unwrap_or_default(),
        is_of_file: match &before {
            Some(before) => is_of_file(district, Thing::Bulletin(before)).await?,
            None => false,
        },
        stood: stood(before.as_ref().map(Thing::Bulletin)),
        before,
        rules,
        title_error: String::new(),
        trouble: String::new(),
    })
}

pub(in crate::server::pages) async fn new(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    Ok(Page(page(&district, &reader, None, None).await?).into_response())
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    Ok(Page(page(&district, &reader, Some(&id), None).await?).into_response())
}

pub(in crate::server::pages) async fn add(
    State(district): State<District>,
    reader: Reader,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let page = page(&district, &reader, None, Some(wish)).await?;
    let known = &page.rules.bulletins;
    let is_free = |name: &String| name != "new" && known.iter().all(|one| one.id.as_str() != name);
    let name = names_of(&page.wish.title).find(is_free).unwrap_or_default();
    let id = name.parse().map_err(Fault::failed)?;
    take(&district, &reader, page, id).await
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let page = page(&district, &reader, Some(&id), Some(wish)).await?;
    let id = id.parse().map_err(|_| Fault::Missing)?;
    take(&district, &reader, page, id).await
}

async fn take(
    district: &District,
    reader: &Reader,
    mut page: One,
    id: PreparedBulletinId,
) -> Result<Response, Fault> {
    let title = nfc(page.wish.title.trim());
    if title.is_empty() || title.chars().count() > 200 || title.chars().any(char::is_control) {
        page.title_error = page.v.of("emergency.title-wrong").to_string();
        return Ok(wrong(page));
    }
    let (clips, correction) = (clips(&page.wish.clip), clips(&page.wish.correction));
    if clips.is_empty() {
        page.trouble = page.v.of("emergency.no-clips").to_string();
        return Ok(wrong(page));
    }
    let drill = !page.wish.drill.is_empty();
    let bulletin = PreparedBulletin { id, title, drill, clips, correction };
    let over = !page.wish.take_over.is_empty();
    let former = former(&page.stood, &page.wish.stood);
    let things = [(Thing::Bulletin(&bulletin), former)];
    if let Err(against) = keep(district, reader, &things, over).await? {
        page.trouble = against.to_string();
        return Ok(wrong(page));
    }
    Ok(Notice::about("emergency.prepared-saved", &bulletin.title).at(reader, ADDRESS))
}

/// Takes one away; what was asked for before stays.
pub(in crate::server::pages) async fn remove(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let page = page(&district, &reader, Some(&id), None).await?;
    let (over, now) = (!wish.take_over.is_empty(), district.clock.now());
    let what = (ThingKind::Bulletin, id.as_str());
    if let Err(error) = district.store.take_away(&reader.actor(), what, over, now).await {
        let key = against(error)?;
        return Ok(Notice::new(key).at(&reader, &page.address()));
    }
    planned_anew(&district).await;
    Ok(Notice::about("emergency.prepared-removed", &page.title()).at(&reader, ADDRESS))
}
