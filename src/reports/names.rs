use std::collections::HashMap;

use crate::radio::{Campaign, CampaignId, Station, StationId, Unit, UnitId};

/// What things are called. What is no longer there is called by its name in Loa.
#[derive(Debug, Clone, Default)]
pub struct Names {
    stations: HashMap<StationId, (String, UnitId)>,
    units: HashMap<UnitId, String>,
    campaigns: HashMap<CampaignId, String>,
}

impl Names {
    /// Of all these.
    pub fn new(units: &[Unit], stations: &[Station], campaigns: &[Campaign]) -> Self {
        Self {
            stations: stations
                .iter()
                .map(|it| (it.id.clone(), (it.name.clone(), it.unit.clone())))
                .collect(),
            units: units.iter().map(|it| (it.id.clone(), it.name.clone())).collect(),
            campaigns: campaigns.iter().map(|it| (it.id.clone(), it.title.clone())).collect(),
        }
    }

    /// A station's name.
    pub fn station<'a>(&'a self, id: &'a StationId) -> &'a str {
        self.stations.get(id).map_or(id.as_str(), |(name, _)| name)
    }

    /// The unit that a station belongs to, if it is still there.
    pub fn unit_of(&self, id: &StationId) -> Option<&UnitId> {
        self.stations.get(id).map(|(_, unit)| unit)
    }

    /// A unit's name.
    pub fn unit<'a>(&'a self, id: &'a UnitId) -> &'a str {
        self.units.get(id).map_or(id.as_str(), String::as_str)
    }

    /// A campaign's title; empty for none.
    pub fn campaign<'a>(&'a self, id: Option<&'a CampaignId>) -> &'a str {
        id.map_or("", |id| self.campaigns.get(id).map_or(id.as_str(), String::as_str))
    }
}
