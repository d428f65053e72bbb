//! A station without a device: a speaker that moves the clock, clips in memory, a recorder that remembers.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, OnceLock},
    time::Duration,
};

use loa::{
    clock::{Clock, Reading, TestClock},
    playout::{
        cue::{Hours, Settled},
        deck::{Deck, Opener, Setup},
        record::{Draft, NotKept, Recorder, Started},
        site::Site,
        source::{ClipFault, Clips, Source},
        speaker::{Format, Outlet, Position, Speaker, SpeakerError},
        station_clock::StationClock,
    },
    radio::{AiringItem, ClipHash, ClockState, Evidence, Gain, Priority, UtcMs},
    wire::{Rundown, RundownAiring},
};

/// 2020-10-01T05:00:00+07:00.
pub const FIVE: i64 = 1_601_503_200_000;

pub fn at(seconds: f64) -> UtcMs {
    UtcMs(FIVE + (seconds * 1000.0) as i64)
}

/// What the test speaker does wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Manners {
    pub evidence: Evidence,
    /// Frames taken for each that the clock would have it take.
    pub pace: f64,
    /// It fails once it has taken so many frames.
    pub fails_after: Option<u64>,
    /// Frames that it holds, for each second's worth. One that holds little gives the loader's thread a moment of real
    /// time for each block, and then waits for nobody.
    pub holds: f64,
}

impl Default for Manners {
    fn default() -> Self {
        Self { evidence: Evidence::Played, pace: 1.0, fails_after: None, holds: 1.0 }
    }
}

/// Time passes only as far as the test lets it.
pub struct World {
    /// The machine's.
    pub clock: Arc<TestClock>,
    /// The station's, where a test is about it.
    pub own: OnceLock<StationClock>,
    pub format: Format,
    /// Every frame that left, if the test wants to hear it.
    pub tape: Mutex<Option<Vec<f32>>>,
    pub manners: Mutex<Manners>,
    pub plugged: Mutex<bool>,
    /// Frames written at once: greater is faster.
    pub block: Mutex<usize>,
    gate: Mutex<Duration>,
    opened: Condvar,
    passed: Condvar,
}

impl World {
    pub fn new(now: UtcMs, format: Format) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::new(TestClock::at(now)),
            own: OnceLock::new(),
            format,
            tape: Mutex::default(),
            manners: Mutex::default(),
            plugged: Mutex::new(true),
            block: Mutex::new(100),
            gate: Mutex::default(),
            opened: Condvar::new(),
            passed: Condvar::new(),
        })
    }

    /// Lets time pass, and returns when it has.
    pub fn run_for(&self, seconds: f64) {
        let until = self.clock.read().monotonic + Duration::from_secs_f64(seconds);
        let mut gate = self.gate.lock().unwrap();
        *gate = until;
        self.opened.notify_all();
        while self.clock.read().monotonic < until {
            gate = self.passed.wait(gate).unwrap();
        }
    }

    /// Stops the deck, letting as little time pass as it needs.
    pub fn stop(&self, deck: Deck) {
        std::thread::scope(|scope| {
            let stopping = scope.spawn(|| deck.stop());
            while !stopping.is_finished() {
                *self.gate.lock().unwrap() += Duration::from_millis(100);
                self.opened.notify_all();
                std::thread::sleep(Duration::from_millis(1));
            }
        });
    }

    /// Lets time run free from now on.
    pub fn let_go(&self) {
        *self.gate.lock().unwrap() = Duration::MAX;
        self.opened.notify_all();
    }

    fn pass(&self, by: Duration) {
        let mut gate = self.gate.lock().unwrap();
        while self.clock.read().monotonic >= *gate {
            gate = self.opened.wait(gate).unwrap();
        }
        self.clock.advance(by);
        self.passed.notify_all();
    }
}

/// Lets time pass when a test fails, or its deck would never end.
pub struct OnFailure(pub Arc<World>);

impl Drop for OnFailure {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.let_go();
        }
    }
}

impl World {
    fn told(&self) -> &dyn Clock {
        self.own.get().map_or(self.clock.as_ref(), |own| own)
    }
}

impl Clock for World {
    fn read(&self) -> Reading {
        self.told().read()
    }

    fn state(&self) -> ClockState {
        self.told().state()
    }

    fn is_known(&self) -> bool {
        self.told().is_known()
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.clock.fmt(f)
    }
}

/// Holds a second or less, and moves the clock by what it is given beyond that.
struct TestSpeaker {
    world: Arc<World>,
    /// Whoever opened it goes by it.
    clock: Arc<dyn Clock>,
    manners: Manners,
    written: u64,
}

impl TestSpeaker {
    fn taken(&self) -> u64 {
        let holds = f64::from(self.world.format.sample_rate) * self.manners.holds;
        self.written.saturating_sub(holds as u64)
    }
}

impl Speaker for TestSpeaker {
    fn format(&self) -> Format {
        self.world.format
    }

    fn write(&mut self, samples: &[f32]) -> Result<(), SpeakerError> {
        let before = self.taken();
        if self.manners.fails_after.is_some_and(|most| before >= most)
            || !*self.world.plugged.lock().unwrap()
        {
            return Err(SpeakerError::Stalled(Duration::from_millis(1_500)));
        }
        if let Some(tape) = &mut *self.world.tape.lock().unwrap() {
            tape.extend_from_slice(samples);
        }
        self.written += (samples.len() / usize::from(self.world.format.channels)) as u64;
        let span = self.world.format.span(self.taken() - before);
        if self.manners.holds < 1.0 {
            std::thread::sleep(Duration::from_millis(2));
        }
        if !span.is_zero() {
            self.world.pass(span.div_f64(self.manners.pace));
        }
        Ok(())
    }

    fn position(&mut self) -> Position {
        Position { taken: self.taken(), leaves: self.clock.read(), xruns: 0 }
    }

    fn evidence(&self) -> Evidence {
        self.manners.evidence
    }

    fn name(&self) -> String {
        "test".into()
    }

    fn block(&self) -> usize {
        *self.world.block.lock().unwrap()
    }
}

/// Where a whole station opens its speaker.
#[derive(Debug)]
pub struct Plug(pub Arc<World>);

impl std::fmt::Display for Plug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("test")
    }
}

impl Outlet for Plug {
    fn open(&self, clock: &Arc<dyn Clock>) -> Result<Box<dyn Speaker>, SpeakerError> {
        let (world, clock) = (self.0.clone(), clock.clone());
        let manners = *world.manners.lock().unwrap();
        Ok(Box::new(TestSpeaker { world, clock, manners, written: 0 }))
    }
}

/// One clip: its own format, its samples, and what is wrong with it.
#[derive(Clone)]
pub struct TestClip {
    pub format: Format,
    pub samples: Arc<Vec<f32>>,
    pub fault: Option<ClipFault>,
    /// Its decoder fails after so many samples.
    pub breaks_after: Option<usize>,
    /// Its disk gives no more than so many samples until the gate is open.
    pub slow: Option<(usize, Arc<Gate>)>,
}

/// Shut until it is opened.
#[derive(Default)]
pub struct Gate(Mutex<bool>, Condvar);

impl Gate {
    pub fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn pass(&self) {
        drop(self.1.wait_while(self.0.lock().unwrap(), |open| !*open).unwrap());
    }
}

#[derive(Default)]
pub struct TestClips(pub Mutex<HashMap<ClipHash, TestClip>>);

impl TestClips {
    /// Puts a clip there that sounds a steady level with silent first and last frames, so that no fade is needed.
    pub fn add(&self, name: u8, format: Format, seconds: f64, level: f32) -> AiringItem {
        let frames = (seconds * f64::from(format.sample_rate)) as usize;
        let mut samples = vec![level; frames * usize::from(format.channels)];
        let channels = usize::from(format.channels);
        let len = samples.len();
        samples[..channels].fill(0.0);
        samples[len - channels..].fill(0.0);
        let hash = ClipHash([name; 32]);
        let clip = TestClip {
            format,
            samples: Arc::new(samples),
            fault: None,
            breaks_after: None,
            slow: None,
        };
        self.0.lock().unwrap().insert(hash, clip);
        item(hash, frames as u64, format.sample_rate)
    }

    pub fn spoil(&self, name: u8, how: impl FnOnce(&mut TestClip)) {
        how(self.0.lock().unwrap().get_mut(&ClipHash([name; 32])).unwrap());
    }
}

pub fn item(sha256: ClipHash, frames: u64, sample_rate: u32) -> AiringItem {
    let clip = "clip".parse().unwrap();
    let title = format!("Bản ghi {}", sha256.0[0]).into();
    AiringItem::Clip {
        clip,
        sha256,
        bytes: 1,
        title,
        frames,
        sample_rate,
        gain: Gain::UNITY,
        chime: false,
    }
}

struct TestSource {
    clip: TestClip,
    at: usize,
}

impl Source for TestSource {
    fn format(&self) -> Format {
        self.clip.format
    }

    fn next(&mut self) -> Result<Option<&[f32]>, ClipFault> {
        let end = self.clip.samples.len().min(self.clip.breaks_after.unwrap_or(usize::MAX));
        if self.at == end && end < self.clip.samples.len() {
            return Err(ClipFault::Decode("a broken frame".into()));
        }
        let from = self.at;
        let mut end = end;
        if let Some((most, gate)) = &self.clip.slow {
            if from < *most {
                end = end.min(*most);
            } else {
                gate.pass();
            }
        }
        self.at = end.min(from + 1_152 * usize::from(self.clip.format.channels));
        Ok((from < self.at).then(|| &self.clip.samples[from..self.at]))
    }
}

impl Clips for TestClips {
    fn verify(&self, clip: &ClipHash) -> Result<(), ClipFault> {
        let mut clips = self.0.lock().unwrap();
        let found = clips.get(clip).map(|clip| clip.fault.clone());
        match found {
            None => Err(ClipFault::Missing("test".into())),
            Some(Some(fault)) => {
                // As the shelf does when it sees that a file has rotted.
                if let ClipFault::Corrupt(_) = fault {
                    clips.remove(clip);
                }
                Err(fault)
            }
            Some(None) => Ok(()),
        }
    }

    fn open(&self, clip: &ClipHash) -> Result<Box<dyn Source>, ClipFault> {
        let clip = self.0.lock().unwrap().get(clip).cloned();
        let clip = clip.ok_or_else(|| ClipFault::Missing("test".into()))?;
        Ok(Box::new(TestSource { clip, at: 0 }))
    }
}

/// What was kept, in order.
#[derive(Default)]
pub struct Memory {
    pub started: Mutex<Vec<Started>>,
    pub ended: Mutex<Vec<Draft>>,
}

impl Recorder for Memory {
    fn started(&self, started: &Started) -> Result<(), NotKept> {
        self.started.lock().unwrap().push(started.clone());
        Ok(())
    }

    fn ended(&self, draft: &Draft) -> Result<(), NotKept> {
        self.ended.lock().unwrap().push(draft.clone());
        Ok(())
    }
}

/// A station on the bench.
pub struct Studio {
    pub world: Arc<World>,
    pub clips: Arc<TestClips>,
    pub memory: Arc<Memory>,
    pub hours: Hours,
    pub settled: Settled,
    pub site: Site,
}

impl Studio {
    /// At an instant, with a mono speaker of so many frames a second.
    pub fn new(now: UtcMs, sample_rate: u32) -> Self {
        Self {
            world: World::new(now, Format { sample_rate, channels: 1 }),
            clips: Arc::default(),
            memory: Arc::default(),
            hours: Hours { quiet: Vec::new(), zone: chrono_tz::Asia::Ho_Chi_Minh },
            settled: Settled::default(),
            site: Site::default(),
        }
    }

    pub fn deck(&self) -> Deck {
        let world = self.world.clone();
        let opener: Opener = Box::new(move || {
            if !*world.plugged.lock().unwrap() {
                // Nothing else moves the clock now.
                world.pass(Duration::from_secs(1));
                return Err(SpeakerError::Missing("test".into()));
            }
            let clock: Arc<dyn Clock> = world.clone();
            Plug(world.clone()).open(&clock)
        });
        Deck::start(Setup {
            opener,
            clock: self.world.clone(),
            clips: self.clips.clone(),
            recorder: self.memory.clone(),
            hours: self.hours.clone(),
            site: self.site,
            settled: self.settled.clone(),
        })
        .unwrap()
    }

    pub fn records(&self) -> Vec<Draft> {
        self.memory.ended.lock().unwrap().clone()
    }

    /// Plays a rundown for so long, then stops; gives the records.
    pub fn play(&self, airings: Vec<RundownAiring>, seconds: f64) -> Vec<Draft> {
        let deck = self.deck();
        deck.follow(rundown(airings));
        self.world.run_for(seconds);
        self.world.stop(deck);
        self.records()
    }
}

pub fn rundown(airings: Vec<RundownAiring>) -> Arc<Rundown> {
    let station = "thach-lam".parse().unwrap();
    let (from, until) = (at(-86_400.0), at(864_000.0));
    let (not_before, not_after) = (from, until);
    let (version, station_name) = (7, String::new());
    Arc::new(Rundown {
        station,
        station_name,
        version,
        not_before,
        not_after,
        from,
        until,
        airings,
        prepared: vec![],
    })
}

pub fn airing(
    name: &str,
    seconds: f64,
    late: f64,
    priority: Priority,
    items: Vec<AiringItem>,
) -> RundownAiring {
    let starts_at = at(seconds);
    let length: u64 = items.iter().map(AiringItem::duration_ms).sum();
    RundownAiring {
        id: format!("{name}.thach-lam.{}", starts_at.compact()).parse().unwrap(),
        schedule: name.parse().unwrap(),
        campaign: None,
        title: name.to_owned(),
        priority,
        bulletin: None,
        starts_at,
        ends_at: starts_at + Duration::from_millis(length),
        latest_start: starts_at + Duration::from_secs_f64(late),
        items,
    }
}
