use sqlx::{Row as _, SqliteConnection};

use super::{Keep, KeepError, known_time::know, spool};
use crate::{
    radio::{ClockState, UtcMs, Volume},
    wire::{Event, EventRecord, Hand},
};

/// A station that is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Since when.
    pub at: UtcMs,
    /// When it resumes by itself; none: when somebody says so.
    pub until: Option<UtcMs>,
}

/// What was last said at the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    /// None: the station airs.
    pub stop: Option<Stop>,
    /// None: nobody ever said.
    pub volume: Option<Volume>,
}

impl Said {
    /// How things stand after an event.
    pub fn after(self, event: Event, at: UtcMs) -> Self {
        match event {
            // One that is stopped already has been stopped since then.
            Event::Stopped { until } => Self {
                stop: Some(Stop { at: self.stop.map_or(at, |stop| stop.at), until }),
                ..self
            },
            Event::Resumed => Self { stop: None, ..self },
            Event::Volume { percent } => Self { volume: Some(percent), ..self },
        }
    }
}

impl Keep {
    /// What was last said at the site, also before a restart.
    pub async fn said(&self) -> Result<Said, KeepError> {
        let row = sqlx::query("select stopped_at, stopped_until, volume from site")
            .fetch_optional(&self.db)
            .await?;
        let Some(row) = row else { return Ok(Said::default()) };
        let at: Option<i64> = row.try_get(0)?;
        let until: Option<i64> = row.try_get(1)?;
        let volume: Option<u8> = row.try_get(2)?;
        Ok(Said {
            stop: at.map(|at| Stop { at: UtcMs(at), until: until.map(UtcMs) }),
            volume: volume.and_then(|percent| percent.try_into().ok()),
        })
    }

    /// Notes what is said at the site, durably, with its event in the spool; gives how things stand then.
    pub async fn say(
        &self,
        event: Event,
        hand: (Hand, Option<String>),
        at: UtcMs,
        clock: ClockState,
    ) -> Result<Said, KeepError> {
        match self.try_say(event, hand.clone(), at, clock).await {
            Err(error) if self.gives_way(&error) => self.try_say(event, hand, at, clock).await,
            done => done,
        }
    }

    async fn try_say(
        &self,
        event: Event,
        (by, who): (Hand, Option<String>),
        at: UtcMs,
        clock: ClockState,
    ) -> Result<Said, KeepError> {
        let station = self.anchor().await.ok_or(KeepError::NotEnrolled)?.station;
        let mut pen = self.pen.lock().await;
        let said = self.said().await?.after(event, at);
        self.give_out(pen.sequence + 1).await?;
        let record = EventRecord {
            station,
            boot: self.boot.clone(),
            sequence: pen.sequence + 1,
            event,
            at,
            by,
            who,
            clock,
            previous: pen.previous,
        };
        let payload = serde_json::to_string(&record)?;
        let mut tx = self.db.begin_with("begin immediate").await?;
        let hash = spool::put(&mut tx, record.sequence, payload, &pen.key).await?;
        write(&mut tx, said).await?;
        know(&mut tx, at).await?;
        tx.commit().await?;
        self.wrote(&mut pen, record.sequence, hash);
        Ok(said)
    }
}

async fn write(tx: &mut SqliteConnection, said: Said) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into main.site (only_one, stopped_at, stopped_until, volume) values (1, $1, $2, $3)
         on conflict (only_one) do update set stopped_at = excluded.stopped_at,
         stopped_until = excluded.stopped_until, volume = excluded.volume",
    )
    .bind(said.stop.map(|stop| stop.at.0))
    .bind(said.stop.and_then(|stop| stop.until).map(|until| until.0))
    .bind(said.volume.map(Volume::percent))
    .execute(tx)
    .await?;
    Ok(())
}

/// Gathers from the events in the spool what was last said: a damaged store must not make a stopped station heard again.
pub(super) async fn gather(db: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let records: Vec<String> = sqlx::query_scalar(
        "select record from main.spool where record like '%\"event\":{%' order by sequence",
    )
    .fetch_all(&mut *db)
    .await?;
    let events = records.iter().filter_map(|text| serde_json::from_str::<EventRecord>(text).ok());
    let said = events.fold(Said::default(), |said, record| said.after(record.event, record.at));
    write(db, said).await
}
