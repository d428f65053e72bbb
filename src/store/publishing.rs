//! What the district shows to everybody: nothing, unless it says so of a clip or a campaign and of the whole.

use std::{collections::HashSet, fmt};

use serde_json::json;

use super::{
    Actor, ClipFilter, Deed, Store, StoreError, StoredClip, Tx, audit,
    db::{Row, sql},
    name,
};
use crate::radio::{Approval, CampaignId, ClipId, Subject, UtcMs};

/// What can be shown to everybody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Publishable {
    /// A clip.
    Clip(ClipId),
    /// A campaign: itself, and its clips.
    Campaign(CampaignId),
}

impl Publishable {
    fn key(&self) -> (&'static str, &str) {
        match self {
            Self::Clip(id) => ("clip", id.as_str()),
            Self::Campaign(id) => ("campaign", id.as_str()),
        }
    }
}

impl fmt::Display for Publishable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noun, id) = self.key();
        write!(f, "{noun} {id}")
    }
}

fn read(row: &Row) -> Result<Publishable, StoreError> {
    let (noun, id): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(match noun.as_str() {
        "campaign" => Publishable::Campaign(name("published campaign", id)?),
        _ => Publishable::Clip(name("published clip", id)?),
    })
}

async fn is_public(tx: &mut Tx) -> Result<bool, StoreError> {
    let rows = sql!(fetch tx, "select is_on from switch where id = 'public'")?;
    rows.first().map_or(Ok(false), |row| row.get(0))
}

impl Store {
    /// Whether the district shows anything to everybody: no, unless somebody switched it on.
    pub async fn is_public(&self) -> Result<bool, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select is_on from switch where id = 'public'")?;
        rows.first().map_or(Ok(false), |row| row.get(0))
    }

    /// Switches the whole on or off; what was published is remembered.
    pub async fn set_public(&self, actor: &Actor, on: bool, now: UtcMs) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let before = is_public(&mut tx).await?;
        if before == on {
            return Ok(());
        }
        sql!(execute &mut tx,
            "insert into switch (id, is_on) values ('public', $1)
             on conflict (id) do update set is_on = $1", on)?;
        let (before, after) = (json!({"public": before}), json!({"public": on}));
        let by = (actor, now);
        audit::note(&mut tx, by, Deed::PublicSet, "public", Some(before), Some(after)).await?;
        tx.commit().await
    }

    /// Shows one thing to everybody, or no longer. Shown twice is shown once.
    pub async fn publish(
        &self,
        actor: &Actor,
        what: &Publishable,
        shown: bool,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        let (noun, subject) = what.key();
        let mut tx = self.db.begin().await?;
        let (changed, deed) = if shown {
            let added = sql!(execute &mut tx,
                "insert into published (noun, subject, published_at) values ($1, $2, $3)
                 on conflict do nothing", noun, subject, now.0)?;
            (added, Deed::Published)
        } else {
            let removed = sql!(execute &mut tx,
                "delete from published where noun = $1 and subject = $2", noun, subject)?;
            (removed, Deed::Unpublished)
        };
        if changed == 0 {
            return Ok(());
        }
        audit::note(&mut tx, (actor, now), deed, &what.to_string(), None, None).await?;
        tx.commit().await
    }

    /// What is shown to everybody while the whole is.
    pub async fn published(&self) -> Result<HashSet<Publishable>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select noun, subject from published")?;
        rows.iter().map(read).collect()
    }

    /// The clips that everybody may see, with these words in them: published themselves or with their campaign, and
    /// approved as they are, or once approved and since sent back. In the dictionary's order.
    pub async fn public_clips(&self, words: Option<&str>) -> Result<Vec<StoredClip>, StoreError> {
        let published = self.published().await?;
        let campaigns = self.campaigns().await?;
        let of_campaigns: HashSet<&ClipId> = campaigns
            .iter()
            .filter(|it| published.contains(&Publishable::Campaign(it.id.clone())))
            .flat_map(|it| &it.clips)
            .collect();
        let filter = ClipFilter { words: words.map(str::to_owned), ..ClipFilter::default() };
        let mut shown = Vec::new();
        for stored in self.find_clips(&filter, None, i32::MAX.unsigned_abs()).await? {
            let id = &stored.clip.id;
            let is_published =
                of_campaigns.contains(id) || published.contains(&Publishable::Clip(id.clone()));
            if is_published && self.was_approved(&stored).await? {
                shown.push(stored);
            }
        }
        Ok(shown)
    }

    async fn was_approved(&self, stored: &StoredClip) -> Result<bool, StoreError> {
        Ok(match stored.approval {
            Approval::Approved => true,
            Approval::Waiting => false,
            Approval::SentBack => {
                let rulings = self.rulings(&Subject::Clip(stored.clip.id.clone())).await?;
                let content = stored.clip.sha256;
                rulings.iter().any(|ruling| ruling.approved && ruling.content == content)
            }
        })
    }
}
