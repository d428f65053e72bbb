//! What was done for a campaign beside its airings, as people declare it.

use chrono::NaiveDate;
use serde_json::json;

use super::{
    Actor, Deed, Store, StoreError,
    audit::{note, random_name},
    db::{Row, sql},
    hash, log, name,
};
use crate::radio::{CampaignId, Channel, ClipHash, UnitId, UtcMs};

/// What somebody declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChannelReport {
    /// For which campaign.
    pub campaign: CampaignId,
    /// Where.
    pub unit: UnitId,
    /// How people were reached.
    pub channel: Channel,
    /// When, local.
    pub day: NaiveDate,
    /// How many: posters, leaflets, rounds, messages or people, as [`Channel`] says.
    pub number: u32,
    /// What else there is to say.
    pub note: Option<String>,
    /// The SHA-256 of a photograph on the shelf of photographs.
    pub photograph: Option<ClipHash>,
}

/// Such a report as it is kept. It rests on somebody's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelReport {
    /// Made by Loa; stays.
    pub id: String,
    /// What was declared.
    pub said: NewChannelReport,
    /// Who says so: a name by value, for those who have the right to know.
    pub reported_by: String,
    /// When.
    pub reported_at: UtcMs,
}

/// The columns that [`read`] reads, of reports that stand.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, campaign, unit, channel, day, number, note, photograph, reported_by, reported_at
             from channel_report where withdrawn_at is null and ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<ChannelReport, StoreError> {
    let id: String = row.get(0)?;
    let unreadable = |why: String| StoreError::Unreadable { what: "report", id: id.clone(), why };
    let (channel, day): (String, String) = (row.get(3)?, row.get(4)?);
    let photograph: Option<String> = row.get(7)?;
    let photograph = photograph.map(|text| text.parse()).transpose();
    let said = NewChannelReport {
        campaign: name("report on campaign", row.get(1)?)?,
        unit: name("report of unit", row.get(2)?)?,
        channel: channel.parse().map_err(|e: crate::radio::BadCode| unreadable(e.to_string()))?,
        day: day.parse().map_err(|e: chrono::ParseError| unreadable(e.to_string()))?,
        number: u32::try_from(row.get::<i64>(5)?).map_err(|e| unreadable(e.to_string()))?,
        note: row.get(6)?,
        photograph: photograph.map_err(|e: crate::radio::BadHash| unreadable(e.to_string()))?,
    };
    let (reported_by, reported_at) = (row.get(8)?, UtcMs(row.get(9)?));
    Ok(ChannelReport { id, said, reported_by, reported_at })
}

impl Store {
    /// Keeps a report and gives its name.
    pub async fn report_channel(
        &self,
        actor: &Actor,
        said: &NewChannelReport,
        now: UtcMs,
    ) -> Result<String, StoreError> {
        let mut tx = self.db.begin().await?;
        let id = random_name()?;
        let (campaign, unit) = (said.campaign.as_str(), said.unit.as_str());
        let (channel, day) = (said.channel.as_str(), said.day.to_string());
        let photograph = said.photograph.map(|sha256| sha256.to_string());
        let place = log::lock(&mut tx).await?;
        sql!(execute &mut tx,
            "insert into channel_report (id, campaign, unit, channel, day, number, note, photograph, reported_by,
                 reported_at, log_position)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            id.as_str(), campaign, unit, channel, day.as_str(), i64::from(said.number),
            said.note.as_deref(), photograph.as_deref(), actor.name.as_str(), now.0,
            place.cast_signed())?;
        log::channel_report(&mut tx, place).await?;
        let after = json!({
            "unit": unit, "channel": channel, "day": day, "number": said.number, "note": said.note,
            "photograph": photograph,
        });
        let subject = format!("campaign {campaign}");
        note(&mut tx, (actor, now), Deed::ChannelReported, &subject, None, Some(after)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Takes a report back that was wrong. False: there is none of that name that stands.
    pub async fn withdraw_channel_report(
        &self,
        actor: &Actor,
        id: &str,
        now: UtcMs,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let place = log::lock(&mut tx).await?;
        let Some(row) = sql!(fetch &mut tx, select!("id = $1"), id)?.pop() else {
            return Ok(false);
        };
        let ChannelReport { said, .. } = read(&row)?;
        sql!(execute &mut tx,
            "update channel_report set withdrawn_by = $2, withdrawn_at = $3, withdrawn_position = $4 where id = $1",
            id, actor.name.as_str(), now.0, place.cast_signed())?;
        log::channel_withdrawn(&mut tx, place).await?;
        let before = json!({
            "unit": said.unit, "channel": said.channel, "day": said.day, "number": said.number,
        });
        let subject = format!("campaign {}", said.campaign);
        note(&mut tx, (actor, now), Deed::ChannelWithdrawn, &subject, Some(before), None).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// One report by name, if it stands.
    pub async fn channel_report(&self, id: &str) -> Result<Option<ChannelReport>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, select!("id = $1"), id)?;
        rows.first().map(read).transpose()
    }

    /// The photographs of all reports, also of those that were withdrawn: each with its campaign and its local day.
    pub async fn photographs(&self) -> Result<Vec<(ClipHash, String, String)>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select photograph, campaign, day from channel_report where photograph is not null
             order by day, reported_at, id")?;
        rows.iter()
            .map(|row| Ok((hash("photograph", row.get(0)?)?, row.get(1)?, row.get(2)?)))
            .collect()
    }

    /// The reports on a campaign, by day: all, or from one local day to another, both inside.
    pub async fn channel_reports(
        &self,
        campaign: &CampaignId,
        days: Option<(NaiveDate, NaiveDate)>,
    ) -> Result<Vec<ChannelReport>, StoreError> {
        // Days are kept as ISO 8601 writes them: nothing is below the first bound, nothing above the last.
        let (from, until) = days
            .map_or(("0000-00-00".to_owned(), "9999-99-99".to_owned()), |(from, until)| {
                (from.to_string(), until.to_string())
            });
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("campaign = $1 and day >= $2 and day <= $3 order by day, reported_at, id"),
            campaign.as_str(), from, until)?;
        rows.iter().map(read).collect()
    }
}
