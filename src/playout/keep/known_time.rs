use super::{Keep, KeepError};
use crate::radio::UtcMs;

impl Keep {
    /// The time that the station last knew; none before the first.
    pub async fn last_known_time(&self) -> Result<Option<UtcMs>, KeepError> {
        let kept: Option<i64> =
            sqlx::query_scalar("select last_known from clock").fetch_optional(&self.db).await?;
        Ok(kept.map(UtcMs))
    }

    /// Remembers what time it is. Every record does so too.
    ///
    /// # Errors
    /// The disk refuses.
    pub async fn know_time(&self, now: UtcMs) -> Result<(), KeepError> {
        let mut db = self.db.acquire().await?;
        Ok(know(&mut db, now).await?)
    }
}

pub(super) async fn know(db: &mut sqlx::SqliteConnection, now: UtcMs) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into clock (only_one, last_known) values (1, $1)
         on conflict (only_one) do update set last_known = excluded.last_known",
    )
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(())
}
