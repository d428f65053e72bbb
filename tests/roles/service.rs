//! What a service manager hears on its socket.

use std::{
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{District, Running};

/// The manager's end.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn at(path: PathBuf) -> Self {
        let socket = UnixDatagram::bind(&path).unwrap();
        // It only ends a test that would never end.
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { socket, path }
    }

    fn manage(&self, command: &mut Command) {
        command.env("NOTIFY_SOCKET", &self.path).env("WATCHDOG_USEC", "30000000");
    }

    fn hears(&self) -> String {
        let mut message = [0; 512];
        let length = self.socket.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..length]).trim().to_owned()
    }

    fn hears_the_life_of(&self, running: &mut Running) {
        assert_eq!(self.hears(), "READY=1", "{}", running.log());
        for _ in 0..3 {
            assert_eq!(self.hears(), "WATCHDOG=1", "{}", running.log());
        }
        running.ask_to_stop();
        let mut last = self.hears();
        while last == "WATCHDOG=1" {
            last = self.hears();
        }
        assert_eq!(last, "STOPPING=1");
        assert!(running.child.wait().unwrap().success(), "{}", running.log());
    }
}

fn managed_station(folder: &Path, speaker: &str) {
    let district = District::start(folder, |_| {});
    let manager = Manager::at(folder.join("notify"));
    let mut station = district.station(folder, speaker);
    manager.manage(&mut station);
    manager.hears_the_life_of(&mut Running::start(station, folder.join("station.log")));
}

#[test]
fn a_district_is_ready_lives_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let manager = Manager::at(folder.path().join("notify"));
    let mut district = District::start(folder.path(), |serve| manager.manage(serve));
    manager.hears_the_life_of(&mut district.serving);
}

#[test]
fn a_station_lives_while_its_speaker_takes_frames() {
    let folder = tempfile::tempdir().unwrap();
    managed_station(folder.path(), "silent");
}

#[test]
fn a_station_without_a_sound_device_is_not_started_over_and_over() {
    let folder = tempfile::tempdir().unwrap();
    managed_station(folder.path(), "device");
    let log = std::fs::read_to_string(folder.path().join("station.log")).unwrap();
    assert!(log.contains("no sound"), "{log}");
}

#[test]
fn nobody_is_told_where_nobody_asks() {
    let folder = tempfile::tempdir().unwrap();
    let mut district = District::start(folder.path(), |serve| {
        serve.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC");
    });
    district.serving.ask_to_stop();
    assert!(district.serving.child.wait().unwrap().success(), "{}", district.serving.log());
    assert!(!district.serving.log().contains("service manager"), "{}", district.serving.log());
}
