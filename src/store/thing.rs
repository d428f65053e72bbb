//! One thing at a time, as somebody writes it on a page: with the trail's line in the same transaction.

use super::{
    Actor, Change, Store, StoreError, Tx,
    applying::{
        Applying, BULLETIN, By, CALENDAR, CAMPAIGN, CLIP, HOUSE, Noun, PROGRAMME, SCHEDULE,
        STATION, UNIT,
    },
    bulletin,
    db::sql,
    json,
};
use crate::radio::{
    Calendar, Campaign, Clip, Item, PreparedBulletin, Programme, Schedule, Station, Unit, UtcMs,
    codes, digest,
};

codes! {
    /// Whose word a rule is.
    pub enum Origin {
        /// A file brought it.
        File = "file",
        /// A page wrote it: no file overwrites it.
        Page = "page",
    }
}

/// What a page writes.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the words of the trade")]
pub enum Thing<'a> {
    Unit(&'a Unit),
    Station(&'a Station),
    Clip(&'a Clip),
    Programme(&'a Programme),
    Campaign(&'a Campaign),
    Schedule(&'a Schedule),
    Bulletin(&'a PreparedBulletin),
    Calendar(&'a Calendar),
}

/// How a thing must stand in the moment in which it is written: what somebody else changed meanwhile is refused with
/// [`StoreError::Stale`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Former<'a> {
    /// In whatever way.
    Any,
    /// It is not there yet.
    Absent,
    /// As [`Thing::version`] named it.
    Version(&'a str),
}

codes! {
    /// What a page may take away.
    pub enum ThingKind {
        /// A unit.
        Unit = "unit",
        /// A station.
        Station = "station",
        /// A programme.
        Programme = "programme",
        /// A campaign.
        Campaign = "campaign",
        /// A schedule.
        Schedule = "schedule",
        /// A bulletin that is ready to be asked for.
        Bulletin = "bulletin",
    }
}

impl ThingKind {
    fn noun(self) -> Noun {
        match self {
            Self::Unit => UNIT,
            Self::Station => STATION,
            Self::Programme => PROGRAMME,
            Self::Campaign => CAMPAIGN,
            Self::Schedule => SCHEDULE,
            Self::Bulletin => BULLETIN,
        }
    }
}

type Mention<'a> = (Noun, &'a str);

impl<'a> Thing<'a> {
    fn name(self) -> (Noun, &'a str) {
        match self {
            Self::Unit(it) => (UNIT, it.id.as_str()),
            Self::Station(it) => (STATION, it.id.as_str()),
            Self::Clip(it) => (CLIP, it.id.as_str()),
            Self::Programme(it) => (PROGRAMME, it.id.as_str()),
            Self::Campaign(it) => (CAMPAIGN, it.id.as_str()),
            Self::Schedule(it) => (SCHEDULE, it.id.as_str()),
            Self::Bulletin(it) => (BULLETIN, it.id.as_str()),
            Self::Calendar(_) => (CALENDAR, HOUSE),
        }
    }

    /// A name for all that it says, which nothing has that says something else. Whether a clip is approved or retired is
    /// said elsewhere.
    pub fn version(self) -> String {
        match self {
            Self::Unit(it) => digest(it),
            Self::Station(it) => digest(it),
            Self::Clip(it) => digest(&Clip { approved_by: None, retired: false, ..it.clone() }),
            Self::Programme(it) => digest(it),
            Self::Campaign(it) => digest(it),
            Self::Schedule(it) => digest(it),
            Self::Bulletin(it) => digest(it),
            Self::Calendar(it) => digest(it),
        }
    }

    /// The version that is kept now; none: it is not there.
    async fn version_kept(self, tx: &mut Tx) -> Result<Option<String>, StoreError> {
        let (noun, id) = self.name();
        let rows = sql!(fetch tx, noun.find, id)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let rule: String = row.get(0)?;
        // Read and written again, since an older program may have written it with other fields.
        macro_rules! version {
            ($kind:ident) => {
                Thing::$kind(&json(noun.name, id, &rule)?).version()
            };
        }
        Ok(Some(match self {
            Self::Unit(_) => version!(Unit),
            Self::Station(_) => version!(Station),
            Self::Clip(_) => version!(Clip),
            Self::Programme(_) => version!(Programme),
            Self::Campaign(_) => version!(Campaign),
            Self::Schedule(_) => version!(Schedule),
            Self::Bulletin(_) => version!(Bulletin),
            Self::Calendar(_) => version!(Calendar),
        }))
    }

    /// What it needs to be there.
    fn mentions(self) -> Vec<Mention<'a>> {
        match self {
            Self::Unit(unit) => unit.parent.iter().map(|id| (UNIT, id.as_str())).collect(),
            Self::Station(station) => vec![(UNIT, station.unit.as_str())],
            Self::Clip(_) | Self::Calendar(_) => Vec::new(),
            Self::Programme(programme) => programme.items.iter().filter_map(mentioned).collect(),
            Self::Campaign(campaign) => {
                campaign.clips.iter().map(|id| (CLIP, id.as_str())).collect()
            }
            Self::Bulletin(bulletin) => {
                let clips = bulletin.clips.iter().chain(&bulletin.correction);
                clips.map(|id| (CLIP, id.as_str())).collect()
            }
            Self::Schedule(schedule) => {
                let campaign = schedule.campaign.iter().map(|id| (CAMPAIGN, id.as_str()));
                campaign.chain([(PROGRAMME, schedule.programme.as_str())]).collect()
            }
        }
    }
}

fn mentioned(item: &Item) -> Option<Mention<'_>> {
    match item {
        Item::Clip(id) | Item::Chime(id) => Some((CLIP, id.as_str())),
        Item::Rotate(id) => Some((CAMPAIGN, id.as_str())),
        Item::Pause(_) => None,
    }
}

/// The thing that needs another, if there is one.
async fn user_of(tx: &mut Tx, noun: Noun, id: &str) -> Result<Option<String>, StoreError> {
    macro_rules! look {
        ($statement:literal, $what:literal, $kind:ident) => {
            for row in &sql!(fetch tx, $statement)? {
                let user: String = row.get(0)?;
                let thing = json($what, &user, &row.get::<String>(1)?)?;
                let mentions = Thing::$kind(&thing).mentions();
                if mentions.iter().any(|(other, name)| other.name == noun.name && *name == id) {
                    return Ok(Some(format!(concat!($what, " {}"), user)));
                }
            }
        };
    }
    look!("select id, rule from programme order by id", "programme", Programme);
    look!("select id, rule from campaign order by id", "campaign", Campaign);
    look!("select id, rule from schedule order by id", "schedule", Schedule);
    Ok(None)
}

impl Store {
    /// Writes one thing as somebody says it on a page, if it still stands as they saw it. What a file brought is refused with
    /// [`StoreError::OfFile`] unless `over`: from then on it is the page's. None: it said the same already.
    pub async fn put(
        &self,
        actor: &Actor,
        thing: (Thing<'_>, Former<'_>),
        over: bool,
        now: UtcMs,
    ) -> Result<Option<Change>, StoreError> {
        Ok(self.put_all(actor, &[thing], over, now).await?.pop())
    }

    /// The same of several, all or nothing; tells what changed.
    pub async fn put_all(
        &self,
        actor: &Actor,
        things: &[(Thing<'_>, Former<'_>)],
        over: bool,
        now: UtcMs,
    ) -> Result<Vec<Change>, StoreError> {
        let by = By::Page { actor, over };
        let mut to = Applying::begin(self, by, now).await?;
        for (thing, former) in things {
            put(&mut to, *thing, *former).await?;
        }
        to.finish().await
    }

    /// Takes one thing away, unless another needs it. What a file brought is refused with [`StoreError::OfFile`] unless
    /// `over`. None: it is not there.
    pub async fn take_away(
        &self,
        actor: &Actor,
        (kind, id): (ThingKind, &str),
        over: bool,
        now: UtcMs,
    ) -> Result<Option<Change>, StoreError> {
        let by = By::Page { actor, over };
        let mut to = Applying::begin(self, by, now).await?;
        let noun = kind.noun();
        if let Some(user) = user_of(&mut to.tx, noun, id).await? {
            return Err(StoreError::Dangling(format!("{kind} {id} cannot go: {user} needs it")));
        }
        match kind {
            ThingKind::Unit => to.remove_unit(&named(kind, id)?).await?,
            ThingKind::Station => to.remove_station(&named(kind, id)?).await?,
            _ => {
                to.remove(noun, id).await?;
            }
        }
        Ok(to.finish().await?.pop())
    }

    /// Whose word a thing is; none: it is not there.
    pub async fn origin(&self, thing: Thing<'_>) -> Result<Option<Origin>, StoreError> {
        let (noun, id) = thing.name();
        let rows = sql!(fetch &mut self.db.reader().await?, noun.find, id)?;
        rows.first().map(|row| super::applying::origin(row.get(1)?)).transpose()
    }
}

async fn put(
    to: &mut Applying<'_>,
    thing: Thing<'_>,
    former: Former<'_>,
) -> Result<(), StoreError> {
    let kept = thing.version_kept(&mut to.tx).await?;
    let is_former = match former {
        Former::Any => true,
        Former::Absent => kept.is_none(),
        Former::Version(version) => kept.as_deref() == Some(version),
    };
    if !is_former {
        let (noun, id) = thing.name();
        return Err(StoreError::Stale { noun: noun.name, id: id.to_owned() });
    }
    for (noun, id) in thing.mentions() {
        if sql!(fetch &mut to.tx, noun.find, id)?.is_empty() {
            let reason = format!("there is no {} {id}: it may have been removed", noun.name);
            return Err(StoreError::Dangling(reason));
        }
    }
    match thing {
        Thing::Unit(unit) => {
            let parent = unit.parent.as_ref().map(|parent| parent.as_str());
            to.put(UNIT, unit.id.as_str(), unit, Some(parent)).await?;
        }
        Thing::Station(station) => to.put_station(station).await?,
        Thing::Clip(clip) => to.put_clip(clip).await?,
        Thing::Programme(it) => {
            to.put(PROGRAMME, it.id.as_str(), it, None).await?;
        }
        Thing::Campaign(it) => {
            to.put(CAMPAIGN, it.id.as_str(), it, None).await?;
        }
        Thing::Schedule(it) => {
            to.put(SCHEDULE, it.id.as_str(), it, None).await?;
        }
        Thing::Bulletin(it) => {
            to.put(BULLETIN, it.id.as_str(), it, None).await?;
            bulletin::none_of_both(&mut to.tx).await?;
        }
        Thing::Calendar(calendar) => {
            to.put(CALENDAR, HOUSE, calendar, None).await?;
        }
    }
    Ok(())
}

fn named<T>(kind: ThingKind, id: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr<Err = crate::radio::BadName>,
{
    super::name(kind.as_str(), id.to_owned())
}
