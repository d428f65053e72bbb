//! Control at the site: a page on this machine only, and what the commands beside it use.

mod call;
mod guard;
mod key;
mod listen;
mod page;
mod routes;
mod stick;
mod view;
mod word;

pub use call::{Call, CallError};
pub use key::ControlKey;
pub use listen::{Address, serve};
pub use view::{Next, Playing, View};

use std::sync::{Arc, PoisonError, RwLock};

use chrono_tz::Tz;
use tokio::sync::{Mutex, watch};
use tracing::{error, info};

use super::{
    deck::Knobs,
    exchange::Exchange,
    keep::{Keep, KeepError, Said},
    link::Condition,
    site::Site,
};
use crate::{
    clock::Clock,
    radio::{UtcMs, Volume},
    wire::{Event, Fault, Hand},
};

/// What a station is told at its start about control at the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlSettings {
    /// Where the page is; none: nowhere.
    pub address: Option<Address>,
    /// How loud, until somebody at the site says otherwise.
    pub volume: Volume,
    /// Whether an emergency sounds while the station is stopped.
    pub emergency_overrides_stop: bool,
    /// The zone of the times on the page.
    pub zone: Tz,
}

/// What is said at the site, and how the station is.
#[derive(Debug)]
pub struct Control {
    settings: ControlSettings,
    pub(super) exchange: Exchange,
    keep: Arc<Keep>,
    clock: Arc<dyn Clock>,
    said: RwLock<Said>,
    saying: Mutex<()>,
    /// Why what was said would not survive a restart.
    unkept: RwLock<Option<String>>,
    knobs: std::sync::OnceLock<Knobs>,
    pub(super) condition: watch::Receiver<Condition>,
    pub(super) heard: watch::Receiver<Option<UtcMs>>,
}

/// What happens to the station meanwhile.
#[derive(Debug)]
pub struct News {
    /// What is wrong with it.
    pub condition: watch::Receiver<Condition>,
    /// When the district last answered.
    pub heard: watch::Receiver<Option<UtcMs>>,
}

impl Control {
    /// As the people at the site left it.
    ///
    /// # Errors
    /// The station's store fails.
    pub async fn new(
        settings: ControlSettings,
        exchange: Exchange,
        News { condition, heard }: News,
    ) -> Result<Self, KeepError> {
        let (keep, clock) = (exchange.keep.clone(), exchange.clock.clone());
        let said = keep.said().await?;
        if let Some(stop) = said.stop {
            info!(since = %stop.at, "the station is stopped at the site: loa station resume ends it");
        }
        Ok(Self {
            settings,
            exchange,
            keep,
            clock,
            said: RwLock::new(said),
            saying: Mutex::new(()),
            unkept: RwLock::new(None),
            knobs: std::sync::OnceLock::new(),
            condition,
            heard,
        })
    }

    /// The deck that is to obey.
    pub fn hold(&self, knobs: Knobs) {
        knobs.turn(self.site());
        // It is held once, at the station's start.
        let _ = self.knobs.set(knobs);
    }

    /// What the deck is to obey now.
    pub fn site(&self) -> Site {
        let said = self.said();
        Site {
            stopped: said.stop.map(|stop| stop.at),
            emergency_overrides_stop: self.settings.emergency_overrides_stop,
            volume: said.volume.unwrap_or(self.settings.volume),
        }
    }

    /// What was last said.
    pub fn said(&self) -> Said {
        *self.said.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Obeys at once, then keeps what was said, with its event among the records.
    ///
    /// # Errors
    /// It is obeyed, but could not be kept: after a restart it is not remembered.
    pub async fn say(&self, event: Event, by: Hand, who: Option<String>) -> Result<(), KeepError> {
        let _one = self.saying.lock().await;
        let now = self.clock.now();
        self.obey(self.said().after(event, now));
        let kept = self.keep.say(event, (by, who.clone()), now, self.clock.state()).await;
        let unkept = kept.as_ref().err().map(ToString::to_string);
        match &unkept {
            None => info!(event = event.kind(), ?by, who, "said at the site"),
            Some(why) => error!(
                event = event.kind(),
                why, "what was said at the site is obeyed but not kept"
            ),
        }
        *self.unkept.write().unwrap_or_else(PoisonError::into_inner) = unkept;
        kept.map(drop)
    }

    fn obey(&self, said: Said) {
        *self.said.write().unwrap_or_else(PoisonError::into_inner) = said;
        if let Some(knobs) = self.knobs.get() {
            knobs.turn(self.site());
        }
    }

    /// Ends a stop whose time is over.
    pub async fn look(&self) {
        let until = self.said().stop.and_then(|stop| stop.until);
        if until.is_some_and(|until| until <= self.clock.now()) {
            // What is not kept is said in the log and among the faults.
            let _ = self.say(Event::Resumed, Hand::Time, None).await;
        }
    }

    /// What the district is to know of the site.
    pub fn faults(&self) -> Vec<Fault> {
        let site = self.site();
        let mut faults = Vec::new();
        if let Some(since) = site.stopped {
            let detail = format!(
                "the station has been stopped at the site since {since}: nothing airs until it is resumed there"
            );
            faults.push(Fault::new("stopped-locally", detail));
        }
        if site.volume.percent() == 0 {
            faults.push(Fault::new(
                "volume-zero",
                "the station's volume is 0: nobody hears what it airs",
            ));
        }
        if let Some(why) = &*self.unkept.read().unwrap_or_else(PoisonError::into_inner) {
            let detail = format!("what was said at the site is obeyed, but not kept: {why}");
            faults.push(Fault::new("said-not-kept", detail));
        }
        faults
    }
}

#[cfg(test)]
mod tests;
