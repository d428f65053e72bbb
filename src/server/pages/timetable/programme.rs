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
        notice::Notice,
        page::{Page, wrong},
        thing_form::{Filled, Said, ThingForm, free_name, named},
        visitor::{Reader, Visitor},
    },
    entry::length,
};
use crate::{
    radio::{Item, Programme, Right, sort_key},
    server::District,
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
    form: ThingForm,
    title_error: String,
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
    fn of(programme: &Programme) -> Self {
        Self {
            title: programme.title.clone(),
            item: programme.items.iter().map(value).collect(),
            ..Self::default()
        }
    }

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
    id: Option<Path<String>>,
    filled: Option<(Wish, Said)>,
) -> Result<One, Fault> {
    let rules = district.store.rules().await?;
    let before = named(id, &rules.programmes, |one| one.id.as_str())?;
    let (wish, said) = filled.unzip();
    Ok(One {
        v: reader.visitor(),
        wish: wish.or_else(|| before.as_ref().map(Wish::of)).unwrap_or_default().rearranged(),
        may_plan: reader.grants().may_everywhere(Right::Plan),
        form: ThingForm::of(district, before.as_ref().map(Thing::Programme), said).await?,
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

/// Shows the form again as it is now, or saves what it says.
pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
    Filled(wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let mut page = page(&district, &reader, id, Some((wish, said))).await?;
    if page.wish.act != "save" {
        return Ok(Page(page).into_response());
    }
    let title: String = page.wish.title.trim().nfc().collect();
    if title.is_empty() || title.chars().count() > 200 {
        page.title_error = page.v.of("programme.title-wrong").to_string();
        return Ok(wrong(page));
    }
    let items = page.wish.items();
    if !items.iter().any(|item| !matches!(item, Item::Pause(_))) {
        page.form.trouble = page.v.of("programme.empty").to_string();
        return Ok(wrong(page));
    }
    let known = &page.rules.programmes;
    let id = match &page.before {
        Some(before) => before.id.clone(),
        None => free_name(&title, |name| known.iter().any(|one| one.id.as_str() == name))?,
    };
    let programme = Programme { id, title, items };
    if !page.form.save(&district, &reader, Thing::Programme(&programme)).await? {
        return Ok(wrong(page));
    }
    Ok(Notice::about("programme.saved", &programme.title).at(&reader, "/timetable/programmes"))
}
