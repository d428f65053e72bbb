//! Units, stations, clips, programmes, campaigns, the calendar and schedules: all that a plan follows from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{Store, StoreError, Tx, db::sql, json};
use crate::radio::{
    Calendar, CalendarParts, Campaign, CampaignId, Clip, ClipId, Programme, ProgrammeId, Schedule,
    ScheduleId, Station, StationId, Unit, UnitId, UtcMs,
};

/// What there is, or what is to be there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules {
    /// The tree of units.
    pub units: Vec<Unit>,
    /// The stations.
    pub stations: Vec<Station>,
    /// The recordings.
    pub clips: Vec<Clip>,
    /// What airs together.
    pub programmes: Vec<Programme>,
    /// Why something airs.
    pub campaigns: Vec<Campaign>,
    /// Quiet hours and holidays.
    pub calendar: CalendarParts,
    /// When what airs where.
    pub schedules: Vec<Schedule>,
}

/// What is to be there no longer. Records and airings of the past stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "named like the fields of `Rules`")]
pub struct Removed {
    pub units: Vec<UnitId>,
    pub stations: Vec<StationId>,
    pub clips: Vec<ClipId>,
    pub programmes: Vec<ProgrammeId>,
    pub campaigns: Vec<CampaignId>,
    pub schedules: Vec<ScheduleId>,
}

/// One thing that is different now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// The noun, e.g. `station`.
    pub noun: &'static str,
    /// Its name.
    pub id: String,
}

/// What became of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It says something else in these fields, as people call them.
    Changed(Vec<String>),
    /// It is gone.
    Removed,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, noun, id } = self;
        match kind {
            ChangeKind::Added => write!(f, "added {noun} {id}"),
            ChangeKind::Changed(fields) => write!(f, "changed {noun} {id}: {}", fields.join(", ")),
            ChangeKind::Removed => write!(f, "removed {noun} {id}"),
        }
    }
}

/// The fields in which two texts of one thing differ, each once, as the TOML or people call them.
fn fields(noun: &str, stored: &str, new: &str) -> Vec<String> {
    type Fields = BTreeMap<String, serde_json::Value>;
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

/// Notes what an upsert or a removal will do, and does it.
struct Applying {
    tx: Tx,
    changes: Vec<Change>,
}

/// The statements of one noun; `column` is one beside `rule` that queries need.
macro_rules! noun {
    ($table:literal) => {
        Noun {
            name: $table,
            find: concat!("select rule from ", $table, " where id = $1"),
            upsert: concat!(
                "insert into ",
                $table,
                " (id, rule) values ($1, $2) on conflict (id) do update set rule = $2"
            ),
            remove: concat!("delete from ", $table, " where id = $1"),
        }
    };
    ($table:literal with $column:literal) => {
        Noun {
            name: $table,
            find: concat!("select rule from ", $table, " where id = $1"),
            upsert: concat!(
                "insert into ",
                $table,
                " (id, rule, ",
                $column,
                ") values ($1, $2, $3) \
                 on conflict (id) do update set rule = $2, ",
                $column,
                " = $3"
            ),
            remove: concat!("delete from ", $table, " where id = $1"),
        }
    };
}

#[derive(Clone, Copy)]
struct Noun {
    name: &'static str,
    find: &'static str,
    upsert: &'static str,
    remove: &'static str,
}

const UNIT: Noun = noun!("unit" with "parent");
const STATION: Noun = noun!("station" with "unit");
const CLIP: Noun = noun!("clip" with "sha256");
const PROGRAMME: Noun = noun!("programme");
const CAMPAIGN: Noun = noun!("campaign");
const SCHEDULE: Noun = noun!("schedule");
const CALENDAR: Noun = noun!("calendar");

/// The one calendar that there is.
const HOUSE: &str = "house";

impl Applying {
    async fn put<T: serde::Serialize>(
        &mut self,
        noun: Noun,
        id: &str,
        thing: &T,
        column: Option<Option<&str>>,
    ) -> Result<(), StoreError> {
        let rule = serde_json::to_string(thing).map_err(|error| StoreError::Unreadable {
            what: noun.name,
            id: id.to_owned(),
            why: error.to_string(),
        })?;
        let stored = sql!(fetch &mut self.tx, noun.find, id)?;
        let kind = match stored.first() {
            None => ChangeKind::Added,
            Some(row) => match row.get::<String>(0)? {
                same if same == rule => return Ok(()),
                stored => ChangeKind::Changed(fields(noun.name, &stored, &rule)),
            },
        };
        match column {
            Some(column) => sql!(execute &mut self.tx, noun.upsert, id, rule.as_str(), column)?,
            None => sql!(execute &mut self.tx, noun.upsert, id, rule.as_str())?,
        };
        self.changes.push(Change { kind, noun: noun.name, id: id.to_owned() });
        Ok(())
    }

    async fn put_calendar(&mut self, parts: &CalendarParts) -> Result<(), StoreError> {
        if *parts == CalendarParts::default() {
            return Ok(());
        }
        let stored = sql!(fetch &mut self.tx, CALENDAR.find, HOUSE)?;
        let stored: Calendar = match stored.first() {
            Some(row) => json(CALENDAR.name, HOUSE, &row.get::<String>(0)?)?,
            None => Calendar::default(),
        };
        self.put(CALENDAR, HOUSE, &parts.clone().onto(stored), None).await
    }

    async fn remove(&mut self, noun: Noun, id: &str) -> Result<(), StoreError> {
        if sql!(execute &mut self.tx, noun.remove, id)? > 0 {
            let kind = ChangeKind::Removed;
            self.changes.push(Change { kind, noun: noun.name, id: id.to_owned() });
        }
        Ok(())
    }

    async fn remove_station(&mut self, id: &StationId, now: UtcMs) -> Result<(), StoreError> {
        sql!(execute &mut self.tx, "delete from enrolment where station = $1", id.as_str())?;
        sql!(execute &mut self.tx,
            "update token set revoked_at = $2 where kind = 'station' and name = $1 and revoked_at is null",
            id.as_str(), now.0)?;
        self.remove(STATION, id.as_str()).await
    }

    async fn remove_unit(&mut self, id: &UnitId) -> Result<(), StoreError> {
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
        self.remove(UNIT, id.as_str()).await
    }
}

impl Store {
    /// Writes what is new or says something else and removes what is to go, all or nothing. Tells what changed: the
    /// second time, nothing.
    pub async fn apply(
        &self,
        rules: &Rules,
        removed: &Removed,
        now: UtcMs,
    ) -> Result<Vec<Change>, StoreError> {
        let mut to = Applying { tx: self.db.begin().await?, changes: Vec::new() };
        for unit in &rules.units {
            let parent = unit.parent.as_ref().map(UnitId::as_str);
            to.put(UNIT, unit.id.as_str(), unit, Some(parent)).await?;
        }
        for station in &rules.stations {
            let known = sql!(fetch &mut to.tx, UNIT.find, station.unit.as_str())?;
            if known.is_empty() {
                return Err(StoreError::Dangling(format!(
                    "station {} belongs to unit {}, which is not there: add the unit",
                    station.id, station.unit
                )));
            }
            to.put(STATION, station.id.as_str(), station, Some(Some(station.unit.as_str())))
                .await?;
        }
        for clip in &rules.clips {
            to.put(CLIP, clip.id.as_str(), clip, Some(Some(&clip.sha256.to_string()))).await?;
        }
        for programme in &rules.programmes {
            to.put(PROGRAMME, programme.id.as_str(), programme, None).await?;
        }
        for campaign in &rules.campaigns {
            to.put(CAMPAIGN, campaign.id.as_str(), campaign, None).await?;
        }
        for schedule in &rules.schedules {
            to.put(SCHEDULE, schedule.id.as_str(), schedule, None).await?;
        }
        to.put_calendar(&rules.calendar).await?;
        for id in &removed.schedules {
            to.remove(SCHEDULE, id.as_str()).await?;
        }
        for id in &removed.campaigns {
            to.remove(CAMPAIGN, id.as_str()).await?;
        }
        for id in &removed.programmes {
            to.remove(PROGRAMME, id.as_str()).await?;
        }
        for id in &removed.clips {
            to.remove(CLIP, id.as_str()).await?;
        }
        for id in &removed.stations {
            to.remove_station(id, now).await?;
        }
        for id in &removed.units {
            to.remove_unit(id).await?;
        }
        if !to.changes.is_empty() {
            sql!(execute &mut to.tx,
                "insert into edition (id, number) values ('rules', 1)
                 on conflict (id) do update set number = edition.number + 1")?;
        }
        to.tx.commit().await?;
        Ok(to.changes)
    }

    /// Rises whenever rules change, whoever changes them: cheaper to ask than all the rules.
    pub async fn edition(&self) -> Result<i64, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select number from edition where id = 'rules'")?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }

    /// All the rules, each kind by name.
    pub async fn rules(&self) -> Result<Rules, StoreError> {
        let calendars: Vec<Calendar> =
            self.load("calendar", "select id, rule from calendar").await?;
        Ok(Rules {
            units: self.load("unit", "select id, rule from unit order by id").await?,
            stations: self.stations().await?,
            clips: self.clips().await?,
            programmes: self
                .load("programme", "select id, rule from programme order by id")
                .await?,
            campaigns: self.load("campaign", "select id, rule from campaign order by id").await?,
            calendar: calendars.into_iter().next().unwrap_or_default().into(),
            schedules: self.load("schedule", "select id, rule from schedule order by id").await?,
        })
    }

    /// The tree of units, by name.
    pub async fn units(&self) -> Result<Vec<Unit>, StoreError> {
        self.load("unit", "select id, rule from unit order by id").await
    }

    /// The stations, by name.
    pub async fn stations(&self) -> Result<Vec<Station>, StoreError> {
        self.load("station", "select id, rule from station order by id").await
    }

    /// The recordings, by name.
    pub async fn clips(&self) -> Result<Vec<Clip>, StoreError> {
        self.load("clip", "select id, rule from clip order by id").await
    }

    /// The campaigns, by name.
    pub async fn campaigns(&self) -> Result<Vec<Campaign>, StoreError> {
        self.load("campaign", "select id, rule from campaign order by id").await
    }

    /// The schedules, by name.
    pub async fn schedules(&self) -> Result<Vec<Schedule>, StoreError> {
        self.load("schedule", "select id, rule from schedule order by id").await
    }

    async fn load<T: serde::de::DeserializeOwned>(
        &self,
        what: &'static str,
        statement: &'static str,
    ) -> Result<Vec<T>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, statement)?;
        rows.iter().map(|row| json(what, &row.get::<String>(0)?, &row.get::<String>(1)?)).collect()
    }
}
