//! Who may do what. A role ends at a unit: it holds there and in all below, or in the whole district.
//!
//! | right | administrator | operator | approver | commune officer | auditor |
//! | --- | --- | --- | --- | --- | --- |
//! | see | yes | yes | yes | yes | yes |
//! | load, plan | | yes | | | |
//! | approve | | | yes | | |
//! | confirm by hand, report a fault | | yes | | yes | |
//! | close a fault | yes | yes | | | |
//! | stations | yes | | | | |
//! | ask for an emergency | yes | yes | | | |
//! | agree to an emergency | yes | | yes | | |
//! | export | yes | yes | | | yes |
//! | publish | yes | | yes | | |
//! | audit trail | yes | | | | yes |
//! | people | yes | | | | |

use serde::{Deserialize, Serialize};

use super::{UnitId, code::codes};

codes! {
    /// What somebody is, at a unit.
    pub enum Role {
        /// Installs, enrols stations, says who may do what.
        Administrator = "administrator",
        /// Loads clips and plans when they air.
        Operator = "operator",
        /// Answers for what airs.
        Approver = "approver",
        /// Looks after a commune's station: confirms by hand, reports faults.
        CommuneOfficer = "commune-officer",
        /// Sees everything, changes nothing.
        Auditor = "auditor",
    }
}

codes! {
    /// Something that not everybody may do.
    pub enum Right {
        /// Look at stations, plans and records.
        See = "see",
        /// Bring clips in, describe them, retire them.
        Load = "load",
        /// Change programmes, campaigns and schedules.
        Plan = "plan",
        /// Say that something may air.
        Approve = "approve",
        /// Say by hand that something aired.
        Confirm = "confirm",
        /// Report that a station is out of order.
        Report = "report",
        /// Say that a fault is put right.
        Close = "close",
        /// Enrol, name, set and revoke stations.
        Stations = "stations",
        /// Ask for an emergency bulletin.
        Ask = "ask",
        /// Agree to somebody else's emergency bulletin.
        Agree = "agree",
        /// Take the record out as a file.
        Export = "export",
        /// Say what everybody may see.
        Publish = "publish",
        /// Read who changed what.
        Trail = "trail",
        /// Say who may do what.
        People = "people",
    }
}

impl Role {
    /// Whether the role brings the right.
    pub fn brings(self, right: Right) -> bool {
        use Right::{
            Agree, Approve, Ask, Close, Confirm, Export, Load, People, Plan, Publish, Report, See,
            Stations, Trail,
        };
        match self {
            Self::Administrator => {
                matches!(
                    right,
                    See | Close | Stations | Ask | Agree | Export | Publish | Trail | People
                )
            }
            Self::Operator => {
                matches!(right, See | Load | Plan | Confirm | Report | Close | Ask | Export)
            }
            Self::Approver => matches!(right, See | Approve | Agree | Publish),
            Self::CommuneOfficer => matches!(right, See | Confirm | Report),
            Self::Auditor => matches!(right, See | Export | Trail),
        }
    }
}

/// A role that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// What they are.
    pub role: Role,
    /// Where: in this unit and all below it; none: in the whole district.
    pub unit: Option<UnitId>,
}

/// All that somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(pub Vec<Grant>);

impl Grants {
    /// Whether they may anywhere: enough to be shown the page, not to act on it.
    pub fn may(&self, right: Right) -> bool {
        self.0.iter().any(|grant| grant.role.brings(right))
    }

    /// Whether they may in a unit, given with those it lies in (see [`Territory`](crate::planning::Territory)).
    pub fn may_in<'a>(&self, right: Right, ancestry: impl IntoIterator<Item = &'a UnitId>) -> bool {
        self.may_everywhere(right)
            || ancestry.into_iter().any(|unit| {
                self.0.iter().any(|grant| {
                    grant.role.brings(right) && grant.unit.as_ref().is_some_and(|own| own == unit)
                })
            })
    }

    /// Whether they may in the whole district, as what lies in no unit needs: clips, programmes, people.
    pub fn may_everywhere(&self, right: Right) -> bool {
        self.0.iter().any(|grant| grant.unit.is_none() && grant.role.brings(right))
    }

    /// The units to whose subtrees the right is bound; none: it holds in the whole district.
    pub fn units(&self, right: Right) -> Option<Vec<&UnitId>> {
        if self.may_everywhere(right) {
            return None;
        }
        let bringing = self.0.iter().filter(|grant| grant.role.brings(right));
        Some(bringing.filter_map(|grant| grant.unit.as_ref()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table in this file's head, read from its text: what people read is what holds.
    #[test]
    fn the_table_says_what_holds() {
        let rows: Vec<Vec<&str>> = include_str!("rights.rs")
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .filter_map(|line| line.strip_prefix("//! | "))
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        let rights = |row: &str| -> Vec<Right> {
            let word = |name: &str| match name.trim() {
                "confirm by hand" => Right::Confirm,
                "report a fault" => Right::Report,
                "close a fault" => Right::Close,
                "ask for an emergency" => Right::Ask,
                "agree to an emergency" => Right::Agree,
                "audit trail" => Right::Trail,
                plain => plain.parse().unwrap(),
            };
            row.split(',').map(word).collect()
        };
        let roles: Vec<Role> =
            rows[0][1..6].iter().map(|name| name.replace(' ', "-").parse().unwrap()).collect();
        assert_eq!(roles, Role::ALL);
        let mut said = 0;
        for row in &rows[2..] {
            for right in rights(row[0]) {
                for (role, cell) in roles.iter().zip(&row[1..]) {
                    assert_eq!(role.brings(right), *cell == "yes", "{role} {right}");
                    said += 1;
                }
            }
        }
        assert_eq!(said, Role::ALL.len() * Right::ALL.len());
    }

    #[test]
    fn a_role_ends_at_its_unit() {
        let unit = |id: &str| -> UnitId { id.parse().unwrap() };
        let (district, east, village) = (unit("district"), unit("east"), unit("village"));
        let west = unit("west");
        let officer = Grants(vec![Grant { role: Role::CommuneOfficer, unit: Some(east.clone()) }]);
        assert!(officer.may(Right::Confirm) && !officer.may(Right::Plan));
        assert!(officer.may_in(Right::Confirm, [&village, &east, &district]));
        assert!(!officer.may_in(Right::Confirm, [&west, &district]));
        assert!(!officer.may_in(Right::Confirm, [&district]));
        assert!(!officer.may_everywhere(Right::See));
        assert_eq!(officer.units(Right::See), Some(vec![&east]));
        assert_eq!(officer.units(Right::Plan), Some(vec![]));

        // What one role brings in one place does not reach where another holds.
        let both = Grants(vec![
            Grant { role: Role::Operator, unit: Some(west.clone()) },
            Grant { role: Role::Auditor, unit: None },
        ]);
        assert!(both.may_in(Right::Plan, [&west, &district]));
        assert!(!both.may_in(Right::Plan, [&east, &district]));
        assert!(both.may_in(Right::See, [&east, &district]) && both.may_everywhere(Right::Trail));
        assert_eq!(both.units(Right::See), None);
    }
}
