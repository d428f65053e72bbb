use sqlx::Row;

use super::{Keep, KeepError};
use crate::radio::StationId;

/// Who the station is, and to whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The district's address.
    pub server: String,
    /// The station's name.
    pub station: StationId,
    /// What it shows at every call.
    pub token: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("server", &self.server)
            .field("station", &self.station)
            .finish_non_exhaustive()
    }
}

impl Keep {
    /// Who the station is; none before enrolment.
    pub async fn identity(&self) -> Result<Option<Identity>, KeepError> {
        let row = sqlx::query("select server, station, token from identity")
            .fetch_optional(&self.db)
            .await?;
        row.map(|row| {
            let station: String = row.try_get("station")?;
            Ok(Identity {
                server: row.try_get("server")?,
                station: station.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
                token: row.try_get("token")?,
            })
        })
        .transpose()
    }

    /// Remembers who the station is.
    pub async fn set_identity(&self, identity: &Identity) -> Result<(), KeepError> {
        sqlx::query(
            "insert into identity (only_one, server, station, token) values (1, $1, $2, $3)
             on conflict (only_one) do update
             set server = excluded.server, station = excluded.station, token = excluded.token",
        )
        .bind(&identity.server)
        .bind(identity.station.as_str())
        .bind(&identity.token)
        .execute(&self.db)
        .await?;
        Ok(())
    }
}
