//! Makes a campaign and changes one: the directive, its days, its stations and clips, and how often it is owed.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::wish::{Field, Wish};
use crate::{
    radio::{Campaign, Clip, Right},
    server::{
        District,
        pages::{
            choice::{Choice, choices},
            fault::Fault,
            notice::Notice,
            page::{Page, wrong},
            selection::Where,
            thing_form::{Filled, Said, ThingForm, free_name, named},
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
    form: ThingForm,
}

impl Edit {
    fn title(&self) -> String {
        match &self.before {
            Some(campaign) => campaign.title.clone(),
            None => self.v.of("campaigns.new").to_string(),
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
    id: Option<Path<String>>,
    filled: Option<(Wish, Said)>,
) -> Result<Edit, Fault> {
    let ground = Ground::of(district, reader).await?;
    let before = named(id, &ground.rules.campaigns, |one| one.id.as_str())?;
    if before.as_ref().is_some_and(|before| !ground.may_plan(reader, &before.stations)) {
        return Err(Fault::MayNot(Right::Plan));
    }
    let (wish, said) = filled.unzip();
    Ok(Edit {
        v: reader.visitor(),
        wish: wish.or_else(|| before.as_ref().map(Wish::of)).unwrap_or_else(Wish::new),
        wrong: BTreeSet::new(),
        form: ThingForm::of(district, before.as_ref().map(Thing::Campaign), said).await?,
        before,
        ground,
    })
}

pub(in crate::server::pages) async fn open(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
) -> Result<Response, Fault> {
    Ok(Page(edit(&district, &reader, id, None).await?).into_response())
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
    Filled(wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let mut page = edit(&district, &reader, id, Some((wish, said))).await?;
    let known = &page.ground.rules.campaigns;
    let id = match &page.before {
        Some(before) => before.id.clone(),
        None => {
            free_name(&page.wish.title, |name| known.iter().any(|one| one.id.as_str() == name))?
        }
    };
    let campaign = match page.wish.read(id, page.before.as_ref()) {
        Ok(campaign) => campaign,
        Err(fields) => {
            page.wrong = fields;
            return Ok(wrong(page));
        }
    };
    if !page.ground.may_plan(&reader, &campaign.stations) {
        page.form.trouble = page.v.of("schedule.not-theirs").to_string();
        return Ok(wrong(page));
    }
    if !page.form.save(&district, &reader, Thing::Campaign(&campaign)).await? {
        return Ok(wrong(page));
    }
    let address = format!("/campaigns/{}", campaign.id);
    Ok(Notice::about("campaigns.saved", &campaign.title).at(&reader, &address))
}
