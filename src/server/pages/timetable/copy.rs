//! Copies a week: what airs in it airs again at the same hours of another week, where it does not by itself.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use chrono::{Days, NaiveDate, NaiveDateTime};
use serde::Deserialize;

use super::{
    super::{
        choice::{Choice, choices},
        dates::{monday, read_day},
        fault::Fault,
        form::Form,
        notice::Notice,
        page::{Page, wrong},
        thing_form::{former, free_name, is_of_file, keep},
        visitor::{Reader, Visitor},
    },
    ask::{week_of, window},
    ground::Ground,
    preview::Preview,
};
use crate::{
    planning::{local, within},
    radio::{Schedule, When, digest},
    server::District,
    store::Thing,
};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    /// A day of the week that is copied.
    day: String,
    /// A day of the week that it is copied to.
    to: String,
    /// The schedules that are copied.
    schedule: Vec<String>,
    /// The hash of what was last shown before it was saved.
    seen: String,
    /// `save`, or anything else to look only; empty: the form was just opened.
    act: String,
}

#[derive(Template)]
#[template(path = "pages/timetable_copy.html")]
struct Copy {
    v: Visitor,
    wish: Wish,
    from: NaiveDate,
    schedules: Vec<Choice>,
    preview: Option<Preview>,
    /// The hash of what the preview shows.
    seen: String,
    trouble: String,
}

impl Copy {
    fn last(&self) -> String {
        self.v.dates().date_of(&(self.from + Days::new(6)))
    }
}

/// What of a schedule is copied: its times in one week, as times in another; those that it has there already are left out.
/// Empty: nothing is.
fn copied(
    v: &Visitor,
    ground: &Ground,
    schedule: &Schedule,
    (from, to): (NaiveDate, NaiveDate),
) -> Vec<NaiveDateTime> {
    let campaign = ground.rules.campaigns.iter();
    let campaign = campaign.into_iter().find(|one| Some(&one.id) == schedule.campaign.as_ref());
    let times = |monday: NaiveDate| -> BTreeSet<NaiveDateTime> {
        let week = window(v, monday, monday + Days::new(6));
        let found = within(schedule, campaign, week).unwrap_or_default();
        found.into_iter().map(|at| local(schedule.zone, at)).collect()
    };
    let there = times(to);
    let days = to.signed_duration_since(from);
    let moved = times(from).into_iter().map(|time| time + days);
    moved.filter(|time| !there.contains(time)).collect()
}

/// The schedule that airs at these times too: itself where a page made it of dates, else another of dates alone.
fn extended(
    v: &Visitor,
    ground: &Ground,
    schedule: &Schedule,
    is_of_file: bool,
    times: Vec<NaiveDateTime>,
    taken: &BTreeSet<String>,
) -> Result<Schedule, Fault> {
    let last = times.last().map(NaiveDateTime::date);
    match &schedule.when {
        When::Dates(dates) if !is_of_file => {
            let all: BTreeSet<NaiveDateTime> = dates.iter().copied().chain(times).collect();
            let until = schedule.until.map(|until| last.map_or(until, |last| last.max(until)));
            let when = When::Dates(all.into_iter().collect());
            Ok(Schedule { when, until, ..schedule.clone() })
        }
        _ => {
            let day = times.first().map(|time| monday(time.date())).unwrap_or_default();
            let title = v.of("copy.title-of").with("title", &schedule.title);
            let title = title.with("day", v.dates().date_of(&day)).to_string();
            Ok(Schedule {
                id: free_name(&title, |name| {
                    taken.contains(name) || ground.schedule(name).is_some()
                })?,
                title,
                when: When::Dates(times),
                from: None,
                until: None,
                except: Vec::new(),
                ..schedule.clone()
            })
        }
    }
}

/// The page, the schedules that would be kept, and how each stands now.
async fn page(
    district: &District,
    reader: &Reader,
    wish: Wish,
) -> Result<(Copy, Vec<Schedule>, Vec<String>), Fault> {
    let ground = Ground::of(district, reader).await?;
    let v = reader.visitor();
    let from = monday(read_day(&wish.day).unwrap_or_else(|| v.dates().day(v.now())));
    let mut wish = wish;
    if wish.to.is_empty() {
        wish.to = v.dates().date_of(&(from + Days::new(7)));
    }
    let to = read_day(&wish.to).map(monday).filter(|to| *to != from);
    let theirs = ground.rules.schedules.iter().filter(|one| ground.may_plan(reader, &one.stations));
    let airs = |one: &&Schedule| {
        let week = week_of(from);
        let campaign = ground.rules.campaigns.iter();
        let campaign = campaign.into_iter().find(|known| Some(&known.id) == one.campaign.as_ref());
        within(one, campaign, window(&v, week[0], week[6])).is_ok_and(|found| !found.is_empty())
    };
    let airing: Vec<&Schedule> = theirs.filter(airs).collect();
    if wish.act.is_empty() {
        wish.schedule = airing.iter().map(|one| one.id.to_string()).collect();
    }
    let (mut made, mut stood, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
    for schedule in airing.iter().filter(|one| wish.schedule.contains(&one.id.to_string())) {
        let Some(to) = to else { continue };
        let times = copied(&v, &ground, schedule, (from, to));
        if times.is_empty() {
            continue;
        }
        let of_file = is_of_file(district, Thing::Schedule(schedule)).await?;
        let new = extended(&v, &ground, schedule, of_file, times, &taken)?;
        taken.insert(new.id.to_string());
        let same = (new.id == schedule.id).then_some(Thing::Schedule(schedule));
        stood.push(same.map(Thing::version).unwrap_or_default());
        made.push(new);
    }
    let until = to.map(|to| window(&v, to, to + Days::new(6)).until);
    let preview = Preview::of(&v, &ground, &made, until).await?;
    let said = |one: &&Schedule| (one.id.to_string(), one.title.clone());
    let trouble = match to {
        Some(_) => String::new(),
        None => v.of("copy.to-wrong").to_string(),
    };
    let copy = Copy {
        schedules: choices(&airing, said, &wish.schedule),
        v,
        wish,
        from,
        preview: Some(preview).filter(|_| to.is_some()),
        seen: digest(&made),
        trouble,
    };
    Ok((copy, made, stood))
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(wish): Query<Wish>,
) -> Result<Response, Fault> {
    Ok(Page(page(&district, &reader, wish).await?.0).into_response())
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let (mut page, made, stood) = page(&district, &reader, wish).await?;
    if !page.trouble.is_empty() {
        return Ok(wrong(page));
    }
    if page.wish.act != "save" {
        return Ok(Page(page).into_response());
    }
    if made.is_empty() {
        page.trouble = page.v.of("copy.nothing").to_string();
        return Ok(wrong(page));
    }
    // What is saved has been seen, as it would become now.
    if page.wish.seen != page.seen {
        page.trouble = page.v.of("shift.look-first").to_string();
        return Ok(wrong(page));
    }
    let things = made.iter().map(Thing::Schedule).zip(stood.iter().map(|stood| former(stood)));
    let things: Vec<_> = things.collect();
    if let Some(key) = keep(&district, &reader, &things, false).await? {
        page.trouble = page.v.of(key).to_string();
        return Ok(wrong(page));
    }
    let to = read_day(&page.wish.to).map(monday).unwrap_or(page.from);
    let week = page.v.dates().date_of(&to);
    Ok(Notice::about("copy.copied", &week).at(&reader, &format!("/timetable?day={to}")))
}
