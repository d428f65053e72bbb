//! What people say of a clip, checked before it is kept.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::{library::nfc, radio::Clip};

/// The longest line, and the longest transcript, in characters.
const LINE: usize = 200;
const TEXT: usize = 50_000;

/// What is to be different in a clip; what is not named stays. `null` or an empty text takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    /// Its title for people.
    #[serde(default)]
    pub(super) title: Option<String>,
    /// Who issued it.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub(super) issuing_office: Option<Option<String>>,
    /// The document it carries out.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub(super) source_document: Option<Option<String>>,
    /// What is said in it.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub(super) transcript: Option<Option<String>>,
    /// BCP 47 tag of the language spoken.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    pub(super) language: Option<Option<String>>,
    /// The first day that it may air.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, format = Date)]
    pub(super) from: Option<Option<NaiveDate>>,
    /// The last day that it may air, still inside.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, format = Date)]
    pub(super) until: Option<Option<NaiveDate>>,
}

/// Tells `null` from what is not there.
fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What cannot be said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Title,
    IssuingOffice,
    SourceDocument,
    Transcript,
    Language,
    Days,
}

impl Wrong {
    /// The field, and the key of the catalogue that says what it has to be.
    pub(super) fn about(self) -> (&'static str, &'static str) {
        match self {
            Self::Title => ("title", "clips.title-wrong"),
            Self::IssuingOffice => ("issuing_office", "clips.line-wrong"),
            Self::SourceDocument => ("source_document", "clips.line-wrong"),
            Self::Transcript => ("transcript", "clips.transcript-wrong"),
            Self::Language => ("language", "clips.language-wrong"),
            Self::Days => ("until", "clips.until-wrong"),
        }
    }
}

impl Description {
    /// The clip as it is described now, or everything that is wrong.
    pub(super) fn of(self, clip: Clip) -> Result<Clip, Vec<Wrong>> {
        let mut clip = clip;
        let mut wrong = Vec::new();
        if let Some(title) = self.title {
            clip.title = nfc(title.trim());
            let is_line = clip.title.chars().all(|c| !c.is_control());
            if clip.title.is_empty() || clip.title.chars().count() > LINE || !is_line {
                wrong.push(Wrong::Title);
            }
        }
        let mut set = |field: &mut Option<String>, said: Option<Option<String>>, longest, why| {
            let Some(said) = said else { return };
            let text = said.map(|text| nfc(text.trim())).filter(|text| !text.is_empty());
            let is_strange = |c: char| c.is_control() && (longest == LINE || !"\n\r\t".contains(c));
            let is_wrong = text
                .as_ref()
                .is_some_and(|text| text.chars().count() > longest || text.chars().any(is_strange));
            if is_wrong {
                wrong.push(why);
            }
            *field = text;
        };
        set(&mut clip.issuing_office, self.issuing_office, LINE, Wrong::IssuingOffice);
        set(&mut clip.source_document, self.source_document, LINE, Wrong::SourceDocument);
        set(&mut clip.transcript, self.transcript, TEXT, Wrong::Transcript);
        set(&mut clip.language, self.language, LINE, Wrong::Language);
        if clip.language.as_ref().is_some_and(|tag| !is_tag(tag)) {
            wrong.push(Wrong::Language);
        }
        clip.from = self.from.unwrap_or(clip.from);
        clip.until = self.until.unwrap_or(clip.until);
        if clip.until.is_some() && clip.from > clip.until {
            wrong.push(Wrong::Days);
        }
        wrong.dedup();
        if wrong.is_empty() { Ok(clip) } else { Err(wrong) }
    }
}

/// The shape of a BCP 47 tag: `vi`, `vi-VN`, `mtq`.
fn is_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radio::{ClipHash, Gain};

    fn clip() -> Clip {
        Clip {
            id: "tin".parse().unwrap(),
            sha256: ClipHash::of(b""),
            bytes: 1,
            frames: 1,
            sample_rate: 1,
            title: "Tin".to_owned(),
            gain: Gain::UNITY,
            source_document: Some("12075/UBND-CNTT".to_owned()),
            issuing_office: None,
            transcript: None,
            language: Some("vi".to_owned()),
            approved_by: None,
            from: None,
            until: None,
            retired: false,
        }
    }

    fn said(json: &str) -> Result<Clip, Vec<Wrong>> {
        serde_json::from_str::<Description>(json).unwrap().of(clip())
    }

    #[test]
    fn what_is_not_named_stays_and_null_takes_away() {
        assert_eq!(said("{}"), Ok(clip()));
        let changed = said(
            r#"{"title": " Tin mo\u031b\u0301i ", "source_document": null,
            "transcript": "Dòng một\nDòng hai", "language": " ", "from": "2026-11-26"}"#,
        );
        let expected = Clip {
            title: "Tin mới".to_owned(),
            source_document: None,
            transcript: Some("Dòng một\nDòng hai".to_owned()),
            language: None,
            from: Some("2026-11-26".parse().unwrap()),
            ..clip()
        };
        assert_eq!(changed, Ok(expected));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let long = "a".repeat(LINE + 1);
        let text = format!(
            r#"{{"title": "", "issuing_office": "{long}", "source_document": "a\u0000",
               "transcript": "\u0007", "language": "tiếng Việt", "from": "2026-11-27", "until": "2026-11-26"}}"#
        );
        use Wrong::{Days, IssuingOffice, Language, SourceDocument, Title, Transcript};
        let all = vec![Title, IssuingOffice, SourceDocument, Transcript, Language, Days];
        assert_eq!(said(&text), Err(all));
        assert_eq!(said(r#"{"title": "a\nb"}"#), Err(vec![Title]));
    }
}
