//! Who did what, when and from where; what was so before and since.

mod told;

#[cfg(test)]
pub(super) use told::NOUNS;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use chrono::{Days, NaiveDate, NaiveTime, TimeZone};
use serde::{Deserialize, Serialize};

use self::told::Told;
use super::{
    dates::read_day,
    fault::Fault,
    page::Page,
    visitor::{Reader, Visitor},
};
use crate::{
    radio::UtcMs,
    server::District,
    store::{AuditEntry, AuditFilter, Deed, Person},
};

/// Lines on a page.
const LINES: u32 = 100;

#[derive(Template)]
#[template(path = "pages/trail.html")]
struct Trail {
    v: Visitor,
    asked: Asked,
    people: Vec<Person>,
    entries: Vec<AuditEntry>,
    told: Told,
    /// The address of the lines after these; empty: there are none.
    after: String,
}

/// What is looked for; empty: anything.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Asked {
    person: String,
    deed: String,
    from: String,
    until: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
}

/// The instant at which a day begins, as HTML's date field writes the day.
fn begin(v: &Visitor, day: Option<NaiveDate>) -> Option<UtcMs> {
    let zone = v.dates().zone;
    zone.from_local_datetime(&day?.and_time(NaiveTime::MIN)).earliest().map(|at| at.to_utc().into())
}

pub(super) async fn show(
    State(district): State<District>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let next = |day: NaiveDate| day.checked_add_days(Days::new(1));
    let filter = AuditFilter {
        person: asked.person.parse().ok(),
        deed: asked.deed.parse().ok(),
        from: begin(&reader, read_day(&asked.from)),
        until: begin(&reader, read_day(&asked.until).and_then(next)),
    };
    let cursor =
        asked.after.split_once('~').and_then(|(at, id)| Some((UtcMs(at.parse().ok()?), id)));
    let entries = district.store.trail(&filter, cursor, LINES).await?;
    let after = match entries.last().filter(|_| entries.len() == LINES as usize) {
        None => String::new(),
        Some(last) => {
            let asked = Asked {
                person: asked.person.clone(),
                deed: asked.deed.clone(),
                from: asked.from.clone(),
                until: asked.until.clone(),
                after: format!("{}~{}", last.at.0, last.id),
            };
            format!("/trail?{}", serde_html_form::to_string(asked).unwrap_or_default())
        }
    };
    let people = district.store.people().await?;
    let told = Told::of(&district, *reader.dates(), &people, &entries).await?;
    Ok(Page(Trail { v: reader.visitor(), asked, people, entries, told, after }).into_response())
}
