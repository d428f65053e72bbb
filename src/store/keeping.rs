//! How long recordings are kept. Records, hashes, transcripts and approvals always stay.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Actor, Deed, Store, StoreError, applying::count, audit, db::sql, hash, json as from_json, text,
};
use crate::radio::{ClipHash, ClipId, UtcMs};

/// The one policy that there is.
const RECORDINGS: &str = "recordings";

/// How long recordings are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keeping {
    /// So many months after the last airing and after the end of every campaign; none: for good.
    months: Option<u32>,
}

impl Keeping {
    /// The shortest: broadcasters keep what they aired for half a year at least.
    pub const SHORTEST: u32 = 6;
    /// The longest that is counted.
    pub const LONGEST: u32 = 1200;

    /// For so many months, or for good. None: that is too short or too long.
    pub fn new(months: Option<u32>) -> Option<Self> {
        let fits = months.is_none_or(|it| (Self::SHORTEST..=Self::LONGEST).contains(&it));
        fits.then_some(Self { months })
    }

    /// So many months; none: for good.
    pub fn months(self) -> Option<u32> {
        self.months
    }
}

/// A recording that has served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// Its content.
    pub sha256: ClipHash,
    /// The end of the last airing that was planned with it.
    pub last: UtcMs,
}

impl Store {
    /// How long recordings are kept: for good, unless somebody said otherwise.
    pub async fn keeping(&self) -> Result<Keeping, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select policy from keeping where id = $1", RECORDINGS)?;
        let Some(row) = rows.first() else { return Ok(Keeping::default()) };
        from_json("policy of", RECORDINGS, &row.get::<String>(0)?)
    }

    /// Says how long recordings are kept from now on. What has gone does not come back.
    pub async fn set_keeping(
        &self,
        actor: &Actor,
        keeping: Keeping,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        let before = self.keeping().await?;
        if before == keeping {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        sql!(execute &mut tx,
            "insert into keeping (id, policy) values ($1, $2)
             on conflict (id) do update set policy = $2",
            RECORDINGS, text("policy of", RECORDINGS, &keeping)?)?;
        let said = |keeping: Keeping| Some(json!({"months": keeping.months}));
        let (before, after) = (said(before), said(keeping));
        audit::note(&mut tx, (actor, now), Deed::KeepingSet, RECORDINGS, before, after).await?;
        tx.commit().await
    }

    /// The recordings that may go: aired, or planned and not aired, for the last time before an instant; in no campaign
    /// that went on at that day; and in no bulletin that is ready.
    pub async fn spent(&self, before: UtcMs, day: NaiveDate) -> Result<Vec<Spent>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select c.clip, max(a.ends_at) from content_clip c join airing a on a.content = c.content
             where c.clip not in (select sha256 from gone)
             group by c.clip having max(a.ends_at) < $1
             and not exists (select 1 from as_run r where r.clip = c.clip and r.received_at >= $1)
             order by c.clip", before.0)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let (clips, bulletins) = (self.clips().await?, self.prepared_bulletins().await?);
        let campaigns = self.campaigns().await?;
        let going_on = campaigns.iter().filter(|it| it.until >= day).flat_map(|it| &it.clips);
        let ready = bulletins.iter().flat_map(|it| it.clips.iter().chain(&it.correction));
        let needed: Vec<&ClipId> = going_on.chain(ready).collect();
        let mut spent = Vec::new();
        for row in &rows {
            let sha256 = hash("clip", row.get(0)?)?;
            let mut names = clips.iter().filter(|it| it.sha256 == sha256).map(|it| &it.id);
            if !names.any(|name| needed.contains(&name)) {
                spent.push(Spent { sha256, last: UtcMs(row.get(1)?) });
            }
        }
        Ok(spent)
    }

    /// Notes that a recording is kept no longer, and puts its clips out of use: nothing is planned that cannot sound.
    pub async fn let_go(&self, actor: &Actor, spent: &Spent, now: UtcMs) -> Result<(), StoreError> {
        let sha256 = spent.sha256.to_string();
        let mut tx = self.db.begin().await?;
        sql!(execute &mut tx,
            "insert into gone (sha256, gone_at) values ($1, $2) on conflict do nothing",
            sha256.as_str(), now.0)?;
        let rows = sql!(fetch &mut tx, "select id from clip where sha256 = $1 order by id", sha256.as_str())?;
        let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
        sql!(execute &mut tx,
            "update clip set retired_at = $2 where sha256 = $1 and retired_at is null",
            sha256.as_str(), now.0)?;
        let subject = match names.first() {
            Some(name) => format!("clip {name}"),
            None => format!("recording {sha256}"),
        };
        let after = json!({"sha256": sha256, "clips": names, "last_airing": spent.last});
        audit::note(&mut tx, (actor, now), Deed::RecordingGone, &subject, None, Some(after))
            .await?;
        count(&mut tx).await?;
        tx.commit().await
    }

    /// The recordings that went, in order.
    pub async fn gone(&self) -> Result<Vec<ClipHash>, StoreError> {
        let rows =
            sql!(fetch &mut self.db.reader().await?, "select sha256 from gone order by sha256")?;
        rows.iter().map(|row| hash("recording", row.get(0)?)).collect()
    }

    /// When a recording went; none: it is kept.
    pub async fn gone_at(&self, sha256: &ClipHash) -> Result<Option<UtcMs>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select gone_at from gone where sha256 = $1", sha256.to_string())?;
        rows.first().map(|row| Ok(UtcMs(row.get(0)?))).transpose()
    }
}
