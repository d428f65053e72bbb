//! Whether rules and policies are what the log says of them last: what is owed, planned and kept follows from them, and their
//! rows are none of its entries.

use std::{collections::BTreeMap, ops::DerefMut};

use serde::Deserialize;
use serde_json::Value;
use sqlx::{PgConnection, SqliteConnection};

use super::{
    super::{
        Store, StoreError,
        db::{Engine, sql},
    },
    LogFault, LogFaultKind,
};

/// The rules of one kind, with a column that queries go by.
macro_rules! rules {
    ($noun:literal, $column:literal) => {
        concat!(
            "select '",
            $noun,
            " ' || id, '', cast(null as bigint), rule, cast(",
            $column,
            " as text) from ",
            $noun
        )
    };
}

/// The rules and policies as they stand, rules with a column that queries go by; and all that the log says of them, on pages
/// and by files. In one statement, so that nothing changes between.
const ALL: &str = concat!(
    rules!("unit", "parent"),
    " union all ",
    rules!("station", "unit"),
    " union all ",
    rules!("clip", "sha256"),
    " union all ",
    rules!("programme", "null"),
    " union all ",
    rules!("campaign", "null"),
    " union all ",
    rules!("schedule", "null"),
    " union all ",
    rules!("prepared_bulletin", "null"),
    " union all ",
    rules!("calendar", "null"),
    " union all select id, '', cast(null as bigint),
         case when is_on then '{\"four_eyes\":true}' else '{\"four_eyes\":false}' end, cast(null as text)
         from switch where id = 'four-eyes'
     union all select id, '', cast(null as bigint),
         case when is_on then '{\"public\":true}' else '{\"public\":false}' end, cast(null as text)
         from switch where id = 'public'
     union all select id, '', cast(null as bigint), policy, cast(null as text) from keeping
     union all select subject, deed, log_position, after, cast(null as text) from audit
         where log_position is not null and deed in ('rule-added', 'rule-changed', 'rule-removed',
             'four-eyes-set', 'public-set', 'keeping-set')
     union all select '', '', log_position, entry, cast(null as text) from log_entry
         where entry like '{\"kind\":\"rule\",%'"
);

/// What a file changed, as its entry says.
#[derive(Deserialize)]
struct OfFile {
    noun: String,
    id: String,
    rule: Option<Value>,
}

/// Rules and policies by noun and name: as they stand, and as the log has them last.
#[derive(Default)]
pub(super) struct Statements {
    /// What each is, and the column that queries go by.
    now: BTreeMap<String, (Option<Value>, Option<String>)>,
    /// In which entry, and what; none: it is gone.
    said: BTreeMap<String, (i64, Option<Value>)>,
}

impl Statements {
    pub(super) async fn read<S, P>(on: &mut Engine<S, P>) -> Result<Self, StoreError>
    where
        S: DerefMut<Target = SqliteConnection>,
        P: DerefMut<Target = PgConnection>,
    {
        let mut read = Self::default();
        for row in &sql!(fetch on, ALL)? {
            let (subject, text): (String, Option<String>) = (row.get(0)?, row.get(3)?);
            let value = text.as_deref().and_then(|text| serde_json::from_str(text).ok());
            let (subject, at, rule) = match row.get::<Option<i64>>(2)? {
                None => {
                    read.now.insert(subject, (value, row.get(4)?));
                    continue;
                }
                Some(at) if !subject.is_empty() => (subject, at, value),
                // What cannot be read, the walk over the entries finds.
                Some(at) => match value.and_then(|value| OfFile::deserialize(value).ok()) {
                    Some(OfFile { noun, id, rule }) => (format!("{noun} {id}"), at, rule),
                    None => continue,
                },
            };
            let last = read.said.entry(subject).or_insert((at, None));
            if at >= last.0 {
                *last = (at, rule);
            }
        }
        Ok(read)
    }

    /// The rules of which the log says nothing: noun, name, and what each is.
    pub(super) fn unsaid(&self) -> impl Iterator<Item = (&str, &str, Option<&Value>)> {
        let unsaid = self.now.iter().filter(|(subject, _)| !self.said.contains_key(*subject));
        unsaid.filter_map(|(subject, (rule, _))| {
            let (noun, id) = subject.split_once(' ')?;
            Some((noun, id, rule.as_ref()))
        })
    }

    /// The first that is not what the log says of it last.
    fn fault(&self) -> Option<LogFault> {
        let said = self.said.iter().find_map(|(subject, (at, said))| {
            let (kind, what) = self.bent(subject, said.as_ref())?;
            Some((kind, format!("{subject} {what} the log's entry {at}")))
        });
        let unsaid = || {
            let subject = self.now.keys().find(|subject| !self.said.contains_key(*subject))?;
            Some((
                LogFaultKind::Strange,
                format!("{subject} is there, and the log says nothing of it"),
            ))
        };
        let (kind, detail) = said.or_else(unsaid)?;
        // None of its entries is wrong.
        Some(LogFault { entry: None, kind, detail })
    }

    /// How something stands otherwise than the log says, if it does.
    fn bent(&self, subject: &str, said: Option<&Value>) -> Option<(LogFaultKind, &'static str)> {
        match (said, self.now.get(subject)) {
            (None, None) => None,
            (None, Some(_)) => Some((LogFaultKind::Strange, "is there, and is gone by")),
            (Some(_), None) => Some((LogFaultKind::Missing, "is gone, and is there by")),
            (Some(said), Some((rule, column))) => {
                let field = match subject.split(' ').next() {
                    Some("unit") => "parent",
                    Some("station") => "unit",
                    Some("clip") => "sha256",
                    _ => "",
                };
                let is_found = said.get(field).and_then(Value::as_str) == column.as_deref();
                let is_same = is_found && rule.as_ref() == Some(said);
                (!is_same).then_some((LogFaultKind::Changed, "is not what it is by"))
            }
        }
    }
}

impl Store {
    /// A rule or policy that is not what the log says of it last, or of which it says nothing, if there is one.
    pub async fn log_rule_fault(&self) -> Result<Option<LogFault>, StoreError> {
        Ok(Statements::read(&mut self.db.reader().await?).await?.fault())
    }
}
