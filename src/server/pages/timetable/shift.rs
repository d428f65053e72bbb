//! Moves one airing of a schedule: this once, by an exception, or always, by another time of the schedule. It asks which.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use chrono::NaiveDateTime;
use serde::Deserialize;

use super::{
    super::{
        dates::read_day,
        fault::Fault,
        notice::Notice,
        page::{Page, wrong},
        thing_form::{Filled, Said, ThingForm},
        visitor::{Reader, Visitor},
    },
    ground::Ground,
    preview::Preview,
    schedule::read_time,
};
use crate::{
    planning::{Rhythm, instant},
    radio::{Exception, Right, Schedule, When, digest},
    server::District,
    store::Thing,
};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    schedule: String,
    /// What is moved: a local time of the schedule's zone.
    at: String,
    /// Where it was dropped.
    to: String,
    day: String,
    time: String,
    /// `once`, `always` or `skip`.
    how: String,
    /// The hash of what was last shown before it was saved.
    seen: String,
    act: String,
}

#[derive(Template)]
#[template(path = "pages/timetable_move.html")]
struct Shift {
    v: Visitor,
    wish: Wish,
    title: String,
    at: NaiveDateTime,
    /// Whether the schedule has a time of day that could be another.
    has_times: bool,
    stations: usize,
    preview: Option<Preview>,
    /// The hash of what the preview shows.
    seen: String,
    form: ThingForm,
}

impl Shift {
    /// Shows what a schedule would change.
    async fn look(
        &mut self,
        ground: &Ground,
        new: Schedule,
        until: NaiveDateTime,
    ) -> Result<(), Fault> {
        self.seen = digest(&new);
        let until = instant(new.zone, until);
        self.preview = Some(Preview::of(&self.v, ground, &[new], until).await?);
        Ok(())
    }
}

/// The schedule with one time elsewhere, or nowhere. None: it has no such time of day to change always.
fn shifted(
    schedule: &Schedule,
    at: NaiveDateTime,
    to: Option<NaiveDateTime>,
    always: bool,
) -> Option<Schedule> {
    let mut new = schedule.clone();
    if always {
        let (Rhythm::Week { days, times }, Some(to)) = (Rhythm::of(&schedule.when), to) else {
            return None;
        };
        let other = |time| if time == at.time() { to.time() } else { time };
        let mut times: Vec<_> = times.into_iter().map(other).collect();
        times.sort_unstable();
        times.dedup();
        new.when = Rhythm::Week { days, times }.onto(&schedule.when);
        return Some(new);
    }
    if let When::Dates(dates) = &mut new.when
        && dates.contains(&at)
    {
        dates.retain(|date| *date != at);
        dates.extend(to);
        dates.sort_unstable();
        dates.dedup();
        return Some(new);
    }
    // What was moved before is moved on, and back home it is no exception any more.
    let before = new.except.iter().position(|one| one.to == Some(at));
    let home = before.map_or(at, |place| new.except.remove(place).at);
    if to != Some(home) {
        new.except.retain(|one| one.at != home);
        new.except.push(Exception { at: home, to });
        new.except.sort_unstable();
    }
    Some(new)
}

fn read(text: &str) -> Option<NaiveDateTime> {
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

fn found(
    ground: &Ground,
    reader: &Reader,
    wish: &Wish,
) -> Result<(Schedule, NaiveDateTime), Fault> {
    let schedule = ground.schedule(&wish.schedule).ok_or(Fault::Missing)?;
    if !ground.may_plan(reader, &schedule.stations) {
        return Err(Fault::MayNot(Right::Plan));
    }
    Ok((schedule.clone(), read(&wish.at).ok_or(Fault::Missing)?))
}

async fn page(
    (district, reader): (&District, &Reader),
    ground: &Ground,
    (schedule, at): (&Schedule, NaiveDateTime),
    (wish, said): (Wish, Option<Said>),
) -> Result<Shift, Fault> {
    Ok(Shift {
        v: reader.visitor(),
        wish,
        title: schedule.title.clone(),
        at,
        has_times: matches!(Rhythm::of(&schedule.when), Rhythm::Week { .. }),
        stations: ground.meant(&schedule.stations).len(),
        preview: None,
        seen: String::new(),
        form: ThingForm::of(district, Some(Thing::Schedule(schedule)), said).await?,
    })
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(mut wish): Query<Wish>,
) -> Result<Response, Fault> {
    let ground = Ground::of(&district, &reader).await?;
    let (schedule, at) = found(&ground, &reader, &wish)?;
    let to = read(&wish.to).unwrap_or(at);
    wish.day = to.format("%d/%m/%Y").to_string();
    wish.time = to.format("%H:%M").to_string();
    wish.how = "once".to_owned();
    let mut page = page((&district, &reader), &ground, (&schedule, at), (wish, None)).await?;
    if to != at
        && let Some(new) = shifted(&schedule, at, Some(to), false)
    {
        page.look(&ground, new, to.max(at)).await?;
    }
    Ok(Page(page).into_response())
}

pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    Filled(wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let ground = Ground::of(&district, &reader).await?;
    let (schedule, at) = found(&ground, &reader, &wish)?;
    let (v, now) = (reader.visitor(), district.clock.now());
    let mut page = page((&district, &reader), &ground, (&schedule, at), (wish, Some(said))).await?;
    let always = page.wish.how == "always";
    let day = if always { Some(at.date()) } else { read_day(&page.wish.day) };
    let typed = day.zip(read_time(page.wish.time.trim())).map(|(day, time)| day.and_time(time));
    let to = if page.wish.how == "skip" { None } else { typed };
    let is_ahead = |to: NaiveDateTime| instant(schedule.zone, to).is_some_and(|to| to > now);
    if page.wish.how != "skip" && !to.is_some_and(|to| always || is_ahead(to)) {
        page.form.trouble = v.of("shift.to-wrong").to_string();
        return Ok(wrong(page));
    }
    let Some(new) = shifted(&schedule, at, to, always) else {
        page.form.trouble = v.of("shift.no-times").to_string();
        return Ok(wrong(page));
    };
    page.look(&ground, new.clone(), to.unwrap_or(at).max(at)).await?;
    if page.wish.act != "save" {
        return Ok(Page(page).into_response());
    }
    // What is saved has been seen, as it would become now.
    if page.wish.seen != page.seen {
        page.form.trouble = v.of("shift.look-first").to_string();
        return Ok(wrong(page));
    }
    if !page.form.save(&district, &reader, Thing::Schedule(&new)).await? {
        return Ok(wrong(page));
    }
    let address = format!("/timetable?day={}", to.unwrap_or(at).date());
    Ok(Notice::about("schedule.saved", &new.title).at(&reader, &address))
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate, TimeDelta};

    use super::*;
    use crate::{
        planning::next,
        radio::{Gain, Priority, Selection, UtcMs},
    };

    fn schedule(when: When) -> Schedule {
        Schedule {
            id: "sang".parse().unwrap(),
            title: "Buổi sáng".to_owned(),
            programme: "ban-tin".parse().unwrap(),
            campaign: None,
            when,
            zone: chrono_tz::Tz::Asia__Ho_Chi_Minh,
            from: None,
            until: None,
            stations: Selection::default(),
            priority: Priority::Routine,
            late_limit_ms: 0,
            gain: Gain::UNITY,
            on_holidays: false,
            except: Vec::new(),
        }
    }

    fn times(schedule: &Schedule) -> Vec<String> {
        let from: UtcMs = "2026-11-30T00:00:00+07:00".parse().unwrap();
        let times = next(schedule, None, from, 4).unwrap();
        let local = |at| crate::planning::local(schedule.zone, at).format("%d %H:%M").to_string();
        times.into_iter().map(local).collect()
    }

    #[test]
    fn one_time_is_moved_and_comes_home_again() {
        let at = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap().and_hms_opt(5, 0, 0).unwrap();
        let rule = schedule(When::Cron("0 5 * * *".to_owned()));
        let once = shifted(&rule, at, Some(at + TimeDelta::minutes(90)), false).unwrap();
        assert_eq!(times(&once), ["30 05:00", "01 06:30", "02 05:00", "03 05:00"]);
        let later = at + TimeDelta::minutes(90);
        let on = shifted(&once, later, Some(later + Days::new(1)), false).unwrap();
        assert_eq!(times(&on), ["30 05:00", "02 05:00", "02 06:30", "03 05:00"]);
        assert_eq!(shifted(&once, later, Some(at), false).unwrap(), rule);
        let none = shifted(&rule, at, None, false).unwrap();
        assert_eq!(times(&none), ["30 05:00", "02 05:00", "03 05:00", "04 05:00"]);
        let always = shifted(&rule, at, Some(later), true).unwrap();
        assert_eq!(always.when, When::Cron("30 6 * * *".to_owned()));

        let dates = schedule(When::Dates(vec![at, at + Days::new(1)]));
        let moved = shifted(&dates, at, Some(later), false).unwrap();
        assert_eq!(times(&moved), ["01 06:30", "02 05:00"]);
        assert!(moved.except.is_empty());
        assert_eq!(shifted(&dates, at, Some(later), true), None);
    }
}
