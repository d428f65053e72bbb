use serde::{Deserialize, Serialize};

use super::Control;
use crate::{
    playout::{keep::KeepError, link::SOFTWARE},
    radio::{AiringId, ClockState, Priority, StationId, UtcMs, Volume},
    wire::Fault,
};

/// Airings ahead that are shown.
const AHEAD: usize = 10;

/// How a station is, for those who stand beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct View {
    /// Who it is.
    pub station: Option<StationId>,
    /// What people call it, as the district's rundown says.
    #[serde(default)]
    pub name: Option<String>,
    /// The player's name and version.
    pub software: String,
    /// When this was so.
    pub now: UtcMs,
    /// What sounds.
    pub playing: Option<Playing>,
    /// The next airings, at most 10.
    pub next: Vec<Next>,
    /// Since when it is stopped at the site.
    pub stopped: Option<UtcMs>,
    /// When it resumes by itself.
    pub stopped_until: Option<UtcMs>,
    /// How loud it is.
    pub volume: Volume,
    /// The speaker that is open.
    pub speaker: Option<String>,
    /// The district's address.
    pub server: String,
    /// When the district last answered, since the station's start.
    pub last_contact: Option<UtcMs>,
    /// How far the clock can be believed.
    pub clock: ClockState,
    /// Records that the district does not have yet.
    pub waiting: u64,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// What sounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Playing {
    /// The airing.
    pub airing: AiringId,
    /// The clip's title.
    pub title: String,
}

/// An airing that is ahead.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Next {
    /// Its name.
    pub airing: AiringId,
    /// The programme's title.
    pub title: String,
    /// How urgent it is.
    pub priority: Priority,
    /// The instant of its first frame.
    pub starts_at: UtcMs,
    /// The instant after its last frame.
    pub ends_at: UtcMs,
}

impl Control {
    /// How the station is now.
    ///
    /// # Errors
    /// Its store fails.
    pub async fn view(&self) -> Result<View, KeepError> {
        let anchor = self.keep.anchor().await;
        let waiting = self.keep.count_waiting().await?;
        let now = self.clock.now();
        let deck = self.knobs.get().map(|knobs| knobs.status()).unwrap_or_default();
        let rundown = self.exchange.rundown.borrow().clone();
        let ahead = rundown.iter().flat_map(|rundown| &rundown.airings);
        let next = ahead.filter(|airing| airing.starts_at > now).take(AHEAD).map(|airing| Next {
            airing: airing.id.clone(),
            title: airing.title.clone(),
            priority: airing.priority,
            starts_at: airing.starts_at,
            ends_at: airing.ends_at,
        });
        // The loop that tells the district looks once a second; those who press a button see it at once.
        let mut faults = self.faults();
        let known = self.condition.borrow().faults.clone();
        faults.extend(known.into_iter().filter(|fault| !OURS.contains(&fault.code.as_str())));
        let stop = self.said().stop;
        Ok(View {
            station: anchor.as_ref().map(|anchor| anchor.station.clone()),
            name: rundown
                .as_ref()
                .map(|rundown| rundown.station_name.clone())
                .filter(|name| !name.is_empty()),
            software: SOFTWARE.to_owned(),
            now,
            playing: deck
                .playing
                .map(|(airing, title)| Playing { airing, title: title.to_string() }),
            next: next.collect(),
            stopped: stop.map(|stop| stop.at),
            stopped_until: stop.and_then(|stop| stop.until),
            volume: self.site().volume,
            speaker: deck.speaker,
            server: anchor.map(|anchor| anchor.server).unwrap_or_default(),
            last_contact: *self.heard.borrow(),
            clock: deck.clock.unwrap_or_else(|| self.clock.state()),
            waiting,
            faults,
        })
    }
}

/// What [`Control::faults`] may say.
const OURS: [&str; 3] = ["stopped-locally", "volume-zero", "said-not-kept"];
