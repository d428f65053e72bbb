//! The bulletins that are ready to be asked for: which there are, and the form that makes and changes them.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    library::nfc,
    radio::{Clip, ClipId, PreparedBulletin, Right},
    server::{
        District,
        bulletins::{PreparedReport, prepared_reports},
        pages::{
            choice::{Choice, choices},
            fault::Fault,
            form::Form,
            notice::Notice,
            page::{Page, wrong},
            thing_form::{Filled, Said, ThingForm, free_name, named, told},
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
}

#[derive(Template)]
#[template(path = "pages/prepared_form.html")]
struct One {
    v: Visitor,
    /// The bulletin as it is; none: a new one.
    before: Option<PreparedBulletin>,
    wish: Wish,
    rules: Rules,
    form: ThingForm,
    title_error: String,
}

impl Wish {
    fn of(bulletin: &PreparedBulletin) -> Self {
        let names = |clips: &[ClipId]| clips.iter().map(ToString::to_string).collect();
        Self {
            title: bulletin.title.clone(),
            drill: if bulletin.drill { "yes".to_owned() } else { String::new() },
            clip: names(&bulletin.clips),
            correction: names(&bulletin.correction),
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
    id: Option<Path<String>>,
    filled: Option<(Wish, Said)>,
) -> Result<One, Fault> {
    let rules = district.store.rules().await?;
    let before = named(id, &rules.bulletins, |one| one.id.as_str())?;
    let (wish, said) = filled.unzip();
    Ok(One {
        v: reader.visitor(),
        wish: wish.or_else(|| before.as_ref().map(Wish::of)).unwrap_or_default(),
        form: ThingForm::of(district, before.as_ref().map(Thing::Bulletin), said).await?,
        before,
        rules,
        title_error: String::new(),
    })
}

pub(in crate::server::pages) async fn open(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
) -> Result<Response, Fault> {
    Ok(Page(page(&district, &reader, id, None).await?).into_response())
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
    Filled(wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let mut page = page(&district, &reader, id, Some((wish, said))).await?;
    let title = nfc(page.wish.title.trim());
    if title.is_empty() || title.chars().count() > 200 || title.chars().any(char::is_control) {
        page.title_error = page.v.of("emergency.title-wrong").to_string();
        return Ok(wrong(page));
    }
    let (clips, correction) = (clips(&page.wish.clip), clips(&page.wish.correction));
    if clips.is_empty() {
        page.form.trouble = page.v.of("emergency.no-clips").to_string();
        return Ok(wrong(page));
    }
    let known = &page.rules.bulletins;
    let id = match &page.before {
        Some(before) => before.id.clone(),
        None => free_name(&title, |name| known.iter().any(|one| one.id.as_str() == name))?,
    };
    let drill = !page.wish.drill.is_empty();
    let bulletin = PreparedBulletin { id, title, drill, clips, correction };
    if !page.form.save(&district, &reader, Thing::Bulletin(&bulletin)).await? {
        return Ok(wrong(page));
    }
    Ok(Notice::about("emergency.prepared-saved", &bulletin.title).at(&reader, ADDRESS))
}

/// Takes one away; what was asked for before stays.
pub(in crate::server::pages) async fn remove(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Result<Response, Fault> {
    let page = page(&district, &reader, Some(Path(id.clone())), None).await?;
    let (what, now) = ((ThingKind::Bulletin, id.as_str()), district.clock.now());
    let gone = district.store.take_away(&reader.actor(), what, said.takes_over(), now).await;
    let gone = gone.map(|_| Notice::about("emergency.prepared-removed", &page.title()));
    told(&district, &reader, gone, (ADDRESS, &format!("{ADDRESS}/{id}"))).await
}
