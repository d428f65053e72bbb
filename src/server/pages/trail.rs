//! Who did what, when and from where; what was so before and since.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use chrono::{Days, NaiveDate, NaiveTime, TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    dates::read_day,
    fault::Fault,
    page::Page,
    visitor::{Reader, Visitor},
};
use crate::{
    radio::{Right, UtcMs},
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
    /// The address of the lines after these; empty: there are none.
    after: String,
}

impl Trail {
    /// A JSON object as lines `field: value`.
    fn lines(&self, value: Option<&Value>) -> Vec<String> {
        let Some(Value::Object(fields)) = value else { return Vec::new() };
        fields.iter().map(|(field, value)| format!("{field}: {}", plain(value))).collect()
    }
}

/// A value as people read it, without the marks of JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => {
            let there = fields.values().filter(|value| !value.is_null());
            there.map(plain).collect::<Vec<_>>().join(" · ")
        }
        other => other.to_string(),
    }
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
    reader.must_everywhere(Right::Trail)?;
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
    Ok(Page(Trail { v: reader.visitor(), asked, people, entries, after }).into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_without_the_marks_of_json() {
        let roles = json!([{"role": "operator", "unit": null}, {"role": "auditor", "unit": "a"}]);
        assert_eq!(plain(&roles), "operator; auditor · a");
        assert_eq!((plain(&Value::Null), plain(&json!(true))), ("–".into(), "true".into()));
    }
}
