//! What any machine needs: sound, a clock, room on the disk, secrets that are kept.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use loa::{
    clock::{Clock, LOA_IS_NEWER_THAN, SystemClock},
    playout::speaker::{Outlet as _, SpeakerName},
    private,
};
use tokio::task::spawn_blocking;

use super::Finding;

/// Less free disk than this is trouble soon: 500 MB.
const LITTLE_DISK: u64 = 500 << 20;

/// Where the kernel lists the clocks that go on without power.
pub(super) const BATTERY_CLOCKS: &str = "/sys/class/rtc";

/// Where tokens lie, and what SQLite puts beside them while it works.
const SECRETS: [&str; 3] = ["loa.db", "station.db", "keys/tls.key"];
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

/// Settings that hold a secret.
const SECRET_SETTINGS: [&str; 2] = ["code", "database"];

pub(super) async fn sound(speaker: SpeakerName) -> Finding {
    let opened = spawn_blocking(move || {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        speaker.open(&clock).map(|speaker| speaker.name())
    });
    match opened.await {
        Ok(opened) => opened.map_err(|error| error.to_string()),
        Err(_) => {
            Err("the sound device failed when it was opened: try another with --speaker".into())
        }
    }
}

pub(super) async fn clock() -> Finding {
    let now = SystemClock.now();
    if now < LOA_IS_NEWER_THAN {
        return Err(format!("it shows {now}, which is long past: set it, and see to its battery"));
    }
    match spawn_blocking(SystemClock::time_service).await.unwrap_or_default() {
        Some(service) => Ok(format!("{now}, kept by {service}")),
        None => Ok(format!(
            "{now}; no time service keeps it, so it drifts: install systemd-timesyncd or chrony where there is a line"
        )),
    }
}

/// Whether the time survives a cut of the power. A machine may have several such clocks; one that it was set from counts.
pub(super) fn battery(folder: &Path) -> String {
    let clocks: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    let set_from = clocks.iter().find(|clock| {
        std::fs::read_to_string(clock.join("hctosys")).is_ok_and(|said| said.trim() == "1")
    });
    let name = |clock: &Path| clock.file_name().unwrap_or_default().display().to_string();
    match (set_from, clocks.first()) {
        (Some(clock), _) => {
            format!("{} set this machine's clock when it started", name(clock))
        }
        (None, Some(clock)) => format!(
            "there is {}, but it did not set this machine's clock when it started: see to its battery",
            name(clock)
        ),
        (None, None) => {
            "none that goes on without power: after a cut the time is not known until the district or a time service tells it"
                .to_owned()
        }
    }
}

pub(super) fn disk(folder: &Path) -> Finding {
    let space = rustix::fs::statvfs(folder).map_err(|error| {
        let folder = folder.display();
        format!("cannot look at {folder}: {error}; make it, or choose another with --data")
    })?;
    let tried = tempfile::tempfile_in(folder);
    let folder = folder.display();
    tried.map_err(|error| {
        format!("cannot write in {folder}: {error}; give it to the user that runs loa")
    })?;
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    if free < LITTLE_DISK {
        return Err(format!("{} MB free in {folder}: make room", free >> 20));
    }
    Ok(format!("{} MB free in {folder}", free >> 20))
}

pub(super) fn secrets(folder: &Path) -> Finding {
    let all = [folder.to_owned(), folder.join("station")].into_iter().flat_map(|folder| {
        SECRETS.into_iter().flat_map(move |name| {
            let folder = folder.clone();
            BESIDE.into_iter().map(move |suffix| folder.join(format!("{name}{suffix}")))
        })
    });
    let open: Vec<String> = all
        .filter(|file: &PathBuf| private::is_open(file))
        .map(|file| file.display().to_string())
        .collect();
    if open.is_empty() {
        return Ok(format!("those in {} are their owner's only", folder.display()));
    }
    Err(format!("others may read {0}: chmod go= {0}", open.join(" ")))
}

pub(super) fn settings(file: &Path) -> Finding {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        format!("cannot read {shown}: {error}; give it to the user that runs loa")
    })?;
    let names = text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim());
    let secret = names.into_iter().find(|name| SECRET_SETTINGS.contains(name));
    let anybody = file.metadata().is_ok_and(|file| file.permissions().mode() & 0o007 != 0);
    match secret {
        Some(name) if anybody => {
            Err(format!("{shown} holds {name}, and anybody may read it: chmod o= {shown}"))
        }
        _ => Ok(format!("taken from {shown}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_clock_that_survives_a_cut_is_one_that_the_machine_was_set_from() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(battery(&folder.join("none")).starts_with("none"));
        assert!(battery(folder).starts_with("none"));
        fs::create_dir(folder.join("rtc0")).unwrap();
        fs::write(folder.join("rtc0/hctosys"), "0\n").unwrap();
        assert!(battery(folder).contains("there is rtc0, but"), "{}", battery(folder));
        fs::create_dir(folder.join("rtc1")).unwrap();
        fs::write(folder.join("rtc1/hctosys"), "1\n").unwrap();
        assert!(battery(folder).starts_with("rtc1 set"), "{}", battery(folder));
    }
}
