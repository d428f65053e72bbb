//! Airings as planned, and as refused with the reason.

use std::sync::Arc;

use super::{
    Store, StoreError, Tx,
    content::{Known, Written},
    db::{Reader, Row, sql},
    json, name, text,
};
use crate::radio::{
    Airing, AiringId, AiringItem, BulletinId, CampaignId, ClipHash, Evidence, Priority,
    ProgrammeId, StationId, UnitId, UtcMs, Window,
};

/// An airing as the plan has it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedAiring {
    /// What airs, where and when; without items when it is refused.
    pub airing: Airing,
    /// The unit that the station belonged to when it was planned.
    pub unit: UnitId,
    /// Whether it was refused.
    pub refused: bool,
    /// Why it was refused or moved, as a code that stays.
    pub reason: Option<String>,
    /// The same in words.
    pub decision: Option<String>,
    /// A hash of all of the above: another content has another.
    pub digest: String,
}

/// An airing as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAiring {
    /// As it was planned.
    pub planned: PlannedAiring,
    /// When the plan dropped it, if it did.
    pub withdrawn_at: Option<UtcMs>,
    /// No plan ever had it: a station's record alone tells of it. Its programme, which nobody knows, then stands as its
    /// schedule's name.
    pub unplanned: bool,
}

/// Enough of a kept airing to see whether it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Its name.
    pub id: AiringId,
    /// The instant that the rule names.
    pub nominal_at: UtcMs,
    /// The instant of its first frame.
    pub starts_at: UtcMs,
    /// Whether it was refused.
    pub refused: bool,
    /// Whether a bulletin asked for it: no plan has it, and none drops it.
    pub of_bulletin: bool,
    /// The hash of all that was planned.
    pub digest: String,
}

/// Airings of a programme that are refused because something in it is not approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// Which programme.
    pub programme: ProgrammeId,
    /// The instant of the first of them.
    pub first: UtcMs,
    /// How many there are, at all stations.
    pub count: u64,
}

/// Which airings are asked for; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AiringFilter {
    /// At this station.
    pub station: Option<StationId>,
    /// In the subtree of one of these units; none: anywhere.
    pub units: Vec<UnitId>,
    /// For this campaign.
    pub campaign: Option<CampaignId>,
    /// With this clip in it, as planned or as recorded.
    pub clip: Option<ClipHash>,
    /// Beginning at this instant or later.
    pub from: Option<UtcMs>,
    /// Beginning before this instant.
    pub until: Option<UtcMs>,
    /// In this state, as a code; also those whose state is not settled.
    pub state: Option<String>,
    /// On this evidence; also those that are not settled.
    pub evidence: Option<Evidence>,
}

/// Which end of time comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The past first.
    #[default]
    Oldest,
    /// The future first.
    Newest,
}

/// The columns that [`read`] reads.
macro_rules! select {
    ($($rest:literal),* $(,)?) => {
        concat!(
            "select a.id, a.schedule, a.station, a.programme, a.title, a.campaign, a.priority, a.nominal_at, \
             a.starts_at, a.ends_at, a.latest_start, a.content, a.unit, a.refused, a.decision, a.digest, \
             a.withdrawn_at, a.reason, a.bulletin from airing a ",
            $($rest),*
        )
    };
}

pub(super) use select;

/// A withdrawn airing counts only when it aired all the same.
macro_rules! page {
    ($cursor:literal, $order:literal) => {
        select!(
            "where (a.station = $1 or $1 is null)
             and (cast($2 as text) is null or a.unit in (
                 with recursive sub (id) as (
                     select u.id from unit u where $2 like '%,' || u.id || ',%'
                     union select u.id from unit u join sub on u.parent = sub.id
                 ) select id from sub))
             and (a.campaign = $3 or $3 is null)
             and ($4 is null or a.content in (select c.content from content_clip c where c.clip = $4)
                 or exists (select 1 from as_run r where r.airing = a.id and r.clip = $4))
             and ($10 is null or a.state is null or a.state = $10)
             and ($11 is null or a.state is null or a.evidence = $11)
             and a.starts_at >= $5 and a.starts_at < $6
             and (a.withdrawn_at is null or exists (select 1 from as_run r where r.airing = a.id))
             and (a.starts_at, a.id) ",
            $cursor,
            " ($7, $8) order by ",
            $order,
            " limit $9"
        )
    };
}

impl Store {
    /// Airings in order, at most `limit`, beginning after a cursor: the instant and name of the last one seen.
    pub async fn airings(
        &self,
        filter: &AiringFilter,
        order: Order,
        after: Option<(UtcMs, &str)>,
        limit: u32,
    ) -> Result<Vec<StoredAiring>, StoreError> {
        let edge = match order {
            Order::Oldest => i64::MIN,
            Order::Newest => i64::MAX,
        };
        let (after_at, after_id) = after.map_or((edge, ""), |(at, id)| (at.0, id));
        let statement = match order {
            Order::Oldest => page!(">", "a.starts_at, a.id"),
            Order::Newest => page!("<", "a.starts_at desc, a.id desc"),
        };
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader, statement,
            filter.station.as_ref().map(StationId::as_str),
            among(&filter.units),
            filter.campaign.as_ref().map(CampaignId::as_str),
            filter.clip.map(|clip| clip.to_string()),
            filter.from.map_or(i64::MIN, |at| at.0),
            filter.until.map_or(i64::MAX, |at| at.0),
            after_at, after_id, i64::from(limit),
            filter.state.as_deref(),
            filter.evidence.map(|evidence| evidence.to_string()))?;
        read_all(&mut reader, &rows).await
    }

    /// What does not air, from an instant on, until somebody approves it: by programme.
    pub async fn held_back(&self, from: UtcMs) -> Result<Vec<HeldBack>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select programme, min(starts_at), count(*) from airing
             where starts_at >= $1 and refused = true and withdrawn_at is null and programme is not null
             and reason in ('not-approved', 'programme-not-approved', 'nothing-to-rotate')
             group by programme order by programme", from.0)?;
        rows.iter()
            .map(|row| {
                Ok(HeldBack {
                    programme: name("held airing of", row.get(0)?)?,
                    first: UtcMs(row.get(1)?),
                    count: row.get::<i64>(2)?.unsigned_abs(),
                })
            })
            .collect()
    }

    /// One airing, by name.
    pub async fn airing(&self, id: &AiringId) -> Result<Option<StoredAiring>, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader, select!("where a.id = $1"), id.as_str())?;
        Ok(read_all(&mut reader, &rows).await?.pop())
    }

    /// The airings that carry out a bulletin, by station; also those that were withdrawn.
    pub async fn airings_of(&self, bulletin: &BulletinId) -> Result<Vec<StoredAiring>, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader,
            select!("where a.schedule = $1 and a.bulletin is not null order by a.station"),
            bulletin.as_str())?;
        read_all(&mut reader, &rows).await
    }

    /// What is to air at a station from one instant to another, in order.
    pub async fn planned_at(
        &self,
        station: &StationId,
        window: Window,
    ) -> Result<Vec<StoredAiring>, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader,
            select!("where a.station = $1 and a.starts_at >= $2 and a.starts_at < $3 and a.refused = false
                     and a.withdrawn_at is null and a.programme is not null order by a.starts_at, a.id"),
            station.as_str(), window.from.0, window.until.0)?;
        read_all(&mut reader, &rows).await
    }

    /// Names and hashes of all that is planned, or refused, at a station from one instant to another, in order.
    pub async fn stamps_at(
        &self,
        station: &StationId,
        window: Window,
    ) -> Result<Vec<Stamp>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select id, nominal_at, starts_at, refused, digest, bulletin is not null from airing
             where station = $1 and starts_at >= $2 and starts_at < $3
             and withdrawn_at is null and programme is not null order by starts_at, id",
            station.as_str(), window.from.0, window.until.0)?;
        rows.iter()
            .map(|row| {
                Ok(Stamp {
                    id: name("airing", row.get(0)?)?,
                    nominal_at: UtcMs(row.get(1)?),
                    starts_at: UtcMs(row.get(2)?),
                    refused: row.get(3)?,
                    digest: row.get(4)?,
                    of_bulletin: row.get(5)?,
                })
            })
            .collect()
    }

    /// Writes what the plan adds or changes, and withdraws what it no longer has, in one transaction. What begins
    /// before `fixed_until` stays as it is, if it is there.
    pub async fn change_plan(
        &self,
        planned: &[PlannedAiring],
        dropped: &[AiringId],
        fixed_until: UtcMs,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let mut written = Written::default();
        for airing in planned {
            let content = written.keep(&mut tx, &airing.airing.items).await?;
            upsert(&mut tx, airing, content, fixed_until).await?;
        }
        for id in dropped {
            sql!(execute &mut tx,
                "update airing set withdrawn_at = $2, state = null, evidence = null
                 where id = $1 and starts_at >= $3 and withdrawn_at is null",
                id.as_str(), now.0, fixed_until.0)?;
        }
        tx.commit().await
    }

    /// Withdraws what was to air at stations that are no longer there; gives how many airings that were.
    pub async fn withdraw_orphans(
        &self,
        fixed_until: UtcMs,
        now: UtcMs,
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        let withdrawn = sql!(execute &mut tx,
            "update airing set withdrawn_at = $1, state = null, evidence = null
             where starts_at >= $2 and withdrawn_at is null
             and programme is not null and station not in (select id from station)",
            now.0, fixed_until.0)?;
        tx.commit().await?;
        Ok(withdrawn)
    }
}

/// Names as the statement looks for one among them; none where any will do.
fn among(units: &[UnitId]) -> Option<String> {
    let names: String = units.iter().map(|unit| format!("{unit},")).collect();
    (!units.is_empty()).then(|| format!(",{names}"))
}

pub(super) async fn upsert(
    tx: &mut Tx,
    planned: &PlannedAiring,
    content: Option<String>,
    fixed_until: UtcMs,
) -> Result<(), StoreError> {
    let airing = &planned.airing;
    let bulletin = airing.bulletin.as_ref().map(|order| text("bulletin of", &airing.id, order));
    let bulletin = bulletin.transpose()?;
    sql!(execute tx,
        "insert into airing (id, schedule, station, unit, programme, campaign, title, priority, nominal_at,
             starts_at, ends_at, latest_start, content, refused, decision, digest, reason, bulletin)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $19)
         on conflict (id) do update set unit = excluded.unit, programme = excluded.programme,
             campaign = excluded.campaign, title = excluded.title, priority = excluded.priority,
             nominal_at = excluded.nominal_at, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
             latest_start = excluded.latest_start, content = excluded.content, refused = excluded.refused,
             decision = excluded.decision, digest = excluded.digest, reason = excluded.reason, withdrawn_at = null,
             state = null, evidence = null
         where airing.starts_at >= $18",
        airing.id.as_str(), airing.schedule.as_str(), airing.station.as_str(), planned.unit.as_str(),
        airing.programme.as_str(), airing.campaign.as_ref().map(CampaignId::as_str), &*airing.title,
        airing.priority.to_string(), airing.nominal_at.0, airing.starts_at.0, airing.ends_at.0,
        airing.latest_start.0, content, planned.refused, planned.decision.as_deref(),
        planned.digest.as_str(),
        planned.reason.as_deref(), fixed_until.0, bulletin)?;
    Ok(())
}

pub(super) async fn read_all(
    reader: &mut Reader,
    rows: &[Row],
) -> Result<Vec<StoredAiring>, StoreError> {
    let mut known = Known::default();
    let mut airings = Vec::with_capacity(rows.len());
    for row in rows {
        let items = known.find(reader, row.get(11)?).await?;
        airings.push(read(row, items)?);
    }
    Ok(airings)
}

fn read(row: &Row, items: Arc<[AiringItem]>) -> Result<StoredAiring, StoreError> {
    let id: AiringId = name("airing", row.get(0)?)?;
    let schedule: String = row.get(1)?;
    let programme: Option<String> = row.get(3)?;
    let unplanned = programme.is_none();
    let priority: Option<String> = row.get(6)?;
    let airing = Airing {
        programme: name("airing of programme", programme.unwrap_or_else(|| schedule.clone()))?,
        schedule: name("airing of schedule", schedule)?,
        station: name("airing at station", row.get(2)?)?,
        title: row.get::<String>(4)?.into(),
        campaign: row
            .get::<Option<String>>(5)?
            .map(|text| name("airing of campaign", text))
            .transpose()?,
        priority: match priority {
            Some(word) => json("priority of", id.as_str(), &format!("\"{word}\""))?,
            None => Priority::default(),
        },
        bulletin: row
            .get::<Option<String>>(18)?
            .map(|text| json("bulletin of", id.as_str(), &text))
            .transpose()?,
        nominal_at: UtcMs(row.get(7)?),
        starts_at: UtcMs(row.get(8)?),
        ends_at: UtcMs(row.get(9)?),
        latest_start: UtcMs(row.get(10)?),
        items,
        id,
    };
    let planned = PlannedAiring {
        airing,
        unit: name("airing in unit", row.get(12)?)?,
        refused: row.get(13)?,
        reason: row.get(17)?,
        decision: row.get(14)?,
        digest: row.get(15)?,
    };
    let withdrawn_at = row.get::<Option<i64>>(16)?.map(UtcMs);
    Ok(StoredAiring { planned, withdrawn_at, unplanned })
}
