//! Units, stations, clips, programmes, campaigns, the calendar and schedules: all that a plan follows from.

use std::{collections::BTreeSet, fmt};

use super::{
    Actor, Origin, Store, StoreError,
    applying::{Applying, BULLETIN, By, CAMPAIGN, CLIP, PROGRAMME, SCHEDULE, UNIT, origin},
    bulletin,
    db::sql,
    json,
};
use crate::radio::{
    Calendar, CalendarParts, Campaign, CampaignId, Clip, ClipId, PreparedBulletin,
    PreparedBulletinId, Programme, ProgrammeId, Schedule, ScheduleId, Station, StationId, Unit,
    UnitId, UtcMs,
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
    /// Those of them that a page wrote and nobody has approved as they are. Applying does not read it.
    pub unapproved: BTreeSet<ProgrammeId>,
    /// Why something airs.
    pub campaigns: Vec<Campaign>,
    /// Quiet hours and holidays.
    pub calendar: CalendarParts,
    /// When what airs where.
    pub schedules: Vec<Schedule>,
    /// What may be asked for at any hour.
    pub bulletins: Vec<PreparedBulletin>,
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
    pub bulletins: Vec<PreparedBulletinId>,
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
    /// Files say something else of it, or that it is to go, but a page wrote it: it stays as the page has it.
    Kept,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, noun, id } = self;
        match kind {
            ChangeKind::Added => write!(f, "added {noun} {id}"),
            ChangeKind::Changed(fields) => write!(f, "changed {noun} {id}: {}", fields.join(", ")),
            ChangeKind::Removed => write!(f, "removed {noun} {id}"),
            ChangeKind::Kept => write!(
                f,
                "kept {noun} {id} as it was written on a page: --take-over lets the files say what it is"
            ),
        }
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
        self.write(By::Files { actor: None, over: false }, rules, removed, now).await
    }

    /// The same by a command, with its line in the trail; with `over` also what pages wrote, which belongs to the files
    /// again from then on.
    pub async fn apply_by(
        &self,
        (actor, now): (&Actor, UtcMs),
        rules: &Rules,
        removed: &Removed,
        over: bool,
    ) -> Result<Vec<Change>, StoreError> {
        self.write(By::Files { actor: Some(actor), over }, rules, removed, now).await
    }

    async fn write(
        &self,
        by: By<'_>,
        rules: &Rules,
        removed: &Removed,
        now: UtcMs,
    ) -> Result<Vec<Change>, StoreError> {
        let mut to = Applying::begin(self, by, now).await?;
        for unit in &rules.units {
            let parent = unit.parent.as_ref().map(UnitId::as_str);
            to.put(UNIT, unit.id.as_str(), unit, Some(parent)).await?;
        }
        for station in &rules.stations {
            to.put_station(station).await?;
        }
        for clip in &rules.clips {
            to.put_clip(clip).await?;
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
        for bulletin in &rules.bulletins {
            to.put(BULLETIN, bulletin.id.as_str(), bulletin, None).await?;
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
        for id in &removed.bulletins {
            to.remove(BULLETIN, id.as_str()).await?;
        }
        for id in &removed.clips {
            to.remove(CLIP, id.as_str()).await?;
        }
        for id in &removed.stations {
            to.remove_station(id).await?;
        }
        for id in &removed.units {
            to.remove_unit(id).await?;
        }
        bulletin::none_of_both(&mut to.tx).await?;
        to.finish().await
    }

    /// Rises whenever rules change, whoever changes them: cheaper to ask than all the rules.
    pub async fn edition(&self) -> Result<i64, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select number from edition where id = 'rules'")?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }

    /// All the rules, each kind by name. Who approved a clip is what was ruled last on what it sounds.
    pub async fn rules(&self) -> Result<Rules, StoreError> {
        let calendars: Vec<Calendar> =
            self.load("calendar", "select id, rule from calendar").await?;
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select id, rule, origin from programme order by id")?;
        let mut programmes = Vec::with_capacity(rows.len());
        let mut of_pages = BTreeSet::new();
        for row in &rows {
            let programme: Programme =
                json("programme", &row.get::<String>(0)?, &row.get::<String>(1)?)?;
            if origin(row.get(2)?)? == Origin::Page {
                of_pages.insert(programme.id.clone());
            }
            programmes.push(programme);
        }
        let mut rules = Rules {
            units: self.load("unit", "select id, rule from unit order by id").await?,
            stations: self.stations().await?,
            clips: self.clips().await?,
            programmes,
            unapproved: of_pages,
            campaigns: self.campaigns().await?,
            calendar: calendars.into_iter().next().unwrap_or_default().into(),
            bulletins: self.prepared_bulletins().await?,
            schedules: self.load("schedule", "select id, rule from schedule order by id").await?,
        };
        if !rules.unapproved.is_empty() {
            let approved = self.approved_programmes(&rules).await?;
            rules.unapproved.retain(|id| !approved.contains(id));
        }
        Ok(rules)
    }

    /// The tree of units, by name.
    pub async fn units(&self) -> Result<Vec<Unit>, StoreError> {
        self.load("unit", "select id, rule from unit order by id").await
    }

    /// The stations, by name.
    pub async fn stations(&self) -> Result<Vec<Station>, StoreError> {
        self.load("station", "select id, rule from station order by id").await
    }

    /// The campaigns, by name.
    pub async fn campaigns(&self) -> Result<Vec<Campaign>, StoreError> {
        self.load("campaign", "select id, rule from campaign order by id").await
    }

    /// The schedules, by name.
    pub async fn schedules(&self) -> Result<Vec<Schedule>, StoreError> {
        self.load("schedule", "select id, rule from schedule order by id").await
    }

    pub(super) async fn load<T: serde::de::DeserializeOwned>(
        &self,
        what: &'static str,
        statement: &'static str,
    ) -> Result<Vec<T>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, statement)?;
        rows.iter().map(|row| json(what, &row.get::<String>(0)?, &row.get::<String>(1)?)).collect()
    }
}
