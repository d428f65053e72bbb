//! What approvers said, of which content, and what waits for their word.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::json;

use super::{
    Actor, Deed, Rules, Store, StoreError, Tx,
    applying::count,
    audit,
    db::{Reader, Row, fetch_among, one_of, sql},
    log, name,
};
use crate::radio::{
    Approval, Campaign, CampaignId, ClipHash, ClipId, Item, PersonId, Programme, ProgrammeId,
    Ruling, Subject, UtcMs, content_of,
};

/// What an approver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<'a> {
    /// Of what.
    pub subject: &'a Subject,
    /// Of the content that they heard; if it is another by now, their word does not count.
    pub content: ClipHash,
    /// Whether it may air.
    pub approved: bool,
    /// What is to be different, or noted.
    pub comment: Option<&'a str>,
}

/// What came of an approver's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruled {
    /// It holds.
    Done,
    /// There is no such thing.
    Unknown,
    /// It sounds otherwise by now: listen again.
    Changed,
    /// It is their own work, and the district wants four eyes.
    Own,
}

/// Something that may not air as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What.
    pub subject: Subject,
    /// Its content, as a ruling on it has to name it.
    pub content: ClipHash,
    /// Its title.
    pub title: String,
    /// Waiting, or sent back.
    pub approval: Approval,
    /// Who made it sound as it does; of a programme also who chose the clips that take turns in it.
    pub makers: Vec<Maker>,
    /// The last ruling on it, whatever it sounded then.
    pub last: Option<Ruling>,
}

/// The columns that [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select noun, subject, content, approved, ruled_by_name, ruled_at, comment, own from ruling ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Ruling, StoreError> {
    let (noun, id): (String, String) = (row.get(0)?, row.get(1)?);
    let subject = match noun.as_str() {
        "programme" => Subject::Programme(name("ruling on", id)?),
        _ => Subject::Clip(name("ruling on", id)?),
    };
    Ok(Ruling {
        content: hash(&subject, row.get(2)?)?,
        subject,
        approved: row.get(3)?,
        by: row.get(4)?,
        at: row.get::<Option<i64>>(5)?.map(UtcMs),
        comment: row.get(6)?,
        own: row.get(7)?,
    })
}

fn hash(subject: &Subject, text: String) -> Result<ClipHash, StoreError> {
    text.parse().map_err(|error: crate::radio::BadHash| StoreError::Unreadable {
        what: "content of",
        id: subject.to_string(),
        why: error.to_string(),
    })
}

/// Writes a ruling, below all that were given before. `by`: the person, none for a file, and the name.
pub(super) async fn write(
    tx: &mut Tx,
    said: &Said<'_>,
    (person, by): (Option<&PersonId>, &str),
    own: bool,
    at: Option<UtcMs>,
) -> Result<(), StoreError> {
    let (noun, id) = (said.subject.noun(), said.subject.id());
    let place = log::lock(tx).await?;
    sql!(execute tx,
        "insert into ruling
             (noun, subject, number, content, approved, ruled_by, ruled_by_name, ruled_at, comment, own, log_position)
         select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10
         from ruling where noun = $1 and subject = $2",
        noun, id, said.content.to_string(), said.approved, person.map(PersonId::as_str), by,
        at.map(|at| at.0), said.comment, own, place.cast_signed())?;
    log::ruling(tx, noun, id, place).await
}

/// Who made something sound as it does; nobody when a file did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Maker {
    /// The person, if they signed in.
    pub person: Option<PersonId>,
    /// As people call them.
    pub name: Option<String>,
    /// When.
    pub at: Option<UtcMs>,
}

impl Maker {
    /// Whether that is somebody. Who is known by a token only is known by name.
    pub fn is(&self, actor: &Actor) -> bool {
        match (&self.person, &actor.person) {
            (Some(person), Some(actor)) => person == actor,
            _ => self.name.as_ref() == Some(&actor.name),
        }
    }

    /// Reads three columns.
    pub(super) fn read(row: &Row, column: usize) -> Result<Self, StoreError> {
        let person: Option<String> = row.get(column)?;
        Ok(Self {
            person: person.map(|person| name("maker", person)).transpose()?,
            name: row.get(column + 1)?,
            at: row.get::<Option<i64>>(column + 2)?.map(UtcMs),
        })
    }
}

/// What sounds, and who made it so.
struct Work {
    content: ClipHash,
    makers: Vec<Maker>,
}

/// Looks up what sounds now.
async fn work(tx: &mut Tx, subject: &Subject) -> Result<Option<Work>, StoreError> {
    let Subject::Programme(id) = subject else {
        let rows = sql!(fetch tx, "select sha256, made_by, made_by_name, made_at from clip where id = $1", subject.id())?;
        let Some(row) = rows.first() else { return Ok(None) };
        let makers = vec![Maker::read(row, 1)?];
        return Ok(Some(Work { content: hash(subject, row.get(0)?)?, makers }));
    };
    let rows = sql!(fetch tx, "select rule, made_by, made_by_name, made_at from programme where id = $1", id.as_str())?;
    let Some(row) = rows.first() else { return Ok(None) };
    let programme: Programme = super::json("programme", id.as_str(), &row.get::<String>(0)?)?;
    let mut makers = vec![Maker::read(row, 1)?];
    let mut sounds = HashMap::new();
    for row in &sql!(fetch tx, "select id, sha256 from clip")? {
        let clip: ClipId = name("clip", row.get(0)?)?;
        let content = hash(&Subject::Clip(clip.clone()), row.get(1)?)?;
        sounds.insert(clip, content);
    }
    let mut turns = HashMap::new();
    for row in &sql!(fetch tx, "select id, rule, made_by, made_by_name, made_at from campaign")? {
        let campaign: Campaign =
            super::json("campaign", &row.get::<String>(0)?, &row.get::<String>(1)?)?;
        if programme.items.contains(&Item::Rotate(campaign.id.clone())) {
            makers.push(Maker::read(row, 2)?);
        }
        turns.insert(campaign.id, campaign.clips);
    }
    let content = content_of(
        &programme,
        |clip| sounds.get(clip).copied(),
        |campaign| turns.get(campaign).cloned().unwrap_or_default(),
    );
    Ok(Some(Work { content, makers }))
}

/// What each programme sounds by these rules.
fn contents(rules: &Rules) -> BTreeMap<&ProgrammeId, ClipHash> {
    let sounds: HashMap<&ClipId, ClipHash> =
        rules.clips.iter().map(|clip| (&clip.id, clip.sha256)).collect();
    let turns: HashMap<&CampaignId, &Vec<ClipId>> =
        rules.campaigns.iter().map(|campaign| (&campaign.id, &campaign.clips)).collect();
    let content = |programme| {
        content_of(
            programme,
            |clip| sounds.get(clip).copied(),
            |campaign| turns.get(campaign).map(|clips| (*clips).clone()).unwrap_or_default(),
        )
    };
    rules.programmes.iter().map(|programme| (&programme.id, content(programme))).collect()
}

/// Of the rulings on some subjects, oldest first, the last on each content.
fn last_by_content(rulings: &[Ruling]) -> HashMap<(&Subject, ClipHash), &Ruling> {
    rulings.iter().map(|ruling| ((&ruling.subject, ruling.content), ruling)).collect()
}

impl Store {
    /// Keeps an approver's word on a content, and who it came from, and plans anew by it.
    pub async fn rule(
        &self,
        actor: &Actor,
        said: &Said<'_>,
        now: UtcMs,
    ) -> Result<Ruled, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(work) = work(&mut tx, said.subject).await? else { return Ok(Ruled::Unknown) };
        if work.content != said.content {
            return Ok(Ruled::Changed);
        }
        let own = work.makers.iter().any(|maker| maker.is(actor));
        if own && said.approved && four_eyes_in(&mut tx).await? {
            return Ok(Ruled::Own);
        }
        let own = own && said.approved;
        write(&mut tx, said, (actor.person.as_ref(), &actor.name), own, Some(now)).await?;
        let deed = if said.approved { Deed::Approved } else { Deed::SentBack };
        let after = json!({"content": said.content, "comment": said.comment, "own": own});
        let subject = said.subject.to_string();
        audit::note(&mut tx, (actor, now), deed, &subject, None, Some(after)).await?;
        count(&mut tx).await?;
        tx.commit().await?;
        Ok(Ruled::Done)
    }

    /// All that was said of one thing, whatever it sounded, oldest first.
    pub async fn rulings(&self, subject: &Subject) -> Result<Vec<Ruling>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("where noun = $1 and subject = $2 order by number"),
            subject.noun(), subject.id())?;
        rows.iter().map(read).collect()
    }

    /// All that was said of things of these names, oldest first.
    pub async fn rulings_on(&self, names: &[&str]) -> Result<Vec<Ruling>, StoreError> {
        let statement = one_of!(
            "select noun, subject, content, approved, ruled_by_name, ruled_at, comment, own
             from ruling where subject in ",
            " order by noun, subject, number"
        );
        let rows = fetch_among(&mut self.db.reader().await?, statement, names).await?;
        rows.iter().map(read).collect()
    }

    /// Whether nobody may approve their own work.
    pub async fn four_eyes(&self) -> Result<bool, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select is_on from switch where id = 'four-eyes'")?;
        rows.first().map_or(Ok(true), |row| row.get(0))
    }

    /// Says whether nobody may approve their own work. What was approved so far stays approved.
    pub async fn set_four_eyes(
        &self,
        actor: &Actor,
        on: bool,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let before = four_eyes_in(&mut tx).await?;
        if before == on {
            return Ok(());
        }
        sql!(execute &mut tx,
            "insert into switch (id, is_on) values ('four-eyes', $1)
             on conflict (id) do update set is_on = $1", on)?;
        let (before, after) = (json!({"four_eyes": before}), json!({"four_eyes": on}));
        let by = (actor, now);
        audit::note(&mut tx, by, Deed::FourEyesSet, "four-eyes", Some(before), Some(after)).await?;
        tx.commit().await
    }

    /// The programmes that were approved as they are.
    pub(super) async fn approved_programmes(
        &self,
        rules: &Rules,
    ) -> Result<BTreeSet<ProgrammeId>, StoreError> {
        let contents = contents(rules);
        let rulings = self.rulings_on_all("programme").await?;
        let last = last_by_content(&rulings);
        let is_approved = |(id, content): &(&ProgrammeId, ClipHash)| {
            let subject = Subject::Programme((*id).clone());
            last.get(&(&subject, *content)).is_some_and(|ruling| ruling.approved)
        };
        Ok(contents.into_iter().filter(is_approved).map(|(id, _)| id.clone()).collect())
    }

    async fn rulings_on_all(&self, noun: &str) -> Result<Vec<Ruling>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            select!("where noun = $1 order by subject, number"), noun)?;
        rows.iter().map(read).collect()
    }

    /// All that may not air as it is because of its approval: the longest waiting first, what was sent back last.
    pub async fn pending(&self) -> Result<Vec<Pending>, StoreError> {
        let rules = self.rules().await?;
        let mut reader = self.db.reader().await?;
        let made = makers(&mut reader).await?;
        drop(reader);
        let mut waiting: Vec<(Subject, ClipHash, &str)> = Vec::new();
        for clip in &rules.clips {
            if clip.approved_by.is_none() && !clip.retired {
                waiting.push((Subject::Clip(clip.id.clone()), clip.sha256, &clip.title));
            }
        }
        let contents = contents(&rules);
        for programme in &rules.programmes {
            if let Some(content) = contents.get(&programme.id)
                && rules.unapproved.contains(&programme.id)
            {
                let subject = Subject::Programme(programme.id.clone());
                waiting.push((subject, *content, &programme.title));
            }
        }
        let names: Vec<&str> = waiting.iter().map(|(subject, ..)| subject.id()).collect();
        let rulings = self.rulings_on(&names).await?;
        let by_content = last_by_content(&rulings);
        let by_subject: HashMap<&Subject, &Ruling> =
            rulings.iter().map(|ruling| (&ruling.subject, ruling)).collect();
        let mut pending: Vec<_> = waiting
            .into_iter()
            .map(|(subject, content, title)| {
                let mut by = vec![(subject.noun(), subject.id().to_owned())];
                by.extend(turning(&rules, &subject).map(|campaign| ("campaign", campaign)));
                let makers = by.iter().filter_map(|by| made.get(by)).cloned().collect();
                Pending {
                    approval: Approval::of(by_content.get(&(&subject, content)).copied()),
                    last: by_subject.get(&subject).copied().cloned(),
                    content,
                    title: title.to_owned(),
                    makers,
                    subject,
                }
            })
            .collect();
        pending.sort_by_key(|one| {
            let since = one.makers.first().and_then(|maker| maker.at);
            (one.approval == Approval::SentBack, since)
        });
        Ok(pending)
    }
}

/// The campaigns whose clips take turns in a programme.
fn turning(rules: &Rules, subject: &Subject) -> impl Iterator<Item = String> {
    let programme = rules.programmes.iter().find(|one| match subject {
        Subject::Programme(id) => one.id == *id,
        Subject::Clip(_) => false,
    });
    let items = programme.into_iter().flat_map(|programme| &programme.items);
    items.filter_map(|item| match item {
        Item::Rotate(campaign) => Some(campaign.to_string()),
        Item::Clip(_) | Item::Chime(_) | Item::Pause(_) => None,
    })
}

/// Who made each thing, by noun and name.
async fn makers(reader: &mut Reader) -> Result<HashMap<(&'static str, String), Maker>, StoreError> {
    let mut makers = HashMap::new();
    for (noun, statement) in [
        ("clip", "select id, made_by, made_by_name, made_at from clip"),
        ("programme", "select id, made_by, made_by_name, made_at from programme"),
        ("campaign", "select id, made_by, made_by_name, made_at from campaign"),
    ] {
        for row in &sql!(fetch reader, statement)? {
            makers.insert((noun, row.get(0)?), Maker::read(row, 1)?);
        }
    }
    Ok(makers)
}

async fn four_eyes_in(tx: &mut Tx) -> Result<bool, StoreError> {
    let rows = sql!(fetch tx, "select is_on from switch where id = 'four-eyes'")?;
    rows.first().map_or(Ok(true), |row| row.get(0))
}
