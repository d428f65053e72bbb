use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};

use super::{
    said::{bad_rule, day_name},
    wish::{Field, Wish, Wrong, exception_text},
};
use crate::{
    radio::{Right, Schedule, ScheduleId, digest},
    server::{
        District,
        pages::{
            choice::{Choice, choices},
            fault::Fault,
            form::Form,
            notice::Notice,
            page::{Page, wrong},
            selection::Where,
            thing_form::{Filled, Said, ThingForm, former, free_name, told},
            timetable::{entry::length, ground::Ground, preview::Preview},
            visitor::{Reader, Visitor},
        },
    },
    store::{Thing, ThingKind},
};

/// How late something may start, in milliseconds.
const LATE: [u64; 8] = [0, 60_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000];

#[derive(Template)]
#[template(path = "pages/schedule.html")]
struct One {
    v: Visitor,
    /// The schedule as it is; none: a new one.
    before: Option<Schedule>,
    wish: Wish,
    wrong: Wrong,
    ground: Ground,
    preview: Option<Preview>,
    /// The hash of what the preview shows.
    seen: String,
    form: ThingForm,
    may_plan: bool,
}

impl One {
    fn title(&self) -> String {
        match &self.before {
            Some(schedule) => schedule.title.clone(),
            None => self.v.of("timetable.new-schedule").to_string(),
        }
    }

    fn is_wrong(&self, field: Field) -> bool {
        self.wrong.fields.contains(&field)
    }

    fn error(&self, field: Field) -> String {
        if !self.is_wrong(field) {
            return String::new();
        }
        let v = &self.v;
        match field {
            Field::Title => v.of("schedule.title-wrong"),
            Field::Programme => v.of("schedule.programme-wrong"),
            Field::Days => v.of("schedule.days-wrong"),
            Field::Times => v.of("schedule.times-wrong"),
            Field::Dates => v.of("schedule.dates-wrong"),
            Field::From => v.of("schedule.day-wrong"),
            Field::Until => v.of("schedule.until-wrong"),
            Field::Stations => v.of("schedule.stations-wrong"),
            Field::Priority => v.of("schedule.priority-wrong"),
            Field::Late => v.of("schedule.late-wrong"),
            Field::Lower => v.of("schedule.lower-wrong"),
            Field::Cron => {
                let bad = self.wrong.cron.as_ref();
                return bad.map(|bad| bad_rule(v, bad)).unwrap_or_default();
            }
        }
        .to_string()
    }

    fn programmes(&self) -> Vec<Choice> {
        let chosen = std::slice::from_ref(&self.wish.programme);
        let programmes = &self.ground.rules.programmes;
        choices(programmes, |one| (one.id.to_string(), one.title.clone()), chosen)
    }

    fn campaigns(&self) -> Vec<Choice> {
        let chosen = std::slice::from_ref(&self.wish.campaign);
        let said = |one: &crate::radio::Campaign| {
            (one.id.to_string(), format!("{} ({})", one.title, one.directive.number))
        };
        choices(&self.ground.rules.campaigns, said, chosen)
    }

    fn places(&self) -> Where {
        let ground = (&self.ground.rules.units[..], &self.ground.stations[..]);
        Where::of(&self.v, ground, self.wish.ticked())
    }

    fn days(&self) -> Vec<Choice> {
        let day = |day: usize| Choice {
            value: (day + 1).to_string(),
            text: day_name(&self.v, day),
            is_chosen: self.wish.days.contains(&(day + 1).to_string()),
        };
        (0..7).map(day).collect()
    }

    fn lates(&self) -> Vec<Choice> {
        let mut all = LATE.to_vec();
        all.extend(self.wish.late.parse::<u64>().ok().filter(|ms| !LATE.contains(ms)));
        all.sort_unstable();
        let choice = |ms: u64| Choice {
            value: ms.to_string(),
            text: match ms {
                0 => self.v.of("schedule.not-late").to_string(),
                ms => length(&self.v, ms),
            },
            is_chosen: ms.to_string() == self.wish.late,
        };
        all.into_iter().map(choice).collect()
    }

    fn priorities(&self) -> Vec<Choice> {
        let v = &self.v;
        let mut all = vec![
            ("routine", v.of("schedule.priority-routine")),
            ("priority", v.of("schedule.priority-priority")),
        ];
        if self.wish.priority == "emergency" {
            all.push(("emergency", v.of("timetable.emergency")));
        }
        let choice = |(value, text): (&str, crate::server::pages::Phrase)| Choice {
            value: value.to_owned(),
            text: text.to_string(),
            is_chosen: value == self.wish.priority,
        };
        all.into_iter().map(choice).collect()
    }

    fn exceptions(&self) -> Vec<Choice> {
        let except = self.before.as_ref().map(|one| &one.except[..]).unwrap_or_default();
        let moment = |time: &chrono::NaiveDateTime| time.format("%H:%M %d/%m/%Y").to_string();
        let choice = |one: &crate::radio::Exception| Choice {
            value: exception_text(one),
            text: match &one.to {
                Some(to) => self
                    .v
                    .of("schedule.moved-once")
                    .with("at", moment(&one.at))
                    .with("to", moment(to)),
                None => self.v.of("schedule.skipped-once").with("at", moment(&one.at)),
            }
            .to_string(),
            is_chosen: self.wish.keep.contains(&exception_text(one)),
        };
        except.iter().map(choice).collect()
    }
}

fn address(id: &ScheduleId) -> String {
    format!("/timetable/schedules/{id}")
}

fn find(ground: &Ground, reader: &Reader, id: &str) -> Result<Schedule, Fault> {
    let schedule = ground.schedule(id).ok_or(Fault::Missing)?.clone();
    let is_seen =
        reader.grants().may_everywhere(Right::See) || !ground.meant(&schedule.stations).is_empty();
    if is_seen { Ok(schedule) } else { Err(Fault::MayNot(Right::See)) }
}

async fn page(
    district: &District,
    reader: &Reader,
    id: Option<Path<String>>,
    filled: Option<(Wish, Said)>,
) -> Result<One, Fault> {
    let ground = Ground::of(district, reader).await?;
    let before = id.map(|Path(id)| find(&ground, reader, &id)).transpose()?;
    let (wish, said) = filled.unzip();
    let may_plan = |before: &Schedule| ground.may_plan(reader, &before.stations);
    Ok(One {
        v: reader.visitor(),
        wish: wish.or_else(|| before.as_ref().map(Wish::of)).unwrap_or_else(Wish::new),
        wrong: Wrong::default(),
        preview: None,
        seen: String::new(),
        form: ThingForm::of(district, before.as_ref().map(Thing::Schedule), said).await?,
        may_plan: before.as_ref().is_none_or(may_plan),
        before,
        ground,
    })
}

pub(in crate::server::pages) async fn open(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
) -> Result<Response, Fault> {
    let mut page = page(&district, &reader, id, None).await?;
    if let Some(schedule) = &page.before {
        let same = std::slice::from_ref(schedule);
        page.seen = digest(schedule);
        page.preview = Some(Preview::of(&page.v, &page.ground, same, None).await?);
    }
    Ok(Page(page).into_response())
}

/// Shows what a form would change, or changes it.
pub(in crate::server::pages) async fn save(
    State(district): State<District>,
    reader: Reader,
    id: Option<Path<String>>,
    Filled(wish, said): Filled<Wish>,
) -> Result<Response, Fault> {
    let mut page = page(&district, &reader, id, Some((wish, said))).await?;
    if !page.may_plan {
        return Err(Fault::MayNot(Right::Plan));
    }
    let id = match &page.before {
        Some(before) => before.id.clone(),
        None => free_name(&page.wish.title, |name| page.ground.schedule(name).is_some())?,
    };
    let schedule = match page.wish.read(id, page.before.as_ref(), page.v.dates().zone) {
        Ok(schedule) => schedule,
        Err(found) => {
            page.wrong = found;
            return Ok(wrong(page));
        }
    };
    if !page.ground.may_plan(&reader, &schedule.stations) {
        page.form.trouble = page.v.of("schedule.not-theirs").to_string();
        return Ok(wrong(page));
    }
    let new = std::slice::from_ref(&schedule);
    let preview = Preview::of(&page.v, &page.ground, new, None).await?;
    page.seen = digest(&schedule);
    let is_new_to_them = preview.is_grave && page.wish.seen != page.seen;
    page.preview = Some(preview);
    if page.wish.act != "save" {
        return Ok(Page(page).into_response());
    }
    if is_new_to_them {
        page.form.trouble = page.v.of("schedule.look-first").to_string();
        return Ok(wrong(page));
    }
    if !page.form.save(&district, &reader, Thing::Schedule(&schedule)).await? {
        return Ok(wrong(page));
    }
    let campaign = page.ground.rules.campaigns.iter();
    let campaign = campaign.into_iter().find(|one| Some(&one.id) == schedule.campaign.as_ref());
    let now = district.clock.now();
    let next = crate::planning::next(&schedule, campaign, now, 1).unwrap_or_default();
    let day = page.v.dates().day(next.first().copied().unwrap_or(now));
    let address = format!("/timetable?day={day}");
    Ok(Notice::about("schedule.saved", &schedule.title).at(&reader, &address))
}

/// Lets a schedule air today for the last time; one that has not begun goes altogether.
pub(in crate::server::pages) async fn end(
    State(district): State<District>,
    reader: Reader,
    id: Path<String>,
    Form(said): Form<Said>,
) -> Result<Response, Fault> {
    let page = page(&district, &reader, Some(id), None).await?;
    if !page.may_plan {
        return Err(Fault::MayNot(Right::Plan));
    }
    let mut schedule = page.before.ok_or(Fault::Missing)?;
    let (actor, over, now) = (reader.actor(), said.takes_over(), district.clock.now());
    let today = reader.dates().day(now);
    let ended = if schedule.from.is_some_and(|from| from > today) {
        let what = (ThingKind::Schedule, schedule.id.as_str());
        district.store.take_away(&actor, what, over, now).await
    } else {
        schedule.until = Some(schedule.until.map_or(today, |until| until.min(today)));
        let ended = (Thing::Schedule(&schedule), former(&page.form.stood));
        district.store.put(&actor, ended, over, now).await
    };
    let ended = ended.map(|_| Notice::about("schedule.ended", &schedule.title));
    told(&district, &reader, ended, ("/timetable/schedules", &address(&schedule.id))).await
}
