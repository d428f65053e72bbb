//! A station reduced to its deck, in a process of its own: cpal finds the sound server by the environment.
//!
//! It is told what to do in an environment variable, and says what happens on standard output, a JSON object a line.

#![allow(dead_code, unreachable_pub, reason = "tests and benches use a part of it")]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use loa::{
    clock::SystemClock,
    library::Shelf,
    playout::{
        cue::{Hours, Settled},
        deck::{Deck, Setup},
        record::{Draft, NotKept, Recorder, Started},
        site::Site,
        speaker::{Outlet as _, SpeakerName},
    },
    radio::{AiringItem, ClipHash, Gain, Priority, UtcMs},
    wire::{Rundown, RundownAiring},
};
use serde_json::{Value, json};
use sha2::Digest as _;

pub const ORDERS: &str = "LOA_TEST_PLAYER";

/// What the player is to do.
pub struct Orders {
    pub speaker: String,
    pub shelf: PathBuf,
    /// When, how late at most (ms), and what.
    pub airings: Vec<(UtcMs, u64, Vec<AiringItem>)>,
    pub until: UtcMs,
}

impl Orders {
    pub fn to_text(&self) -> String {
        json!({
            "speaker": self.speaker, "shelf": self.shelf, "airings": self.airings, "until": self.until,
        })
        .to_string()
    }
}

/// Puts a recording on a shelf; gives the item that airs it.
pub fn shelve(shelf: &Path, file: &Path, frames: u64, sample_rate: u32) -> AiringItem {
    let bytes = std::fs::read(file).unwrap();
    let sha256 = ClipHash(sha2::Sha256::digest(&bytes).into());
    let place = Shelf::open(shelf).unwrap().path_of(&sha256);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, &bytes).unwrap();
    let (clip, title) = ("clip".parse().unwrap(), "Thông báo".into());
    let bytes = bytes.len() as u64;
    AiringItem::Clip {
        clip,
        sha256,
        bytes,
        title,
        frames,
        sample_rate,
        gain: Gain::UNITY,
        chime: false,
    }
}

fn say(what: &Value) {
    let mut out = std::io::stdout().lock();
    // Nobody may be listening any more.
    let _ = writeln!(out, "{what}").and_then(|()| out.flush());
}

struct Aloud;

impl Recorder for Aloud {
    fn started(&self, started: &Started) -> Result<(), NotKept> {
        say(&json!({ "started": started.airing }));
        Ok(())
    }

    fn ended(&self, draft: &Draft) -> Result<(), NotKept> {
        say(&json!({ "record": {
            "airing": draft.airing, "position": draft.position, "outcome": draft.outcome, "reason": draft.reason,
            "detail": draft.detail, "evidence": draft.evidence, "frames_played": draft.frames_played,
            "frames_expected": draft.frames_expected, "start_error_us": draft.start_error_us,
            "pace_ppm": draft.pace_ppm, "xruns": draft.xruns, "speaker": draft.speaker,
        }}));
        Ok(())
    }
}

/// Does what the environment says, then ends.
pub fn run() {
    let Ok(text) = std::env::var(ORDERS) else { return };
    let orders: Value = serde_json::from_str(&text).unwrap();
    let airings: Vec<(UtcMs, u64, Vec<AiringItem>)> =
        serde_json::from_value(orders["airings"].clone()).unwrap();
    let until: UtcMs = serde_json::from_value(orders["until"].clone()).unwrap();
    let speaker: SpeakerName = orders["speaker"].as_str().unwrap().parse().unwrap();
    let clock: Arc<dyn loa::clock::Clock> = Arc::new(SystemClock);
    let opening = clock.clone();
    let deck = Deck::start(Setup {
        opener: Box::new(move || speaker.open(&opening)),
        clock: clock.clone(),
        clips: Arc::new(Shelf::open(Path::new(orders["shelf"].as_str().unwrap())).unwrap()),
        recorder: Arc::new(Aloud),
        hours: Hours { quiet: Vec::new(), zone: chrono_tz::Asia::Ho_Chi_Minh },
        site: Site::default(),
        settled: Settled::default(),
    })
    .unwrap();
    let airings = airings
        .into_iter()
        .enumerate()
        .map(|(n, (at, late, items))| airing(n, at, late, items))
        .collect();
    let (station, version) = ("thach-lam".parse().unwrap(), 1);
    deck.follow(Arc::new(Rundown {
        station,
        station_name: String::new(),
        version,
        not_before: UtcMs(0),
        not_after: UtcMs(i64::MAX),
        from: UtcMs(0),
        until: UtcMs(i64::MAX),
        airings,
        prepared: vec![],
    }));
    let mut before = None;
    while clock.now() < until {
        let status = deck.status();
        let now = Some((status.speaker.clone(), status.faults.clone()));
        if now != before {
            say(&json!({ "speaker": status.speaker, "faults": status.faults, "at": clock.now() }));
            before = now;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    deck.stop();
}

fn airing(n: usize, starts_at: UtcMs, late: u64, items: Vec<AiringItem>) -> RundownAiring {
    let length = items.iter().map(AiringItem::duration_ms).sum();
    RundownAiring {
        id: format!("a{n}.thach-lam.{}", starts_at.compact()).parse().unwrap(),
        schedule: format!("a{n}").parse().unwrap(),
        campaign: None,
        title: "Thông báo".into(),
        priority: Priority::Routine,
        bulletin: None,
        starts_at,
        ends_at: starts_at + Duration::from_millis(length),
        latest_start: starts_at + Duration::from_millis(late),
        items,
    }
}
