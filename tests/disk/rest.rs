//! What a day comes to after a power cut: on what is left, a whole station plays it to its end, beside its district, on
//! the test clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use loa::{
    clock::Clock as _,
    library::Shelf,
    playout::{
        control::ControlSettings,
        cue::Hours,
        link::{Allowance, Line},
        speaker::Format,
        station::{self, Settings},
    },
    radio::{ClipHash, StationId, UtcMs, Volume},
    server::{District, Door, Keyring, Limits, router, serve},
    store::{Bearer, Store},
    wire::EnrolmentCode,
};
use rusqlite::Connection;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot};
use tower::ServiceExt as _;

use crate::{
    left::Known,
    studio::{OnFailure, Plug, World},
    village::tones,
};

/// Enough to tell the clips by their pitch.
const EAR: Format = Format { sample_rate: 8_000, channels: 1 };

/// How long anything may take before the test is given up; it is not about it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A day of which some was played when the power failed.
pub(crate) struct Day {
    pub(crate) station: StationId,
    /// The district's folder as it was at the end of the day.
    pub(crate) district: PathBuf,
    /// The clip of each airing, in order.
    pub(crate) clips: Vec<ClipHash>,
    /// When the last airing is over.
    pub(crate) over: UtcMs,
}

/// The district, serving on the test clock, and a person's way to ask it.
struct Serving {
    district: District,
    router: Router,
    token: String,
    address: String,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Serving {
    async fn start(folder: &Path, world: &World) -> Self {
        let now = world.clock.now();
        let store =
            Store::open(&format!("sqlite:{}", folder.join("loa.db").display())).await.unwrap();
        let shelf = Shelf::open(&folder.join("clips")).unwrap();
        let keyring = Keyring::open(&folder.join("keys"), now).unwrap();
        let limits = Limits { farewell: Duration::from_millis(100), ..Limits::default() };
        let person = Bearer::Person("Lan".into());
        let token = store.create_token(&person, now).await.unwrap().reveal().to_owned();
        let district = District::new(store, world.clock.clone(), shelf, keyring, limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(vec![Door::plain(listener)], district.clone(), async {
            stopped.await.ok();
        }));
        district.rolled().wait_for(Option::is_some).await.unwrap();
        Self { router: router(district.clone()), district, token, address, stop, server }
    }

    async fn airings(&self) -> Vec<Value> {
        let request = Request::get("/api/v1/airings")
            .header("authorization", format!("Bearer {}", self.token))
            .body(Body::empty())
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let page: Value = serde_json::from_slice(&body).unwrap();
        page["airings"].as_array().unwrap_or_else(|| panic!("{page}")).clone()
    }

    async fn code(&self, station: &StationId, until: UtcMs) -> EnrolmentCode {
        let code = self.district.store().create_code(station, until).await.unwrap();
        code.reveal().parse().unwrap()
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
        self.district.store().close().await;
    }
}

impl Day {
    /// The district as it was when it had these records only.
    fn district_then(&self, folder: &Path, known: &Known<'_>) {
        fs::create_dir_all(folder).unwrap();
        fs::copy(self.district.join("loa.db"), folder.join("loa.db")).unwrap();
        for place in ["clips", "keys"] {
            let _ = fs::remove_file(folder.join(place));
            std::os::unix::fs::symlink(self.district.join(place), folder.join(place)).unwrap();
        }
        let db = Connection::open(folder.join("loa.db")).unwrap();
        let until = known.received.iter().map(|received| received.received_at).max().unwrap_or(-1);
        db.execute("delete from as_run where received_at > ?", [until]).unwrap();
        db.execute_batch(
            "delete from chain_fault;
             delete from chain_run;
             insert into chain_run (station, first_sequence, last_sequence)
             select station, min(sequence), max(sequence) from as_run group by station;",
        )
        .unwrap();
        let count: i64 = db.query_one("select count(*) from as_run", [], |row| row.get(0)).unwrap();
        assert_eq!(count.cast_unsigned(), known.received.len() as u64);
    }

    /// Plays on what is left in a folder, the power back at an instant; gives how each airing stands.
    pub(crate) async fn play_on(
        &self,
        folder: &Path,
        back: UtcMs,
        known: &Known<'_>,
        moment: &str,
    ) -> Vec<String> {
        let there = folder.with_extension("district");
        self.district_then(&there, known);
        let world = World::new(back, EAR);
        let _on_failure = OnFailure(world.clone());
        *world.tape.lock().unwrap() = Some(Vec::new());
        *world.block.lock().unwrap() = EAR.sample_rate as usize / 10;
        let serving = Serving::start(&there, &world).await;
        let is_enrolled = folder.join("station.json").exists();
        let later = back + Duration::from_secs(3_600);
        let code = if is_enrolled { None } else { Some(serving.code(&self.station, later).await) };
        let settings = Settings {
            server: serving.address.clone(),
            line: Line::default(),
            allowance: Allowance::default(),
            code,
            data: folder.to_owned(),
            speaker: Arc::new(Plug(world.clone())),
            hours: Hours { quiet: Vec::new(), zone: chrono_tz::UTC },
            control: ControlSettings {
                address: None,
                volume: Volume::default(),
                emergency_overrides_stop: false,
                zone: chrono_tz::UTC,
            },
            trust_clock: false,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let lives = Arc::new(AtomicBool::new(false));
        let is_ready = lives.clone();
        let machine = world.clock.clone();
        let playing = tokio::spawn(async move {
            let sign = move |_| is_ready.store(true, std::sync::atomic::Ordering::SeqCst);
            station::run(settings, machine, sign, async {
                stopped.await.ok();
            })
            .await
        });
        let has_all = || {
            let shelf = Shelf::open(&folder.join("clips"));
            lives.load(std::sync::atomic::Ordering::SeqCst)
                && shelf.is_ok_and(|shelf| self.clips.iter().all(|clip| shelf.contains(clip)))
        };
        until(moment, "the clips are there", async || has_all()).await;
        let rest = self.over.since(back) + Duration::from_secs(5);
        let passing = world.clone();
        tokio::task::spawn_blocking(move || passing.run_for(rest.as_secs_f64())).await.unwrap();
        until(moment, "each airing has its state", async || {
            let airings = serving.airings().await;
            let is_open = |airing: &Value| {
                matches!(airing["state"].as_str(), Some("planned" | "unreported") | None)
            };
            !airings.iter().any(is_open) && waiting(folder) == 0
        })
        .await;
        world.let_go();
        stop.send(()).unwrap();
        playing.await.unwrap().unwrap_or_else(|error| panic!("{moment}: {error}"));

        let airings = serving.airings().await;
        serving.stop().await;
        same_records(folder, &there, known, moment);
        let tape = world.tape.lock().unwrap().take().unwrap();
        self.compare(&airings, &tape, &known.heard, moment)
    }

    /// What is said of each airing is what was heard, before the cut and after it, and nothing was heard twice.
    fn compare(
        &self,
        airings: &[Value],
        tape: &[f32],
        before: &BTreeSet<usize>,
        moment: &str,
    ) -> Vec<String> {
        let samples: Vec<f64> = tape.iter().map(|sample| f64::from(*sample) * 32_768.0).collect();
        let mut pieces: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (clip, tenths) in tones::heard_in(&samples, EAR.sample_rate, self.clips.len()) {
            pieces.entry(clip).or_default().push(tenths);
        }
        assert_eq!(airings.len(), self.clips.len(), "{moment}: {airings:?}");
        let mut states = Vec::new();
        for airing in airings {
            let n: usize =
                airing["schedule"].as_str().unwrap().trim_start_matches('s').parse().unwrap();
            let state = airing["state"].as_str().unwrap();
            let after = pieces.get(&n).map_or(&[][..], Vec::as_slice);
            let is_right = match (state, before.contains(&n), after) {
                ("aired", false, [tenths]) => *tenths >= 10,
                ("simulated", true, []) | ("interrupted", _, []) | ("missed", false, []) => true,
                _ => false,
            };
            assert!(
                is_right,
                "{moment}: {n}: heard before: {}, after: {after:?}, said: {airing}",
                before.contains(&n)
            );
            states.push(state.to_owned());
        }
        states
    }
}

async fn until(moment: &str, what: &str, is: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
        panic!("{moment}: never: {what}");
    }
}

/// Records without a receipt.
fn waiting(folder: &Path) -> i64 {
    let db = Connection::open(folder.join("station.db")).unwrap();
    let sql = "select count(*) from spool where receipt is null";
    db.query_one(sql, [], |row| row.get(0)).unwrap()
}

/// What the station made and what the district keeps is the same, once each, without a gap, and all that the district had
/// before the cut is among it.
fn same_records(folder: &Path, district: &Path, known: &Known<'_>, moment: &str) {
    let texts = |file: PathBuf, sql: &str| -> Vec<String> {
        let db = Connection::open(file).unwrap();
        let mut rows = db.prepare(sql).unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let own = texts(folder.join("station.db"), "select record from spool order by sequence");
    let kept = texts(district.join("loa.db"), "select record from as_run order by sequence");
    assert_eq!(own, kept, "{moment}");
    let before: Vec<&String> = known.received.iter().map(|received| &received.record).collect();
    assert!(before.iter().all(|record| kept.contains(record)), "{moment}: a record was lost");
    let mut said = BTreeSet::new();
    for (n, record) in kept.iter().enumerate() {
        let record: Value = serde_json::from_str(record).unwrap();
        assert_eq!(record["sequence"], n + 1, "{moment}");
        let of = ["airing", "position", "attempt"].map(|field| record[field].to_string());
        assert!(said.insert(of), "{moment}: said twice: {record}");
    }
}
