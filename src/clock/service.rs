//! Whether a time service keeps the machine's clock.
//!
//! The kernel knows it (adjtimex(2)), but only by a call that Rust counts as unsafe and no well-kept library wraps. So the
//! two places are asked that pass it on: the file that systemd-timesyncd touches, and timedatectl, which reads the
//! kernel's mark and so speaks for chrony and others too. Who answers neither is not believed to be synchronised.

use std::{
    fmt,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

/// Touched whenever systemd-timesyncd has heard from its server.
const TOUCHED: &str = "/run/systemd/timesync/synchronized";

/// Twice the longest pause that systemd-timesyncd makes.
const FRESH: Duration = Duration::from_secs(2 * 2048);

/// Who keeps the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeService {
    /// systemd-timesyncd, heard of lately.
    Timesyncd,
    /// Some service: the kernel's mark says that its clock is synchronised, and fades some hours after the last word.
    Kernel,
}

impl fmt::Display for TimeService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timesyncd => "systemd-timesyncd",
            Self::Kernel => "a time service, says the kernel",
        })
    }
}

/// Whether systemd-timesyncd keeps it.
pub(super) fn timesyncd(now: SystemTime) -> bool {
    touched_lately(Path::new(TOUCHED), now)
}

/// Whether the kernel says that somebody does. May take seconds, and wakes a service of the system.
pub(super) fn kernel() -> bool {
    let mut timedatectl = Command::new("timedatectl");
    says_yes(timedatectl.args(["show", "--property=NTPSynchronized", "--value"]))
}

fn touched_lately(file: &Path, now: SystemTime) -> bool {
    file.metadata()
        .and_then(|file| file.modified())
        .is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age < FRESH))
}

fn says_yes(command: &mut Command) -> bool {
    command
        // It would tell our service manager of its own end.
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success() && output.stdout.trim_ascii() == b"yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_touch_is_believed_for_an_hour() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let touched = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 50);
        file.as_file().set_modified(touched).unwrap();
        let minute = Duration::from_mins(1);
        assert!(touched_lately(file.path(), touched + minute));
        assert!(!touched_lately(file.path(), touched + 90 * minute));
        // The clock was set back since: then it is not kept.
        assert!(!touched_lately(file.path(), touched - minute));
        assert!(!touched_lately(Path::new("/nowhere/synchronized"), touched));
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        assert!(says_yes(Command::new("echo").arg("yes")));
        assert!(!says_yes(Command::new("echo").arg("no")));
        assert!(!says_yes(&mut Command::new("false")));
        assert!(!says_yes(&mut Command::new("/nowhere/timedatectl")));
    }
}
