use std::path::Path;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use toml::{Spanned, de::DeValue};

use super::{ClipEntry, Origin, fields::Fields, read::RuleCheck, references::Kind};
use crate::radio::{
    Campaign, Directive, Exception, Gain, Holiday, Item, PreparedBulletin, Priority, Programme,
    QuietHours, Schedule, Selection, SofterHours, Station, StationKind, Unit, When,
};

pub(super) fn unit(f: &mut Fields<'_, '_>) -> Option<Unit> {
    let id = f.name("id");
    let (code, name, kind) = (f.need_text("code"), f.need_text("name"), f.need_text("kind"));
    let parent = f.get("parent").and_then(|value| f.mention(value, "parent", Kind::Unit));
    let (since, until) = (f.date("since"), f.date("until"));
    if since > until && until.is_some() {
        f.problem(f.place(), "\"until\" lies before \"since\"");
    }
    Some(Unit { id: id?, code: code?, name: name?, kind: kind?, parent, since, until })
}

pub(super) fn station(f: &mut Fields<'_, '_>) -> Option<Station> {
    let (id, name, kind) = (f.name("id"), f.need_text("name"), f.need("kind"));
    let kind = kind.and_then(|value| station_kind(f, value));
    let unit = f.need("unit").and_then(|value| f.mention(value, "unit", Kind::Unit));
    let own = f.get("quiet_hours").is_some();
    let quiet_hours = own.then(|| f.names::<QuietHours>("quiet_hours"));
    let softer = f.list("softer");
    let softer = softer.iter().filter_map(|value| f.inner(value, "softer", softer_hours).flatten());
    let softer = softer.collect();
    let drills = f.flag("drills").unwrap_or(false);
    let resume_after_bulletin = f.flag("resume_after_bulletin").unwrap_or(false);
    Some(Station {
        id: id?,
        name: name?,
        kind: kind?,
        unit: unit?,
        quiet_hours,
        softer,
        drills,
        resume_after_bulletin,
    })
}

/// `{ hours = "21:00-06:00", gain_db = -6 }`.
fn softer_hours(f: &mut Fields<'_, '_>) -> Option<SofterHours> {
    let hours = f.need("hours").and_then(|value| f.parse(value, "hours"));
    f.need("gain_db");
    let gain = lowering(f);
    Some(SofterHours { hours: hours?, gain })
}

fn station_kind<'i>(f: &mut Fields<'_, 'i>, value: &Spanned<DeValue<'i>>) -> Option<StationKind> {
    match value.get_ref().as_str() {
        Some("district") => Some(StationKind::District),
        Some("commune") => Some(StationKind::Commune),
        Some("mobile") => Some(StationKind::Mobile),
        _ => {
            f.problem(
                value.span().start,
                "a station's kind is \"district\", \"commune\" or \"mobile\"",
            );
            None
        }
    }
}

/// A clip, whose recording is named relative to the TOML file.
pub(super) fn clip(f: &mut Fields<'_, '_>, (toml, text): (&Path, &str)) -> Option<ClipEntry> {
    let (id, file, title) = (f.name("id"), f.need_text("file"), f.need_text("title"));
    let at = f.get("file").map_or(f.place(), |value| value.span().start);
    let (source_document, issuing_office) = (f.text("source_document"), f.text("issuing_office"));
    let (transcript, language) = (f.text("transcript"), f.text("language"));
    let approved_by = f.text("approved_by").filter(|name| !name.trim().is_empty());
    let (from, until) = (f.date("from"), f.date("until"));
    if from > until && until.is_some() {
        f.problem(f.place(), "\"until\" lies before \"from\"");
    }
    Some(ClipEntry {
        id: id?,
        path: toml.parent().unwrap_or(Path::new("")).join(file?),
        origin: Origin::of(toml, text, at),
        title: title?,
        source_document,
        issuing_office,
        transcript,
        language,
        approved_by,
        from,
        until,
    })
}

pub(super) fn programme(f: &mut Fields<'_, '_>) -> Option<Programme> {
    let (id, title) = (f.name("id"), f.need_text("title"));
    f.need("items");
    let items = f.list("items");
    let items = items.iter().filter_map(|value| f.inner(value, "items", item).flatten()).collect();
    Some(Programme { id: id?, title: title?, items })
}

fn item(f: &mut Fields<'_, '_>) -> Option<Item> {
    let clip = f.get("clip").and_then(|value| f.mention(value, "clip", Kind::Clip)).map(Item::Clip);
    let chime =
        f.get("chime").and_then(|value| f.mention(value, "chime", Kind::Clip)).map(Item::Chime);
    let rotate = f.get("rotate");
    let rotate = rotate.and_then(|value| f.mention(value, "rotate", Kind::Campaign));
    let pause = f.span("pause").and_then(|ms| u32::try_from(ms).ok()).map(Item::Pause);
    let keys =
        ["clip", "chime", "rotate", "pause"].iter().filter(|key| f.get(key).is_some()).count();
    if keys != 1 {
        f.problem(
            f.place(),
            "an item is exactly one of \"clip\", \"chime\", \"rotate\" and \"pause\"",
        );
        return None;
    }
    clip.or(chime).or(rotate.map(Item::Rotate)).or(pause)
}

pub(super) fn campaign(f: &mut Fields<'_, '_>) -> Option<Campaign> {
    let (id, title) = (f.name("id"), f.need_text("title"));
    let directive = f.need("directive");
    let directive = directive.and_then(|value| f.inner(value, "directive", order).flatten());
    let (from, until) = (f.need_date("from"), f.need_date("until"));
    if from > until && until.is_some() {
        f.problem(f.place(), "\"until\" lies before \"from\"");
    }
    let stations = stations(f);
    let airings_per_day = f.number("airings_per_day").unwrap_or(0.0);
    if airings_per_day.fract() != 0.0 || !(0.0..=1440.0).contains(&airings_per_day) {
        f.problem(f.place(), "\"airings_per_day\" is a whole number from 0 to 1440");
    }
    let clips = f.mentions("clips", Kind::Clip);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "just checked")]
    let airings_per_day = airings_per_day as u32;
    Some(Campaign {
        id: id?,
        title: title?,
        directive: directive?,
        from: from?,
        until: until?,
        stations,
        airings_per_day,
        clips,
    })
}

fn order(f: &mut Fields<'_, '_>) -> Option<Directive> {
    let (number, date, issuer) =
        (f.need_text("number"), f.need_date("date"), f.need_text("issuer"));
    Some(Directive { number: number?, date: date?, issuer: issuer? })
}

/// `stations = ["kim-tan"]`, or a table that selects.
fn stations(f: &mut Fields<'_, '_>) -> Selection {
    let Some(value) = f.need("stations") else { return Selection::default() };
    if value.get_ref().is_array() {
        return Selection {
            stations: f.mentions("stations", Kind::Station),
            ..Selection::default()
        };
    }
    let selection = f.inner(value, "stations", |f| {
        let kinds = f.list("kinds").iter().filter_map(|value| station_kind(f, value)).collect();
        Selection {
            stations: f.mentions("stations", Kind::Station),
            units: f.mentions("units", Kind::Unit),
            kinds,
            except_stations: f.mentions("except_stations", Kind::Station),
            except_units: f.mentions("except_units", Kind::Unit),
        }
    });
    let selection = selection.unwrap_or_default();
    if selection.stations.is_empty() && selection.units.is_empty() && selection.kinds.is_empty() {
        f.problem(value.span().start, "this means no station: name stations, units or kinds");
    }
    selection
}

/// A bulletin that is ready to be asked for.
pub(super) fn bulletin(f: &mut Fields<'_, '_>) -> Option<PreparedBulletin> {
    let (id, title) = (f.name("id"), f.need_text("title"));
    let drill = f.flag("drill").unwrap_or(false);
    f.need("clips");
    let clips = f.mentions("clips", Kind::Clip);
    let correction = f.mentions("correction", Kind::Clip);
    if clips.is_empty() {
        f.problem(f.place(), "a bulletin without \"clips\" says nothing");
    }
    Some(PreparedBulletin { id: id?, title: title?, drill, clips, correction })
}

pub(super) fn schedule(f: &mut Fields<'_, '_>, rule: RuleCheck) -> Option<Schedule> {
    let (id, title) = (f.name("id"), f.need_text("title"));
    let programme = f.need("programme");
    let programme = programme.and_then(|value| f.mention(value, "programme", Kind::Programme));
    let campaign = f.get("campaign");
    let campaign = campaign.and_then(|value| f.mention(value, "campaign", Kind::Campaign));
    let when = when(f, rule);
    let zone = zone(f);
    let (from, until) = (f.date("from"), f.date("until"));
    if from > until && until.is_some() {
        f.problem(f.place(), "\"until\" lies before \"from\"");
    }
    let stations = stations(f);
    let priority = f.get("priority").and_then(|value| match value.get_ref().as_str() {
        Some("routine") => Some(Priority::Routine),
        Some("priority") => Some(Priority::Priority),
        Some("emergency") => Some(Priority::Emergency),
        _ => {
            f.problem(
                value.span().start,
                "a priority is \"routine\", \"priority\" or \"emergency\"",
            );
            None
        }
    });
    let late_limit_ms = f.span("late_limit").unwrap_or(300_000);
    let gain = lowering(f);
    let on_holidays = f.flag("on_holidays").unwrap_or(false);
    let except = f.list("except");
    let except = except.iter().filter_map(|value| f.inner(value, "except", exception).flatten());
    let except = except.collect();
    Some(Schedule {
        id: id?,
        title: title?,
        programme: programme?,
        campaign,
        when: when?,
        zone: zone?,
        from,
        until,
        stations,
        priority: priority.unwrap_or_default(),
        late_limit_ms,
        gain,
        on_holidays,
        except,
    })
}

/// `{ at = 2020-10-01T05:00, to = 2020-10-01T06:00 }`; without `to` it does not air.
fn exception(f: &mut Fields<'_, '_>) -> Option<Exception> {
    let at = f.need("at").and_then(|value| local_time(f, value));
    let to = f.get("to").and_then(|value| local_time(f, value));
    Some(Exception { at: at?, to })
}

/// A clip is already as loud as its peaks allow: a schedule or an hour may only lower it.
fn lowering(f: &mut Fields<'_, '_>) -> Gain {
    let Some(value) = f.get("gain_db") else { return Gain::UNITY };
    let db = f.number("gain_db").unwrap_or(0.0);
    if db > 0.0 {
        let reason = format!(
            "\"gain_db\" is {db}: it may only lower, 0 or less. Every clip is brought to the house's loudness at \
             intake, and louder than that it would be distorted; turn the amplifier up instead"
        );
        f.problem(value.span().start, reason);
    }
    Gain::from_db(db)
}

fn when(f: &mut Fields<'_, '_>, rule: RuleCheck) -> Option<When> {
    let (cron, dates) = (f.get("cron"), f.get("dates"));
    match (cron, dates) {
        (Some(value), None) => {
            let text = f.text("cron")?;
            rule(&text).map_err(|why| f.problem(value.span().start, why)).ok()?;
            Some(When::Cron(text))
        }
        (None, Some(_)) => {
            let values = f.list("dates");
            Some(When::Dates(values.iter().filter_map(|value| local_time(f, value)).collect()))
        }
        _ => {
            f.problem(f.place(), "a schedule has either \"cron\" or \"dates\"");
            None
        }
    }
}

fn zone(f: &mut Fields<'_, '_>) -> Option<Tz> {
    let Some(value) = f.get("zone") else { return Some(Tz::Asia__Ho_Chi_Minh) };
    let name = f.text("zone")?;
    let zone = name.parse().ok();
    if zone.is_none() {
        let reason = format!("\"{name}\" is not a time zone: write it like Asia/Ho_Chi_Minh");
        f.problem(value.span().start, reason);
    }
    zone
}

fn local_time<'i>(f: &mut Fields<'_, 'i>, value: &Spanned<DeValue<'i>>) -> Option<NaiveDateTime> {
    let text = match value.get_ref() {
        DeValue::Datetime(time) => time.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let text = text.replacen(' ', "T", 1);
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    let time = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok());
    if time.is_none() {
        f.problem(
            value.span().start,
            format!(
                "\"{text}\" is not a local time: write it like 2020-10-01T05:00, without a zone"
            ),
        );
    }
    time
}

pub(super) fn holiday(f: &mut Fields<'_, '_>) -> Option<Holiday> {
    let (date, name) = (f.need_date("date"), f.need_text("name"));
    Some(Holiday { date: date?, name: name? })
}
