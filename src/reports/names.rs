use std::collections::HashMap;

use super::{Line, Reconciliation};
use crate::radio::{Campaign, CampaignId, Station, StationId, StationKind, Unit, UnitId, sort_key};

/// What things are called, and in which order readers look for them. What is no longer there is called by its name in Loa, and
/// comes last.
#[derive(Debug, Clone, Default)]
pub struct Names {
    stations: HashMap<StationId, Called>,
    units: HashMap<UnitId, String>,
    campaigns: HashMap<CampaignId, String>,
}

#[derive(Debug, Clone)]
struct Called {
    name: String,
    unit: UnitId,
    kind: StationKind,
    /// Of the name.
    key: String,
}

/// Where a station stands among others: whether it is gone, its kind, its name as the dictionary sorts it, and for those of one
/// name their names in Loa.
pub type Rank<'a> = (bool, Option<StationKind>, &'a str, &'a str);

impl Names {
    /// Of all these.
    pub fn new(units: &[Unit], stations: &[Station], campaigns: &[Campaign]) -> Self {
        let called = |it: &Station| {
            let (name, unit, kind) = (it.name.clone(), it.unit.clone(), it.kind);
            (it.id.clone(), Called { key: sort_key(&name), name, unit, kind })
        };
        Self {
            stations: stations.iter().map(called).collect(),
            units: units.iter().map(|it| (it.id.clone(), it.name.clone())).collect(),
            campaigns: campaigns.iter().map(|it| (it.id.clone(), it.title.clone())).collect(),
        }
    }

    /// A station's name.
    pub fn station<'a>(&'a self, id: &'a StationId) -> &'a str {
        self.stations.get(id).map_or(id.as_str(), |called| &called.name)
    }

    /// The unit that a station belongs to, if it is still there.
    pub fn unit_of(&self, id: &StationId) -> Option<&UnitId> {
        self.stations.get(id).map(|called| &called.unit)
    }

    /// Where readers look for a station: the district's own first, then the communes', then those that move; each by name.
    pub fn rank<'a>(&'a self, id: &'a StationId) -> Rank<'a> {
        let called = self.stations.get(id);
        let key = called.map_or("", |called| called.key.as_str());
        (called.is_none(), called.map(|called| called.kind), key, id.as_str())
    }

    /// A unit's name.
    pub fn unit<'a>(&'a self, id: &'a UnitId) -> &'a str {
        self.units.get(id).map_or(id.as_str(), String::as_str)
    }

    /// A campaign's title; empty for none.
    pub fn campaign<'a>(&'a self, id: Option<&'a CampaignId>) -> &'a str {
        id.map_or("", |id| self.campaigns.get(id).map_or(id.as_str(), String::as_str))
    }

    /// The lines of a reconciliation in order: by campaign's title, what serves none first; then by station.
    pub fn lines<'a>(
        &'a self,
        made: &'a Reconciliation,
    ) -> Vec<(Option<&'a CampaignId>, &'a StationId, &'a Line)> {
        let mut lines: Vec<_> = made.lines().collect();
        // Few campaigns, many lines.
        let titles: HashMap<_, _> =
            lines.iter().map(|(of, ..)| (*of, sort_key(self.campaign(*of)))).collect();
        lines.sort_by(|(of, at, _), (other, there, _)| {
            let key = |of| titles.get(&of).map(String::as_str);
            let campaigns = key(*of).cmp(&key(*other)).then(of.cmp(other));
            campaigns.then_with(|| self.rank(at).cmp(&self.rank(there)))
        });
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::{Period, Tally, sample};

    #[test]
    fn the_district_comes_first_and_what_is_gone_last() {
        let of_kind = |id, name, kind| Station { kind, ..sample::station(id, name) };
        let stations = [
            of_kind("a", "Xe loa", StationKind::Mobile),
            of_kind("b", "Đài Vân Du", StationKind::Commune),
            of_kind("c", "Đài xã Ngọc Trạo", StationKind::Commune),
            of_kind("d", "Đài Ân", StationKind::Commune),
            of_kind("e", "Đài An", StationKind::Commune),
            of_kind("f", "Đài huyện", StationKind::District),
            of_kind("g", "Đài An", StationKind::Commune),
        ];
        let other = Campaign {
            id: "a".parse().unwrap(),
            title: "Đợt hai".to_owned(),
            ..sample::campaign()
        };
        let names = Names::new(&[], &stations, &[sample::campaign(), other]);
        let mut made = Reconciliation::new(Period::new(sample::day(1), sample::day(1)));
        let gone: StationId = "0".parse().unwrap();
        let all = stations.iter().map(|station| &station.id).chain([&gone]);
        for (at, campaign) in
            all.flat_map(|at| [None, Some("a"), Some("bluezone")].map(|of| (at, of)))
        {
            let campaign = campaign.map(|id| id.parse().unwrap());
            made.add(sample::day(1), at, campaign.as_ref(), &Tally::default());
        }
        let lines = names.lines(&made);
        let of = |of: Option<&str>| -> String {
            let of = of.map(|id| id.parse().unwrap());
            let lines = lines.iter().filter(|(campaign, ..)| *campaign == of.as_ref());
            lines.map(|(_, at, _)| at.as_str()).collect()
        };
        for campaign in [None, Some("a"), Some("bluezone")] {
            assert_eq!(of(campaign), "fegdbca0", "{campaign:?}");
        }
        let campaigns: Vec<_> =
            lines.iter().step_by(8).map(|(of, ..)| names.campaign(*of)).collect();
        assert_eq!(campaigns, ["", "Cài đặt Bluezone", "Đợt hai"]);
    }
}
