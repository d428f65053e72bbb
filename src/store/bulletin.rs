//! Bulletins: what was asked for, and who agreed or took it back. What was asked for never changes.

use std::collections::BTreeMap;

use super::{
    Actor, Deed, PlannedAiring, Store, StoreError, Tx, airing,
    audit::note,
    content::Written,
    db::{Row, sql},
    hash, json, name, text,
};
use crate::radio::{
    AiringItem, Asked, Bulletin, BulletinId, ClipHash, PreparedBulletin, Step, UtcMs,
};

/// The columns that [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, asked, agreed_by, agreed_at, cancelled_by, cancelled_at from bulletin ",
            $rest
        )
    };
}

impl Store {
    /// The prepared bulletins, by name.
    pub async fn prepared_bulletins(&self) -> Result<Vec<PreparedBulletin>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select id, rule from prepared_bulletin order by id")?;
        rows.iter().map(prepared).collect()
    }

    /// Keeps a recording that was made for a bulletin: what an airing of it sounds.
    pub async fn keep_bulletin_recording(
        &self,
        actor: &Actor,
        sha256: &ClipHash,
        item: &AiringItem,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        sql!(execute &mut tx,
            "insert into bulletin_recording (sha256, item, recorded_by, recorded_at) values ($1, $2, $3, $4)
             on conflict do nothing",
            sha256.to_string(), text("recording", sha256, item)?, actor.name.as_str(), now.0)?;
        tx.commit().await
    }

    /// The recordings that were made for bulletins, in order.
    pub async fn bulletin_recordings(&self) -> Result<Vec<ClipHash>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select sha256 from bulletin_recording order by sha256")?;
        rows.iter().map(|row| hash("recording", row.get(0)?)).collect()
    }

    /// What an airing of a recording sounds.
    pub async fn bulletin_recording(
        &self,
        sha256: &ClipHash,
    ) -> Result<Option<AiringItem>, StoreError> {
        let sha256 = sha256.to_string();
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select item from bulletin_recording where sha256 = $1", sha256.as_str())?;
        rows.first().map(|row| json("recording", &sha256, &row.get::<String>(0)?)).transpose()
    }

    /// Keeps what is asked for.
    pub async fn ask(
        &self,
        actor: &Actor,
        id: &BulletinId,
        asked: &Asked,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        insert(&mut tx, id, asked).await?;
        let what = Some(outline(asked));
        note(&mut tx, (actor, asked.at), Deed::BulletinAsked, id.as_str(), None, what).await?;
        tx.commit().await
    }

    /// A bulletin, by name.
    pub async fn bulletin(&self, id: &BulletinId) -> Result<Option<Bulletin>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, select!("where id = $1"), id.as_str())?;
        rows.first().map(read).transpose()
    }

    /// Bulletins asked for at an instant or later, the newest first, at most `limit`.
    pub async fn bulletins(&self, since: UtcMs, limit: u32) -> Result<Vec<Bulletin>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("where asked_at >= $1 order by asked_at desc, id desc limit $2"),
            since.0, i64::from(limit))?;
        rows.iter().map(read).collect()
    }

    /// Notes who agreed, plans its airings and withdraws what it corrects, all or nothing. False when somebody agreed or cancelled first.
    pub async fn agree(
        &self,
        (actor, now): (&Actor, UtcMs),
        id: &BulletinId,
        corrects: Option<&BulletinId>,
        airings: &[PlannedAiring],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let done = sql!(execute &mut tx,
            "update bulletin set agreed_by = $2, agreed_at = $3
             where id = $1 and agreed_at is null and cancelled_at is null",
            id.as_str(), actor.name.as_str(), now.0)?;
        if done == 1 {
            note(&mut tx, (actor, now), Deed::BulletinAgreed, id.as_str(), None, None).await?;
            if let Some(wrong) = corrects {
                withdraw(&mut tx, wrong, now).await?;
            }
            plan(&mut tx, airings).await?;
        }
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Sends a correction that was agreed to with the bulletin it corrects; that one is withdrawn where it has not begun.
    pub async fn correct(
        &self,
        actor: &Actor,
        wrong: &BulletinId,
        (id, asked, agreed): (&BulletinId, &Asked, &Step),
        airings: &[PlannedAiring],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        withdraw(&mut tx, wrong, asked.at).await?;
        insert(&mut tx, id, asked).await?;
        sql!(execute &mut tx,
            "update bulletin set agreed_by = $2, agreed_at = $3 where id = $1",
            id.as_str(), agreed.by.as_str(), agreed.at.0)?;
        plan(&mut tx, airings).await?;
        let what = Some(outline(asked));
        note(&mut tx, (actor, asked.at), Deed::BulletinCorrected, wrong.as_str(), None, what)
            .await?;
        tx.commit().await
    }

    /// Notes who took it back, and withdraws its airings. False when somebody did so first.
    pub async fn cancel(
        &self,
        actor: &Actor,
        id: &BulletinId,
        now: UtcMs,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let done = sql!(execute &mut tx,
            "update bulletin set cancelled_by = $2, cancelled_at = $3
             where id = $1 and cancelled_at is null",
            id.as_str(), actor.name.as_str(), now.0)?;
        if done == 1 {
            note(&mut tx, (actor, now), Deed::BulletinCancelled, id.as_str(), None, None).await?;
            withdraw(&mut tx, id, now).await?;
        }
        tx.commit().await?;
        Ok(done == 1)
    }
}

/// What people read of it in the trail.
fn outline(asked: &Asked) -> serde_json::Value {
    serde_json::json!({
        "title": &*asked.title, "drill": asked.drill, "why": asked.why, "stations": asked.stations,
        "corrects": asked.corrects,
    })
}

async fn insert(tx: &mut Tx, id: &BulletinId, asked: &Asked) -> Result<(), StoreError> {
    sql!(execute tx,
        "insert into bulletin (id, asked, asked_at) values ($1, $2, $3)",
        id.as_str(), text("bulletin", id, asked)?, asked.at.0)?;
    Ok(())
}

async fn plan(tx: &mut Tx, airings: &[PlannedAiring]) -> Result<(), StoreError> {
    let mut written = Written::default();
    for planned in airings {
        let content = written.keep(tx, &planned.airing.items).await?;
        airing::upsert(tx, planned, content, UtcMs(i64::MIN)).await?;
    }
    Ok(())
}

async fn withdraw(tx: &mut Tx, id: &BulletinId, now: UtcMs) -> Result<(), StoreError> {
    sql!(execute tx,
        "update airing set withdrawn_at = $2, state = null, evidence = null
         where schedule = $1 and bulletin is not null and withdrawn_at is null",
        id.as_str(), now.0)?;
    Ok(())
}

/// Sees that a recording serves drills or emergencies, never both.
pub(super) async fn none_of_both(tx: &mut Tx) -> Result<(), StoreError> {
    let rows = sql!(fetch tx, "select id, rule from prepared_bulletin order by id")?;
    let bulletins = rows.iter().map(prepared).collect::<Result<Vec<_>, _>>()?;
    let clips = |drill| {
        let of_kind = bulletins.iter().filter(move |bulletin| bulletin.drill == drill);
        of_kind.flat_map(|one| one.clips.iter().chain(&one.correction).map(|clip| (clip, &one.id)))
    };
    let drills: BTreeMap<_, _> = clips(true).collect();
    match clips(false).find_map(|(clip, real)| Some((clip, real, *drills.get(clip)?))) {
        None => Ok(()),
        Some((clip, real, drill)) => Err(StoreError::Dangling(format!(
            "clip {clip} is in bulletin {real}, which is real, and in {drill}, which is a drill: record another for the drill"
        ))),
    }
}

fn prepared(row: &Row) -> Result<PreparedBulletin, StoreError> {
    json("prepared bulletin", &row.get::<String>(0)?, &row.get::<String>(1)?)
}

fn read(row: &Row) -> Result<Bulletin, StoreError> {
    let id: BulletinId = name("bulletin", row.get(0)?)?;
    let asked = json("bulletin", id.as_str(), &row.get::<String>(1)?)?;
    let deed = |by: usize| -> Result<Option<Step>, StoreError> {
        let (by, at): (Option<String>, Option<i64>) = (row.get(by)?, row.get(by + 1)?);
        Ok(by.zip(at).map(|(by, at)| Step { by, at: UtcMs(at) }))
    };
    Ok(Bulletin { agreed: deed(2)?, cancelled: deed(4)?, id, asked })
}
