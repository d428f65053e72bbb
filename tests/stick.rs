//! Two stations without a line, a district and USB sticks that are late, doubled, damaged and mixed up: nothing is lost,
//! nothing is double, nothing is followed that the district did not sign for the station.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test that goes wrong is to stop there"
)]

#[path = "village/mod.rs"]
mod village;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use village::{Program, Village};

const AIRINGS: usize = 4;

/// Runs a command; gives whether it went well, and what it said.
fn run(village: &Village, arguments: &[&str]) -> (bool, String) {
    let output = village.command(arguments).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

fn well(village: &Village, arguments: &[&str]) -> String {
    let (is_well, said) = run(village, arguments);
    assert!(is_well, "loa {arguments:?}: {said}");
    said
}

/// It goes wrong, and says so.
fn wrong(village: &Village, arguments: &[&str], expected: &str) {
    let (is_well, said) = run(village, arguments);
    assert!(!is_well && said.contains(expected), "loa {arguments:?} is to say {expected}: {said}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() { copy(&path, &to) } else { fs::copy(&path, &to).map(drop).unwrap() }
    }
}

fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} has no {from}", file.display());
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

/// The first clip on a stick.
fn a_clip(stick: &Path) -> PathBuf {
    let bays = fs::read_dir(stick.join("loa/clips")).unwrap().map(|bay| bay.unwrap().path());
    let bay = bays.into_iter().find(|bay| bay.file_name().unwrap().len() == 2).unwrap();
    fs::read_dir(bay).unwrap().next().unwrap().unwrap().path()
}

/// Makes a station known by what is carried to the district and back.
fn enrol(village: &Village, station: &str) {
    let code = village.loa(&["enrol", "--data", "district", station]);
    well(village, &["station", "export", "usb", "--data", station, "--code", &code]);
    let said = well(village, &["stick", "take", "usb", "--data", "district"]);
    assert!(said.contains(&format!("{station}: enrolled")), "{said}");
    // The code is nowhere on the stick.
    let secret = code.split('.').next().unwrap();
    for entry in fs::read_dir(village.folder.join("usb/loa/enrolments")).unwrap() {
        assert!(!fs::read_to_string(entry.unwrap().path()).unwrap().contains(secret));
    }
    well(village, &["stick", "make", station, "--to", "usb", "--data", "district"]);
}

fn start(village: &Village, station: &str) -> Program {
    let arguments = ["station", "--server", "none", "--data", station, "--speaker", "silent"];
    let program = village
        .start(station, village.command(&[&arguments[..], &["--quiet-hours", "none"]].concat()));
    while !village.folder.join(station).join("control.json").exists() {
        std::thread::sleep(Duration::from_millis(50));
    }
    program
}

fn waiting(village: &Village, station: &str) -> u64 {
    let status = village.loa(&["station", "status", "--json", "--data", station]);
    serde_json::from_str::<Value>(&status).unwrap()["waiting"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stations_without_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let stick = |name: &str| folder.path().join(name);
    village::day::write(folder.path(), &["mot", "hai"], AIRINGS, Duration::from_secs(3));
    let village = Village::found(folder.path());
    wrong(
        &village,
        &["stick", "make", "mot", "--to", "usb", "--data", "district"],
        "see that the stick is mounted",
    );
    fs::create_dir(stick("usb")).unwrap();
    wrong(&village, &["station", "export", "usb", "--data", "mot"], "ask the district for a code");

    enrol(&village, "mot");
    well(&village, &["station", "import", "usb", "--data", "mot"]);
    let mot = start(&village, "mot");
    copy(&stick("usb"), &stick("old"));

    // A clip that came to harm on the way is not taken, the others are; the next stick brings it whole.
    enrol(&village, "hai");
    let clip = a_clip(&stick("usb"));
    let mut bytes = fs::read(&clip).unwrap();
    bytes[1_000] ^= 1;
    fs::write(&clip, bytes).unwrap();
    wrong(&village, &["station", "import", "usb", "--data", "hai"], "is damaged");
    let hai = village.clips_at("hai");
    assert!(hai < AIRINGS, "{hai} clips");
    well(&village, &["stick", "make", "hai", "mot", "--to", "usb", "--data", "district"]);
    well(&village, &["station", "import", "usb", "--data", "hai"]);

    // Every airing has its record, which goes to the district once, however often it is carried.
    village
        .until("mot has aired its day", async || waiting(&village, "mot") == AIRINGS as u64)
        .await;
    well(&village, &["station", "export", "usb", "--data", "mot"]);
    for (round, expected) in ["4 records are new, 0", "0 records are new, 4"].iter().enumerate() {
        let said = well(&village, &["stick", "take", "usb", "--data", "district"]);
        assert!(said.contains(expected), "round {round}: {said}");
    }
    for expected in ["4 records have reached", "0 records have reached"] {
        let said = well(&village, &["station", "import", "usb", "--data", "mot"]);
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(waiting(&village, "mot"), 0);

    fs::copy(stick("district/loa.db"), stick("backup")).unwrap();

    // The second round, with a server beside it and a newer rundown.
    let serve = village.serve().await;
    let stations = village.get("stations").await;
    let of_mot =
        stations["stations"].as_array().unwrap().iter().find(|station| station["id"] == "mot");
    assert!(of_mot.unwrap()["last_contact"].is_null(), "a stick is no sign of life: {stations}");
    change(&stick("schedules.toml"), "Chương trình 0", "Chương trình mới");
    village.loa(&["apply", "--data", "district", stick("schedules.toml").to_str().unwrap()]);
    let next = loa::clock::Clock::now(&loa::clock::SystemClock) + Duration::from_secs(3600);
    let next = next.to_chrono().format("%Y-%m-%dT%H:%M:%S").to_string();
    let more = fs::read_to_string(stick("schedules.toml")).unwrap();
    let at = more.split("dates = [\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    change(&stick("schedules.toml"), &at, &next);
    village.loa(&["apply", "--data", "district", stick("schedules.toml").to_str().unwrap()]);
    let version = |at: &Path| -> u64 {
        let file = at.join("loa/stations/mot/rundown.json");
        let signed: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let payload = signed["rundown"]["payload"].as_str().unwrap().to_owned();
        serde_json::from_str::<Value>(&payload).unwrap()["version"].as_u64().unwrap()
    };
    village
        .until("the district has planned anew", async || {
            well(&village, &["stick", "make", "mot", "hai", "--to", "usb", "--data", "district"]);
            version(&stick("usb")) > version(&stick("old"))
        })
        .await;
    well(&village, &["station", "import", "usb", "--data", "mot"]);
    wrong(&village, &["station", "import", "old", "--data", "mot"], "is older than");

    copy(&stick("usb"), &stick("changed"));
    change(&stick("changed/loa/stations/mot/rundown.json"), "Bản ghi 1", "Bản ghi 9");
    wrong(
        &village,
        &["station", "import", "changed", "--data", "mot"],
        "its signature does not fit",
    );

    copy(&stick("usb"), &stick("mixed"));
    for name in ["rundown.json", "receipts.json"] {
        let (from, to) =
            (format!("mixed/loa/stations/hai/{name}"), format!("mixed/loa/stations/mot/{name}"));
        fs::copy(stick(&from), stick(&to)).unwrap();
    }
    wrong(&village, &["station", "import", "mixed", "--data", "mot"], "it is for station hai");

    // What was done at the site goes the same way; a record that was changed on the way does not.
    well(&village, &["station", "volume", "50", "--data", "mot"]);
    well(&village, &["station", "export", "usb", "--data", "mot"]);
    let before = village.count_records("mot");
    copy(&stick("usb"), &stick("forged"));
    change(&stick("forged/loa/stations/mot/records.jsonl"), "50", "51");
    wrong(
        &village,
        &["stick", "take", "forged", "--data", "district"],
        "signature: it does not fit",
    );
    assert_eq!(village.count_records("mot"), before);
    well(&village, &["stick", "take", "usb", "--data", "district"]);
    well(&village, &["station", "import", "usb", "--data", "mot"]);
    mot.stop();
    well(&village, &["station", "export", "usb", "--data", "mot"]);
    well(&village, &["stick", "take", "usb", "--data", "district"]);
    well(&village, &["station", "import", "usb", "--data", "mot"]);
    serve.stop();
    village.assert_same_records("mot");

    // A backup of the district is restored, from before the station's rundown: it is outdone, or the station would follow
    // nothing any more.
    for part in ["loa.db-wal", "loa.db-shm"] {
        let _ = fs::remove_file(stick("district").join(part));
    }
    fs::copy(stick("backup"), stick("district/loa.db")).unwrap();
    well(&village, &["stick", "make", "mot", "--to", "usb", "--data", "district"]);
    wrong(&village, &["station", "import", "usb", "--data", "mot"], "is older than");
    well(&village, &["station", "export", "usb", "--data", "mot"]);
    well(&village, &["stick", "take", "usb", "--data", "district"]);
    well(&village, &["stick", "make", "mot", "--to", "usb", "--data", "district"]);
    well(&village, &["station", "import", "usb", "--data", "mot"]);
}
