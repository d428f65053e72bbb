//! The calendar: a year's holidays with what rests on each, the common quiet hours, and the forms that change them.

mod wish;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use chrono::{Datelike, NaiveDate};

use self::wish::{Row, Wish, Wrong, in_year};
use super::{ground::Ground, preview::Preview};
use crate::{
    planning::within,
    radio::{Calendar, Holiday, Priority, Right, Schedule, digest},
    server::{
        District,
        pages::{
            dates::read_day,
            fault::Fault,
            notice::Notice,
            page::{Page, wrong},
            stations::{spans, spoken},
            thing_form::{Filled, Said, ThingForm},
            visitor::{Reader, Visitor},
        },
    },
    store::Thing,
};

const ADDRESS: &str = "/timetable/calendar";
/// Years that have a page.
const YEARS: std::ops::RangeInclusive<i32> = 1975..=2200;

#[derive(Template)]
#[template(path = "pages/calendar.html")]
struct Year {
    v: Visitor,
    year: i32,
    /// The calendar as it is.
    before: Calendar,
    lines: Vec<Line>,
    wish: Wish,
    /// The common quiet hours, as they are or as they were filled in.
    quiet: String,
    preview: Option<Preview>,
    /// Whether the preview is of the quiet hours, and not of the holidays.
    is_of_quiet: bool,
    /// The hash of what the preview shows.
    seen: String,
    form: ThingForm,
    may_plan: bool,
    may_set_quiet: bool,
    /// What is wrong with the days that are to come.
    added_error: String,
    quiet_error: String,
}

/// A holiday with what it does.
struct Line {
    row: Row,
    weekday: String,
    /// The schedules that would air on this day and rest, and those that air all the same, with their times.
    rests: Vec<String>,
    airs: Vec<String>,
    error: String,
}

/// A schedule that airs on a day, with its times of that day; none: it does not.
fn on_day(v: &Visitor, ground: &Ground, schedule: &Schedule, day: NaiveDate) -> Option<String> {
    if ground.meant(&schedule.stations).is_empty() {
        return None;
    }
    let campaigns = ground.rules.campaigns.iter();
    let campaign = campaigns.into_iter().find(|one| Some(&one.id) == schedule.campaign.as_ref());
    let times = within(schedule, campaign, v.dates().window(day)).ok()?;
    let times: Vec<String> = times.iter().map(|at| v.dates().time(at)).collect();
    (!times.is_empty()).then(|| format!("{} ({})", schedule.title, times.join(", ")))
}

fn line(v: &Visitor, ground: &Ground, row: Row, wrong: Option<&Wrong>) -> Line {
    let day = read_day(&row.date);
    let (mut rests, mut airs) = (Vec::new(), Vec::new());
    for schedule in &ground.rules.schedules {
        let Some(said) = day.and_then(|day| on_day(v, ground, schedule, day)) else { continue };
        let keeps_it = schedule.priority == Priority::Routine && !schedule.on_holidays;
        if keeps_it { &mut rests } else { &mut airs }.push(said);
    }
    let error = match wrong {
        Some(Wrong::Twice) => v.of("calendar.twice").to_string(),
        Some(Wrong::Unreadable) => v.of("calendar.row-wrong").to_string(),
        None => String::new(),
    };
    let weekday = day.map(|day| v.dates().weekday(&day).to_string()).unwrap_or_default();
    Line { row, weekday, rests, airs, error }
}

impl Year {
    /// The page of the year that is asked for, or of this one, before anything is done on it.
    async fn of(
        district: &District,
        reader: &Reader,
        ground: &Ground,
        wish: Wish,
        said: Option<Said>,
    ) -> Result<Self, Fault> {
        let v = reader.visitor();
        let asked = wish.year.trim().parse().ok().filter(|year| YEARS.contains(year));
        let before = ground.rules.calendar.clone().onto(Calendar::default());
        let is_there = district.store.origin(Thing::Calendar(&before)).await?.is_some();
        let there = is_there.then_some(Thing::Calendar(&before));
        let quiet: Vec<String> = before.quiet_hours.iter().map(spoken).collect();
        let mut page = Self {
            year: asked.unwrap_or_else(|| v.dates().day(v.now()).year()),
            form: ThingForm::of(district, there, said).await?,
            before,
            lines: Vec::new(),
            wish,
            quiet: quiet.join(", "),
            preview: None,
            is_of_quiet: false,
            seen: String::new(),
            may_plan: reader.grants().may_everywhere(Right::Plan),
            may_set_quiet: reader.grants().may_everywhere(Right::Stations),
            added_error: String::new(),
            quiet_error: String::new(),
            v,
        };
        let (days, _) = in_year(&page.before.holidays, page.year);
        page.show(ground, &days);
        Ok(page)
    }

    fn address(&self, step: i32) -> String {
        format!("{ADDRESS}?year={}", self.year + step)
    }

    fn show(&mut self, ground: &Ground, days: &[Holiday]) {
        let row = |one: &Holiday| Row {
            date: self.v.dates().date_of(&one.date),
            name: one.name.clone(),
            is_removed: false,
        };
        self.lines = days.iter().map(|one| line(&self.v, ground, row(one), None)).collect();
    }

    /// Shows the form as it was filled in, with what is wrong in it.
    fn complain(&mut self, ground: &Ground, found: &[(Option<usize>, Wrong)]) {
        let of = |place| found.iter().find(|(known, _)| *known == place).map(|(_, wrong)| wrong);
        let rows = self.wish.rows().into_iter().enumerate();
        self.lines =
            rows.map(|(number, row)| line(&self.v, ground, row, of(Some(number)))).collect();
        self.added_error = match of(None) {
            Some(Wrong::Twice) => self.v.of("calendar.twice").to_string(),
            Some(Wrong::Unreadable) => self.v.of("calendar.added-wrong").to_string(),
            None => String::new(),
        };
        self.form.trouble = self.v.of("schedule.wrong").to_string();
    }

    /// Shows what a calendar would change, or keeps it: what is kept has been seen.
    async fn take(
        mut self,
        district: &District,
        reader: &Reader,
        ground: &Ground,
        calendar: Calendar,
    ) -> Result<Response, Fault> {
        let preview = Preview::of_calendar(&self.v, ground, &calendar).await?;
        self.seen = digest(&calendar);
        let is_new_to_them = preview.is_grave && self.wish.seen != self.seen;
        self.preview = Some(preview);
        if self.wish.act != "save" {
            return Ok(Page(self).into_response());
        }
        if is_new_to_them {
            self.form.trouble = self.v.of("schedule.look-first").to_string();
            return Ok(wrong(self));
        }
        if !self.form.save(district, reader, Thing::Calendar(&calendar)).await? {
            return Ok(wrong(self));
        }
        Ok(Notice::new("calendar.saved").at(reader, &self.address(0)))
    }
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(wish): Query<Wish>,
) -> Result<Response, Fault> {
    let ground = Ground::of(&district, &reader).await?;
    Ok(Page(Year::of(&district, &reader, &ground, wish, None).await?).into_response())
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    Filled(wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let ground = Ground::of(&district, &reader).await?;
    let mut page = Year::of(&district, &reader, &ground, wish, Some(said)).await?;
    let (_, others) = in_year(&page.before.holidays, page.year);
    let days = match page.wish.read(&others) {
        Ok(days) => days,
        Err(found) => {
            page.complain(&ground, &found);
            return Ok(wrong(page));
        }
    };
    // What was to come is a row now.
    page.show(&ground, &days);
    page.wish.forget_added();
    let mut holidays = [others, days].concat();
    holidays.sort_by_key(|one| one.date);
    let calendar = Calendar { holidays, ..page.before.clone() };
    page.take(&district, &reader, &ground, calendar).await
}

pub(in crate::server::pages) async fn save_quiet(
    State(district): State<District>,
    reader: Reader,
    Filled(wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let ground = Ground::of(&district, &reader).await?;
    let mut page = Year::of(&district, &reader, &ground, wish, Some(said)).await?;
    page.is_of_quiet = true;
    page.quiet.clone_from(&page.wish.quiet);
    let Some(quiet_hours) = spans(&page.quiet) else {
        page.quiet_error = page.v.of("stations.quiet-wrong").to_string();
        return Ok(wrong(page));
    };
    let calendar = Calendar { quiet_hours, ..page.before.clone() };
    page.take(&district, &reader, &ground, calendar).await
}
