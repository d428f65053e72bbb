//! Who may sign in, and what each may do where.

pub(super) mod list;
pub(super) mod one;

use super::{visitor::Visitor, words::Phrase};
use crate::radio::{Grant, Role, Unit, UnitId};

/// How long a one-time link lasts.
pub(super) const LINK_LASTS: std::time::Duration = std::time::Duration::from_hours(24);

/// A role in words, with where it holds.
fn in_words(v: &Visitor, grant: &Grant, units: &[Unit]) -> Phrase {
    let place = match &grant.unit {
        None => v.of("people.everywhere").to_string(),
        Some(id) => {
            let unit = units.iter().find(|unit| unit.id == *id);
            unit.map_or_else(|| id.to_string(), |unit| unit.name.clone())
        }
    };
    v.of("people.role-at").with("role", v.code("role", grant.role.as_str())).with("place", place)
}

/// A role as a form sends it: `operator` or `commune-officer@kim-tan`.
fn read_grant(text: &str) -> Option<Grant> {
    let (role, unit) = match text.split_once('@') {
        None => (text, None),
        Some((role, unit)) => (role, Some(unit)),
    };
    grant(role, unit.unwrap_or_default())
}

/// A role and the unit where it holds; no unit: in the whole district.
fn grant(role: &str, unit: &str) -> Option<Grant> {
    let role: Role = role.parse().ok()?;
    let unit: Option<UnitId> = if unit.is_empty() { None } else { Some(unit.parse().ok()?) };
    Some(Grant { role, unit })
}
