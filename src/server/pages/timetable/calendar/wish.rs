//! The forms of the calendar, and the days that they say. Pure.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use crate::{library::nfc, radio::Holiday, server::pages::dates::read_day};

/// The longest that is added at once, in days: longer than any Tết.
const LONGEST: usize = 31;
/// Letters of a name.
const LETTERS: usize = 100;

/// The form as it is filled in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    /// The year whose days these are; empty or wrong: this one.
    pub(super) year: String,
    /// The days that are there, and of each its name.
    date: Vec<String>,
    name: Vec<String>,
    /// Those that go, by number.
    remove: Vec<usize>,
    /// Days that come: from one to another, all of one name.
    pub(super) from: String,
    pub(super) until: String,
    pub(super) title: String,
    /// The common quiet hours: the other form has them alone.
    pub(super) quiet: String,
    /// The hash of what was last shown before it was saved.
    pub(super) seen: String,
    pub(super) act: String,
}

/// A day as the form has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) date: String,
    pub(super) name: String,
    pub(super) is_removed: bool,
}

/// What is wrong with a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It lacks its day or its name, or they cannot be read.
    Unreadable,
    /// That day is a holiday already.
    Twice,
}

/// The days of one year, and those of all others.
pub(super) fn in_year(holidays: &[Holiday], year: i32) -> (Vec<Holiday>, Vec<Holiday>) {
    let (mut of_year, others): (Vec<_>, _) =
        holidays.iter().cloned().partition(|one| one.date.year() == year);
    of_year.sort_by_key(|one| one.date);
    (of_year, others)
}

fn name_of(text: &str) -> Option<String> {
    let name = nfc(text.trim());
    let is_name = !name.is_empty() && name.chars().count() <= LETTERS;
    (is_name && !name.chars().any(char::is_control)).then_some(name)
}

impl Wish {
    pub(super) fn rows(&self) -> Vec<Row> {
        let row = |(number, (date, name)): (usize, (&String, &String))| Row {
            date: date.clone(),
            name: name.clone(),
            is_removed: self.remove.contains(&number),
        };
        self.date.iter().zip(&self.name).enumerate().map(row).collect()
    }

    /// Forgets the days that were to come: they are rows now.
    pub(super) fn forget_added(&mut self) {
        for field in [&mut self.from, &mut self.until, &mut self.title] {
            field.clear();
        }
    }

    /// The days that it adds.
    fn added(&self) -> Option<Vec<Holiday>> {
        let [from, until, title] = [&self.from, &self.until, &self.title].map(|text| text.trim());
        if from.is_empty() && until.is_empty() && title.is_empty() {
            return Some(Vec::new());
        }
        let from = read_day(from)?;
        let until = if until.is_empty() { from } else { read_day(until)? };
        let name = name_of(title)?;
        let days: Vec<NaiveDate> =
            from.iter_days().take_while(|day| *day <= until).take(LONGEST + 1).collect();
        let is_right = (1..=LONGEST).contains(&days.len());
        is_right
            .then(|| days.into_iter().map(|date| Holiday { date, name: name.clone() }).collect())
    }

    /// The days that it says, in order.
    ///
    /// # Errors
    /// What is wrong, with the number of its row; none: with what is added.
    pub(super) fn read(
        &self,
        others: &[Holiday],
    ) -> Result<Vec<Holiday>, Vec<(Option<usize>, Wrong)>> {
        let mut wrong = Vec::new();
        let mut days: BTreeMap<NaiveDate, String> = BTreeMap::new();
        let mut take = |place: Option<usize>, date: NaiveDate, name: String| {
            let is_other = others.iter().any(|other| other.date == date);
            if is_other || days.insert(date, name).is_some() {
                return Err((place, Wrong::Twice));
            }
            Ok(())
        };
        let rows = self.rows().into_iter().enumerate();
        for (number, row) in rows.filter(|(_, row)| !row.is_removed) {
            let taken = match read_day(&row.date).zip(name_of(&row.name)) {
                Some((date, name)) => take(Some(number), date, name),
                None => Err((Some(number), Wrong::Unreadable)),
            };
            wrong.extend(taken.err());
        }
        match self.added() {
            Some(added) => {
                let taken = added.into_iter().map(|one| take(None, one.date, one.name));
                wrong.extend(taken.filter_map(Result::err));
            }
            None => wrong.push((None, Wrong::Unreadable)),
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(days.into_iter().map(|(date, name)| Holiday { date, name }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(form: &[(&str, &str)]) -> Wish {
        let text = serde_html_form::to_string(form).unwrap();
        serde_html_form::from_str(&text).unwrap()
    }

    fn said(found: &[Holiday]) -> Vec<String> {
        found.iter().map(|one| format!("{} {}", one.date, one.name)).collect()
    }

    #[test]
    fn days_stay_go_and_come() {
        let form = wish(&[
            ("date", "02/09/2026"),
            ("name", " Quốc khánh "),
            ("date", "01/01/2026"),
            ("name", "Tết Dương lịch"),
            ("date", "24/12/2026"),
            ("name", "Nô-en"),
            ("remove", "2"),
            ("from", "16/02/2026"),
            ("until", "18/02/2026"),
            ("title", "Tết Nguyên đán"),
        ]);
        let right = [
            "2026-01-01 Tết Dương lịch",
            "2026-02-16 Tết Nguyên đán",
            "2026-02-17 Tết Nguyên đán",
            "2026-02-18 Tết Nguyên đán",
            "2026-09-02 Quốc khánh",
        ];
        assert_eq!(said(&form.read(&[]).unwrap()), right);
        assert_eq!(wish(&[]).read(&[]), Ok(vec![]));
        // One day needs no last one.
        let one = wish(&[("from", "26/04/2026"), ("title", "Giỗ Tổ")]);
        assert_eq!(said(&one.read(&[]).unwrap()), ["2026-04-26 Giỗ Tổ"]);
    }

    #[test]
    fn what_is_wrong_is_told_where_it_stands() {
        let day = |text: &str| Holiday { date: text.parse().unwrap(), name: "Lễ".to_owned() };
        let two = [("date", "02/09/2026"), ("name", "A"), ("date", "2/9/2026"), ("name", "B")];
        assert_eq!(wish(&two).read(&[]), Err(vec![(Some(1), Wrong::Twice)]));
        let moved = [("date", "01/01/2027"), ("name", "A")];
        assert_eq!(wish(&moved).read(&[day("2027-01-01")]), Err(vec![(Some(0), Wrong::Twice)]));
        let unread = [("date", "32/09/2026"), ("name", "A"), ("date", "02/09/2026"), ("name", " ")];
        let both = [(Some(0), Wrong::Unreadable), (Some(1), Wrong::Unreadable)];
        assert_eq!(wish(&unread).read(&[]), Err(both.into()));
        let again = [
            ("date", "02/09/2026"),
            ("name", "A"),
            ("from", "1/9/2026"),
            ("until", "3/9/2026"),
            ("title", "B"),
        ];
        assert_eq!(wish(&again).read(&[]), Err(vec![(None, Wrong::Twice)]));
        for added in [
            [("from", "16/02/2026"), ("until", ""), ("title", "")],
            [("from", ""), ("until", ""), ("title", "Tết")],
            [("from", "16/02/2026"), ("until", "15/02/2026"), ("title", "Tết")],
            [("from", "01/01/2026"), ("until", "01/02/2026"), ("title", "Tết")],
            [("from", "mồng một"), ("until", ""), ("title", "Tết")],
        ] {
            assert_eq!(wish(&added).read(&[]), Err(vec![(None, Wrong::Unreadable)]), "{added:?}");
        }
    }

    #[test]
    fn the_days_of_other_years_are_nobodys_to_lose() {
        let day = |text: &str| Holiday { date: text.parse().unwrap(), name: "Lễ".to_owned() };
        let all = [day("2026-09-02"), day("2027-01-01"), day("2026-01-01")];
        let (of_year, others) = in_year(&all, 2026);
        assert_eq!(of_year, [day("2026-01-01"), day("2026-09-02")]);
        assert_eq!(others, [day("2027-01-01")]);
    }
}
