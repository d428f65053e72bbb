use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::doer;
use crate::{
    planning::Territory,
    radio::{
        Asked, BulletinId, BulletinState, Right, Selection, Station, StationId, UtcMs, sort_key,
    },
    server::{
        District,
        bulletins::{self, BulletinReport, Hearing, PreparedReport, Wish, prepared_reports},
        pages::{
            fault::Fault,
            form::Form,
            page::Page,
            visitor::{Reader, Visitor},
            words::Phrase,
        },
    },
};

/// Bulletins that are listed.
const MOST: u32 = 30;

#[derive(Template)]
#[template(path = "pages/emergency.html")]
struct Emergency {
    v: Visitor,
    drill: bool,
    may_ask: bool,
    prepared: Vec<PreparedReport>,
    stations: Vec<Station>,
    /// Waiting for a second person.
    waiting: Vec<BulletinReport>,
    others: Vec<BulletinReport>,
    /// The bulletin that is put right.
    corrects: Option<BulletinReport>,
    wish: Ask,
    error: String,
}

impl Emergency {
    fn length(&self, ms: &u64) -> String {
        super::length(*ms)
    }

    fn state(&self, one: &BulletinReport) -> (&'static str, Phrase) {
        super::state(&self.v, one.state)
    }

    fn word(&self) -> &'static str {
        Asked::word(self.drill)
    }

    fn is_chosen(&self, station: &Station) -> bool {
        self.wish.station.iter().any(|chosen| chosen == station.id.as_str())
    }

    fn takes(&self, station: &Station) -> bool {
        !self.drill || station.drills
    }
}

/// Which form is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Shown {
    /// `1`: that of a drill.
    drill: String,
    /// The bulletin that is to be put right.
    corrects: String,
}

/// The form as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Ask {
    drill: String,
    /// A prepared bulletin's name, or `recording`.
    what: String,
    recording: String,
    title: String,
    /// `all`, or those that are ticked.
    place: String,
    station: Vec<String>,
    why: String,
    minutes: String,
    word: String,
    corrects: String,
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(shown): Query<Shown>,
) -> Result<Response, Fault> {
    let mut wish = Ask { drill: shown.drill, corrects: shown.corrects, ..Ask::default() };
    "all".clone_into(&mut wish.place);
    "10".clone_into(&mut wish.minutes);
    Ok(Page(page(&district, &reader, wish, String::new()).await?).into_response())
}

async fn page(
    district: &District,
    reader: &Reader,
    wish: Ask,
    error: String,
) -> Result<Emergency, Fault> {
    let now = district.clock.now();
    let rules = district.store.rules().await?;
    let drill = wish.drill == "1";
    let territory = Territory::new(&rules.units);
    let may = |station: &Station| reader.may_in(Right::Ask, territory.ancestry(&station.unit));
    let prepared = prepared_reports(&rules, district.today())
        .into_iter()
        .filter(|one| one.drill == drill)
        .collect();
    let stations = rules.stations.iter().filter(|station| may(station)).cloned();
    let mut stations: Vec<Station> = stations.collect();
    stations.sort_by_cached_key(|station| sort_key(&station.name));
    let hearing = Hearing::of(district, reader.grants()).await?;
    let known = district.store.bulletins(UtcMs(i64::MIN), MOST).await?;
    let known = known.iter().filter(|bulletin| hearing.hears(bulletin));
    let known = known.map(|bulletin| bulletins::outline(bulletin, now));
    let (waiting, others): (Vec<_>, Vec<_>) =
        known.partition(|one| one.state == BulletinState::Asked);
    let corrects = others.iter().find(|one| one.id.as_str() == wish.corrects).cloned();
    Ok(Emergency {
        v: reader.visitor(),
        drill,
        may_ask: reader.grants().may(Right::Ask),
        prepared,
        stations,
        waiting,
        others,
        corrects,
        wish,
        error,
    })
}

pub(in crate::server::pages) async fn ask(
    State(district): State<District>,
    reader: Reader,
    Form(form): Form<Ask>,
) -> Result<Response, Fault> {
    let wish = match wish(&district, &reader, &form).await? {
        Ok(wish) => wish,
        Err(key) => return refused(&district, &reader, form, key).await,
    };
    match bulletins::ask(&district, wish, &doer(&reader)).await {
        Ok(bulletin) => Ok(Redirect::to(&format!("/emergency/{}", bulletin.id)).into_response()),
        Err(refusal) => {
            tracing::info!(%refusal, "a bulletin was not asked for");
            let key = match refusal.code() {
                "wrong-word" => "emergency.wrong-word",
                "no-drills" => "emergency.no-drills",
                "no-station" => "emergency.no-station",
                "not-approved" => "emergency.not-approved",
                "no-title" => "emergency.no-title",
                "nothing-to-say" | "no-such-recording" => "emergency.nothing-to-say",
                "forbidden" => "emergency.not-yours",
                "internal" => return Err(refusal.into()),
                _ => "emergency.refused",
            };
            refused(&district, &reader, form, key).await
        }
    }
}

/// The form again, with what is wrong in it.
async fn refused(
    district: &District,
    reader: &Reader,
    form: Ask,
    key: &str,
) -> Result<Response, Fault> {
    let word = Asked::word(form.drill == "1");
    let error = reader.of(key).with("word", word).to_string();
    let page = page(district, reader, form, error).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

/// What the form asks for; or the key of what is wrong.
async fn wish(
    district: &District,
    reader: &Reader,
    form: &Ask,
) -> Result<Result<Wish, &'static str>, Fault> {
    let chosen: BTreeSet<&str> = form.station.iter().map(String::as_str).collect();
    let rules = district.store.rules().await?;
    let territory = Territory::new(&rules.units);
    let may = |station: &Station| reader.may_in(Right::Ask, territory.ancestry(&station.unit));
    let is_meant = |one: &&Station| {
        if form.place == "all" { may(one) } else { chosen.contains(one.id.as_str()) }
    };
    let stations: Vec<StationId> =
        rules.stations.iter().filter(is_meant).map(|one| one.id.clone()).collect();
    if stations.is_empty() {
        return Ok(Err("emergency.no-station"));
    }
    let is_recording = form.what == "recording";
    let prepared = form.what.parse().ok().filter(|_| !is_recording);
    let recording = form.recording.parse().ok().filter(|_| is_recording);
    if prepared.is_none() && recording.is_none() {
        return Ok(Err("emergency.nothing-to-say"));
    }
    let corrects: Option<BulletinId> = form.corrects.parse().ok();
    let stations = Selection { stations, ..Selection::default() };
    Ok(Ok(Wish {
        drill: form.drill == "1",
        prepared,
        recording,
        title: is_recording.then(|| form.title.clone()),
        correction: None,
        stations,
        word: form.word.clone(),
        why: form.why.clone(),
        current_minutes: form.minutes.parse().ok(),
        corrects,
    }))
}
