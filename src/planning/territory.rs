use std::collections::HashMap;

use chrono::NaiveDate;

use crate::radio::{Selection, Station, Unit, UnitId};

/// The tree of units: who lies in whom, and when.
#[derive(Debug)]
pub struct Territory<'a>(HashMap<&'a UnitId, &'a Unit>);

impl<'a> Territory<'a> {
    /// Knows these units.
    pub fn new(units: &'a [Unit]) -> Self {
        Self(units.iter().map(|unit| (&unit.id, unit)).collect())
    }

    /// The unit by its name.
    pub fn unit(&self, id: &UnitId) -> Option<&'a Unit> {
        self.0.get(id).copied()
    }

    /// The unit and those it lies in, innermost first. Ends in a cycle too.
    pub fn ancestry(&self, id: &'a UnitId) -> impl Iterator<Item = &'a UnitId> {
        let parent = |id: &&'a UnitId| self.unit(id).and_then(|unit| unit.parent.as_ref());
        std::iter::successors(Some(id), parent).take(self.0.len().max(1))
    }

    /// Whether a selection means the station; see [`Selection`].
    pub fn means(&self, selection: &Selection, station: &'a Station) -> bool {
        let inside =
            |units: &[UnitId]| self.ancestry(&station.unit).any(|unit| units.contains(unit));
        if selection.except_stations.contains(&station.id) || inside(&selection.except_units) {
            return false;
        }
        if selection.stations.contains(&station.id) {
            return true;
        }
        if selection.units.is_empty() && selection.kinds.is_empty() {
            return false;
        }
        (selection.units.is_empty() || inside(&selection.units))
            && (selection.kinds.is_empty() || selection.kinds.contains(&station.kind))
    }
}

/// Whether the unit exists on a day.
pub(super) fn exists(unit: &Unit, day: NaiveDate) -> bool {
    unit.since.is_none_or(|since| since <= day) && unit.until.is_none_or(|until| day <= until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radio::StationKind;

    fn unit(id: &str, parent: Option<&str>) -> Unit {
        Unit {
            id: id.parse().unwrap(),
            code: String::new(),
            name: String::new(),
            kind: String::new(),
            parent: parent.map(|parent| parent.parse().unwrap()),
            since: None,
            until: None,
        }
    }

    #[test]
    fn a_selection_means_what_its_page_says() {
        let units = [
            unit("district", None),
            unit("east", Some("district")),
            unit("west", Some("district")),
        ];
        let territory = Territory::new(&units);
        let station = |id: &str, kind, unit: &str| Station {
            id: id.parse().unwrap(),
            name: String::new(),
            kind,
            unit: unit.parse().unwrap(),
            quiet_hours: None,
            softer: vec![],
            drills: false,
            resume_after_bulletin: false,
        };
        let stations = [
            station("d", StationKind::District, "district"),
            station("e", StationKind::Commune, "east"),
            station("m", StationKind::Mobile, "east"),
            station("w", StationKind::Commune, "west"),
        ];
        let meant = |text: &str| -> String {
            let selection: Selection = toml::from_str(text).unwrap();
            let meant = stations.iter().filter(|station| territory.means(&selection, station));
            meant.map(|station| station.id.as_str()).collect()
        };
        assert_eq!(meant(""), "");
        assert_eq!(meant("except_stations = ['e']"), "");
        assert_eq!(meant("stations = ['e', 'd']"), "de");
        assert_eq!(meant("units = ['district']"), "demw");
        assert_eq!(meant("units = ['east']"), "em");
        assert_eq!(meant("kinds = ['commune']"), "ew");
        assert_eq!(meant("units = ['east']\nkinds = ['commune']"), "e");
        assert_eq!(meant("units = ['east']\nkinds = ['commune']\nstations = ['w']"), "ew");
        assert_eq!(meant("units = ['district']\nexcept_units = ['east']"), "dw");
        assert_eq!(meant("units = ['district']\nexcept_stations = ['d']\nstations = ['d']"), "emw");
    }

    #[test]
    fn a_circle_of_units_ends() {
        let units = [unit("a", Some("b")), unit("b", Some("a"))];
        assert_eq!(Territory::new(&units).ancestry(&units[0].id).count(), 2);
    }
}
