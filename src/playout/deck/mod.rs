//! Plays the rundown: keeps a speaker fed, starts each airing on its frame, and says what became of it.

mod agenda;
mod air;
mod door;
mod ledger;
mod pause;
mod promised;
mod run;
mod scribe;
mod stage;
mod watch;

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use super::{
    cue::{Hours, Settled},
    record::Recorder,
    site::Site,
    source::Clips,
    speaker::{Speaker, SpeakerError},
};
use crate::{
    clock::Clock,
    radio::{AiringId, ClockState, Evidence, UtcMs},
    wire::Rundown,
};

/// Opens the speaker, each time it is missing. May take seconds; is called on a thread of its own.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn Speaker>, SpeakerError> + Send>;

/// What a deck works with.
pub struct Setup {
    /// Opens the speaker.
    pub opener: Opener,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The clips at the station.
    pub clips: Arc<dyn Clips>,
    /// Keeps the record.
    pub recorder: Arc<dyn Recorder>,
    /// The station's quiet hours.
    pub hours: Hours,
    /// What the people at the site want.
    pub site: Site,
    /// What has become of airings before.
    pub settled: Settled,
}

/// How the deck is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeckStatus {
    /// The speaker that is open.
    pub speaker: Option<String>,
    /// What its word is worth.
    pub evidence: Option<Evidence>,
    /// The clip that sounds: its airing and title.
    pub playing: Option<(AiringId, Arc<str>)>,
    /// The airing that is being made ready, and its instant.
    pub next: Option<(AiringId, UtcMs)>,
    /// What is wrong, in words; empty when nothing is.
    pub faults: Vec<String>,
    /// Frames that speakers took since the deck began: it grows while all is well, also in silence.
    pub frames: u64,
    /// Times the speaker that is open ran empty.
    pub xruns: u32,
    /// Times a speaker was to be opened and could not be.
    pub tries: u64,
    /// `Untrusted` where the clock contradicts what the deck knows; none: the machine's word on it stands.
    pub clock: Option<ClockState>,
}

/// A running deck. Dropping it stops it.
pub struct Deck {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    orders: Mutex<Orders>,
    changed: Condvar,
    status: Mutex<DeckStatus>,
}

#[derive(Default)]
struct Orders {
    rundown: Option<Arc<Rundown>>,
    site: Option<Site>,
    stop: bool,
}

impl Deck {
    /// Starts the deck's threads and opens the speaker.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(setup: Setup) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut deck = run::Running::new(setup, shared.clone())?;
        let thread =
            std::thread::Builder::new().name("loa-deck".into()).spawn(move || deck.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Replaces the rundown. What sounds goes on; what has sounded is not aired again.
    pub fn follow(&self, rundown: Arc<Rundown>) {
        lock(&self.shared.orders).rundown = Some(rundown);
        self.shared.changed.notify_all();
    }

    /// How it is now.
    pub fn status(&self) -> DeckStatus {
        lock(&self.shared.status).clone()
    }

    /// What the people at the site hold in their hands.
    pub fn knobs(&self) -> Knobs {
        Knobs(self.shared.clone())
    }

    /// Fades out what sounds, records it as interrupted, and returns when every record is kept.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        lock(&self.shared.orders).stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the deck failed; what sounded then has no record");
        }
    }
}

/// What the people at the site turn. It does nothing once the deck has ended.
#[derive(Clone)]
pub struct Knobs(Arc<Shared>);

impl Knobs {
    /// Obeys from the next block on. At a stop, what sounds fades out and is recorded as interrupted.
    pub fn turn(&self, site: Site) {
        lock(&self.0.orders).site = Some(site);
        self.0.changed.notify_all();
    }

    /// How the deck is now.
    pub fn status(&self) -> DeckStatus {
        lock(&self.0.status).clone()
    }
}

impl std::fmt::Debug for Knobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Knobs")
    }
}

impl Drop for Deck {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    /// Waits until somebody wants something, but not longer than this.
    fn rest(&self, at_most: Duration) {
        let orders = lock(&self.orders);
        if !orders.stop && orders.rundown.is_none() && orders.site.is_none() {
            // A wake-up without cause does no harm.
            let _ = self.changed.wait_timeout(orders, at_most);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
