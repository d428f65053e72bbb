//! When each station was last heard of, and how it said it was.

use super::{Store, StoreError, Tx, db::sql, fault, name, rundown};
use crate::{
    radio::{StationId, UtcMs},
    wire::StationStatus,
};

/// A station's last sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Which station.
    pub station: StationId,
    /// When it called.
    pub at: UtcMs,
    /// How it said it was, as JSON, if it ever did.
    pub status: Option<String>,
}

/// How a station's words came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// It called, and perhaps said how it was, as JSON.
    Line {
        /// How it said it was.
        status: Option<String>,
    },
    /// Somebody carried them: nobody knows how the station is now.
    Carried,
}

impl Call {
    /// A sign of life and nothing else.
    pub const HERE: Self = Self::Line { status: None };
}

pub(super) async fn note(
    tx: &mut Tx,
    station: &StationId,
    status: Option<&str>,
    now: UtcMs,
) -> Result<(), StoreError> {
    let rows = sql!(fetch tx,
        "select contact_at, status from contact where station = $1", station.as_str())?;
    let last: Option<(UtcMs, Option<String>)> = rows
        .first()
        .map(|row| Ok::<_, StoreError>((UtcMs(row.get(0)?), row.get(1)?)))
        .transpose()?;
    if let Some((at, _)) = &last
        && now.since(*at) > fault::SILENT_AFTER
    {
        fault::note_silence(tx, station, *at, now).await?;
    }
    let before = last.and_then(|(_, status)| status);
    if let Some(status) = status.filter(|status| before.as_deref() != Some(*status)) {
        let read = |json: &str| serde_json::from_str::<StationStatus>(json).ok();
        if let Some(after) = read(status) {
            let before = before.as_deref().and_then(read);
            fault::note(tx, station, (before.as_ref(), &after), now).await?;
            let took = |status: &StationStatus| status.rundown_version;
            if let Some(version) =
                took(&after).filter(|_| before.as_ref().and_then(took) != took(&after))
            {
                rundown::note_taken(tx, station, version, now).await?;
            }
        }
    }
    sql!(execute tx,
        "insert into contact (station, contact_at, status) values ($1, $2, $3)
         on conflict (station) do update set contact_at = excluded.contact_at,
         status = coalesce(excluded.status, contact.status)",
        station.as_str(), now.0, status)?;
    Ok(())
}

/// Keeps other programs from noting anything of a station until the transaction ends.
pub(super) async fn hold(tx: &mut Tx, station: &StationId) -> Result<(), StoreError> {
    sql!(execute tx, "update contact set contact_at = contact_at where station = $1",
        station.as_str())?;
    Ok(())
}

impl Store {
    /// Every station's last sign of life, by name.
    pub async fn contacts(&self) -> Result<Vec<Contact>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select station, contact_at, status from contact order by station")?;
        rows.iter()
            .map(|row| {
                Ok(Contact {
                    station: name("contact of", row.get(0)?)?,
                    at: UtcMs(row.get(1)?),
                    status: row.get(2)?,
                })
            })
            .collect()
    }
}
