use sqlx::Row;

use super::{Keep, KeepError};
use crate::{radio::UtcMs, wire::SignedRundown};

/// The rundown that the station follows, as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRundown {
    /// What is to air, and who says so.
    pub signed: SignedRundown,
    /// What the district called this answer; sent back to ask whether it changed.
    pub etag: String,
}

impl Keep {
    /// The rundown that was kept last; none before the first.
    pub async fn rundown(&self) -> Result<Option<KeptRundown>, KeepError> {
        let row = sqlx::query("select etag, payload from rundown").fetch_optional(&self.db).await?;
        row.map(|row| {
            let payload: &str = row.try_get("payload")?;
            Ok(KeptRundown { signed: serde_json::from_str(payload)?, etag: row.try_get("etag")? })
        })
        .transpose()
    }

    /// Keeps a rundown in place of the one before.
    pub async fn set_rundown(&self, kept: &KeptRundown, now: UtcMs) -> Result<(), KeepError> {
        sqlx::query(
            "insert into rundown (only_one, etag, payload, fetched_at) values (1, $1, $2, $3)
             on conflict (only_one) do update set
             etag = excluded.etag, payload = excluded.payload, fetched_at = excluded.fetched_at",
        )
        .bind(&kept.etag)
        .bind(serde_json::to_string(&kept.signed)?)
        .bind(now.0)
        .execute(&self.db)
        .await?;
        Ok(())
    }
}
