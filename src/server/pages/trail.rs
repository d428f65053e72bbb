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
    Language,
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

/// What rules are called in the subjects of the trail.
pub(super) const NOUNS: &[&str] = &[
    "unit",
    "station",
    "clip",
    "programme",
    "campaign",
    "schedule",
    "prepared_bulletin",
    "calendar",
    "recording",
];

impl Trail {
    /// What it was done to: its noun in the reader's language, and what people call it.
    fn subject(&self, entry: &AuditEntry) -> String {
        let Some((noun, id)) = entry.subject.split_once(' ').filter(|it| NOUNS.contains(&it.0))
        else {
            return entry.subject.clone();
        };
        let called = [&entry.after, &entry.before].into_iter().flatten().find_map(|rule| {
            let name = rule.get("title").or_else(|| rule.get("name"))?;
            name.as_str().map(str::to_owned)
        });
        let noun = self.v.code("trail-noun", noun);
        match called {
            Some(name) => format!("{noun}: {name} ({id})"),
            None => format!("{noun}: {id}"),
        }
    }

    /// A JSON object as lines `field: value`: where there is another, the fields in which they differ.
    fn lines(&self, value: Option<&Value>, other: Option<&Value>) -> Vec<String> {
        let Some(Value::Object(fields)) = value else { return Vec::new() };
        let is_told = |field: &str, value: &Value| match other {
            Some(other) => other.get(field) != Some(value),
            None => field != "id" && !value.is_null(),
        };
        let told = fields.iter().filter(|(field, value)| is_told(field, value));
        told.map(|(field, value)| {
            let value = plain(self.v.language(), field, value);
            format!("{}: {value}", self.v.code("trail-field", field))
        })
        .collect()
    }
}

/// The section of the words in which a field's values are explained, if they are codes.
fn section(field: &str) -> Option<&'static str> {
    Some(match field {
        "cause" => "cause",
        "channel" => "channel",
        "outcome" => "state",
        "priority" => "priority",
        "role" => "role",
        _ => return None,
    })
}

/// A field's value as people read it, without the marks of JSON.
fn plain(language: Language, field: &str, value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => language.of("trail.yes").to_string(),
        Value::Bool(false) => language.of("trail.no").to_string(),
        Value::String(text) => match (section(field), text.parse::<NaiveDate>()) {
            (Some(section), _) => language.code(section, text).to_string(),
            (None, Ok(day)) => day.format("%d/%m/%Y").to_string(),
            (None, Err(_)) => text.clone(),
        },
        Value::Array(values) => {
            let values = values.iter().map(|value| plain(language, field, value));
            values.collect::<Vec<_>>().join("; ")
        }
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, value)| !value.is_null());
            let there = there.map(|(field, value)| plain(language, field, value));
            there.collect::<Vec<_>>().join(" · ")
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
        let read = |field: &str, value: &Value| plain(Language::En, field, value);
        assert_eq!(read("roles", &roles), "Operator; Auditor · a");
        assert_eq!(
            (read("title", &Value::Null), read("own", &json!(true))),
            ("–".into(), "yes".into())
        );
        assert_eq!(plain(Language::Vi, "outcome", &json!("missed")), "Không phát");
        assert_eq!(read("day", &json!("2020-10-01")), "01/10/2020");
        assert_eq!(plain(Language::Vi, "title", &json!("missed")), "missed");
    }
}
