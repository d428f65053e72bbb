use std::collections::BTreeSet;

use super::BulletinReport;
use crate::{
    planning::Territory,
    radio::{Bulletin, Grants, Right, StationId},
    server::District,
    store::StoreError,
};

/// What of bulletins is somebody's business: those that are meant for a station that they see, and how they stand there.
#[derive(Debug, Clone)]
pub(in crate::server) struct Hearing(
    /// None: every station.
    Option<BTreeSet<StationId>>,
);

impl Hearing {
    pub(in crate::server) async fn of(
        district: &District,
        grants: &Grants,
    ) -> Result<Self, StoreError> {
        if grants.may_everywhere(Right::See) {
            return Ok(Self(None));
        }
        let units = district.store.units().await?;
        let territory = Territory::new(&units);
        let mut stations = district.store.stations().await?;
        stations.retain(|station| grants.may_in(Right::See, territory.ancestry(&station.unit)));
        Ok(Self(Some(stations.into_iter().map(|station| station.id).collect())))
    }

    fn sees(&self, station: &StationId) -> bool {
        self.0.as_ref().is_none_or(|seen| seen.contains(station))
    }

    /// Whether a bulletin is meant for a station that they see.
    pub(in crate::server) fn hears(&self, bulletin: &Bulletin) -> bool {
        self.0.is_none() || bulletin.asked.stations.iter().any(|station| self.sees(station))
    }

    /// Of a report what is about these stations.
    pub(in crate::server) fn part(&self, mut report: BulletinReport) -> BulletinReport {
        if self.0.is_some() {
            report.stations.retain(|one| self.sees(&one.station));
            report.without.retain(|station| self.sees(station));
            report.begun = report.stations.iter().filter(|one| one.begun).count();
            report.of = report.stations.len();
        }
        report
    }
}
