//! Whether a station has the clips of an airing to come.

use std::collections::{HashMap, HashSet};

use super::problem::Refusal;
use crate::{
    radio::{Airing, StationId},
    store::{Store, StoreError},
    wire::{StationStatus, Stock},
};

/// What each station said last of its clips, and which version of its rundown the district has.
#[derive(Debug, Default)]
pub(super) struct Readiness(HashMap<StationId, (Stock, Option<u64>)>);

impl Readiness {
    /// Asks the database, for stations that have airings among these.
    pub(super) async fn of<'a>(
        store: &Store,
        stations: impl Iterator<Item = &'a StationId>,
    ) -> Result<Self, Refusal> {
        let stations: HashSet<&StationId> = stations.collect();
        if stations.is_empty() {
            return Ok(Self::default());
        }
        let mut known = Vec::new();
        for contact in store.contacts().await? {
            if let Some(json) = contact.status.filter(|_| stations.contains(&contact.station)) {
                let status = serde_json::from_str(&json).map_err(Refusal::internal)?;
                known.push((contact.station, status));
            }
        }
        let known = known.iter().map(|(station, status)| (station, status));
        Ok(Self::known(store, known).await?)
    }

    /// The same where it is known already what stations said last.
    pub(super) async fn known<'a>(
        store: &Store,
        statuses: impl Iterator<Item = (&'a StationId, &'a StationStatus)>,
    ) -> Result<Self, StoreError> {
        let versions = store.rundown_versions().await?;
        let stocks = statuses.filter_map(|(station, status)| {
            let stock = status.stock.clone()?;
            Some((station.clone(), (stock, versions.get(station).copied())))
        });
        Ok(Self(stocks.collect()))
    }

    /// Whether an airing's clips are there; none: nobody knows.
    pub(super) fn ready(&self, airing: &Airing) -> Option<bool> {
        let (stock, version) = self.0.get(&airing.station)?;
        judge(stock, *version, airing)
    }
}

fn judge(stock: &Stock, version: Option<u64>, airing: &Airing) -> Option<bool> {
    if stock.airings.iter().any(|lacking| lacking.airing == airing.id) {
        return Some(false);
    }
    let named = stock.airings.len() as u64;
    let is_beyond = stock.airings.last().is_none_or(|last| last.starts_at <= airing.starts_at);
    if stock.count > named && is_beyond {
        return None;
    }
    // Of another rundown's airings the station has not spoken.
    (Some(stock.rundown_version) == version).then_some(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::radio::{AiringItem, Priority, UtcMs};

    fn airing(id: &str, at: i64) -> Airing {
        Airing {
            id: id.parse().unwrap(),
            schedule: "s".parse().unwrap(),
            station: "xa".parse().unwrap(),
            programme: "p".parse().unwrap(),
            title: "x".into(),
            campaign: None,
            priority: Priority::Routine,
            bulletin: None,
            nominal_at: UtcMs(at),
            starts_at: UtcMs(at),
            ends_at: UtcMs(at + 1),
            latest_start: UtcMs(at),
            items: Vec::<AiringItem>::new().into(),
        }
    }

    #[test]
    fn what_the_station_has_not_spoken_of_is_unknown() {
        let (early, late) =
            (airing("s.xa.20200930T220000Z", 10), airing("s.xa.20201001T220000Z", 20));
        let stock = |count: u64, lacking: &[&Airing]| -> Stock {
            let airings: Vec<_> = lacking
                .iter()
                .map(|a| json!({"airing": a.id, "starts_at": a.starts_at, "clips": []}))
                .collect();
            serde_json::from_value(
                json!({"rundown_version": 7, "count": count, "airings": airings}),
            )
            .unwrap()
        };
        let all = stock(0, &[]);
        assert_eq!(judge(&all, Some(7), &early), Some(true));
        assert_eq!(judge(&all, Some(8), &early), None);
        let one = stock(1, &[&early]);
        assert_eq!(judge(&one, Some(8), &early), Some(false));
        assert_eq!(judge(&one, Some(7), &late), Some(true));
        // More lack something than are named, and this one may be among them.
        assert_eq!(judge(&stock(2, &[&early]), Some(7), &late), None);
        assert_eq!(judge(&stock(3, &[&late]), Some(7), &early), Some(true));
    }
}
