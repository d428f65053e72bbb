//! Clips as people look for them, and what was measured of their recordings.

use serde_json::json;

use super::{
    Actor, Deed, Origin, Store, StoreError, Tx,
    applying::{count, origin},
    audit,
    db::{Row, sql},
    json as from_json, log,
    ruling::{self, Maker, Said},
};
use crate::radio::{Approval, Clip, ClipHash, ClipId, Ruling, Subject, UtcMs, fold, sort_key};

/// A clip with all that is known of its way here.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredClip {
    /// The clip.
    pub clip: Clip,
    /// Whose word it is.
    pub origin: Origin,
    /// Who loaded the recording, and when; nobody where a file brought it.
    pub maker: Maker,
    /// Since when it airs no more.
    pub retired_at: Option<UtcMs>,
    /// How its approval stands.
    pub approval: Approval,
    /// The last ruling on its content.
    pub ruling: Option<Ruling>,
    /// Its place among all clips, to go on after it.
    pub sort_key: String,
}

/// Which clips are asked for; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClipFilter {
    /// With all these words in their title, name, office, document or transcript, however they are marked.
    pub words: Option<String>,
    /// Standing so with their approvers.
    pub approval: Option<Approval>,
    /// Retired, or not.
    pub retired: Option<bool>,
}

/// Words looked for one by one; what is more counts as one.
const WORDS: usize = 4;

/// The statement that finds clips, each with the last ruling on its content.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select c.id, c.rule, c.origin, c.made_by, c.made_by_name, c.made_at, c.retired_at, c.sort_key,
                 r.approved, r.ruled_by_name, r.ruled_at, r.comment, r.own
             from clip c left join ruling r on r.noun = 'clip' and r.subject = c.id and r.content = c.sha256
                 and r.number = (select max(l.number) from ruling l
                     where l.noun = 'clip' and l.subject = c.id and l.content = c.sha256) ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<StoredClip, StoreError> {
    let id: String = row.get(0)?;
    let mut clip: Clip = from_json("clip", &id, &row.get::<String>(1)?)?;
    let retired_at = row.get::<Option<i64>>(6)?.map(UtcMs);
    let approved: Option<bool> = row.get(8)?;
    let ruling = match approved {
        None => None,
        Some(approved) => Some(Ruling {
            subject: Subject::Clip(clip.id.clone()),
            content: clip.sha256,
            approved,
            by: row.get(9)?,
            at: row.get::<Option<i64>>(10)?.map(UtcMs),
            comment: row.get(11)?,
            own: row.get(12)?,
        }),
    };
    let by = ruling.as_ref().filter(|ruling| ruling.approved).map(|ruling| ruling.by.clone());
    (clip.approved_by, clip.retired) = (by, retired_at.is_some());
    Ok(StoredClip {
        clip,
        origin: origin(row.get(2)?)?,
        maker: Maker::read(row, 3)?,
        retired_at,
        approval: Approval::of(ruling.as_ref()),
        ruling,
        sort_key: row.get(7)?,
    })
}

/// What `like` has to find: `!` escapes.
fn patterns(words: Option<&str>) -> [String; WORDS] {
    let folded = fold(words.unwrap_or_default());
    let mut words = folded.splitn(WORDS, ' ');
    std::array::from_fn(|_| {
        let mut pattern = "%".to_owned();
        for c in words.next().unwrap_or_default().chars() {
            if matches!(c, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    })
}

/// Keeps what a clip is searched and sorted by.
pub(super) async fn describe(tx: &mut Tx, clip: &Clip) -> Result<(), StoreError> {
    let texts = [
        Some(clip.id.as_str()),
        Some(clip.title.as_str()),
        clip.issuing_office.as_deref(),
        clip.source_document.as_deref(),
        clip.transcript.as_deref(),
    ];
    let texts: Vec<_> = texts.into_iter().flatten().map(fold).collect();
    sql!(execute tx, "update clip set folded = $2, sort_key = $3 where id = $1",
        clip.id.as_str(), texts.join("\n"), sort_key(&clip.title))?;
    Ok(())
}

/// Fills in what clips lack that were stored before there was a search: the columns that it needs, and the ruling that
/// a file's approval is.
pub(super) async fn fill_in(store: &Store) -> Result<(), StoreError> {
    let mut tx = store.db.begin().await?;
    for row in &sql!(fetch &mut tx, "select id, rule from clip where folded = ''")? {
        let clip: Clip = from_json("clip", &row.get::<String>(0)?, &row.get::<String>(1)?)?;
        describe(&mut tx, &clip).await?;
        if let Some(by) = &clip.approved_by {
            let subject = Subject::Clip(clip.id.clone());
            let (content, approved) = (clip.sha256, true);
            let said = Said { subject: &subject, content, approved, comment: None };
            ruling::write(&mut tx, &said, (None, by), false, None).await?;
        }
    }
    tx.commit().await
}

impl Store {
    /// The recordings, by name.
    pub async fn clips(&self) -> Result<Vec<Clip>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, select!("order by c.id"))?;
        rows.iter().map(|row| Ok(read(row)?.clip)).collect()
    }

    /// Clips in the dictionary's order of their titles, at most `limit`, after a sort key and a name.
    pub async fn find_clips(
        &self,
        filter: &ClipFilter,
        after: Option<(&str, &ClipId)>,
        limit: u32,
    ) -> Result<Vec<StoredClip>, StoreError> {
        let [one, two, three, four] = patterns(filter.words.as_deref());
        let (key, id) = after.map_or(("", ""), |(key, id)| (key, id.as_str()));
        let retired = filter.retired.map_or("", |retired| if retired { "yes" } else { "no" });
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("where c.folded like $1 escape '!' and c.folded like $2 escape '!'
                     and c.folded like $3 escape '!' and c.folded like $4 escape '!'
                     and ($5 = '' or ($5 = 'yes' and c.retired_at is not null) or ($5 = 'no' and c.retired_at is null))
                     and ($6 = '' or ($6 = 'waiting' and r.number is null) or ($6 = 'approved' and r.approved = true)
                         or ($6 = 'sent-back' and r.approved = false))
                     and (c.sort_key > $7 or (c.sort_key = $7 and c.id > $8))
                     order by c.sort_key, c.id limit $9"),
            one, two, three, four, retired, filter.approval.map_or("", Approval::code), key, id,
            i64::from(limit))?;
        rows.iter().map(read).collect()
    }

    /// A clip by name.
    pub async fn clip(&self, id: &ClipId) -> Result<Option<StoredClip>, StoreError> {
        let rows =
            sql!(fetch &mut self.db.reader().await?, select!("where c.id = $1"), id.as_str())?;
        rows.first().map(read).transpose()
    }

    /// The first clip, by name, that is this recording.
    pub async fn clip_of(&self, sha256: &ClipHash) -> Result<Option<StoredClip>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("where c.sha256 = $1 order by c.id limit 1"), sha256.to_string())?;
        rows.first().map(read).transpose()
    }

    /// Puts a clip out of use, or brings it back; false: there is no such clip. What it aired stays on the record.
    pub async fn retire(
        &self,
        actor: &Actor,
        id: &ClipId,
        retired: bool,
        now: UtcMs,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        log::lock(&mut tx).await?;
        let rows = sql!(fetch &mut tx, "select retired_at from clip where id = $1", id.as_str())?;
        let Some(row) = rows.first() else { return Ok(false) };
        if row.get::<Option<i64>>(0)?.is_some() == retired {
            return Ok(true);
        }
        sql!(execute &mut tx, "update clip set retired_at = $2 where id = $1",
            id.as_str(), retired.then_some(now.0))?;
        let (before, after) = (json!({"retired": !retired}), json!({"retired": retired}));
        let subject = format!("clip {id}");
        let by = (actor, now);
        audit::note(&mut tx, by, Deed::ClipRetired, &subject, Some(before), Some(after)).await?;
        count(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Keeps what was measured of a recording, as JSON; the first measurement stands. One that had gone is there again.
    pub async fn keep_recording(
        &self,
        sha256: &ClipHash,
        measured: &str,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        sql!(execute &mut tx,
            "insert into recording (sha256, measured, taken_in_at) values ($1, $2, $3) on conflict do nothing",
            sha256.to_string(), measured, now.0)?;
        sql!(execute &mut tx, "delete from gone where sha256 = $1", sha256.to_string())?;
        tx.commit().await
    }

    /// What was measured of a recording, as JSON.
    pub async fn recording(&self, sha256: &ClipHash) -> Result<Option<String>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select measured from recording where sha256 = $1", sha256.to_string())?;
        rows.first().map(|row| row.get(0)).transpose()
    }
}
