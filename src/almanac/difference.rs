use std::fmt;

use super::Almanac;

/// One thing that applying an almanac changes in what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `unit`, `station`, `clip`, `programme`, `campaign`, `schedule` or `calendar`.
    pub noun: &'static str,
    /// Its name; empty for the calendar, of which there is one.
    pub id: String,
    /// What becomes of it.
    pub kind: ChangeKind,
}

/// What becomes of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// These fields of it are different.
    Changed(Vec<&'static str>),
    /// It goes, because `[remove]` lists it.
    Removed,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.kind {
            ChangeKind::Added => '+',
            ChangeKind::Changed(_) => '~',
            ChangeKind::Removed => '-',
        };
        write!(f, "{sign} {}", self.noun)?;
        if !self.id.is_empty() {
            write!(f, " {}", self.id)?;
        }
        match &self.kind {
            ChangeKind::Changed(fields) => write!(f, ": {}", fields.join(", ")),
            _ => Ok(()),
        }
    }
}

/// The names of the fields in which two things of a kind are different.
macro_rules! fields {
    ($($field:ident),*) => {
        |stored, new| [$((stringify!($field), stored.$field != new.$field)),*]
            .into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    };
}

/// What applying `new` changes: what it lists is added or changed, what its `[remove]` lists goes if it is stored, and
/// everything else stays. Where a clip's file lies is no difference: its content is the store's to compare.
pub fn difference(stored: &Almanac, new: &Almanac) -> Vec<Change> {
    let mut changes = Vec::new();
    macro_rules! compare {
        ($noun:literal, $list:ident, [$($field:ident),*]) => {
            each(&mut changes, $noun, (&stored.$list, &new.$list), |one| one.id.as_str(), fields!($($field),*));
        };
    }
    compare!("unit", units, [code, name, kind, parent, since, until]);
    compare!("station", stations, [name, kind, unit, quiet_hours]);
    compare!(
        "clip",
        clips,
        [title, source_document, issuing_office, transcript, language, approved_by]
    );
    compare!("programme", programmes, [title, items]);
    compare!(
        "campaign",
        campaigns,
        [title, directive, from, until, stations, airings_per_day, clips]
    );
    compare!(
        "schedule",
        schedules,
        [
            title,
            programme,
            campaign,
            when,
            zone,
            from,
            until,
            stations,
            priority,
            late_limit_ms,
            gain,
            on_holidays
        ]
    );
    let (old, calendar) = (&stored.calendar, &new.calendar);
    let mut differs = Vec::new();
    // An almanac that is silent about the calendar leaves it as it is.
    if !calendar.quiet_hours.is_empty() && old.quiet_hours != calendar.quiet_hours {
        differs.push("quiet_hours");
    }
    if !calendar.holidays.is_empty() && old.holidays != calendar.holidays {
        differs.push("holidays");
    }
    if !differs.is_empty() {
        let kind = ChangeKind::Changed(differs);
        changes.push(Change { noun: "calendar", id: String::new(), kind });
    }
    macro_rules! remove {
        ($noun:literal, $list:ident) => {
            for id in &new.remove.$list {
                if stored.$list.iter().any(|one| one.id == *id) {
                    changes.push(Change {
                        noun: $noun,
                        id: id.to_string(),
                        kind: ChangeKind::Removed,
                    });
                }
            }
        };
    }
    remove!("schedule", schedules);
    remove!("campaign", campaigns);
    remove!("programme", programmes);
    remove!("clip", clips);
    remove!("station", stations);
    remove!("unit", units);
    changes
}

fn each<T>(
    changes: &mut Vec<Change>,
    noun: &'static str,
    (stored, new): (&[T], &[T]),
    id: impl Fn(&T) -> &str,
    fields: impl Fn(&T, &T) -> Vec<&'static str>,
) {
    let known: std::collections::HashMap<_, _> = stored.iter().map(|one| (id(one), one)).collect();
    for one in new {
        let kind = match known.get(id(one)) {
            None => ChangeKind::Added,
            Some(old) => match fields(old, one) {
                none if none.is_empty() => continue,
                fields => ChangeKind::Changed(fields),
            },
        };
        changes.push(Change { noun, id: id(one).to_owned(), kind });
    }
}
