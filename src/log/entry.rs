use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{radio::UtcMs, signing::Envelope};

/// What the log holds, each as one line of JSON whose bytes are the leaf. The order of the fields is part of it.
///
/// Most of it stands in a row of the database, and is written from there each time it is asked for, so that a row which was
/// changed is a leaf which does not fit.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Entry<'a> {
    /// What a station recorded, as it signed it: an as-run record, or what was done at the site.
    Record(Record<'a>),
    /// What somebody says aired.
    Declaration(Declared<'a>),
    /// What somebody says was done for a campaign beside its airings.
    ChannelReport(ChannelReport<'a>),
    /// That was wrong.
    ChannelReportWithdrawn(ChannelReportWithdrawn<'a>),
    /// What an approver said of a content.
    Ruling(Ruling<'a>),
    /// What somebody did that decides what sounds.
    Deed(Deed<'a>),
    /// What a file changed in the rules.
    Rule(Rule<'a>),
    /// A station signs with this key from now on.
    StationKey(StationKey<'a>),
    /// What this key signs is no longer taken.
    StationKeyRevoked(Revoked<'a>),
    /// The district signs its rundowns with this key from now on.
    DistrictKey(DistrictKey),
    /// The checkpoints of this log are signed with this key from now on.
    LogKey(LogKey<'a>),
    /// A witness of the district's.
    Witness(WitnessKey<'a>),
}

impl Entry<'_> {
    /// The line, without its end: what is hashed.
    ///
    /// # Errors
    /// Only if it could not be written as JSON.
    pub fn line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// A station's record.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    /// When the district had it on disk, in RFC 3339.
    pub at: Cow<'a, str>,
    /// The key that signed it; none: it is from before there were keys.
    pub key: Option<Cow<'a, str>>,
    /// Over the line `loa/v1/record` and the payload.
    pub signature: Option<Cow<'a, str>>,
    /// The exact text that is signed.
    pub payload: Cow<'a, str>,
}

/// Somebody's word about an airing.
#[derive(Debug, Serialize)]
pub struct Declared<'a> {
    /// When it was said.
    pub at: UtcMs,
    /// Which airing.
    pub airing: &'a str,
    /// Which word about it, counted from 1; the last counts.
    pub number: i64,
    /// How it ended.
    pub outcome: &'a str,
    /// When it began.
    pub started_at: Option<UtcMs>,
    /// Why nothing sounded.
    pub cause: Option<&'a str>,
    /// What else there is to say.
    pub detail: Option<&'a str>,
    /// Who says so.
    pub by: &'a str,
    /// What its sender calls it.
    pub sent_as: Option<&'a str>,
}

/// Somebody's word about posters, leaflets and the like.
#[derive(Debug, Serialize)]
pub struct ChannelReport<'a> {
    /// When it was said.
    pub at: UtcMs,
    /// Its name.
    pub id: &'a str,
    /// For which campaign.
    pub campaign: &'a str,
    /// In which unit.
    pub unit: &'a str,
    /// How people were reached.
    pub channel: &'a str,
    /// On which local day.
    pub day: &'a str,
    /// How many.
    pub number: i64,
    /// What else there is to say.
    pub note: Option<&'a str>,
    /// The SHA-256 of a photograph.
    pub photograph: Option<&'a str>,
    /// Who says so.
    pub by: &'a str,
}

/// Such a word was taken back.
#[derive(Debug, Serialize)]
pub struct ChannelReportWithdrawn<'a> {
    /// When.
    pub at: UtcMs,
    /// Which, by its name.
    pub id: &'a str,
    /// Who says so.
    pub by: &'a str,
}

/// An approver's word.
#[derive(Debug, Serialize)]
pub struct Ruling<'a> {
    /// When; none: a file said so, and not when.
    pub at: Option<UtcMs>,
    /// `clip` or `programme`.
    pub noun: &'a str,
    /// Which.
    pub subject: &'a str,
    /// Which word about it, counted from 1.
    pub number: i64,
    /// The SHA-256 of what sounds.
    pub content: &'a str,
    /// Whether it may air.
    pub approved: bool,
    /// Who, if it was somebody on a page.
    pub by: Option<&'a str>,
    /// As people call them.
    pub by_name: &'a str,
    /// What they said.
    pub comment: Option<&'a str>,
    /// Whether it was their own work.
    pub own: bool,
}

/// A line of the trail.
#[derive(Debug, Serialize)]
pub struct Deed<'a> {
    /// When.
    pub at: UtcMs,
    /// Its name.
    pub id: &'a str,
    /// What was done.
    pub deed: &'a str,
    /// Who, if it was a person that is known.
    pub person: Option<&'a str>,
    /// As people call them.
    pub who: &'a str,
    /// To what.
    pub subject: &'a str,
    /// What it was before.
    pub before: Option<&'a RawValue>,
    /// What it is since.
    pub after: Option<&'a RawValue>,
}

/// A rule that a file brought, changed or took away.
#[derive(Debug, Serialize)]
pub struct Rule<'a> {
    /// When.
    pub at: UtcMs,
    /// `rule-added`, `rule-changed` or `rule-removed`.
    pub deed: &'a str,
    /// What kind of thing.
    pub noun: &'a str,
    /// Which.
    pub id: &'a str,
    /// What it says from now on.
    pub rule: Option<&'a RawValue>,
}

/// A station enrolled.
#[derive(Debug, Serialize, Deserialize)]
pub struct StationKey<'a> {
    /// When, in RFC 3339.
    #[serde(borrow)]
    pub at: Cow<'a, str>,
    /// Which.
    #[serde(borrow)]
    pub station: Cow<'a, str>,
    /// With which key.
    #[serde(borrow)]
    pub key: Cow<'a, str>,
}

/// A station's key was ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct Revoked<'a> {
    /// When, in RFC 3339.
    #[serde(borrow)]
    pub at: Cow<'a, str>,
    /// Whose.
    #[serde(borrow)]
    pub station: Cow<'a, str>,
    /// Which key.
    #[serde(borrow)]
    pub key: Cow<'a, str>,
}

/// A key of the district's, stated by the one before it.
#[derive(Debug, Serialize, Deserialize)]
pub struct DistrictKey {
    /// When the log first had it.
    pub at: UtcMs,
    /// A [`DistrictKey`](crate::signing::DistrictKey), signed.
    pub statement: Envelope,
}

/// A key of the log's: it signs the heads from this entry on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogKey<'a> {
    /// Since when.
    pub at: UtcMs,
    /// As notes write it: its name is the log's.
    #[serde(borrow)]
    pub key: Cow<'a, str>,
    /// By the key before it, over the line `loa/v1/log-key` and this key; none: it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Cow<'a, str>>,
}

/// A witness's key.
#[derive(Debug, Serialize, Deserialize)]
pub struct WitnessKey<'a> {
    /// Since when the district takes its cosignatures.
    pub at: UtcMs,
    /// As notes write it.
    #[serde(borrow)]
    pub key: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_never_changes_its_form() {
        let record = Entry::Record(Record {
            at: "2020-09-30T22:00:31.000Z".into(),
            key: Some("ab".into()),
            signature: Some("cd".into()),
            payload: "{\"title\":\"Cài đặt\"}".into(),
        });
        assert_eq!(
            record.line().unwrap(),
            r#"{"kind":"record","at":"2020-09-30T22:00:31.000Z","key":"ab","signature":"cd","payload":"{\"title\":\"Cài đặt\"}"}"#
        );
        let after = RawValue::from_string("{\"b\":1, \"a\":2}".to_owned()).unwrap();
        let deed = Entry::Deed(Deed {
            at: UtcMs(0),
            id: "x",
            deed: "four-eyes-set",
            person: None,
            who: "Lan",
            subject: "four-eyes",
            before: None,
            after: Some(&after),
        });
        assert_eq!(
            deed.line().unwrap(),
            r#"{"kind":"deed","at":"1970-01-01T00:00:00.000Z","id":"x","deed":"four-eyes-set","person":null,"who":"Lan","subject":"four-eyes","before":null,"after":{"b":1, "a":2}}"#
        );
    }
}
