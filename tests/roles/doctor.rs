//! What the doctor finds, and that it changes nothing.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use loa::{
    clock::{Clock as _, SystemClock},
    server::Keyring,
};

use super::{District, Running, loa, told};

/// Runs the doctor; gives whether all is well, and what it said.
fn doctor(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = loa(folder, &["doctor"]).args(arguments).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", told(&output));
    (output.status.success(), told(&output))
}

fn assert_said(said: &str, expected: &[&str]) {
    for line in expected {
        assert!(said.lines().any(|one| one.starts_with(line)), "no \"{line}\" in\n{said}");
    }
}

#[test]
fn a_machine_that_has_nothing_yet() {
    let folder = tempfile::tempdir().unwrap();
    let (well, said) = doctor(folder.path(), &["--speaker", "silent"]);
    assert!(well, "{said}");
    assert_said(
        &said,
        &["well   sound: silent", "well   clock: ", "well   battery: ", "well   disk: "],
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the doctor left something");

    let (well, said) = doctor(folder.path(), &["--server", "http://127.0.0.1:1"]);
    assert!(!well);
    assert_said(&said, &["WRONG  sound: ", "WRONG  server: http://127.0.0.1:1/healthz"]);
    assert!(!said.contains("ALSA lib") && !said.contains(".."), "{said}");

    let (well, said) = doctor(folder.path(), &["--speaker", "silent", "--data", "nowhere"]);
    assert!(!well);
    assert_said(&said, &["WRONG  disk: cannot look at nowhere: No such file or directory"]);
}

#[test]
fn a_district_and_its_station() {
    let folder = tempfile::tempdir().unwrap();
    let district = District::start(folder.path(), |_| {});
    {
        let station = district.station(folder.path(), "silent");
        let running = Running::start(station, folder.path().join("station.log"));
        running.said("rundown received");
        let (well, said) = doctor(folder.path(), &["--speaker", "silent"]);
        assert!(well, "{said}");
        assert_said(
            &said,
            &[
                "well   secrets: those in loa-data",
                "well   secrets: those in loa-station",
                "well   database: loa-data/loa.db: SQLite 3.",
                "well   stations' records: of 0 stations",
                "well   district key: key 1 signs until 20",
                "well   store: loa-station: SQLite 3.",
                "well   key: enrolled as thach-lam at http://127.0.0.1:",
                "well   records: 0 wait for the district",
                "well   time: last known at ",
                "well   page: http://127.0.0.1:",
                "well   server: http://127.0.0.1:",
            ],
        );
    }
    let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode();
    for (name, expected) in [
        ("loa-data", 0o700),
        ("loa-data/loa.db", 0o600),
        ("loa-data/loa.db-wal", 0o600),
        ("loa-station", 0o700),
        ("loa-station/station.db", 0o600),
    ] {
        assert_eq!(mode(name) & 0o777, expected, "{name}");
    }

    drop(district);
    let open = folder.path().join("loa-station/station.db");
    fs::set_permissions(&open, Permissions::from_mode(0o644)).unwrap();
    let (well, said) = doctor(folder.path(), &["--speaker", "silent"]);
    assert!(!well);
    assert_said(
        &said,
        &[
            "WRONG  secrets: others may read loa-station/station.db: chmod go= loa-station/station.db",
            "WRONG  server: the district does not answer: ",
        ],
    );
}

#[test]
fn a_key_that_soon_expires_and_records_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("loa-data");
    fs::create_dir(&data).unwrap();
    // A key signs for 365 days.
    let ago = |days: u64| SystemClock.now() - Duration::from_hours(days * 24);
    Keyring::open(&data.join("keys"), ago(300)).unwrap();
    std::fs::write(folder.path().join("rules.toml"), super::RULES).unwrap();
    super::done(loa(folder.path(), &["apply", "rules.toml"]));
    {
        let db = rusqlite::Connection::open(data.join("loa.db")).unwrap();
        db.execute_batch(
            "insert into chain_run values ('thach-lam', 1, 4), ('thach-lam', 7, 9);
             insert into chain_fault values ('thach-lam', 8, 'fork', 'record 8 follows another', 0);",
        )
        .unwrap();
    }
    let (well, said) = doctor(folder.path(), &["--speaker", "silent"]);
    assert!(!well, "{said}");
    assert_said(
        &said,
        &[
            "WRONG  district key: district-key expires in 64 days",
            "WRONG  stations' records: thach-lam: 2 of the records 5 to 9 have not come (gap); thach-lam: record 8",
        ],
    );
}

#[test]
fn a_damaged_store_and_a_station_without_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("station.db");
    fs::write(&file, vec![0x55; 8192]).unwrap();
    let (well, said) = doctor(folder.path(), &["--data", ".", "--speaker", "silent"]);
    assert!(!well);
    assert_said(&said, &["WRONG  store: "]);

    // A station makes its store before it finds nobody to enrol with.
    fs::remove_file(&file).unwrap();
    let station =
        ["station", "--server", "http://127.0.0.1:1", "--data", ".", "--speaker", "silent"];
    assert!(!loa(folder.path(), &station).output().unwrap().status.success());
    let (well, said) = doctor(folder.path(), &["--data", ".", "--speaker", "silent"]);
    assert!(!well);
    assert_said(&said, &["WRONG  key: this station is not enrolled: ask the district for a code"]);
}

#[test]
fn a_settings_file_that_anybody_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loa.toml");
    fs::write(&file, "speaker = \"silent\"\ncode = \"once\"").unwrap();
    for (mode, expected) in [
        (0o640, "well   settings: taken from loa.toml"),
        (0o644, "WRONG  settings: loa.toml holds code"),
    ] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let (well, said) = doctor(folder.path(), &["--config", "loa.toml"]);
        assert_eq!(well, mode == 0o640, "{said}");
        assert_said(&said, &[expected]);
    }
}

#[test]
fn a_clock_that_is_behind_what_the_station_has_known() {
    let folder = tempfile::tempdir().unwrap();
    let district = District::start(folder.path(), |_| {});
    let start = || {
        let station = district.station(folder.path(), "silent");
        Running::start(station, folder.path().join("station.log"))
    };
    let running = start();
    running.said("rundown received");
    drop(running);
    let store = rusqlite::Connection::open(folder.path().join("loa-station/station.db")).unwrap();
    // As if it had gone by a clock that was an hour ahead of this one.
    store.execute("update clock set last_known = last_known + 3600000", []).unwrap();
    drop(store);
    let (well, said) = doctor(folder.path(), &["--speaker", "silent"]);
    assert!(!well, "{said}");
    assert_said(&said, &["WRONG  time: the clock shows "]);

    // The district's answers put that right, and it is remembered.
    let mut running = start();
    running.said("the time rests on: Nothing");
    running.said("the time rests on: Machine");
    running.ask_to_stop();
    assert!(running.child.wait().unwrap().success());
    let (well, said) = doctor(folder.path(), &["--speaker", "silent"]);
    assert!(well, "{said}");
    assert_said(&said, &["well   time: last known at "]);
}
