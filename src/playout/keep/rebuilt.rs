use std::time::Duration;

use sqlx::Row as _;

use super::{Keep, KeepError};
use crate::radio::UtcMs;

/// Nobody may ever come to look at a station's disk: after so long the message ends by itself.
const TOLD: Duration = Duration::from_hours(24 * 14);

/// What came of damaged stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// For people, each until its damaged file is removed, or two weeks have passed.
    pub words: Vec<String>,
    /// What was due up to this instant may have begun before the damage, and nobody knows: it is not aired.
    pub blind_until: Option<UtcMs>,
    /// That instant is not known, because the time is not: it is this or later.
    pub is_undated: bool,
}

impl Keep {
    /// What came of stores that were damaged, with the instant at which the station first knew that it does without them.
    /// Where the time is not known, `now` is the earliest that it can be, and is not kept.
    pub async fn rebuilt(&self, now: UtcMs, is_time_known: bool) -> Result<Rebuilt, KeepError> {
        if is_time_known {
            sqlx::query("update damage set at = $1 where at is null")
                .bind(now.0)
                .execute(&self.db)
                .await?;
        }
        let mut rebuilt = Rebuilt::default();
        for row in sqlx::query("select file, words, is_blind, at from damage order by at, file")
            .fetch_all(&self.db)
            .await?
        {
            let kept: Option<i64> = row.try_get("at")?;
            let at = kept.map_or(now, UtcMs);
            let file: &str = row.try_get("file")?;
            if now.since(at) < TOLD && self.folder.join(file).exists() {
                rebuilt.words.push(row.try_get("words")?);
            }
            if row.try_get::<i64, _>("is_blind")? != 0 {
                rebuilt.blind_until = rebuilt.blind_until.max(Some(at));
                rebuilt.is_undated |= kept.is_none();
            }
        }
        Ok(rebuilt)
    }
}
