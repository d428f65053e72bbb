//! Makes a campaign and changes one: the directive, its days, its stations and clips, and how often it is owed.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::wish::{Field, Wish};
use crate::{
    radio::{Campaign, CampaignId, Clip, Right},
    server::{
        District,
        intake::names_of,
        pages::{
            choice::{Choice, choices},
            fault::Fault,
            form::Form,
            keep::{former, is_of_file, keep, stood},
            notice::Notice,
            page::{Page, wrong},
            selection::Where,
            timetable::ground::Ground,
            visitor::{Reader, Visitor},
        },
    },
    store::Thing,
};

#[derive(Template)]
#[template(path = "pages/campaign_form.html")]
struct Edit {
    v: Visitor,
    /// The campaign as it is; none: a new one.
    before: Option<Campaign>,
    wish: Wish,
    wrong: BTreeSet<Field>,
    ground: Ground,
    is_of_file: bool,
    stood: String,
    trouble: String,
}

impl Edit {
    fn title(&self) -> String {
        match &self.before {
            Some(campaign) => campaign.title.clone(),
            None => self.v.of("campaigns.new").to_string(),
        }
    }

    fn address(&self) -> String {
        match &self.before {
            Some(campaign) => format!("/campaigns/{}/edit", campaign.id),
            None => "/campaigns/new".to_owned(),
        }
    }

    fn places(&self) -> Where {
        let ground = (&self.ground.rules.units[..], &self.ground.stations[..]);
        Where::of(&self.v, ground, self.wish.ticked())
    }

    /// What is retired takes no turn, unless it has one.
    fn clips(&self) -> Vec<Choice> {
        let wanted = |clip: &&Clip| !clip.retired || self.wish.clips.contains(&clip.id.to_string());
        let clips = self.ground.rules.clips.iter().filter(wanted);
        choices(clips, |clip| (clip.id.to_string(), clip.title.clone()), &self.wish.clips)
    }

    fn error(&self, field: Field) -> String {
        if !self.wrong.contains(&field) {
            return String::new();
        }
        let v = &self.v;
        match field {
            Field::Title => v.of("campaigns.title-wrong"),
            Field::Number => v.of("campaigns.number-wrong"),
            Field::Date | Field::From => v.of("schedule.day-wrong"),
            Field::Issuer => v.of("campaigns.issuer-wrong"),
            Field::Until => v.of("schedule.until-wrong"),
            Field::Owed => v.of("campaigns.owed-wrong"),
            Field::Stations => v.of("campaigns.stations-wrong"),
        }
        .to_string()
    }
}

async fn edit(
    district: &District,
    reader: &Reader,
    id: Option<&str>,
    wish: Option<Wish>,
) -> Result<Edit, Fault> {
    let ground = Ground::of(district, reader).await?;
    let before = match id {
        None => None,
        Some(id) => {
            let found = ground.rules.campaigns.iter().find(|one| one.id.as_str() == id);
            Some(found.cloned().ok_or(Fault::Missing)?)
        }
    };
    if before.as_ref().is_some_and(|before| !ground.may_plan(reader, &before.stations)) {
        return Err(Fault::MayNot(Right::Plan));
    }
    Ok(Edit {
        v: reader.visitor(),
        wish: wish.or_else(|| before.as_ref().map(Wish::of)).unwrap_or_default(),
        wrong: BTreeSet::new(),
        ground,
        is_of_file: match &before {
            Some(before) => is_of_file(district, Thing::Campaign(before)).await?,
            None => false,
        },
        stood: stood(before.as_ref().map(Thing::Campaign)),
        before,
        trouble: String::new(),
    })
}

pub(in crate::server::pages) async fn new(
    State(district): State<District>,
    reader: Reader,
) -> Result<Response, Fault> {
    let wish = Wish { owed: "2".to_owned(), ..Wish::default() };
    Ok(Page(edit(&district, &reader, None, Some(wish)).await?).into_response())
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    Ok(Page(edit(&district, &reader, Some(&id), None).await?).into_response())
}

pub(in crate::server::pages) async fn add(
    State(district): State<District>,
    reader: Reader,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let page = edit(&district, &reader, None, Some(wish)).await?;
    let known = &page.ground.rules.campaigns;
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
    let page = edit(&district, &reader, Some(&id), Some(wish)).await?;
    let id = id.parse().map_err(|_| Fault::Missing)?;
    take(&district, &reader, page, id).await
}

async fn take(
    district: &District,
    reader: &Reader,
    mut page: Edit,
    id: CampaignId,
) -> Result<Response, Fault> {
    let campaign = match page.wish.read(id, page.before.as_ref()) {
        Ok(campaign) => campaign,
        Err(fields) => {
            page.wrong = fields;
            return Ok(wrong(page));
        }
    };
    if !page.ground.may_plan(reader, &campaign.stations) {
        page.trouble = page.v.of("schedule.not-theirs").to_string();
        return Ok(wrong(page));
    }
    let over = !page.wish.take_over.is_empty();
    let former = former(&page.stood, &page.wish.stood);
    let things = [(Thing::Campaign(&campaign), former)];
    if let Err(against) = keep(district, reader, &things, over).await? {
        page.trouble = against.to_string();
        return Ok(wrong(page));
    }
    let address = format!("/campaigns/{}", campaign.id);
    Ok(Notice::about("campaigns.saved", &campaign.title).at(reader, &address))
}
