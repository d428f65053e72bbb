use sqlx::Row;

use super::{Anchor, Keep, KeepError};
use crate::{
    clock::Clock,
    playout::{
        link::trust,
        trust::{Refused, Taken},
    },
    radio::UtcMs,
    wire::{Rundown, SignedRundown},
};

/// The rundown that the station follows, as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRundown {
    /// What is to air, and who says so.
    pub signed: SignedRundown,
    /// What the district called this answer; sent back to ask whether it changed.
    pub etag: String,
}

/// Why a rundown was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It is not to be followed.
    #[error("the district's rundown is not followed: {0}")]
    Refused(#[from] Refused),
    /// The store would not keep it.
    #[error(transparent)]
    Keep(#[from] KeepError),
}

impl Keep {
    /// Takes a rundown, durably. A station follows only what its district signed, for it, and not older than what it has.
    pub async fn take(&self, kept: &KeptRundown, clock: &dyn Clock) -> Result<Rundown, TakeError> {
        let _one = self.taking.lock().await;
        let anchor = self.anchor().await.ok_or(KeepError::NotEnrolled)?;
        let now = clock.now();
        let known = clock.is_known().then_some(now);
        let Taken { rundown, key } = trust(&anchor).judge(&kept.signed, known)?;
        self.set_rundown(kept, now).await?;
        // Afterwards: a power cut in between leaves the new one to be taken again.
        let rundown_version = rundown.version;
        self.set_anchor(Anchor { district_key: key, rundown_version, ..anchor }).await?;
        Ok(rundown)
    }

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
