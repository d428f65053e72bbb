//! Keys and revocation, as an administrator handles them while the district serves.

use std::{collections::BTreeSet, path::Path};

use super::{District, Running, done, loa, told};

/// The number of the district's key that a station trusts, by its own file.
fn trusted(folder: &Path) -> u64 {
    let anchor = std::fs::read(folder.join("loa-station/station.json")).unwrap();
    let anchor: serde_json::Value = serde_json::from_slice(&anchor).unwrap();
    anchor["district_key"]["number"].as_u64().unwrap()
}

#[test]
fn a_key_that_is_changed_twice_while_a_station_is_away_is_followed_when_it_returns() {
    let folder = tempfile::tempdir().unwrap();
    let none = loa(folder.path(), &["key", "show"]).output().unwrap();
    assert!(told(&none).contains("there are no keys in loa-data/keys"), "{}", told(&none));
    let mut district = District::start(folder.path(), |_| {});
    let log = folder.path().join("station.log");
    let mut running = Running::start(district.station(folder.path(), "silent"), log.clone());
    running.said("rundown received");
    running.ask_to_stop();
    running.child.wait().unwrap();
    assert_eq!(trusted(folder.path()), 1);

    for number in [2, 3] {
        let shown = done(loa(folder.path(), &["key", "rotate"]));
        let last = shown.lines().last().unwrap();
        assert!(last.starts_with(&format!("key {number} ")), "{shown}");
        assert!(last.contains("signs until"), "{shown}");
        district.serving.said(&format!("\"number\":{number}"));
    }
    let secrets = |number| folder.path().join(format!("loa-data/keys/district-{number}.key"));
    assert_eq!([1, 2, 3].map(|number| secrets(number).exists()), [false, false, true]);
    assert_eq!(done(loa(folder.path(), &["key", "show"])).lines().count(), 3);

    let running = Running::start(district.station(folder.path(), "silent"), log);
    for _ in 0..600 {
        if trusted(folder.path()) == 3 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(trusted(folder.path()), 3, "{}", running.log());
    assert!(!running.log().contains("not followed"), "{}", running.log());
    drop(running);

    // A code names the newest key: who enrols with it at once finds the district signing with that one.
    done(loa(folder.path(), &["key", "rotate"]));
    district.code = done(loa(folder.path(), &["enrol", "thach-lam"]));
    let log = folder.path().join("again.log");
    let running = Running::start(district.station(folder.path(), "silent"), log);
    running.said("enrolled");
    assert_eq!(trusted(folder.path()), 4, "{}", running.log());
}

#[test]
fn a_station_that_enrols_again_signs_with_its_key_unless_that_was_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let mut district = District::start(folder.path(), |_| {});
    let enrol = |district: &District| {
        let log = folder.path().join("station.log");
        let running = Running::start(district.station(folder.path(), "silent"), log);
        running.said("enrolled");
        std::fs::read(folder.path().join("loa-station/station.key")).unwrap()
    };
    let key = enrol(&district);
    district.code = done(loa(folder.path(), &["enrol", "thach-lam"]));
    assert_eq!(enrol(&district), key);
    done(loa(folder.path(), &["revoke", "thach-lam"]));
    district.code = done(loa(folder.path(), &["enrol", "thach-lam"]));
    assert_ne!(enrol(&district), key);
}

#[test]
fn what_is_revoked_is_said_and_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let district = District::start(folder.path(), |_| {});
    let log = folder.path().join("station.log");
    let running = Running::start(district.station(folder.path(), "silent"), log);
    running.said("rundown received");
    done(loa(folder.path(), &["enrol", "thach-lam"]));
    done(loa(folder.path(), &["token", "Nguyễn Thị Hoa"]));
    let revoke = |arguments: &[&str]| {
        let output = loa(folder.path(), &["revoke"]).args(arguments).output().unwrap();
        (output.status.code(), told(&output))
    };
    let (code, said) = revoke(&["thach-lam"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.trim(), "ended of station thach-lam: 1 token, 1 key, 1 unused code");
    running.said("unauthenticated");
    let (code, said) = revoke(&["--person", "Nguyễn Thị Hoa"]);
    assert_eq!((code, said.trim()), (Some(0), "ended of Nguyễn Thị Hoa: 1 token"));
    // A name that is wrong is not passed over.
    for wrong in [["thach-lam"].as_slice(), &["kim-tan"], &["--person", "Lan"]] {
        let (code, said) = revoke(wrong);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("see that the name is right"), "{said}");
    }
    assert_eq!(revoke(&[]).0, Some(2));

    // Whatever a command changes stands in the trail.
    let db = rusqlite::Connection::open(folder.path().join("loa-data/loa.db")).unwrap();
    let mut lines = db.prepare("select who, deed, subject from audit").unwrap();
    let lines = lines.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let lines: BTreeSet<(String, String, String)> = lines.collect::<Result<_, _>>().unwrap();
    let line = |who: &str, deed: &str, subject: &str| (who.into(), deed.into(), subject.into());
    for expected in [
        line("loa apply", "files-applied", "rules"),
        line("loa enrol", "station-code-made", "thach-lam"),
        line("loa token", "token-made", "Nguyễn Thị Hoa"),
        line("loa revoke", "station-revoked", "thach-lam"),
        line("loa revoke", "tokens-revoked", "Nguyễn Thị Hoa"),
    ] {
        assert!(lines.contains(&expected), "{expected:?} not in {lines:?}");
    }
    assert_eq!(lines.iter().filter(|(who, ..)| who == "loa revoke").count(), 2);
}

#[test]
fn a_pin_that_nobody_asked_for_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let _district = District::start(folder.path(), |_| {});
    let enrol = |more: &[&str]| {
        let output =
            loa(folder.path(), &[&["enrol", "thach-lam"], more].concat()).output().unwrap();
        let code = String::from_utf8(output.stdout.clone()).unwrap();
        (code.contains(".tls-"), told(&output).contains("loa-data/keys: tls.crt and tls.key here"))
    };
    assert_eq!(enrol(&[]), (false, false));
    assert_eq!(enrol(&["--listen", "0.0.0.0:8443"]), (true, false), "it makes the certificate");
    assert_eq!(enrol(&[]), (true, true), "there is one, and a proxy may show another");
    assert_eq!(enrol(&["--plain-http"]), (false, false));
}
