//! What a line of the trail says, in the words and names that people know.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::Value;

use crate::{
    radio::{AiringId, UtcMs},
    server::{
        District,
        pages::{Dates, fault::Fault, timetable::names::Names, words::Phrase},
    },
    store::{AuditEntry, Deed, Person},
};

/// What deeds are done to.
#[cfg(test)]
pub(in crate::server::pages) const NOUNS: &[&str] = &[
    "unit",
    "station",
    "clip",
    "programme",
    "campaign",
    "schedule",
    "prepared_bulletin",
    "calendar",
    "recording",
    "recordings",
    "person",
    "bulletin",
    "airing",
    "four-eyes",
    "public",
    "rules",
    "standing",
    "log-key",
    "district-key",
    "backup",
    "witness",
];

/// Of these there is one: their noun is their name.
const ALONE: [&str; 9] = [
    "calendar",
    "recordings",
    "four-eyes",
    "public",
    "rules",
    "standing",
    "log-key",
    "district-key",
    "backup",
];

/// The noun of what a deed is done to; none: the line itself begins with it.
fn noun(deed: Deed) -> Option<&'static str> {
    Some(match deed {
        Deed::SignedIn
        | Deed::SignInFailed
        | Deed::SignedOut
        | Deed::SignedOutEverywhere
        | Deed::PersonAdded
        | Deed::RolesChanged
        | Deed::PersonDisabled
        | Deed::PersonEnabled
        | Deed::LinkMade
        | Deed::PasswordSet
        | Deed::LanguageSet
        | Deed::TokenMade
        | Deed::TokensRevoked => "person",
        Deed::StationCodeMade | Deed::StationRevoked | Deed::FaultReported | Deed::FaultClosed => {
            "station"
        }
        Deed::BulletinAsked
        | Deed::BulletinAgreed
        | Deed::BulletinCancelled
        | Deed::BulletinCorrected => "bulletin",
        Deed::AiringDeclared | Deed::AiringCorrected => "airing",
        Deed::FourEyesSet => "four-eyes",
        Deed::PublicSet => "public",
        Deed::KeepingSet => "recordings",
        Deed::FilesApplied => "rules",
        Deed::KeptPutRight => "standing",
        Deed::Restored => "backup",
        Deed::RuleAdded
        | Deed::RuleChanged
        | Deed::RuleRemoved
        | Deed::Approved
        | Deed::SentBack
        | Deed::ClipRetired
        | Deed::Published
        | Deed::Unpublished
        | Deed::ChannelReported
        | Deed::ChannelWithdrawn
        | Deed::RecordingGone
        | Deed::KeyChanged
        | Deed::WitnessTrusted => return None,
    })
}

/// The noun of the things that a field names.
fn named_in(field: &str) -> Option<&'static str> {
    Some(match field {
        "parent" | "unit" | "units" | "except_units" => "unit",
        "station" | "stations" | "except_stations" => "station",
        "chime" | "clip" | "clips" | "correction" => "clip",
        "programme" => "programme",
        "campaign" | "rotate" => "campaign",
        "corrects" => "bulletin",
        _ => return None,
    })
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

/// Reads lines of the trail to people.
pub(super) struct Told {
    dates: Dates,
    names: Names,
    /// By the name under which they sign in.
    people: HashMap<String, String>,
    /// Titles of the bulletins that the lines are about.
    bulletins: HashMap<String, String>,
}

impl Told {
    pub(super) async fn of(
        district: &District,
        dates: Dates,
        people: &[Person],
        entries: &[AuditEntry],
    ) -> Result<Self, Fault> {
        let mut bulletins = HashMap::new();
        for entry in entries {
            let is_one = entry.deed.parse().ok().and_then(noun) == Some("bulletin");
            let id = entry.subject.parse().ok().filter(|_| is_one);
            let Some(id) = id.filter(|_| !bulletins.contains_key(&entry.subject)) else { continue };
            if let Some(found) = district.store.bulletin(&id).await? {
                bulletins.insert(entry.subject.clone(), found.asked.title.to_string());
            }
        }
        let names = Names::of(&district.store.rules().await?);
        let people = people.iter().map(|one| (one.sign_in.clone(), one.name.clone())).collect();
        Ok(Self { dates, names, people, bulletins })
    }

    fn code(&self, section: &str, code: &str) -> Phrase {
        self.dates.language.code(section, code)
    }

    /// What people call a thing now; none: it is there no longer, or has no name.
    fn called(&self, noun: &str, id: &str) -> Option<&str> {
        match noun {
            "person" => self.people.get(id).map(String::as_str),
            "bulletin" => self.bulletins.get(id).map(String::as_str),
            _ => self.names.of_thing(noun, id),
        }
    }

    /// What it was done to: its noun, and what people call it.
    pub(super) fn subject(&self, entry: &AuditEntry) -> String {
        let subject = entry.subject.as_str();
        let Ok(deed) = entry.deed.parse() else { return subject.to_owned() };
        let (noun, id) = match noun(deed) {
            Some(noun) => (noun, subject),
            None => subject.split_once(' ').unwrap_or((subject, "")),
        };
        let word = self.code("trail-noun", noun);
        let then = [&entry.after, &entry.before].into_iter().flatten().find_map(|thing| {
            thing.get("title").or_else(|| thing.get("name"))?.as_str().map(str::to_owned)
        });
        match (noun, then.or_else(|| self.called(noun, id).map(str::to_owned))) {
            (noun, _) if ALONE.contains(&noun) => word.to_string(),
            ("person", _) if id == "-" => self.dates.language.of("trail.first").to_string(),
            ("airing", _) => format!("{word}: {}", self.airing(id)),
            ("bulletin", Some(title)) => format!("{word}: {title}"),
            (_, Some(name)) => format!("{word}: {name} ({id})"),
            (_, None) => format!("{word}: {id}"),
        }
    }

    /// An airing by what it is of, where and when.
    fn airing(&self, id: &str) -> String {
        let Ok(airing) = id.parse::<AiringId>() else { return id.to_owned() };
        let name = |noun, id: &str| self.called(noun, id).unwrap_or(id).to_owned();
        let mut words =
            vec![name("schedule", airing.schedule()), name("station", airing.station())];
        words.extend(airing.nominal().map(|at| self.dates.moment(&at)));
        words.join(" · ")
    }

    /// A JSON object as lines `field: value`: where there is another, the fields in which they differ.
    pub(super) fn lines(&self, value: Option<&Value>, other: Option<&Value>) -> Vec<String> {
        let Some(Value::Object(fields)) = value else { return Vec::new() };
        let is_told = |field: &str, value: &Value| match other {
            Some(other) => other.get(field) != Some(value),
            None => field != "id" && !value.is_null(),
        };
        let told = fields.iter().filter(|(field, value)| is_told(field, value));
        told.map(|(field, value)| {
            format!("{}: {}", self.code("trail-field", field), self.plain(field, value))
        })
        .collect()
    }

    /// A field's value as people read it, without the marks of JSON.
    fn plain(&self, field: &str, value: &Value) -> String {
        let of = |key| self.dates.language.of(key).to_string();
        match value {
            Value::Null => "–".to_owned(),
            Value::Bool(true) => of("trail.yes"),
            Value::Bool(false) => of("trail.no"),
            Value::String(text) => self.text(field, text),
            Value::Array(values) => {
                let values = values.iter().map(|value| self.plain(field, value));
                values.collect::<Vec<_>>().join("; ")
            }
            Value::Object(fields) => {
                let there = fields.iter().filter(|(_, value)| !value.is_null());
                let there = there.map(|(field, value)| self.plain(field, value));
                there.collect::<Vec<_>>().join(" · ")
            }
            other => other.to_string(),
        }
    }

    fn text(&self, field: &str, text: &str) -> String {
        if let Some(section) = section(field) {
            return self.code(section, text).to_string();
        }
        if let Some(name) = named_in(field).and_then(|noun| self.called(noun, text)) {
            return name.to_owned();
        }
        if let Ok(day) = text.parse::<NaiveDate>() {
            return self.dates.date_of(&day);
        }
        text.parse::<UtcMs>().map_or_else(|_| text.to_owned(), |at| self.dates.moment(&at))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{radio::PersonId, server::pages::Language, store::Actor};

    fn told(language: Language) -> Told {
        let pair = |id: &str, name: &str| HashMap::from([(id.to_owned(), name.to_owned())]);
        Told {
            dates: Dates { zone: chrono_tz::Asia::Ho_Chi_Minh, language },
            names: Names::default(),
            people: pair("nam", "Lê Văn Nam"),
            bulletins: pair("b-1", "Lũ về"),
        }
    }

    #[test]
    fn values_are_read_without_the_marks_of_json() {
        let roles = json!([{"role": "operator", "unit": null}, {"role": "auditor", "unit": "a"}]);
        let (vi, en) = (told(Language::Vi), told(Language::En));
        for (field, value, reads) in [
            ("roles", roles, "Operator; Auditor · a"),
            ("title", Value::Null, "–"),
            ("own", json!(true), "yes"),
            ("day", json!("2020-10-01"), "01/10/2020"),
            ("expires_at", json!("2020-09-30T22:00:00.000Z"), "05:00 01/10/2020"),
            ("corrects", json!("b-1"), "Lũ về"),
        ] {
            assert_eq!(en.plain(field, &value), reads);
        }
        assert_eq!(vi.plain("outcome", &json!("missed")), "Không phát");
        assert_eq!(vi.plain("title", &json!("missed")), "missed");
    }

    #[test]
    fn what_a_deed_is_done_to_has_a_word() {
        let vi = told(Language::Vi);
        let entry = |deed: Deed, subject: &str, after: Option<Value>| AuditEntry {
            id: "1".to_owned(),
            at: UtcMs(0),
            actor: Actor { person: None::<PersonId>, name: String::new(), address: String::new() },
            deed: deed.to_string(),
            subject: subject.to_owned(),
            before: None,
            after,
        };
        for (deed, subject, reads) in [
            (Deed::FourEyesSet, "four-eyes", "chế độ hai người"),
            (Deed::PublicSet, "public", "trang công khai"),
            (Deed::KeepingSet, "recordings", "thời hạn lưu bản ghi"),
            (Deed::KeptPutRight, "2020-10-01", "kết quả các lần phát"),
            (Deed::KeyChanged, "log-key", "khóa của nhật ký"),
            (Deed::PasswordSet, "nam", "người dùng: Lê Văn Nam (nam)"),
            (Deed::SignInFailed, "ai-do", "người dùng: ai-do"),
            (Deed::LinkMade, "-", "người quản trị đầu tiên"),
            (Deed::BulletinAgreed, "b-1", "bản tin khẩn: Lũ về"),
            (Deed::StationRevoked, "kim-tan", "đài: kim-tan"),
            (Deed::Published, "clip bluezone", "bản ghi: bluezone"),
            (
                Deed::AiringDeclared,
                "sang-05h.kim-tan.20200930T220000Z",
                "lần phát: sang-05h · kim-tan · 05:00 01/10/2020",
            ),
        ] {
            assert_eq!(vi.subject(&entry(deed, subject, None)), reads);
        }
        let after = json!({"title": "Bluezone"});
        let added = entry(Deed::RuleAdded, "clip bluezone", Some(after));
        assert_eq!(vi.subject(&added), "bản ghi: Bluezone (bluezone)");
        let newer = AuditEntry { deed: "deed-of-a-newer-loa".to_owned(), ..added };
        assert_eq!(vi.subject(&newer), "clip bluezone");
        for deed in Deed::ALL {
            assert!(noun(*deed).is_none_or(|noun| NOUNS.contains(&noun)), "{deed}");
        }
    }
}
