//! Orders at the site, to a station that runs and to one that does not.

use std::path::Path;

use serde_json::Value;

use super::{District, Running, done, loa, told};

fn status(folder: &Path) -> Value {
    serde_json::from_str(&done(loa(folder, &["station", "status", "--json"]))).unwrap()
}

/// What the district was told, the newest first.
fn events(folder: &Path, district: &District) -> Vec<(String, String)> {
    let answer = district.get(folder, "events?station=thach-lam");
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let events = answer["events"].as_array().unwrap();
    events
        .iter()
        .map(|one| (word(&one["event"]["event"]["kind"]), word(&one["event"]["by"])))
        .collect()
}

#[test]
fn a_stop_holds_over_a_restart_and_the_district_hears_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let district = District::start(folder, |_| {});
    let start = || {
        let running =
            Running::start(district.station(folder, "silent"), folder.join("station.log"));
        running.said("control at the site");
        running
    };
    let mut running = start();
    done(loa(folder, &["station", "stop", "--for", "2h"]));
    done(loa(folder, &["station", "volume", "40"]));
    let view = status(folder);
    assert!(view["stopped"].is_string() && view["stopped_until"].is_string(), "{view}");
    assert_eq!((&view["volume"], &view["station"]), (&Value::from(40), &Value::from("thach-lam")));
    running.ask_to_stop();
    assert!(running.child.wait().unwrap().success(), "{}", running.log());

    let off = loa(folder, &["station", "status"]).output().unwrap();
    assert!(
        !off.status.success() && told(&off).contains("stopped at the site since"),
        "{}",
        told(&off)
    );
    done(loa(folder, &["station", "volume", "70"]));
    let running = start();
    let view = status(folder);
    assert!(view["stopped"].is_string(), "{view}");
    assert_eq!(view["volume"], 70);
    done(loa(folder, &["station", "resume"]));
    assert!(status(folder)["stopped"].is_null());
    while status(folder)["waiting"] != 0 {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let told: Vec<_> = events(folder, &district);
    let expected = ["resumed", "volume", "volume", "stopped"]
        .map(|kind| (kind.to_owned(), "command".to_owned()));
    assert_eq!(told, expected, "{}", running.log());
}

#[test]
fn a_station_without_a_page_says_why_it_cannot_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let nobody = loa(folder, &["station", "stop"]).output().unwrap();
    assert!(told(&nobody).contains("there is no station in loa-station"), "{}", told(&nobody));
    let district = District::start(folder, |_| {});
    let mut station = district.station(folder, "silent");
    station.args(["--control", "none"]);
    let running = Running::start(station, folder.join("station.log"));
    running.said("rundown received");
    let hidden = loa(folder, &["station", "stop"]).output().unwrap();
    assert!(told(&hidden).contains("--control none"), "{}", told(&hidden));
}
