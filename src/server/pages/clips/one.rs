use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::{approval, by_whom, edit::Wish, length, list, sound};
use crate::{
    library::{Facts, Warning},
    radio::{Approval, ClipId, Right, Ruling, StationId, Subject, UtcMs},
    server::{
        AiringReport, District,
        pages::{
            fault::Fault,
            page::Page,
            state,
            thing_form::ThingForm,
            visitor::{Reader, Visitor},
            words::Phrase,
        },
        report::report_all,
    },
    store::{AiringFilter, Order, StoredClip, Thing},
};

/// Airings shown, to come and past.
const TO_COME: u32 = 10;
const PAST: u32 = 20;

#[derive(Template)]
#[template(path = "pages/clip.html")]
pub(super) struct One {
    v: Visitor,
    clip: StoredClip,
    facts: Option<Facts>,
    drawing: sound::Drawing,
    loudness: Phrase,
    used_in: Vec<String>,
    rulings: Vec<Ruling>,
    to_come: Vec<AiringReport>,
    past: Vec<AiringReport>,
    /// The address of all of them in the record; empty: those shown are all.
    all_past: String,
    stations: HashMap<StationId, String>,
    may_load: bool,
    may_publish: bool,
    /// When its recording went, as the district keeps it no longer.
    gone_at: Option<UtcMs>,
    wish: Wish,
    form: ThingForm,
}

impl One {
    fn state(&self) -> (&'static str, Phrase) {
        approval(&self.v, self.clip.approval)
    }

    fn length(&self) -> String {
        length(self.clip.clip.duration_ms())
    }

    fn format(&self) -> Phrase {
        let (clip, dates) = (&self.clip.clip, self.v.dates());
        let rate = dates.number(&u64::from(clip.sample_rate));
        match &self.facts {
            None => self.v.of("clips.format-bare"),
            Some(facts) => self
                .v
                .of("clips.format-is")
                .with("codec", codec(&facts.codec))
                .with("channels", facts.channels),
        }
        .with("rate", rate)
        .with("size", dates.size(clip.bytes))
    }

    fn warnings(&self) -> Vec<Phrase> {
        let warnings = self.facts.iter().flat_map(|facts| &facts.warnings);
        let key = |warning: &Warning| match warning {
            Warning::Clipped => "clips.warning-clipped",
            Warning::SilenceInside => "clips.warning-silence-inside",
            Warning::Telephone => "clips.warning-telephone",
        };
        warnings.map(|warning| self.v.of(key(warning))).collect()
    }

    fn loaded(&self) -> Phrase {
        match (&self.clip.maker.name, self.clip.maker.at) {
            (Some(name), Some(at)) => by_whom(&self.v, "clips.by-whom", name, at),
            _ => self.v.of("clips.by-file"),
        }
    }

    fn days(&self) -> Phrase {
        let (clip, dates) = (&self.clip.clip, self.v.dates());
        match (&clip.from, &clip.until) {
            (None, None) => self.v.of("clips.days-always"),
            (Some(from), None) => self.v.of("clips.days-from").with("from", dates.date_of(from)),
            (None, Some(until)) => {
                self.v.of("clips.days-until").with("until", dates.date_of(until))
            }
            (Some(from), Some(until)) => self
                .v
                .of("clips.days-between")
                .with("from", dates.date_of(from))
                .with("until", dates.date_of(until)),
        }
    }

    fn language(&self) -> String {
        match &self.clip.clip.language {
            None => self.v.of("clips.language-none").to_string(),
            Some(tag) => {
                let known =
                    super::edit::languages(&self.v).into_iter().find(|(code, _)| code == tag);
                known.map_or_else(|| tag.clone(), |(_, name)| name.to_string())
            }
        }
    }

    fn ruled(&self, ruling: &Ruling) -> String {
        ruled(&self.v, ruling)
    }

    fn ruling_state(&self, ruling: &Ruling) -> (&'static str, Phrase) {
        approval(&self.v, Approval::of(Some(ruling)))
    }

    fn station(&self, airing: &AiringReport) -> String {
        let name = self.stations.get(&airing.station);
        name.cloned().unwrap_or_else(|| airing.station.to_string())
    }

    fn came_of(&self, airing: &AiringReport) -> (&'static str, Phrase) {
        let word = state::word(airing, self.v.now());
        (state::tone(word), self.v.code("state", word))
    }
}

/// A codec as people call it: `PCM` of `pcm_s16le`.
fn codec(name: &str) -> String {
    name.split('_').next().unwrap_or(name).to_uppercase()
}

/// Who ruled, and when.
pub(in crate::server::pages) fn ruled(v: &Visitor, ruling: &Ruling) -> String {
    match ruling.at {
        Some(at) => by_whom(v, "clips.ruled", &ruling.by, at).to_string(),
        None => v.of("clips.ruled-by-file").with("name", &ruling.by).to_string(),
    }
}

/// The page of a clip, with its form as it was filled in where that could not be kept.
pub(super) async fn page(
    district: &District,
    reader: &Reader,
    id: &ClipId,
    filled: Option<(Wish, ThingForm)>,
) -> Result<One, Fault> {
    let store = &district.store;
    let clip = store.clip(id).await?.ok_or(Fault::Missing)?;
    let recording = store.recording(&clip.clip.sha256).await?;
    let facts: Option<Facts> =
        recording.map(|json| serde_json::from_str(&json)).transpose().map_err(Fault::failed)?;
    let (wish, form) = match filled {
        Some(filled) => filled,
        None => (
            Wish::of(reader, &clip.clip),
            ThingForm::of(district, Some(Thing::Clip(&clip.clip)), None).await?,
        ),
    };
    let now = reader.now();
    let airings = async |from: Option<UtcMs>, until, order, limit| {
        let clip = Some(clip.clip.sha256);
        let filter = AiringFilter { clip, from, until, ..AiringFilter::default() };
        let stored = store.airings(&filter, order, None, limit).await?;
        Ok::<_, Fault>(report_all(district, stored, now).await?)
    };
    let past = airings(None, Some(now), Order::Newest, PAST).await?;
    let first = airings(None, Some(now), Order::Oldest, 1).await?.pop();
    let is_cut = past.len() == PAST as usize;
    let all_past = first.filter(|_| is_cut).map(|first| {
        let day = reader.dates().day(first.starts_at);
        format!("/record?clip={}&from={day}", clip.clip.sha256)
    });
    let target = district.limits.intake.target_lufs;
    let stations = store.stations().await?;
    Ok(One {
        v: reader.visitor(),
        drawing: facts.as_ref().map(|facts| sound::drawing(&facts.waveform)).unwrap_or_default(),
        loudness: sound::loudness(reader, facts.as_ref(), clip.clip.gain, target),
        used_in: list::used_in(district).await?.remove(id).unwrap_or_default(),
        rulings: store.rulings(&Subject::Clip(id.clone())).await?,
        to_come: airings(Some(now), None, Order::Oldest, TO_COME).await?,
        past,
        all_past: all_past.unwrap_or_default(),
        stations: stations.into_iter().map(|station| (station.id, station.name)).collect(),
        may_load: reader.grants().may_everywhere(Right::Load),
        may_publish: reader.grants().may_everywhere(Right::Publish),
        gone_at: store.gone_at(&clip.clip.sha256).await?,
        wish,
        form,
        clip,
        facts,
    })
}

/// A clip's name in an address.
pub(super) fn named(text: &str) -> Result<ClipId, Fault> {
    text.parse().map_err(|_| Fault::Missing)
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    Ok(Page(page(&district, &reader, &named(&id)?, None).await?).into_response())
}
