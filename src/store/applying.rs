//! One rule after another written in one transaction, each with the word of what became of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, value::to_raw_value};

use super::{
    Actor, Change, ChangeKind, Deed, Origin, Store, StoreError, Tx, audit,
    clip::describe,
    db::sql,
    json, log,
    ruling::{self, Said},
};
use crate::{
    log::{Entry, Rule},
    radio::{Calendar, CalendarParts, Clip, Station, StationId, Subject, UnitId, UtcMs},
};

/// Notes what an upsert or a removal will do, and does it.
pub(super) struct Applying<'a> {
    pub(super) tx: Tx,
    pub(super) changes: Vec<Change>,
    pub(super) by: By<'a>,
    pub(super) now: UtcMs,
}

/// Who writes.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// Files, and whose command applies them; `over`: also what pages wrote.
    Files { actor: Option<&'a Actor>, over: bool },
    /// Somebody on a page; `over`: also what files brought, which is theirs from then on.
    Page { actor: &'a Actor, over: bool },
}

impl By<'_> {
    fn origin(self) -> Origin {
        match self {
            Self::Files { .. } => Origin::File,
            Self::Page { .. } => Origin::Page,
        }
    }

    fn takes_over(self) -> bool {
        match self {
            Self::Files { over, .. } | Self::Page { over, .. } => over,
        }
    }
}

/// The statements of one noun; `column` is one beside `rule` that queries need.
macro_rules! noun {
    ($table:literal) => {
        Noun {
            name: $table,
            find: concat!("select rule, origin from ", $table, " where id = $1"),
            upsert: concat!(
                "insert into ",
                $table,
                " (id, rule, origin) values ($1, $2, $3) \
                 on conflict (id) do update set rule = $2, origin = $3"
            ),
            remove: concat!("delete from ", $table, " where id = $1"),
            made: concat!(
                "update ",
                $table,
                " set made_by = $2, made_by_name = $3, made_at = $4 where id = $1"
            ),
        }
    };
    ($table:literal with $column:literal) => {
        Noun {
            upsert: concat!(
                "insert into ",
                $table,
                " (id, rule, origin, ",
                $column,
                ") values ($1, $2, $3, $4) \
                 on conflict (id) do update set rule = $2, origin = $3, ",
                $column,
                " = $4"
            ),
            ..noun!($table)
        }
    };
}

#[derive(Clone, Copy)]
pub(super) struct Noun {
    pub(super) name: &'static str,
    pub(super) find: &'static str,
    upsert: &'static str,
    remove: &'static str,
    made: &'static str,
}

pub(super) const UNIT: Noun = noun!("unit" with "parent");
pub(super) const STATION: Noun = noun!("station" with "unit");
pub(super) const CLIP: Noun = noun!("clip" with "sha256");
pub(super) const PROGRAMME: Noun = noun!("programme");
pub(super) const CAMPAIGN: Noun = noun!("campaign");
pub(super) const SCHEDULE: Noun = noun!("schedule");
pub(super) const BULLETIN: Noun = noun!("prepared_bulletin");
pub(super) const CALENDAR: Noun = noun!("calendar");

/// The one calendar that there is.
pub(super) const HOUSE: &str = "house";

/// The fields in which two texts of one thing differ, each once, as the TOML or people call them.
fn fields(noun: &str, stored: &str, new: &str) -> Vec<String> {
    type Fields = BTreeMap<String, Value>;
    let read = |text: &str| serde_json::from_str::<Fields>(text).unwrap_or_default();
    let (stored, new) = (read(stored), read(new));
    let differ = stored.keys().chain(new.keys()).filter(|key| stored.get(*key) != new.get(*key));
    let called = differ.map(|key| match (noun, key.as_str()) {
        ("clip", "sha256" | "bytes" | "frames" | "sample_rate" | "gain") => "recording",
        ("schedule", "late_limit_ms") => "late_limit",
        ("schedule", "gain") => "gain_db",
        (_, key) => key,
    });
    called.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What of a rule sounds: whoever changes it is its maker.
fn sounding(noun: &str, rule: &str) -> Option<Value> {
    let field = match noun {
        "clip" => "sha256",
        "programme" => "items",
        "campaign" => "clips",
        _ => return None,
    };
    serde_json::from_str::<Value>(rule).ok()?.get_mut(field).map(Value::take)
}

fn value(rule: &str) -> Option<Value> {
    serde_json::from_str(rule).ok()
}

impl<'a> Applying<'a> {
    pub(super) async fn begin(store: &Store, by: By<'a>, now: UtcMs) -> Result<Self, StoreError> {
        let mut tx = store.db.begin().await?;
        log::lock(&mut tx).await?;
        Ok(Self { tx, changes: Vec::new(), by, now })
    }

    /// Writes a thing. False: it stays as it is, because it says the same or is not theirs who write.
    pub(super) async fn put<T: serde::Serialize>(
        &mut self,
        noun: Noun,
        id: &str,
        thing: &T,
        column: Option<Option<&str>>,
    ) -> Result<bool, StoreError> {
        let rule = serde_json::to_string(thing).map_err(|error| StoreError::Unreadable {
            what: noun.name,
            id: id.to_owned(),
            why: error.to_string(),
        })?;
        let stored = sql!(fetch &mut self.tx, noun.find, id)?;
        let stored: Option<(String, Origin)> = stored
            .first()
            .map(|row| Ok::<_, StoreError>((row.get(0)?, origin(row.get(1)?)?)))
            .transpose()?;
        let kind = match &stored {
            None => ChangeKind::Added,
            Some((same, _)) if *same == rule => return Ok(false),
            Some((_, origin)) if *origin != self.by.origin() && !self.by.takes_over() => {
                return self.leave(noun, id);
            }
            Some((stored, _)) => ChangeKind::Changed(fields(noun.name, stored, &rule)),
        };
        let origin = self.by.origin().as_str();
        match column {
            Some(column) => {
                sql!(execute &mut self.tx, noun.upsert, id, rule.as_str(), origin, column)?
            }
            None => sql!(execute &mut self.tx, noun.upsert, id, rule.as_str(), origin)?,
        };
        let before = stored.as_ref().map(|(rule, _)| rule.as_str());
        let sounds = sounding(noun.name, &rule);
        if sounds.is_some() && sounds != before.and_then(|rule| sounding(noun.name, rule)) {
            self.made(noun, id).await?;
        }
        let deed = if before.is_some() { Deed::RuleChanged } else { Deed::RuleAdded };
        self.note(deed, noun, id, before.and_then(value), value(&rule)).await?;
        self.changes.push(Change { kind, noun: noun.name, id: id.to_owned() });
        Ok(true)
    }

    /// What files find written by a page they leave, and say so; a page is told that it is not its own.
    fn leave(&mut self, noun: Noun, id: &str) -> Result<bool, StoreError> {
        match self.by {
            By::Files { .. } => {
                let kind = ChangeKind::Kept;
                self.changes.push(Change { kind, noun: noun.name, id: id.to_owned() });
                Ok(false)
            }
            By::Page { .. } => Err(StoreError::OfFile { noun: noun.name, id: id.to_owned() }),
        }
    }

    /// Keeps who makes it sound as it does; nobody when files do.
    async fn made(&mut self, noun: Noun, id: &str) -> Result<(), StoreError> {
        let actor = match self.by {
            By::Files { .. } => None,
            By::Page { actor, .. } => Some(actor),
        };
        let person = actor.and_then(|actor| actor.person.as_ref()).map(|person| person.as_str());
        sql!(execute &mut self.tx, noun.made,
            id, person, actor.map(|actor| actor.name.as_str()), self.now.0)?;
        Ok(())
    }

    async fn note(
        &mut self,
        deed: Deed,
        noun: Noun,
        id: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<(), StoreError> {
        let By::Page { actor, .. } = self.by else {
            let rule = after.map(|rule| to_raw_value(&rule)).transpose();
            let rule = rule.map_err(|error| StoreError::Unreadable {
                what: noun.name,
                id: id.to_owned(),
                why: error.to_string(),
            })?;
            let (deed, rule) = (deed.as_str(), rule.as_deref());
            let entry = Rule { at: self.now, deed, noun: noun.name, id, rule };
            return log::keep(&mut self.tx, &Entry::Rule(entry)).await;
        };
        let subject = format!("{} {id}", noun.name);
        audit::note(&mut self.tx, (actor, self.now), deed, &subject, before, after).await
    }

    /// A station, whose unit must be there.
    pub(super) async fn put_station(&mut self, station: &Station) -> Result<(), StoreError> {
        if sql!(fetch &mut self.tx, UNIT.find, station.unit.as_str())?.is_empty() {
            return Err(StoreError::Dangling(format!(
                "station {} belongs to unit {}, which is not there: add the unit",
                station.id, station.unit
            )));
        }
        self.put(STATION, station.id.as_str(), station, Some(Some(station.unit.as_str()))).await?;
        Ok(())
    }

    /// A clip, with what is searched and sorted by. What a file says of its approval is a ruling; what a page says of it
    /// is none: a page has another form for that.
    pub(super) async fn put_clip(&mut self, clip: &Clip) -> Result<(), StoreError> {
        let id = clip.id.as_str();
        let stored = sql!(fetch &mut self.tx, CLIP.find, id)?;
        let stored: Option<Clip> =
            stored.first().map(|row| json("clip", id, &row.get::<String>(0)?)).transpose()?;
        let from_files = matches!(self.by, By::Files { .. });
        let approved_by = match &stored {
            _ if from_files => clip.approved_by.clone(),
            Some(stored) => stored.approved_by.clone(),
            None => None,
        };
        let clip = Clip { approved_by, retired: false, ..clip.clone() };
        let sha256 = clip.sha256.to_string();
        if !self.put(CLIP, id, &clip, Some(Some(&sha256))).await? {
            return Ok(());
        }
        describe(&mut self.tx, &clip).await?;
        if from_files {
            self.rule_by_file(stored.as_ref(), &clip).await?;
        }
        Ok(())
    }

    async fn rule_by_file(&mut self, before: Option<&Clip>, clip: &Clip) -> Result<(), StoreError> {
        let known = before.filter(|before| before.sha256 == clip.sha256);
        let was = known.and_then(|before| before.approved_by.as_ref());
        let (approved, by) = match (was, &clip.approved_by) {
            (was, Some(by)) if was != Some(by) => (true, by),
            (Some(was), None) => (false, was),
            _ => return Ok(()),
        };
        let subject = Subject::Clip(clip.id.clone());
        let said = Said { subject: &subject, content: clip.sha256, approved, comment: None };
        ruling::write(&mut self.tx, &said, (None, by), false, Some(self.now)).await
    }

    pub(super) async fn put_calendar(&mut self, parts: &CalendarParts) -> Result<(), StoreError> {
        if *parts == CalendarParts::default() {
            return Ok(());
        }
        let stored = sql!(fetch &mut self.tx, CALENDAR.find, HOUSE)?;
        let stored: Calendar = match stored.first() {
            Some(row) => json(CALENDAR.name, HOUSE, &row.get::<String>(0)?)?,
            None => Calendar::default(),
        };
        self.put(CALENDAR, HOUSE, &parts.clone().onto(stored), None).await?;
        Ok(())
    }

    pub(super) async fn remove(&mut self, noun: Noun, id: &str) -> Result<bool, StoreError> {
        let stored = sql!(fetch &mut self.tx, noun.find, id)?;
        let Some(row) = stored.first() else { return Ok(false) };
        let (rule, of): (String, Origin) = (row.get(0)?, origin(row.get(1)?)?);
        if of != self.by.origin() && !self.by.takes_over() {
            return self.leave(noun, id);
        }
        sql!(execute &mut self.tx, noun.remove, id)?;
        self.note(Deed::RuleRemoved, noun, id, value(&rule), None).await?;
        let kind = ChangeKind::Removed;
        self.changes.push(Change { kind, noun: noun.name, id: id.to_owned() });
        Ok(true)
    }

    pub(super) async fn remove_station(&mut self, id: &StationId) -> Result<(), StoreError> {
        sql!(execute &mut self.tx, "delete from enrolment where station = $1", id.as_str())?;
        if self.remove(STATION, id.as_str()).await? {
            sql!(execute &mut self.tx,
                "update token set revoked_at = $2 where kind = 'station' and name = $1 and revoked_at is null",
                id.as_str(), self.now.0)?;
        }
        Ok(())
    }

    pub(super) async fn remove_unit(&mut self, id: &UnitId) -> Result<(), StoreError> {
        for (noun, users) in [
            (
                "station",
                sql!(fetch &mut self.tx, "select id from station where unit = $1", id.as_str())?,
            ),
            (
                "unit",
                sql!(fetch &mut self.tx, "select id from unit where parent = $1", id.as_str())?,
            ),
        ] {
            if let Some(user) = users.first() {
                let user: String = user.get(0)?;
                return Err(StoreError::Dangling(format!(
                    "unit {id} cannot go: {noun} {user} still belongs to it"
                )));
            }
        }
        self.remove(UNIT, id.as_str()).await?;
        Ok(())
    }

    /// Makes it last, and lets everybody know that rules have changed.
    pub(super) async fn finish(mut self) -> Result<Vec<Change>, StoreError> {
        if self.changes.iter().any(|change| change.kind != ChangeKind::Kept) {
            count(&mut self.tx).await?;
            if let By::Files { actor: Some(actor), .. } = self.by {
                let (deed, after) = (Deed::FilesApplied, outline(&self.changes));
                audit::note(&mut self.tx, (actor, self.now), deed, "rules", None, Some(after))
                    .await?;
            }
        }
        self.tx.commit().await?;
        Ok(self.changes)
    }
}

/// What files changed, for people who look over it: of each kind of change a few, and how many more.
fn outline(changes: &[Change]) -> Value {
    const TOLD: usize = 20;
    let told = |is: fn(&ChangeKind) -> bool| {
        let these = changes.iter().filter(|change| is(&change.kind));
        let more = these.clone().count().saturating_sub(TOLD);
        let named = these.take(TOLD).map(|change| format!("{} {}", change.noun, change.id));
        named.chain((more > 0).then(|| format!("+{more}"))).collect::<Vec<_>>()
    };
    serde_json::json!({
        "added": told(|kind| *kind == ChangeKind::Added),
        "changed": told(|kind| matches!(kind, ChangeKind::Changed(_))),
        "removed": told(|kind| *kind == ChangeKind::Removed),
    })
}

/// Counts a change of the rules, so that they are planned anew.
pub(super) async fn count(tx: &mut Tx) -> Result<(), StoreError> {
    sql!(execute tx,
        "insert into edition (id, number) values ('rules', 1)
         on conflict (id) do update set number = edition.number + 1")?;
    Ok(())
}

pub(super) fn origin(word: String) -> Result<Origin, StoreError> {
    word.parse().map_err(|error: crate::radio::BadCode| StoreError::Unreadable {
        what: "origin",
        id: word,
        why: error.to_string(),
    })
}
