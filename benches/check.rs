//! What it costs to see that nobody touched the log: the whole walk, and the look at what was written since, on both databases.
//!
//! `cargo bench --bench check`; `LOA_ENTRIES=100000` for fewer entries.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a benchmark"
)]

#[macro_use]
#[path = "../tests/common/mod.rs"]
mod common;
mod reach;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    BEFORE, MORNING,
    invented::{Diary, Fate},
    postgres::Postgres,
    rules,
};
use loa::{
    clock::TestClock,
    library::Shelf,
    server::{District, Keyring, Limits, check_log, sign_log},
    store::{Removed, Store},
};

/// From one look to the next.
const TURN: Duration = Duration::from_secs(25);
/// Of one core.
const SHARE: f64 = 0.05;
const ROUNDS: usize = 9;
/// Records that a station sends at once.
const TOGETHER: usize = 1000;

fn main() {
    let entries = std::env::var("LOA_ENTRIES").map_or(1_000_000, |number| number.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start();
    let of_postgres = runtime.block_on(postgres.database());
    let of_sqlite = format!("sqlite:{}", folder.path().join("loa.db").display());
    for (engine, url) in [("SQLite", of_sqlite), ("PostgreSQL", of_postgres)] {
        runtime.block_on(measure(engine, &url, &folder.path().join(engine), entries));
    }
}

async fn measure(engine: &str, url: &str, folder: &Path, entries: usize) {
    let store = Store::open(url).await.unwrap();
    store.apply(&rules(), &Removed::default(), BEFORE).await.unwrap();
    let keyring = Keyring::open(&folder.join("keys"), BEFORE).unwrap();
    let shelf = Shelf::open(&folder.join("clips")).unwrap();
    let clock = Arc::new(TestClock::at(BEFORE));
    let district = District::new(store.clone(), clock, shelf, keyring, Limits::default());
    let rules = rules();
    let mut diary = Diary::of(&rules.stations[0], 2);
    let (mut kept, mut at) = (0, MORNING);
    while kept < entries {
        for _ in 0..TOGETHER / 2 {
            diary.note(at, false, Fate::Aired);
            at = at + Duration::from_mins(30);
        }
        kept += diary.keep(&store, None, at).await;
    }
    assert_eq!(sign_log(&district).await.unwrap(), None);
    let size = store.log_size().await.unwrap();
    let timed = async || {
        let begun = Instant::now();
        assert_eq!(check_log(&district).await.unwrap(), None);
        begun.elapsed()
    };
    let whole = timed().await;
    let mut quiet = Vec::new();
    let mut busy = Vec::new();
    for _ in 0..ROUNDS {
        quiet.push(timed().await);
        diary.note(at, false, Fate::Aired);
        at = at + Duration::from_mins(30);
        diary.keep(&store, None, at).await;
        assert_eq!(sign_log(&district).await.unwrap(), None);
        busy.push(timed().await);
    }
    quiet.sort();
    busy.sort();
    let (quiet, busy) = (quiet[ROUNDS / 2], busy[ROUNDS / 2]);
    let share = busy.as_secs_f64() / TURN.as_secs_f64();
    println!(
        "{engine}: {size} entries, the whole walk {whole:.1?}; a look when nobody wrote {quiet:.1?}, when this district did {busy:.1?}: {:.2} % of {TURN:?}",
        share * 100.0
    );
    reach::told(&format!("a look on {engine} in at most {SHARE} of one core"), share <= SHARE);
}
