//! What came of airings that are over: worked out once from their records and words, kept, and forgotten as soon as anything
//! more is said of them.

use super::{
    Store, StoreError, StoredAiring,
    airing::{read_all, select},
    db::{Row, sql},
    log, name,
};
use crate::radio::{AiringId, CampaignId, StationId, UtcMs, Window};

/// What came of an airing, and from how much that was worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Which airing.
    pub airing: AiringId,
    /// How it stands, as a code that stays.
    pub state: String,
    /// What that rests on, as a code that stays.
    pub evidence: Option<String>,
    /// Records that were there.
    pub records: usize,
    /// Words of people that were there.
    pub words: usize,
    /// When the plan had dropped it, if it had.
    pub withdrawn_at: Option<UtcMs>,
}

/// How one airing of a campaign stands, as far as the database knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// Which airing.
    pub airing: AiringId,
    /// Where.
    pub station: StationId,
    /// When it begins, as planned.
    pub starts_at: UtcMs,
    /// What came of it; none: that is to be worked out.
    pub state: Option<String>,
    /// What that rests on.
    pub evidence: Option<String>,
}

impl Store {
    /// Keeps what came of airings, unless more was said of one meanwhile; gives of how many it was kept.
    pub async fn settle(&self, settled: &[Settled]) -> Result<u64, StoreError> {
        if settled.is_empty() {
            return Ok(0);
        }
        let mut kept = 0;
        let mut tx = self.db.begin().await?;
        // Whoever keeps a record or a word has it too: PostgreSQL would not show one here that is about to be kept.
        log::lock(&mut tx).await?;
        for one in settled {
            let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
            kept += sql!(execute &mut tx,
                "update airing set state = $2, evidence = $3 where id = $1 and state is null
                 and (select count(*) from as_run where airing = $1) = $4
                 and (select count(*) from declaration where airing = $1) = $5
                 and coalesce(withdrawn_at, -1) = $6",
                one.airing.as_str(), one.state.as_str(), one.evidence.as_deref(), count(one.records),
                count(one.words), one.withdrawn_at.map_or(-1, |at| at.0))?;
        }
        tx.commit().await?;
        Ok(kept)
    }

    /// Airings that are over by now and not settled, the newest first, at most so many.
    pub async fn unsettled(
        &self,
        now: UtcMs,
        at_most: u32,
    ) -> Result<Vec<StoredAiring>, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader,
            select!("where a.state is null and a.starts_at <= $1
                     and a.ends_at + a.latest_start - a.starts_at <= $1
                     order by a.starts_at desc limit $2"),
            now.0, i64::from(at_most))?;
        read_all(&mut reader, &rows).await
    }

    /// How the airings of a campaign stand that begin in a window. What is refused or still to begin is known without its
    /// records.
    pub async fn standings(
        &self,
        campaign: &CampaignId,
        window: Window,
        now: UtcMs,
    ) -> Result<Vec<Stands>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select a.id, a.station, a.starts_at,
                 case when a.state is not null then a.state
                      when a.starts_at <= $4 then null
                      when a.refused then 'refused' else 'planned' end,
                 a.evidence from airing a
             where a.campaign = $1 and a.starts_at >= $2 and a.starts_at < $3
             and (a.withdrawn_at is null or exists (select 1 from as_run r where r.airing = a.id))",
            campaign.as_str(), window.from.0, window.until.0, now.0)?;
        rows.iter().map(stands).collect()
    }
}

fn stands(row: &Row) -> Result<Stands, StoreError> {
    Ok(Stands {
        airing: name("airing", row.get(0)?)?,
        station: name("airing at station", row.get(1)?)?,
        starts_at: UtcMs(row.get(2)?),
        state: row.get(3)?,
        evidence: row.get(4)?,
    })
}
