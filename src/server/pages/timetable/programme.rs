//! Programmes: what airs together, in order, and how long it is.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::{
    super::{
        fault::Fault,
        form::Form,
        keep::{former, is_of_file, keep, stood},
        notice::Notice,
        page::{Page, wrong},
        visitor::{Reader, Visitor},
    },
    entry::length,
};
use crate::{
    radio::{Item, Programme, ProgrammeId, Right, sort_key},
    server::{District, intake::names_of},
    store::{Rules, Thing},
};

/// Pauses to choose from, in milliseconds.
const PAUSES: [u32; 6] = [1000, 2000, 3000, 5000, 10_000, 30_000];
/// More items than these nobody reads.
const MOST: usize = 50;

/// The form as it is filled in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    title: String,
    /// `clip:chime`, `rotate:bluezone`, `pause:1000`; empty: nothing.
    item: Vec<String>,
    take_over: String,
    stood: String,
    /// `save`, `look`, `up-2` or `down-2`.
    act: String,
}

#[derive(Template)]
#[template(path = "pages/programmes.html")]
struct Programmes {
    v: Visitor,
    /// Name, title and length.
    lines: Vec<(String, String, String)>,
    may_plan: bool,
}

#[derive(Template)]
#[template(path = "pages/programme.html")]
struct One {
    v: Visitor,
    before: Option<Programme>,
    wish: Wish,
    rules: Rules,
    may_plan: bool,
    is_of_file: bool,
    /// How the programme stood when the form was opened.
    stood: String,
    title_error: String,
    trouble: String,
}

/// An item as a form sends it.
fn value(item: &Item) -> String {
    match item {
        Item::Clip(id) => format!("clip:{id}"),
        Item::Chime(id) => format!("chime:{id}"),
        Item::Rotate(id) => format!("rotate:{id}"),
        Item::Pause(ms) => format!("pause:{ms}"),
    }
}

fn read(text: &str) -> Option<Item> {
    let (kind, id) = text.split_once(':')?;
    Some(match kind {
        "clip" => Item::Clip(id.parse().ok()?),
        "chime" => Item::Chime(id.parse().ok()?),
        "rotate" => Item::Rotate(id.parse().ok()?),
        "pause" => Item::Pause(id.parse().ok().filter(|ms| *ms > 0)?),
        _ => return None,
    })
}

/// The shortest and the longest that it can be, in milliseconds: clips that take turns differ.
fn lengths(rules: &Rules, items: &[Item]) -> (u64, u64) {
    let clip = |id: &crate::radio::ClipId| {
        rules.clips.iter().find(|clip| clip.id == *id).map_or(0, |one| one.duration_ms())
    };
    let ends = |item: &Item| match item {
        Item::Clip(id) | Item::Chime(id) => (clip(id), clip(id)),
        Item::Pause(ms) => (u64::from(*ms), u64::from(*ms)),
        Item::Rotate(id) => {
            let campaign = rules.campaigns.iter().find(|one| one.id == *id);
            let clips = campaign.map(|one| &one.clips[..]).unwrap_or_default().iter().map(clip);
            (clips.clone().min().unwrap_or(0), clips.max().unwrap_or(0))
        }
    };
    items.iter().map(ends).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

fn length_of(v: &Visitor, rules: &Rules, items: &[Item]) -> String {
    let (shortest, longest) = lengths(rules, items);
    if shortest == longest {
        return length(v, longest);
    }
    v.of("programme.between")
        .with("from", length(v, shortest))
        .with("until", length(v, longest))
        .to_string()
}

impl Wish {
    fn items(&self) -> Vec<Item> {
        self.item.iter().filter_map(|text| read(text)).collect()
    }

    /// Puts an item before its neighbour or after it, if that button was pressed.
    fn rearranged(mut self) -> Self {
        self.item.retain(|item| !item.is_empty());
        let step = self.act.split_once('-').and_then(|(way, row)| Some((way, row.parse().ok()?)));
        match step {
            Some(("up", row)) if row > 0 && row < self.item.len() => self.item.swap(row, row - 1),
            Some(("down", row)) if row + 1 < self.item.len() => self.item.swap(row, row + 1),
            _ => {}
        }
        self
    }
}

impl One {
    fn title(&self) -> String {
        let before = self.before.as_ref().map(|one| one.title.clone());
        before.unwrap_or_else(|| self.v.of("programme.new").to_string())
    }

    fn address(&self) -> String {
        match &self.before {
            Some(programme) => format!("/timetable/programmes/{}", programme.id),
            None => "/timetable/programmes/new".to_owned(),
        }
    }

    fn length(&self) -> String {
        length_of(&self.v, &self.rules, &self.wish.items())
    }

    /// A row for each item, and some empty ones.
    fn rows(&self) -> Vec<String> {
        let empty = std::iter::repeat_n(String::new(), if self.may_plan { 3 } else { 0 });
        self.wish.item.iter().cloned().chain(empty).take(MOST).collect()
    }

    /// Values and texts of one kind of item.
    fn clips(&self, kind: &str) -> Vec<(String, String)> {
        let clips = self.rules.clips.iter();
        let clips = clips.filter(|clip| {
            let value = format!("{kind}:{}", clip.id);
            !clip.retired || self.wish.item.contains(&value)
        });
        sorted(clips.map(|clip| (format!("{kind}:{}", clip.id), clip.title.clone())).collect())
    }

    fn campaigns(&self) -> Vec<(String, String)> {
        let campaigns = self.rules.campaigns.iter();
        sorted(campaigns.map(|one| (format!("rotate:{}", one.id), one.title.clone())).collect())
    }

    fn pauses(&self) -> Vec<(String, String)> {
        let mut all = PAUSES.to_vec();
        all.extend(self.wish.items().iter().filter_map(|item| match item {
            Item::Pause(ms) => Some(*ms),
            _ => None,
        }));
        all.sort_unstable();
        all.dedup();
        let said = |ms: u32| (format!("pause:{ms}"), length(&self.v, u64::from(ms)));
        all.into_iter().map(said).collect()
    }
}

fn sorted(mut choices: Vec<(String, String)>) -> Vec<(String, String)> {
    choices.sort_by_cached_key(|(_, text)| sort_key(text));
    choices
}

pub(in crate::server::pages) async fn list(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let (v, rules) = (reader.visitor(), district.store.rules().await?);
    let line = |one: &Programme| {
        (one.id.to_string(), one.title.clone(), length_of(&v, &rules, &one.items))
    };
    let mut lines: Vec<_> = rules.programmes.iter().map(line).collect();
    lines.sort_by_cached_key(|(_, title, _)| sort_key(title));
    let may_plan = reader.grants().may_everywhere(Right::Plan);
    Ok(Page(Programmes { v, lines, may_plan }).into_response())
}

async fn page(
    district: &District,
    reader: &Reader,
    id: Option<&str>,
    wish: Option<Wish>,
) -> Result<One, Fault> {
    let rules = district.store.rules().await?;
    let before = match id {
        None => None,
        Some(id) => {
            let found = rules.programmes.iter().find(|one| one.id.as_str() == id);
            Some(found.cloned().ok_or(Fault::Missing)?)
        }
    };
    let kept = || {
        before.as_ref().map(|one| Wish {
            title: one.title.clone(),
            item: one.items.iter().map(value).collect(),
            ..Wish::default()
        })
    };
    Ok(One {
        v: reader.visitor(),
        wish: wish.or_else(kept).unwrap_or_default().rearranged(),
        may_plan: reader.grants().may_everywhere(Right::Plan),
        is_of_file: match &before {
            Some(before) => is_of_file(district, Thing::Programme(before)).await?,
            None => false,
        },
        stood: stood(before.as_ref().map(Thing::Programme)),
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
    take(&district, &reader, page).await
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let page = page(&district, &reader, Some(&id), Some(wish)).await?;
    take(&district, &reader, page).await
}

/// Shows the form again as it is now, or saves what it says.
async fn take(district: &District, reader: &Reader, mut page: One) -> Result<Response, Fault> {
    reader.must_everywhere(Right::Plan)?;
    if page.wish.act != "save" {
        return Ok(Page(page).into_response());
    }
    let v = reader.visitor();
    let title: String = page.wish.title.trim().nfc().collect();
    if title.is_empty() || title.chars().count() > 200 {
        page.title_error = v.of("programme.title-wrong").to_string();
        return Ok(wrong(page));
    }
    let items = page.wish.items();
    if !items.iter().any(|item| !matches!(item, Item::Pause(_))) {
        page.trouble = v.of("programme.empty").to_string();
        return Ok(wrong(page));
    }
    let id = match &page.before {
        Some(before) => before.id.clone(),
        None => free_name(&page.rules, &title)?,
    };
    let programme = Programme { id, title, items };
    let over = !page.wish.take_over.is_empty();
    let former = former(&page.stood, &page.wish.stood);
    let things = [(Thing::Programme(&programme), former)];
    if let Err(against) = keep(district, reader, &things, over).await? {
        page.trouble = against.to_string();
        return Ok(wrong(page));
    }
    Ok(Notice::about("programme.saved", &programme.title).at(reader, "/timetable/programmes"))
}

/// A name that no other programme has.
fn free_name(rules: &Rules, title: &str) -> Result<ProgrammeId, Fault> {
    let is_free =
        |name: &String| name != "new" && rules.programmes.iter().all(|one| one.id.as_str() != name);
    let name = names_of(title).find(is_free).unwrap_or_default();
    name.parse().map_err(Fault::failed)
}
