//! The station as a whole: line, store, deck and clips, put together.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{runtime::Handle, sync::watch};
use tracing::{info, warn};

use super::{
    cue::Hours,
    deck::{Deck, DeckStatus, Setup},
    keep::{Identity, Keep, KeepError, KeepRecorder},
    link::{self, Condition, Confirmer, District, Fetcher, Follower, LinkError},
    speaker::SpeakerName,
};
use crate::{clock::Clock, library::Shelf, radio::Gain, wire::Rundown};

/// How often the deck is asked how it is.
const LOOK: Duration = Duration::from_secs(1);

/// How long the last records may take to reach the district when the station stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// Decisions about airings are kept longer than any rundown reaches back.
const REMEMBERED: Duration = Duration::from_hours(24 * 60);

/// What a station is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The district's address.
    pub server: String,
    /// The one-time code, at the first start.
    pub code: Option<String>,
    /// The station's own folder.
    pub data: PathBuf,
    /// Where sound goes.
    pub speaker: SpeakerName,
    /// When the station airs nothing routine, whoever orders it.
    pub hours: Hours,
    /// On top of each clip's gain.
    pub volume: Gain,
}

/// Why a station cannot run.
#[derive(Debug, thiserror::Error)]
pub enum StationError {
    /// Its own store.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The district, where nothing goes without it: at enrolment.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The folder of its clips.
    #[error("cannot open the station's clips: {0}")]
    Shelf(std::io::Error),
    /// The deck has no thread to run on.
    #[error("the system gives the deck no thread: {0}")]
    Deck(std::io::Error),
}

/// What a station says of itself to whoever looks after the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It is who it is, and its deck runs.
    Ready,
    /// Its deck got on since it last said so.
    Alive,
}

/// Tells a deck that gets on from one that is stuck.
///
/// A deck gets on when a speaker takes frames. Where none can be opened, it gets on by trying: to start the program anew
/// plugs no sound card in, and what is missed meanwhile would have no record. When even the tries come to no end, a
/// sound server has swallowed the thread that opens, and only a new process gets another answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Pulse {
    frames: u64,
    tries: u64,
}

impl Pulse {
    fn beats(&mut self, status: &DeckStatus) -> bool {
        let now = Self { frames: status.frames, tries: status.tries };
        let before = std::mem::replace(self, now);
        before != *self
    }
}

/// Runs a station until `shutdown` is done. The line may come and go; only the first enrolment needs it.
pub async fn run(
    settings: Settings,
    clock: Arc<dyn Clock>,
    sign: impl Fn(Sign),
    shutdown: impl Future<Output = ()>,
) -> Result<(), StationError> {
    let keep = Arc::new(Keep::open(&settings.data).await?);
    let interrupted = keep.end_interrupted(clock.now()).await?;
    if interrupted > 0 {
        warn!(interrupted, "items were cut off when the station last stopped");
    }
    keep.forget_settled(clock.now() - REMEMBERED).await?;
    let identity = identify(&settings, &keep).await?;
    info!(station = %identity.station, server = identity.server, "enrolled");

    let shelf = Arc::new(Shelf::open(&settings.data.join("clips")).map_err(StationError::Shelf)?);
    let district = District::new(&identity)?;
    let kept = keep.rundown().await.unwrap_or_else(|error| {
        warn!(%error, "the kept rundown cannot be read; the district is asked for it anew");
        None
    });
    let (rundown, mut changes) =
        watch::channel::<Option<Arc<Rundown>>>(kept.map(|kept| Arc::new(kept.rundown)));
    let recorder = KeepRecorder {
        keep: keep.clone(),
        station: identity.station.clone(),
        clock: clock.clone(),
        runtime: Handle::current(),
    };
    let (speaker, opening) = (settings.speaker.clone(), clock.clone());
    let deck = Deck::start(Setup {
        opener: Box::new(move || speaker.open(&opening)),
        clock: clock.clone(),
        clips: shelf.clone(),
        recorder: Arc::new(recorder),
        hours: settings.hours.clone(),
        volume: settings.volume,
        settled: keep.settled().await?,
    })
    .map_err(StationError::Deck)?;
    let (told, condition) = watch::channel(Condition::default());
    let mut confirmer = Confirmer { district: district.clone(), keep: keep.clone(), condition };
    let work = [
        tokio::spawn(
            Follower {
                station: identity.station.clone(),
                district: district.clone(),
                keep: keep.clone(),
                clock: clock.clone(),
                rundown,
            }
            .run(),
        ),
        tokio::spawn(Fetcher { district: district.clone(), shelf, rundown: changes.clone() }.run()),
        tokio::spawn(confirmer.clone().run()),
    ];

    sign(Sign::Ready);
    changes.mark_changed();
    let mut look = tokio::time::interval(LOOK);
    let mut pulse = Pulse::default();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Ok(()) = changes.changed() => {
                if let Some(rundown) = changes.borrow_and_update().clone() {
                    deck.follow(rundown);
                }
            }
            _ = look.tick() => {
                let status = deck.status();
                if pulse.beats(&status) {
                    sign(Sign::Alive);
                }
                let known = changes.borrow().as_ref().map(|rundown| rundown.version);
                let condition = condition_of(&settings, status, known, clock.as_ref());
                told.send_if_modified(|known| {
                    let different = *known != condition;
                    *known = condition;
                    different
                });
            }
        }
    }
    for task in work {
        task.abort();
    }
    // The deck's threads write their last records through this runtime, so it must not be held up.
    if tokio::task::spawn_blocking(move || deck.stop()).await.is_err() {
        warn!("the deck stopped badly");
    }
    let last = async { while confirmer.once().await.unwrap_or(false) {} };
    if tokio::time::timeout(FAREWELL, last).await.is_err() {
        warn!("the last records wait for the next start");
    }
    keep.close().await;
    Ok(())
}

fn condition_of(
    settings: &Settings,
    status: DeckStatus,
    rundown_version: Option<u64>,
    clock: &dyn Clock,
) -> Condition {
    Condition {
        speaker: status.speaker.unwrap_or_else(|| settings.speaker.to_string()),
        faults: status.faults,
        rundown_version,
        clock: status.clock.unwrap_or_else(|| clock.state()),
    }
}

/// Who the station is: as it was enrolled, or by the code it was given.
async fn identify(settings: &Settings, keep: &Keep) -> Result<Identity, StationError> {
    if let Some(known) = keep.identity().await? {
        if settings.server == known.server {
            return Ok(known);
        }
        let moved = Identity { server: settings.server.clone(), ..known };
        keep.set_identity(&moved).await?;
        return Ok(moved);
    }
    let code = settings.code.as_deref().ok_or(KeepError::NotEnrolled)?;
    let identity = link::enrol(&settings.server, code).await?;
    keep.set_identity(&identity).await?;
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deck_lives_by_its_frames_or_by_its_tries() {
        let mut pulse = Pulse::default();
        for (frames, tries, beats) in [
            (4_800, 0, true),
            (9_600, 0, true),
            (9_600, 0, false),
            (9_600, 1, true),
            (9_600, 1, false),
            (9_700, 1, true),
        ] {
            let status = DeckStatus { frames, tries, ..DeckStatus::default() };
            assert_eq!(pulse.beats(&status), beats, "{frames} frames, {tries} tries");
        }
    }
}
