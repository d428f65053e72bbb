//! What the pages say: a folder per language, a file per section, a line per key.

use std::{collections::HashMap, fmt, sync::LazyLock};

use crate::radio::codes;

codes! {
    /// A language of the pages.
    pub enum Language {
        /// Tiếng Việt, unless somebody chooses another.
        Vi = "vi",
        /// English.
        En = "en",
    }
}

/// A section's name, and its text in each language.
type Section = (&'static str, [&'static str; 2]);

macro_rules! sections {
    ($($name:literal),* $(,)?) => {
        &[$((
            $name,
            [include_str!(concat!("vi/", $name, ".toml")), include_str!(concat!("en/", $name, ".toml"))],
        )),*]
    };
}

/// A page adds its section here, in order of the alphabet.
const SECTIONS: &[Section] = sections![
    "account",
    "airing",
    "approval",
    "calendar",
    "campaigns",
    "cause",
    "channel",
    "channels",
    "clips",
    "clock",
    "column",
    "common",
    "confirm",
    "copy",
    "dates",
    "deed",
    "emergency",
    "evidence",
    "evidence-means",
    "fault",
    "fault-kind",
    "faults",
    "first-steps",
    "help",
    "intake",
    "keeping",
    "language",
    "line",
    "log-fault",
    "nav",
    "people",
    "priority",
    "programme",
    "public",
    "publishing",
    "reason",
    "reason-means",
    "record",
    "remedy",
    "reports",
    "right",
    "role",
    "schedule",
    "shift",
    "sign-in",
    "speaker",
    "state",
    "state-means",
    "station-kind",
    "stations",
    "step",
    "timetable",
    "today",
    "trail",
    "trail-field",
    "trail-noun",
    "trouble",
    "unit-kind",
    "verify",
    "welcome",
    "why",
];

/// By `section.key`.
type Catalogue = HashMap<String, String>;

static CATALOGUES: LazyLock<[Catalogue; 2]> = LazyLock::new(|| {
    [0, 1].map(|language| {
        read(language).unwrap_or_else(|error| {
            // A test reads the same text: this cannot happen in what was built and tested.
            tracing::error!(%error, "the pages' words cannot be read");
            Catalogue::new()
        })
    })
});

fn read(language: usize) -> Result<Catalogue, String> {
    let mut catalogue = Catalogue::new();
    for (section, texts) in SECTIONS {
        let lines: HashMap<String, String> = toml::from_str(texts[language])
            .map_err(|error| format!("section {section}: {error}"))?;
        catalogue.extend(lines.into_iter().map(|(key, text)| (format!("{section}.{key}"), text)));
    }
    Ok(catalogue)
}

/// A text of the catalogue, with places for values: `{name}`.
#[derive(Debug, Clone)]
pub(in crate::server) struct Phrase(String);

impl Phrase {
    /// Puts a value in its place.
    pub(in crate::server) fn with(self, name: &str, value: impl fmt::Display) -> Self {
        Self(self.0.replace(&format!("{{{name}}}"), &value.to_string()))
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Language {
    /// The text of a key, `section.key`.
    pub(in crate::server) fn of(self, key: &str) -> Phrase {
        let text = CATALOGUES[self as usize].get(key).cloned();
        Phrase(text.unwrap_or_else(|| {
            tracing::error!(key, "the pages' words lack a key");
            key.to_owned()
        }))
    }

    /// The text of a code in a section: `state.aired`; the code itself where a newer program wrote it.
    pub(in crate::server) fn code(self, section: &str, code: &str) -> Phrase {
        let text = CATALOGUES[self as usize].get(&format!("{section}.{code}")).cloned();
        Phrase(text.unwrap_or_else(|| code.to_owned()))
    }

    /// Whether there is such a text.
    pub(in crate::server) fn has(self, key: &str) -> bool {
        CATALOGUES[self as usize].contains_key(key)
    }

    /// The other one, for the switch.
    pub(in crate::server) fn other(self) -> Self {
        match self {
            Self::Vi => Self::En,
            Self::En => Self::Vi,
        }
    }
}

#[cfg(test)]
mod tests;
