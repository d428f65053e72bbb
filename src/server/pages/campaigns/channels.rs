//! What is done for a campaign beside its airings: posters, leaflets, loudspeaker cars, messages. People declare it.

use std::{collections::BTreeMap, io::Write as _};

use askama::Template;
use axum::{
    extract::{Multipart, Path, State, multipart::Field},
    http::header,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use super::Places;
use crate::{
    library::{BadPhotograph, LARGEST_PHOTOGRAPH, PHOTOGRAPHS, Picture, Shelf, look_at, nfc},
    planning::Territory,
    radio::{Campaign, CampaignId, Channel, ClipHash, Right, Unit, UnitId, sort_key},
    server::{
        District,
        pages::{
            dates::read_day,
            fault::Fault,
            notice::Notice,
            page::{Page, wrong},
            visitor::{Reader, Visitor},
        },
    },
    store::{ChannelReport, NewChannelReport},
};

/// The longest note, in characters.
const LONGEST: usize = 1000;
/// The most that anybody can have handed out.
const MOST: u32 = 10_000_000;
/// Photographs are looked at one at a time: each is unfolded in memory.
static LOOKING: Semaphore = Semaphore::const_new(1);

#[derive(Template)]
#[template(path = "pages/channels.html")]
struct Channels {
    v: Visitor,
    campaign: Campaign,
    lines: Vec<Line>,
    totals: Vec<(Channel, u64)>,
    /// Where the reader may report.
    units: Vec<Unit>,
    wish: Wish,
}

/// A report, as its reader may see it.
struct Line {
    report: ChannelReport,
    unit: String,
    number: u64,
    may_withdraw: bool,
}

/// What a form says.
#[derive(Debug, Default)]
struct Wish {
    unit: String,
    channel: String,
    day: String,
    number: String,
    note: String,
    photograph: Option<Vec<u8>>,
    errors: Errors,
}

#[derive(Debug, Default)]
struct Errors {
    unit: String,
    channel: String,
    day: String,
    number: String,
    note: String,
    photograph: String,
}

impl Errors {
    fn none(&self) -> bool {
        [&self.unit, &self.channel, &self.day, &self.number, &self.note, &self.photograph]
            .iter()
            .all(|error| error.is_empty())
    }
}

/// The reports on a campaign from where the reader may see.
pub(super) async fn seen(
    district: &District,
    reader: &Reader,
    campaign: &CampaignId,
) -> Result<Vec<ChannelReport>, Fault> {
    let units = district.store.units().await?;
    let territory = Territory::new(&units);
    let mut reports = district.store.channel_reports(campaign, None).await?;
    reports.retain(|it| reader.may_in(Right::See, territory.ancestry(&it.said.unit)));
    Ok(reports)
}

/// Of each channel how many in all.
pub(super) fn totals(reports: &[ChannelReport]) -> Vec<(Channel, u64)> {
    let mut totals = BTreeMap::new();
    for ChannelReport { said, .. } in reports {
        *totals.entry(said.channel).or_insert(0) += u64::from(said.number);
    }
    totals.into_iter().collect()
}

async fn page(
    district: &District,
    reader: &Reader,
    id: &str,
    mut wish: Wish,
) -> Result<Channels, Fault> {
    let places = Places::of(district, reader).await?;
    let campaign = places.find(reader, district.store.campaigns().await?, id)?;
    let mut units = places.units;
    let reports = seen(district, reader, &campaign.id).await?;
    let totals = totals(&reports);
    let may = |unit: &UnitId| reader.may_in(Right::Confirm, Territory::new(&units).ancestry(unit));
    let name = |id: &UnitId| {
        let unit = units.iter().find(|unit| unit.id == *id);
        unit.map_or_else(|| id.to_string(), |unit| unit.name.clone())
    };
    let line = |report: ChannelReport| Line {
        unit: name(&report.said.unit),
        number: u64::from(report.said.number),
        may_withdraw: may(&report.said.unit),
        report,
    };
    let lines = reports.into_iter().rev().map(line).collect();
    let mine: Vec<bool> = units.iter().map(|unit| may(&unit.id)).collect();
    let mut mine = mine.into_iter();
    units.retain(|_| mine.next() == Some(true));
    units.sort_by_cached_key(|unit| sort_key(&unit.name));
    if wish.day.is_empty() && wish.errors.none() {
        wish.day = reader.dates().date(&reader.now());
    }
    Ok(Channels { v: reader.visitor(), campaign, lines, totals, units, wish })
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    Ok(Page(page(&district, &reader, &id, Wish::default()).await?).into_response())
}

pub(in crate::server::pages) async fn report(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
    mut form: Multipart,
) -> Result<Response, Fault> {
    let places = Places::of(&district, &reader).await?;
    let id = places.find(&reader, district.store.campaigns().await?, &id)?.id;
    let mut wish = Wish::read(&mut form).await?;
    let Some(mut said) = wish.said(&reader, &id) else {
        return Ok(wrong(page(&district, &reader, id.as_str(), wish).await?));
    };
    if !places.units.iter().any(|unit| unit.id == said.unit) {
        return Err(Fault::Missing);
    }
    if !reader.may_in(Right::Confirm, Territory::new(&places.units).ancestry(&said.unit)) {
        return Err(Fault::MayNot(Right::Confirm));
    }
    if let Some(bytes) = wish.photograph.take() {
        let shelf = district.shelf.within(PHOTOGRAPHS).map_err(Fault::failed)?;
        match keep(shelf, bytes).await? {
            Ok(sha256) => said.photograph = Some(sha256),
            Err(bad) => {
                wish.errors.photograph = reader.of(why(bad)).to_string();
                return Ok(wrong(page(&district, &reader, id.as_str(), wish).await?));
            }
        }
    }
    district.store.report_channel(&reader.actor(), &said, reader.now()).await?;
    Ok(Notice::new("channels.reported").at(&reader, &address(&id)))
}

fn address(campaign: &CampaignId) -> String {
    format!("/campaigns/{campaign}/channels")
}

fn why(bad: BadPhotograph) -> &'static str {
    match bad {
        BadPhotograph::Kind => "channels.photograph-kind",
        BadPhotograph::Large => "channels.photograph-large",
        BadPhotograph::Damaged => "channels.photograph-damaged",
    }
}

impl Wish {
    async fn read(form: &mut Multipart) -> Result<Self, Fault> {
        let mut wish = Self::default();
        while let Some(mut field) = form.next_field().await.map_err(|_| Fault::Unreadable)? {
            let name = field.name().unwrap_or_default().to_owned();
            let most = if name == "photograph" { LARGEST_PHOTOGRAPH + 1 } else { 16 * 1024 };
            let bytes = whole(&mut field, most).await?;
            let text = || String::from_utf8(bytes.clone()).map_err(|_| Fault::Unreadable);
            match name.as_str() {
                "unit" => wish.unit = text()?,
                "channel" => wish.channel = text()?,
                "day" => wish.day = text()?,
                "number" => wish.number = text()?,
                "note" => wish.note = text()?,
                // What a browser sends where nothing was chosen is empty.
                "photograph" if !bytes.is_empty() => wish.photograph = Some(bytes),
                _ => {}
            }
        }
        Ok(wish)
    }

    /// What is declared; none: something in the form is wrong, and stands in `errors`.
    fn said(&mut self, reader: &Reader, campaign: &CampaignId) -> Option<NewChannelReport> {
        let (unit, channel) = (self.unit.parse().ok(), self.channel.parse().ok());
        let day = read_day(&self.day);
        let today = reader.dates().day(reader.now());
        let number = self.number.trim().parse().ok().filter(|number| (1..=MOST).contains(number));
        let note = nfc(self.note.trim()).replace("\r\n", "\n");
        let is_long = note.chars().count() > LONGEST || note.contains('\0');
        let needs_note = channel == Some(Channel::Other) && note.is_empty();
        let say = |is_wrong: bool, key: &str| {
            if is_wrong { reader.of(key).to_string() } else { String::new() }
        };
        self.errors = Errors {
            unit: say(unit.is_none(), "channels.unit-wrong"),
            channel: say(channel.is_none(), "channels.channel-wrong"),
            day: say(day.is_none_or(|day| day > today), "channels.day-wrong"),
            number: say(number.is_none(), "channels.number-wrong"),
            note: say(is_long || needs_note, "channels.note-wrong"),
            photograph: String::new(),
        };
        if !self.errors.none() {
            return None;
        }
        Some(NewChannelReport {
            campaign: campaign.clone(),
            unit: unit?,
            channel: channel?,
            day: day?,
            number: number?,
            note: Some(note).filter(|note| !note.is_empty()),
            photograph: None,
        })
    }
}

/// A field's bytes, if there are not too many.
async fn whole(field: &mut Field<'_>, most: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| Fault::Unreadable)? {
        if bytes.len() + piece.len() > most {
            return Err(Fault::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Keeps a photograph as it is, if it is one, under its SHA-256.
async fn keep(shelf: Shelf, bytes: Vec<u8>) -> Result<Result<ClipHash, BadPhotograph>, Fault> {
    let _turn = LOOKING.acquire().await.map_err(Fault::failed)?;
    let kept = tokio::task::spawn_blocking(move || {
        if let Err(bad) = look_at(&bytes) {
            return Ok(Err(bad));
        }
        let sha256 = ClipHash::of(&bytes);
        if !shelf.contains(&sha256) {
            let mut writer = shelf.writer(&sha256).map_err(Fault::failed)?;
            writer.restart().and_then(|()| writer.write_all(&bytes)).map_err(Fault::failed)?;
            writer.commit().map_err(Fault::failed)?;
        }
        Ok(Ok(sha256))
    });
    kept.await.map_err(Fault::failed)?
}

/// A report from where the reader has a right.
async fn report_where(
    district: &District,
    reader: &Reader,
    right: Right,
    id: &str,
) -> Result<ChannelReport, Fault> {
    let report = district.store.channel_report(id).await?.ok_or(Fault::Missing)?;
    let units = district.store.units().await?;
    if !reader.may_in(right, Territory::new(&units).ancestry(&report.said.unit)) {
        return Err(Fault::MayNot(right));
    }
    Ok(report)
}

pub(in crate::server::pages) async fn withdraw(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let report = report_where(&district, &reader, Right::Confirm, &id).await?;
    district.store.withdraw_channel_report(&reader.actor(), &id, reader.now()).await?;
    Ok(Notice::new("channels.withdrawn").at(&reader, &address(&report.said.campaign)))
}

pub(in crate::server::pages) async fn photograph(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let report = report_where(&district, &reader, Right::See, &id).await?;
    let sha256 = report.said.photograph.ok_or(Fault::Missing)?;
    let shelf = district.shelf.within(PHOTOGRAPHS).map_err(Fault::failed)?;
    let bytes = tokio::fs::read(shelf.path_of(&sha256)).await.map_err(Fault::failed)?;
    let kind = Picture::of(&bytes).ok_or_else(|| Fault::failed("a photograph of no kind"))?;
    Ok(([(header::CONTENT_TYPE, kind.media_type())], bytes).into_response())
}
