use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::NaiveDate;
use serde::Deserialize;

use super::one::{named, page};
use crate::{
    radio::{Clip, ClipId},
    server::{
        District,
        description::{Description, Wrong},
        pages::{
            dates::read_day,
            fault::Fault,
            notice::Notice,
            page::wrong,
            thing_form::{Filled, ThingForm},
            visitor::{Reader, Visitor},
            words::Phrase,
        },
    },
    store::Thing,
};

/// The form of a clip as it is filled in, with what is wrong in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    pub(super) title: String,
    pub(super) issuing_office: String,
    pub(super) source_document: String,
    pub(super) language: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) transcript: String,
    #[serde(skip)]
    pub(super) errors: Errors,
}

#[derive(Debug, Clone, Default)]
pub(in crate::server::pages) struct Errors {
    pub(super) title: String,
    pub(super) issuing_office: String,
    pub(super) source_document: String,
    pub(super) language: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) transcript: String,
}

/// The languages of a district's recordings, by tag, and none.
pub(super) fn languages(v: &Visitor) -> Vec<(&'static str, Phrase)> {
    [
        ("", "clips.language-none"),
        ("vi", "clips.language-vi"),
        ("mtq", "clips.language-mtq"),
        ("blt", "clips.language-blt"),
        ("hmn", "clips.language-hmn"),
        ("en", "clips.language-en"),
    ]
    .map(|(tag, key)| (tag, v.of(key)))
    .into()
}

impl Wish {
    /// The clip as it is.
    pub(super) fn of(v: &Visitor, clip: &Clip) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let date = |day: &Option<NaiveDate>| {
            day.as_ref().map(|day| v.dates().date_of(day)).unwrap_or_default()
        };
        Self {
            title: clip.title.clone(),
            issuing_office: text(&clip.issuing_office),
            source_document: text(&clip.source_document),
            language: text(&clip.language),
            from: date(&clip.from),
            until: date(&clip.until),
            transcript: text(&clip.transcript),
            errors: Errors::default(),
        }
    }

    /// The languages to choose from, with the one that is chosen.
    pub(super) fn languages(&self, v: &Visitor) -> Vec<(String, String, bool)> {
        let known = languages(v).into_iter();
        let mut all: Vec<_> = known
            .map(|(tag, name)| (tag.to_owned(), name.to_string(), tag == self.language))
            .collect();
        if !all.iter().any(|(_, _, is_chosen)| *is_chosen) {
            all.push((self.language.clone(), self.language.clone(), true));
        }
        all
    }

    /// What is said of the clip, and whether both days could be read.
    fn description(&mut self, v: &Visitor) -> (Description, bool) {
        let mut is_read = true;
        let mut day = |text: &str, error: &mut String| {
            let read = read_day(text);
            if read.is_none() && !text.trim().is_empty() {
                *error = v.of("clips.date-wrong").to_string();
                is_read = false;
            }
            Some(read)
        };
        let (from, until) =
            (day(&self.from, &mut self.errors.from), day(&self.until, &mut self.errors.until));
        let text = |text: &str| Some(Some(text.replace("\r\n", "\n")));
        let description = Description {
            title: Some(self.title.clone()),
            issuing_office: text(&self.issuing_office),
            source_document: text(&self.source_document),
            transcript: text(&self.transcript),
            language: text(&self.language),
            from,
            until,
        };
        (description, is_read)
    }

    fn is_wrong(&mut self, v: &Visitor, wrong: Wrong) {
        let (_, key) = wrong.about();
        let error = match wrong {
            Wrong::Title => &mut self.errors.title,
            Wrong::IssuingOffice => &mut self.errors.issuing_office,
            Wrong::SourceDocument => &mut self.errors.source_document,
            Wrong::Transcript => &mut self.errors.transcript,
            Wrong::Language => &mut self.errors.language,
            Wrong::Days => &mut self.errors.until,
        };
        *error = v.of(key).to_string();
    }
}

fn address(id: &ClipId) -> String {
    format!("/clips/{id}")
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Filled(mut wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let id = named(&id)?;
    let stored = district.store.clip(&id).await?.ok_or(Fault::Missing)?;
    let mut form = ThingForm::of(&district, Some(Thing::Clip(&stored.clip)), Some(said)).await?;
    let (description, is_read) = wish.description(&reader);
    let is_saved = match description.of(stored.clip) {
        Ok(clip) => is_read && form.save(&district, &reader, Thing::Clip(&clip)).await?,
        Err(all) => {
            all.into_iter().for_each(|one| wish.is_wrong(&reader, one));
            false
        }
    };
    if !is_saved {
        return Ok(wrong(page(&district, &reader, &id, Some((wish, form))).await?));
    }
    Ok(Notice::new("clips.saved").at(&reader, &address(&id)))
}

pub(in crate::server::pages) async fn retire(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    set_retired(&district, &reader, &id, true).await
}

pub(in crate::server::pages) async fn bring_back(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    set_retired(&district, &reader, &id, false).await
}

async fn set_retired(
    district: &District,
    reader: &Reader,
    id: &str,
    retired: bool,
) -> Result<Response, Fault> {
    let id = named(id)?;
    let stored = district.store.clip(&id).await?.ok_or(Fault::Missing)?;
    if !retired && district.store.gone_at(&stored.clip.sha256).await?.is_some() {
        return Ok(Notice::new("clips.is-gone").at(reader, &address(&id)));
    }
    if !district.store.retire(&reader.actor(), &id, retired, reader.now()).await? {
        return Err(Fault::Missing);
    }
    district.rules_changed();
    let said = if retired { "clips.was-retired" } else { "clips.was-brought-back" };
    Ok(Notice::new(said).at(reader, &address(&id)))
}
