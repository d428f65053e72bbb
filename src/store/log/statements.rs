//! Whether rules and policies are what the log says of them last: what is owed, planned and kept follows from them, and their
//! rows are none of its entries.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{Store, StoreError, db::sql},
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

/// Policies, which are never there without a word in the log.
const POLICIES: [&str; 3] = ["four-eyes", "public", "recordings"];

/// What a file changed, as its entry says.
#[derive(Deserialize)]
struct OfFile {
    noun: String,
    id: String,
    rule: Option<Value>,
}

/// What the log says of a rule last: in which entry, and what; none: it is gone.
type Said = (i64, Option<Value>);

impl Store {
    /// The first rule or policy that is not what the log says of it last. Of a rule of which it says nothing, nothing is known: it
    /// was there before the log.
    pub async fn log_rule_fault(&self) -> Result<Option<LogFault>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, ALL)?;
        let mut said: HashMap<String, Said> = HashMap::new();
        let mut rules = HashMap::new();
        for row in &rows {
            let (subject, text): (String, Option<String>) = (row.get(0)?, row.get(3)?);
            let value = text.as_deref().and_then(|text| serde_json::from_str(text).ok());
            let (subject, at, rule) = match row.get::<Option<i64>>(2)? {
                None => {
                    let column: Option<String> = row.get(4)?;
                    rules.insert(subject, (value, column));
                    continue;
                }
                Some(at) if !subject.is_empty() => (subject, at, value),
                // What cannot be read, the walk over the entries finds.
                Some(at) => match value.and_then(|value| OfFile::deserialize(value).ok()) {
                    Some(OfFile { noun, id, rule }) => (format!("{noun} {id}"), at, rule),
                    None => continue,
                },
            };
            let last = said.entry(subject).or_insert((at, None));
            if at >= last.0 {
                *last = (at, rule);
            }
        }
        for policy in POLICIES.iter().filter(|policy| rules.contains_key(**policy)) {
            if !said.contains_key(*policy) {
                let detail = format!("{policy} is set, and the log says nothing of that");
                return Ok(Some(LogFault { entry: None, kind: LogFaultKind::Strange, detail }));
            }
        }
        let mut said: Vec<_> = said.into_iter().collect();
        said.sort_by_key(|(_, (at, _))| *at);
        Ok(said.into_iter().find_map(|(subject, said)| fault(&subject, said, &rules)))
    }
}

type Rules = HashMap<String, (Option<Value>, Option<String>)>;

fn fault(subject: &str, (at, said): Said, rules: &Rules) -> Option<LogFault> {
    // None of the log's entries is wrong.
    let wrong = |kind, what: &str| {
        Some(LogFault { entry: None, kind, detail: format!("{subject} {what} entry {at}") })
    };
    match (said, rules.get(subject)) {
        (None, None) => None,
        (None, Some(_)) => wrong(LogFaultKind::Strange, "is there, and is gone by the log's"),
        (Some(_), None) => wrong(LogFaultKind::Missing, "is gone, and is there by the log's"),
        (Some(said), Some((rule, column))) => {
            let field = match subject.split(' ').next() {
                Some("unit") => "parent",
                Some("station") => "unit",
                Some("clip") => "sha256",
                _ => "",
            };
            let is_found = said.get(field).and_then(Value::as_str) == column.as_deref();
            let is_same = is_found && rule.as_ref() == Some(&said);
            if is_same {
                None
            } else {
                wrong(LogFaultKind::Changed, "is not what it is by the log's")
            }
        }
    }
}
