use std::{fmt::Display, ops::Range, str::FromStr};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use unicode_normalization::UnicodeNormalization;

use super::{references::Kind, span::millis};

/// What reading one file brings up besides its entries.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Byte offsets and what is wrong there.
    pub(super) problems: Vec<(usize, String)>,
    /// Names of other things, and where they stand.
    pub(super) references: Vec<(usize, Kind, String)>,
}

/// One table, read field by field; in the end what nobody asked for is a problem.
pub(super) struct Fields<'a, 'i> {
    table: &'a DeTable<'i>,
    span: Range<usize>,
    known: Vec<&'static str>,
    pub(super) notes: &'a mut Notes,
}

impl<'a, 'i> Fields<'a, 'i> {
    pub(super) fn new(table: &'a DeTable<'i>, span: Range<usize>, notes: &'a mut Notes) -> Self {
        Self { table, span, known: Vec::new(), notes }
    }

    pub(super) fn problem(&mut self, at: usize, reason: impl Into<String>) {
        self.notes.problems.push((at, reason.into()));
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> usize {
        self.span.start
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.table.get(key)
    }

    pub(super) fn need(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        let value = self.get(key);
        if value.is_none() {
            self.problem(self.span.start, format!("\"{key}\" is missing"));
        }
        value
    }

    fn string(&mut self, value: &Spanned<DeValue<'i>>, key: &str) -> Option<String> {
        let text = value.get_ref().as_str().map(|text| text.nfc().collect());
        if text.is_none() {
            let kind = value.get_ref().type_str();
            self.problem(value.span().start, format!("\"{key}\" must be a text, not {kind}"));
        }
        text
    }

    /// A text, NFC.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        self.string(value, key)
    }

    /// A text that must be there and say something, NFC.
    pub(super) fn need_text(&mut self, key: &'static str) -> Option<String> {
        let value = self.need(key)?;
        let text = self.string(value, key)?;
        if text.trim().is_empty() {
            self.problem(value.span().start, format!("\"{key}\" is empty"));
        }
        Some(text)
    }

    /// A text that is to be read further.
    pub(super) fn parse<T: FromStr<Err: Display>>(
        &mut self,
        value: &Spanned<DeValue<'i>>,
        key: &str,
    ) -> Option<T> {
        let text = match value.get_ref() {
            DeValue::Datetime(time) => time.to_string(),
            _ => self.string(value, key)?,
        };
        text.parse().map_err(|bad: T::Err| self.problem(value.span().start, bad.to_string())).ok()
    }

    pub(super) fn name<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Option<T> {
        let value = self.need(key)?;
        self.parse(value, key)
    }

    /// A day, as a text or as TOML writes dates.
    pub(super) fn date(&mut self, key: &'static str) -> Option<chrono::NaiveDate> {
        let value = self.get(key)?;
        let text = match value.get_ref() {
            DeValue::Datetime(time) => time.to_string(),
            _ => self.string(value, key)?,
        };
        let date = text.parse().ok();
        if date.is_none() {
            self.problem(
                value.span().start,
                format!("\"{text}\" is not a day: write it like 2020-09-10"),
            );
        }
        date
    }

    pub(super) fn need_date(&mut self, key: &'static str) -> Option<chrono::NaiveDate> {
        self.need(key)?;
        self.date(key)
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.problem(value.span().start, format!("\"{key}\" must be true or false"));
        }
        flag
    }

    /// A number; whole or not.
    pub(super) fn number(&mut self, key: &'static str) -> Option<f64> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number: &f64| number.is_finite());
        if number.is_none() {
            self.problem(value.span().start, format!("\"{key}\" must be a number"));
        }
        number
    }

    /// Milliseconds of a duration, at most a day.
    pub(super) fn span(&mut self, key: &'static str) -> Option<u64> {
        let value = self.get(key)?;
        let text = self.string(value, key)?;
        let span = millis(&text).filter(|ms| *ms <= 86_400_000);
        if span.is_none() {
            self.problem(
                value.span().start,
                format!(
                    "\"{text}\" is not a duration up to a day: write it like 40s, 15m or 1m30s"
                ),
            );
        }
        span
    }

    /// The values of a list.
    pub(super) fn list(&mut self, key: &'static str) -> &'a [Spanned<DeValue<'i>>] {
        let Some(value) = self.get(key) else { return &[] };
        match value.get_ref().as_array() {
            Some(list) => list,
            None => {
                let kind = value.get_ref().type_str();
                self.problem(value.span().start, format!("\"{key}\" must be a list, not {kind}"));
                &[]
            }
        }
    }

    pub(super) fn names<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Vec<T> {
        self.list(key).iter().filter_map(|value| self.parse(value, key)).collect()
    }

    /// Names of other things that must exist.
    pub(super) fn mentions<T: FromStr<Err: Display> + Display>(
        &mut self,
        key: &'static str,
        kind: Kind,
    ) -> Vec<T> {
        self.list(key).iter().filter_map(|value| self.mention(value, key, kind)).collect()
    }

    /// The name of another thing that must exist.
    pub(super) fn mention<T: FromStr<Err: Display> + Display>(
        &mut self,
        value: &Spanned<DeValue<'i>>,
        key: &str,
        kind: Kind,
    ) -> Option<T> {
        let name: T = self.parse(value, key)?;
        self.notes.references.push((value.span().start, kind, name.to_string()));
        Some(name)
    }

    /// A table inside.
    pub(super) fn inner<T>(
        &mut self,
        value: &'a Spanned<DeValue<'i>>,
        key: &str,
        read: impl FnOnce(&mut Fields<'_, 'i>) -> T,
    ) -> Option<T> {
        let Some(table) = value.get_ref().as_table() else {
            let kind = value.get_ref().type_str();
            self.problem(value.span().start, format!("\"{key}\" must be a table, not {kind}"));
            return None;
        };
        let mut fields = Fields::new(table, value.span(), self.notes);
        let read = read(&mut fields);
        fields.finish();
        Some(read)
    }

    /// Complains of every field that nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.keys() {
            if !self.known.contains(&key.get_ref().as_ref()) {
                let near = super::references::nearest(key.get_ref(), self.known.iter().copied());
                let near = match near {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("known are {}", self.known.join(", ")),
                };
                let reason = format!("unknown field \"{}\": {near}", key.get_ref());
                self.notes.problems.push((key.span().start, reason));
            }
        }
    }
}
