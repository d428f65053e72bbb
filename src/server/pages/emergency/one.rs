use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{doer, length, state};
use crate::{
    radio::{Bulletin, BulletinId, BulletinState, Right, UtcMs},
    server::{
        AiringState, District,
        bulletins::{self, BulletinReport, Hearing, StationReport},
        pages::{
            fault::Fault,
            form::Form,
            page::Page,
            visitor::{Reader, Visitor},
            words::Phrase,
        },
        problem::Refusal,
    },
};

/// A station that has not called for so long is out of reach.
const OUT_OF_REACH: std::time::Duration = std::time::Duration::from_secs(60);

#[derive(Template)]
#[template(path = "pages/bulletin.html")]
struct One {
    v: Visitor,
    live: Live,
    may_agree: bool,
    may_act: bool,
    is_own: bool,
    /// The title of the bulletin that it puts right.
    puts_right: Option<String>,
    error: String,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/bulletin_live.html")]
struct Live {
    v: Visitor,
    report: BulletinReport,
    now: UtcMs,
}

impl One {
    fn report(&self) -> &BulletinReport {
        &self.live.report
    }

    fn length(&self) -> String {
        length(self.report().recordings.iter().map(|one| one.duration_ms).sum())
    }

    fn is_waiting(&self) -> bool {
        self.report().state == BulletinState::Asked
    }

    fn was_sent(&self) -> bool {
        self.report().agreed.is_some()
    }

    fn may_cancel(&self) -> bool {
        self.may_act && matches!(self.report().state, BulletinState::Asked | BulletinState::Sent)
    }
}

impl Live {
    fn state(&self) -> (&'static str, Phrase) {
        state(&self.v, self.report.state)
    }

    /// How it stands at a station: tone and word.
    fn at(&self, station: &StationReport) -> (&'static str, Phrase) {
        let v = &self.v;
        if station.playing {
            return ("good", v.of("emergency.at-playing"));
        }
        match station.state {
            None | Some(AiringState::Planned) if station.begun => {
                ("good", v.of("emergency.at-begun"))
            }
            None | Some(AiringState::Planned) if self.is_out_of_reach(station) => {
                ("bad", v.of("emergency.at-out-of-reach"))
            }
            None if station.ready == Some(false) => ("warn", v.of("emergency.at-lacking")),
            None => ("quiet", v.of("emergency.at-ready")),
            Some(AiringState::Planned) => ("warn", v.of("emergency.at-waiting")),
            Some(AiringState::Aired) => ("good", v.of("emergency.at-aired")),
            Some(AiringState::Simulated) => ("warn", v.of("emergency.at-simulated")),
            Some(AiringState::Partial) => ("warn", v.of("emergency.at-partial")),
            Some(AiringState::Interrupted) => ("warn", v.of("emergency.at-interrupted")),
            Some(AiringState::Missed) => ("bad", v.of("emergency.at-missed")),
            Some(AiringState::Refused) => ("bad", v.of("emergency.at-refused")),
            Some(AiringState::Unreported) => ("bad", v.of("emergency.at-unreported")),
        }
    }

    fn is_out_of_reach(&self, station: &StationReport) -> bool {
        station.last_contact.is_none_or(|at| self.now.since(at) > OUT_OF_REACH)
    }
}

/// A bulletin by its name in an address, if it is meant for a station that the reader may see.
async fn known(district: &District, reader: &Reader, id: &str) -> Result<Bulletin, Fault> {
    let id: BulletinId = id.parse().map_err(|_| Fault::Missing)?;
    let bulletin = district.store.bulletin(&id).await?.ok_or(Fault::Missing)?;
    let hearing = Hearing::of(district, reader.grants()).await?;
    if hearing.hears(&bulletin) { Ok(bulletin) } else { Err(Fault::MayNot(Right::See)) }
}

/// How it stands at the stations that the reader may see.
async fn report(
    district: &District,
    reader: &Reader,
    bulletin: &Bulletin,
) -> Result<BulletinReport, Fault> {
    let hearing = Hearing::of(district, reader.grants()).await?;
    Ok(hearing.part(bulletins::report(district, bulletin).await?))
}

async fn page(
    district: &District,
    reader: &Reader,
    bulletin: &Bulletin,
    error: String,
) -> Result<One, Fault> {
    let report = report(district, reader, bulletin).await?;
    let (may_ask, may_agree) = (reader.grants().may(Right::Ask), reader.grants().may(Right::Agree));
    let person = &bulletin.asked.person;
    let is_own = person.as_ref().is_some_and(|asker| *asker == reader.member.person.id);
    let puts_right = match &bulletin.asked.corrects {
        Some(wrong) => district.store.bulletin(wrong).await?,
        None => None,
    };
    let puts_right = puts_right.map(|wrong| wrong.asked.title.to_string());
    let may_act = may_ask || may_agree;
    let live = Live { v: reader.visitor(), report, now: district.clock.now() };
    Ok(One { v: reader.visitor(), live, may_agree, may_act, is_own, puts_right, error })
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let bulletin = known(&district, &reader, &id).await?;
    Ok(Page(page(&district, &reader, &bulletin, String::new()).await?).into_response())
}

/// The part that changes, for the page's script to put in the place of what it shows.
pub(in crate::server::pages) async fn live(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let bulletin = known(&district, &reader, &id).await?;
    let report = report(&district, &reader, &bulletin).await?;
    let live = Live { v: reader.visitor(), report, now: district.clock.now() };
    Ok(Page(live).into_response())
}

/// What the second person says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Agreement {
    /// Ticked: they have heard it.
    heard: String,
}

pub(in crate::server::pages) async fn agree(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Fault> {
    let bulletin = known(&district, &reader, &id).await?;
    if agreement.heard.is_empty() {
        return said(&district, &reader, &bulletin, "emergency.not-heard").await;
    }
    let sent = bulletins::agree(&district, &bulletin.id, &doer(&reader)).await;
    after(&district, &reader, &bulletin, sent).await
}

pub(in crate::server::pages) async fn cancel(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let bulletin = known(&district, &reader, &id).await?;
    let cancelled = bulletins::cancel(&district, &bulletin.id, &doer(&reader)).await;
    after(&district, &reader, &bulletin, cancelled).await
}

pub(in crate::server::pages) async fn correct(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let bulletin = known(&district, &reader, &id).await?;
    let corrected = bulletins::correct(&district, &bulletin.id, &doer(&reader)).await;
    after(&district, &reader, &bulletin, corrected).await
}

/// The page of the bulletin that came of it; or why nothing did.
async fn after(
    district: &District,
    reader: &Reader,
    bulletin: &Bulletin,
    done: Result<Bulletin, Refusal>,
) -> Result<Response, Fault> {
    let refusal = match done {
        Ok(done) => return Ok(Redirect::to(&format!("/emergency/{}", done.id)).into_response()),
        Err(refusal) => refusal,
    };
    let key = match refusal.code() {
        "same-person" => "emergency.same-person",
        "lapsed" => "emergency.lapsed",
        "already-sent" => "emergency.already-sent",
        "cancelled" => "emergency.was-cancelled",
        "ended" => "emergency.has-ended",
        "forbidden" => "emergency.not-yours",
        "internal" => return Err(refusal.into()),
        _ => "emergency.refused",
    };
    said(district, reader, bulletin, key).await
}

async fn said(
    district: &District,
    reader: &Reader,
    bulletin: &Bulletin,
    key: &str,
) -> Result<Response, Fault> {
    // It may stand otherwise by now.
    let bulletin = known(district, reader, bulletin.id.as_str()).await?;
    let page = page(district, reader, &bulletin, reader.of(key).to_string()).await?;
    Ok((StatusCode::CONFLICT, Page(page)).into_response())
}
