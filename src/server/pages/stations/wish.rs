//! The form of a station, and the station that it says: one is made of the other and back. Pure.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{
    library::nfc,
    radio::{QuietHours, SofterHours, Station, StationId},
    server::pages::lower::{lowered, read_lower},
};

/// The form as it is filled in.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) unit: String,
    /// `own`: the hours in `quiet`, in place of those of all stations.
    pub(super) whose: String,
    pub(super) quiet: String,
    /// Spans of hours and, of each, the decibels by which it is softer.
    pub(super) hours: Vec<String>,
    pub(super) lower: Vec<String>,
    pub(super) drills: String,
    pub(super) resumes: String,
}

/// What is wrong in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Name,
    Kind,
    Unit,
    Quiet,
    Softer,
}

/// The softest that may be asked for, in hundredths of a decibel.
const SOFTEST: i32 = -6000;

fn yes(flag: bool) -> String {
    if flag { "yes".to_owned() } else { String::new() }
}

impl Wish {
    /// The form of a new station.
    pub(super) fn new() -> Self {
        Self { kind: "commune".to_owned(), ..Self::default() }
    }

    /// The form that says a station.
    pub(super) fn of(station: &Station) -> Self {
        let quiet: Vec<String> = station.quiet_hours.iter().flatten().map(spoken).collect();
        Self {
            name: station.name.clone(),
            kind: station.kind.to_string(),
            unit: station.unit.to_string(),
            whose: if station.quiet_hours.is_some() { "own".to_owned() } else { String::new() },
            quiet: quiet.join(", "),
            hours: station.softer.iter().map(|span| spoken(&span.hours)).collect(),
            lower: station.softer.iter().map(|span| lowered(span.gain)).collect(),
            drills: yes(station.drills),
            resumes: yes(station.resume_after_bulletin),
        }
    }

    /// Spans and decibels, a row each, with empty ones to fill in.
    pub(super) fn rows(&self) -> Vec<(String, String)> {
        let row = |n: usize| {
            let text = |list: &[String]| list.get(n).cloned().unwrap_or_default();
            (text(&self.hours), text(&self.lower))
        };
        let filled = self.hours.len().max(self.lower.len());
        (0..filled.max(1) + 1).map(row).collect()
    }

    /// The station that it says.
    pub(super) fn read(&self, id: StationId) -> Result<Station, BTreeSet<Field>> {
        let mut wrong = BTreeSet::new();
        let name = nfc(self.name.trim());
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            wrong.insert(Field::Name);
        }
        let kind = serde_json::from_value(self.kind.as_str().into()).ok();
        let unit = self.unit.parse().ok();
        let quiet_hours = match self.whose.as_str() {
            "own" => spans(&self.quiet).map(Some),
            _ => Some(None),
        };
        let softer = self.softer();
        for (field, is_read) in [
            (Field::Kind, kind.is_some()),
            (Field::Unit, unit.is_some()),
            (Field::Quiet, quiet_hours.is_some()),
            (Field::Softer, softer.is_some()),
        ] {
            if !is_read {
                wrong.insert(field);
            }
        }
        let read = kind.zip(unit).zip(quiet_hours).zip(softer);
        let Some((((kind, unit), quiet_hours), softer)) = read.filter(|_| wrong.is_empty()) else {
            return Err(wrong);
        };
        Ok(Station {
            id,
            name,
            kind,
            unit,
            quiet_hours,
            softer,
            drills: !self.drills.is_empty(),
            resume_after_bulletin: !self.resumes.is_empty(),
        })
    }

    fn softer(&self) -> Option<Vec<SofterHours>> {
        let rows = self.rows().into_iter();
        let rows =
            rows.filter(|(hours, lower)| !(hours.trim().is_empty() && lower.trim().is_empty()));
        rows.map(|(hours, lower)| {
            let gain = read_lower(&lower).filter(|gain| (SOFTEST..0).contains(&gain.centibels))?;
            Some(SofterHours { hours: hours.trim().parse().ok()?, gain })
        })
        .collect()
    }
}

/// `21:00–05:00`.
pub(in crate::server::pages) fn spoken(hours: &QuietHours) -> String {
    hours.to_string().replace('-', "–")
}

/// Spans of hours, parted by commas; none: one of them cannot be read.
pub(in crate::server::pages) fn spans(text: &str) -> Option<Vec<QuietHours>> {
    let parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_station_comes_back_from_its_form_as_it_was() {
        let station: Station = serde_json::from_value(serde_json::json!({
            "id": "kim-tan", "name": "Đài Kim Tân", "kind": "commune", "unit": "kim-tan",
            "quiet_hours": ["21:00-05:00", "12:00-13:30"],
            "softer": [{"hours": "21:00-06:00", "gain": -650}, {"hours": "04:00-05:30", "gain": -900}],
            "drills": true, "resume_after_bulletin": false,
        }))
        .unwrap();
        let id = || station.id.clone();
        assert_eq!(Wish::of(&station).read(id()), Ok(station.clone()));
        let common = Station { quiet_hours: None, softer: vec![], ..station.clone() };
        assert_eq!(Wish::of(&common).read(id()), Ok(common));
        // Nobody's quiet hours are theirs by saying nothing.
        let never = Station { quiet_hours: Some(vec![]), ..station.clone() };
        assert_eq!(Wish::of(&never).read(id()), Ok(never));
    }

    #[test]
    fn what_cannot_be_read_is_told_field_by_field() {
        let wish = Wish {
            name: " ".to_owned(),
            kind: "ship".to_owned(),
            whose: "own".to_owned(),
            quiet: "21:00".to_owned(),
            hours: vec!["21:00-06:00".to_owned()],
            lower: vec!["-3".to_owned()],
            ..Wish::default()
        };
        let all = [Field::Name, Field::Kind, Field::Unit, Field::Quiet, Field::Softer];
        assert_eq!(wish.read("a".parse().unwrap()), Err(all.into()));
        for (hours, lower) in [("", "6"), ("21:00-06:00", ""), ("21:00-06:00", "61"), ("đêm", "6")]
        {
            let wish =
                Wish { hours: vec![hours.into()], lower: vec![lower.into()], ..Wish::default() };
            assert_eq!(wish.softer(), None, "{hours} {lower}");
        }
    }
}
