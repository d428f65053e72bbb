//! The station as a whole: line, store, deck and clips, put together.

use std::{path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use tokio::{runtime::Handle, sync::watch};
use tracing::{error, info, warn};

use super::{
    control::{self, Control, ControlKey, ControlSettings, News},
    cue::Hours,
    deck::{Deck, DeckStatus, Setup},
    exchange::{Exchange, NO_LINE},
    keep::{Anchor, Keep, KeepError, KeepRecorder, Rebuilt},
    link::{
        self, Allowance, Condition, Confirmer, District, Enrolled, Fetcher, Follower, Line,
        LinkError, Supply, TimeSignal,
    },
    scrub::{Findings, Scrubber},
    speaker::Outlet,
    station_clock::StationClock,
};
use crate::{
    clock::{Clock, LOA_IS_NEWER_THAN},
    library::Shelf,
    radio::{Priority, RecordHash},
    signing::SecretKey,
    wire::{EnrolmentCode, Fault, Rundown, RundownAiring},
};

/// How often the deck is asked how it is.
const LOOK: Duration = Duration::from_secs(1);

/// How often the time is remembered, where no record does so, and damaged stores are looked for that somebody removed.
const KNOW: Duration = Duration::from_mins(1);

/// How long the last records may take to reach the district when the station stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// What has become of airings is kept longer than any rundown reaches back.
const REMEMBERED: Duration = Duration::from_hours(24 * 60);

/// What a station is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The district's address.
    pub server: String,
    /// How it may be called.
    pub line: Line,
    /// What fetching clips may take.
    pub allowance: Allowance,
    /// The one-time code, at the first start.
    pub code: Option<EnrolmentCode>,
    /// The station's own folder.
    pub data: PathBuf,
    /// Where sound goes.
    pub speaker: Arc<dyn Outlet>,
    /// When the station airs nothing routine, whoever orders it.
    pub hours: Hours,
    /// What the people at the site may say, and where.
    pub control: ControlSettings,
    /// Believe the machine's clock, though it may show an earlier time than was known before.
    pub trust_clock: bool,
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

/// Runs a station until `shutdown` is done. The line may come and go; only the first enrolment needs it. A store that is
/// found damaged meanwhile is mended by beginning anew between two airings.
///
/// # Errors
/// Nothing airs without its remedy.
pub async fn run(
    settings: Settings,
    machine: Arc<dyn Clock>,
    sign: impl Fn(Sign),
    shutdown: impl Future<Output = ()>,
) -> Result<(), StationError> {
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        match run_once(&settings, machine.clone(), &sign, shutdown.as_mut()).await {
            Err(StationError::Keep(KeepError::Damaged(damage))) => {
                warn!(damage, "the store is damaged: the station begins anew");
            }
            ended => return ended,
        }
    }
}

async fn run_once(
    settings: &Settings,
    machine: Arc<dyn Clock>,
    sign: &impl Fn(Sign),
    mut shutdown: Pin<&mut impl Future<Output = ()>>,
) -> Result<(), StationError> {
    let keep = Arc::new(Keep::open(&settings.data).await?);
    let last_known = keep.last_known_time().await?.filter(|_| !settings.trust_clock);
    let last_known = last_known.unwrap_or(LOA_IS_NEWER_THAN);
    let clock = Arc::new(StationClock::new(machine, last_known));
    let mut rebuilt = keep.rebuilt(clock.now(), clock.is_known()).await?;
    let interrupted = keep.end_interrupted(clock.now()).await?;
    if interrupted > 0 {
        warn!(interrupted, "items were cut off when the station last stopped");
    }
    let anchor = identify(settings, &keep).await?;
    info!(station = %anchor.station, server = anchor.server, "enrolled");

    let shelf = Arc::new(Shelf::open(&settings.data.join("clips")).map_err(StationError::Shelf)?);
    // A station without a line lives by what comes on a stick.
    let has_line = settings.server != NO_LINE;
    let district = has_line.then(|| District::new(&settings.line, &anchor)).transpose()?;
    let kept = kept_rundown(&keep, &anchor).await;
    if let Some(rundown) = &kept {
        // The district's word on the day, not the clock's: a clock that runs ahead must not make the station forget.
        keep.forget_settled(rundown.from - REMEMBERED).await?;
    }
    let (rundown, mut changes) = watch::channel::<Option<Arc<Rundown>>>(kept.map(Arc::new));
    let (refused, refusal) = watch::channel(None);
    let (supplied, supply) = watch::channel(Supply::default());
    let (found, findings) = watch::channel(Findings::default());
    let (told, condition) = watch::channel(Condition::default());
    let (heard, hears) = watch::channel(None);
    let exchange = Exchange {
        keep: keep.clone(),
        shelf: shelf.clone(),
        clock: clock.clone(),
        rundown: rundown.clone(),
    };
    let news = News { condition: condition.clone(), heard: hears };
    let control = Control::new(settings.control, exchange, news).await?;
    let control = Arc::new(control);
    let recorder = KeepRecorder {
        keep: keep.clone(),
        station: anchor.station.clone(),
        clock: clock.clone(),
        runtime: Handle::current(),
    };
    let (speaker, opening): (_, Arc<dyn Clock>) = (settings.speaker.clone(), clock.clone());
    let deck = Deck::start(Setup {
        opener: Box::new(move || speaker.open(&opening)),
        clock: clock.clone(),
        clips: shelf.clone(),
        recorder: Arc::new(recorder),
        hours: settings.hours.clone(),
        site: control.site(),
        settled: keep.settled().await?,
    })
    .map_err(StationError::Deck)?;
    control.hold(deck.knobs());
    let scrubber = Scrubber {
        shelf: shelf.clone(),
        clock: clock.clone(),
        rundown: changes.clone(),
        findings: found,
    };
    let mut work =
        vec![tokio::spawn(serve(control.clone(), settings.clone())), tokio::spawn(scrubber.run())];
    let mut confirmer = district.as_ref().map(|district| Confirmer {
        district: district.clone(),
        keep: keep.clone(),
        condition,
        clock: clock.clone(),
        heard,
        compared_at: None,
    });
    if let Some((district, confirmer)) = district.zip(confirmer.clone()) {
        let follower = Follower {
            district: district.clone(),
            keep: keep.clone(),
            clock: clock.clone(),
            rundown,
            fault: refused,
        };
        let fetcher = Fetcher {
            district: district.clone(),
            shelf,
            clock: clock.clone(),
            rundown: changes.clone(),
            allowance: settings.allowance,
            findings: findings.clone(),
            supply: supplied,
        };
        let signal = TimeSignal { district, clock: clock.clone() };
        work.extend([
            tokio::spawn(follower.run()),
            tokio::spawn(fetcher.run()),
            tokio::spawn(confirmer.run()),
            tokio::spawn(signal.run()),
        ]);
    }

    sign(Sign::Ready);
    changes.mark_changed();
    let mut look = tokio::time::interval(LOOK);
    let mut know = tokio::time::interval(KNOW);
    let mut pulse = Pulse::default();
    let mut end = Ok(());
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Ok(()) = changes.changed() => {
                if let Some(rundown) = changes.borrow_and_update().clone() {
                    deck.follow(still_to_air(rundown, &rebuilt));
                }
            }
            _ = know.tick() => {
                if let Err(error) = keep.know_time(clock.now()).await {
                    warn!(%error, "the time is not remembered");
                }
                look_again(&mut rebuilt, &keep, clock.as_ref(), &mut changes).await;
            }
            _ = look.tick() => {
                if rebuilt.is_undated && clock.is_known() {
                    look_again(&mut rebuilt, &keep, clock.as_ref(), &mut changes).await;
                }
                let status = deck.status();
                if let (Some(damage), None) = (keep.suspected(), &status.playing) {
                    end = Err(KeepError::Damaged(damage.to_owned()).into());
                    break;
                }
                if pulse.beats(&status) {
                    sign(Sign::Alive);
                }
                let known = changes.borrow().as_ref().map(|rundown| rundown.version);
                control.look().await;
                let mut condition = condition_of(settings, status, known, clock.as_ref());
                condition.faults.extend(clock.fault());
                condition.faults.extend(refusal.borrow().clone());
                let Supply { stock, fault } = supply.borrow().clone();
                condition.faults.extend(fault);
                condition.faults.extend(findings.borrow().fault.clone());
                if !keep.mind_reserve() {
                    condition.faults.retain(|fault| fault.code != "disk-full");
                    let detail = format!(
                        "the disk of {} is full: no room is left for records beside what was kept for them; make room",
                        settings.data.display()
                    );
                    condition.faults.push(Fault::new("disk-full", detail));
                }
                condition.stock = stock;
                let damage = rebuilt.words.iter().map(|words| Fault::new("store-damaged", words));
                condition.faults.extend(damage);
                condition.faults.extend(control.faults());
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
    ControlKey::remove(&settings.data);
    // The deck's threads write their last records through this runtime, so it must not be held up.
    if tokio::task::spawn_blocking(move || deck.stop()).await.is_err() {
        warn!("the deck stopped badly");
    }
    if let Some(confirmer) = &mut confirmer {
        let last = async { while confirmer.once().await.unwrap_or(false) {} };
        if tokio::time::timeout(FAREWELL, last).await.is_err() {
            warn!("the last records wait for the next start");
        }
    }
    if let Err(error) = keep.know_time(clock.now()).await {
        warn!(%error, "the time is not remembered");
    }
    keep.close().await;
    end
}

/// Asks what came of damaged stores; where another rundown follows from that, it is followed anew.
async fn look_again(
    rebuilt: &mut Rebuilt,
    keep: &Keep,
    clock: &dyn Clock,
    changes: &mut watch::Receiver<Option<Arc<Rundown>>>,
) {
    match keep.rebuilt(clock.now(), clock.is_known()).await {
        Ok(now) => {
            if now.blind_until != rebuilt.blind_until || now.is_undated != rebuilt.is_undated {
                changes.mark_changed();
            }
            *rebuilt = now;
        }
        Err(error) => warn!(%error, "the store does not say whether it was damaged"),
    }
}

/// What may have begun before a store was lost is not begun again. Until the time is known, that may be any airing but an
/// emergency, which does not wait for it.
fn still_to_air(rundown: Arc<Rundown>, rebuilt: &Rebuilt) -> Arc<Rundown> {
    let Some(instant) = rebuilt.blind_until else { return rundown };
    let is_safe = |airing: &RundownAiring| {
        let is_held = rebuilt.is_undated && airing.priority != Priority::Emergency;
        airing.starts_at > instant && !is_held
    };
    if rundown.airings.iter().all(is_safe) {
        return rundown;
    }
    let mut rundown = Arc::unwrap_or_clone(rundown);
    rundown.airings.retain(is_safe);
    Arc::new(rundown)
}

/// A station airs also where nobody can see it.
async fn serve(control: Arc<Control>, settings: Settings) {
    let Some(address) = settings.control.address else { return };
    let Err(why) = control::serve(control, address, &settings.data).await;
    error!(%why, %address, "there is no page at the site, and its commands do not reach this station");
}

fn condition_of(
    settings: &Settings,
    status: DeckStatus,
    rundown_version: Option<u64>,
    clock: &dyn Clock,
) -> Condition {
    Condition {
        speaker: status.speaker.unwrap_or_else(|| settings.speaker.to_string()),
        faults: status.faults.into_iter().map(|fault| Fault::new("deck", fault)).collect(),
        rundown_version,
        playing: status.playing.map(|(airing, _)| airing),
        clock: status.clock.unwrap_or_else(|| clock.state()),
        stock: None,
    }
}

/// The rundown that is followed until the district sends another, if it is still as it was taken.
pub async fn kept_rundown(keep: &Keep, anchor: &Anchor) -> Option<Rundown> {
    let opened = match keep.rundown().await {
        Ok(None) => return None,
        Ok(Some(kept)) => link::trust(anchor).open(&kept.signed).map_err(LinkError::Rundown),
        Err(error) => Err(error.into()),
    };
    let told = opened.inspect_err(|error| {
        warn!(%error, "the kept rundown is not followed; the district is asked for it anew");
    });
    told.ok().map(|taken| taken.rundown)
}

/// Who the station is: as it was enrolled, or by the code it was given. Another code enrols it anew; its key, its records
/// and its rundown stay.
async fn identify(settings: &Settings, keep: &Keep) -> Result<Anchor, StationError> {
    let code = settings.code.as_ref();
    let code_sha256 = code.map(|code| RecordHash::of(code.secret.as_bytes()).to_string());
    let known = keep.anchor().await;
    let is_new = |known: &Anchor| code_sha256.as_ref().is_some_and(|new| *new != known.code_sha256);
    match known {
        Some(known) if !is_new(&known) => {
            let anchor = Anchor { server: settings.server.clone(), ..known };
            keep.set_anchor(anchor.clone()).await?;
            Ok(anchor)
        }
        known => {
            let (code, code_sha256) = code.zip(code_sha256).ok_or(KeepError::NotEnrolled)?;
            let enrolled = enrol(settings, keep, code).await?;
            let same = known.filter(|known| known.station == enrolled.station);
            let anchor = Anchor {
                server: settings.server.clone(),
                station: enrolled.station,
                token: enrolled.token,
                code_sha256,
                pin: code.pin,
                rundown_version: same
                    .filter(|known| known.district_key == enrolled.district_key)
                    .map_or(0, |known| known.rundown_version),
                district_key: enrolled.district_key,
                // It is raised to the one that is known.
                sequence_mark: 0,
            };
            keep.set_anchor(anchor.clone()).await?;
            Ok(anchor)
        }
    }
}

/// Enrols with the station's own key: a district that has forgotten the station takes what that one signed, and what
/// waits. One that has revoked the key is offered another.
async fn enrol(
    settings: &Settings,
    keep: &Keep,
    code: &EnrolmentCode,
) -> Result<Enrolled, StationError> {
    let Settings { line, server, .. } = settings;
    match link::enrol(line, server, code, keep.public_key().await).await {
        Err(LinkError::Refused { code: refusal, .. }) if refusal == "enrolment-refused" => {
            let key = SecretKey::generate().map_err(KeepError::Random)?;
            let enrolled = link::enrol(line, server, code, key.public()).await?;
            keep.set_key(key).await?;
            Ok(enrolled)
        }
        answer => Ok(answer?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_begun_is_not_begun_again_and_while_the_time_is_unknown_that_is_nearly_all() {
        let mut rundown =
            crate::playout::stock::tests::rundown(1, &[&["a"], &["b"], &["c"], &["d"]]);
        rundown.airings[3].priority = Priority::Emergency;
        let rundown = Arc::new(rundown);
        let left = |blind_until: Option<i64>, is_undated| {
            let blind_until = blind_until.map(crate::radio::UtcMs);
            let rebuilt = Rebuilt { words: vec![], blind_until, is_undated };
            let left = still_to_air(rundown.clone(), &rebuilt);
            left.airings.iter().map(|airing| airing.starts_at.0 / 1_000).collect::<Vec<_>>()
        };
        assert_eq!(left(None, false), [1_000, 1_060, 1_120, 1_180]);
        assert_eq!(left(Some(1_060_000), false), [1_120, 1_180]);
        assert_eq!(left(Some(0), true), [1_180]);
        assert!(left(Some(1_180_000), true).is_empty());
    }

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
