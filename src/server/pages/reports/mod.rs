//! Reports: chosen on a page, looked at there, taken along as files.

pub(super) mod file;
pub(super) mod form;

use serde::{Deserialize, Serialize};

use super::{area::Area, dates::read_day, fault::Fault, visitor::Reader};
use crate::{
    radio::{Right, UtcMs},
    reports::{Letter, Period},
    server::{
        District,
        reports::{Ask, checked_at},
    },
};

/// What a report is to be of; empty: all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Wish {
    from: String,
    until: String,
    unit: String,
    station: String,
    campaign: String,
    superior: String,
    issuer: String,
    symbol: String,
    place: String,
    authority: String,
    office: String,
    signer: String,
    /// One on each line.
    recipients: String,
}

impl Wish {
    /// The days that are meant: this month, unless others are named.
    fn period(&self, reader: &Reader) -> Period {
        let today = reader.dates().day(reader.now());
        let until = read_day(&self.until).unwrap_or(today);
        let first = chrono::Datelike::with_day(&until, 1).unwrap_or(until);
        Period::new(read_day(&self.from).unwrap_or(first), until)
    }

    fn letter(&self, reader: &Reader, checkpoint: Option<String>) -> Letter {
        let recipients = self.recipients.lines().map(str::trim).filter(|line| !line.is_empty());
        Letter {
            superior: self.superior.trim().to_owned(),
            issuer: self.issuer.trim().to_owned(),
            symbol: self.symbol.trim().to_owned(),
            place: self.place.trim().to_owned(),
            authority: self.authority.trim().to_owned(),
            office: self.office.trim().to_owned(),
            signer: self.signer.trim().to_owned(),
            recipients: recipients.map(str::to_owned).collect(),
            verify_at: checked_at(reader.origin(), checkpoint.as_deref()),
            checkpoint,
        }
    }

    /// What is asked for, within what the reader may take out.
    async fn ask(
        &self,
        district: &District,
        reader: &Reader,
        area: &Area,
        now: UtcMs,
    ) -> Result<Ask, Fault> {
        let mut units = area.tops.clone();
        if !self.unit.is_empty() {
            let unit = self.unit.parse().map_err(|_| Fault::Missing)?;
            if !area.sees(&unit) {
                return Err(Fault::MayNot(Right::Export));
            }
            units = vec![unit];
        }
        let station = match self.station.as_str() {
            "" => None,
            text => {
                let station = text.parse().map_err(|_| Fault::Missing)?;
                // One that is no longer there is still in the record, for those who see everything.
                let is_seen = area.stations.iter().any(|seen| seen.id == station);
                if !is_seen && !area.tops.is_empty() {
                    return Err(Fault::MayNot(Right::Export));
                }
                Some(station)
            }
        };
        let checkpoint = district.store.checkpoint().await?.map(|head| head.note);
        let campaign = match self.campaign.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| Fault::Missing)?),
        };
        Ok(Ask {
            period: self.period(reader),
            units,
            station,
            campaign,
            letter: self.letter(reader, checkpoint),
            language: reader.language(),
            zone: district.limits.zone,
            now,
        })
    }
}
