//! A compressed day: an airing every few seconds, each with a clip of its own, so that recordings tell which it was.

use std::{fmt::Write as _, fs, path::Path, process::Command, time::Duration};

use loa::clock::{Clock as _, SystemClock};

use super::tones;

/// Each clip's length.
pub const SECONDS: f64 = 1.2;

/// Writes `schedules.toml`: so many airings at each station, the first in fifteen seconds. The district in the folder has
/// taken the clips in before: however many they are, that takes none of the fifteen seconds.
pub fn write(folder: &Path, stations: &[&str], airings: usize, apart: Duration) {
    let mut there =
        String::from("[[unit]]\nid = \"xa\"\ncode = \"1\"\nname = \"Xã\"\nkind = \"commune\"\n");
    for station in stations {
        writeln!(
            there,
            "[[station]]\nid = \"{station}\"\nname = \"{station}\"\nkind = \"commune\"\nunit = \"xa\""
        )
        .unwrap();
    }
    for n in 0..airings {
        tones::write(&folder.join(format!("{n}.wav")), n, SECONDS);
        writeln!(
            there,
            r#"[[clip]]
id = "c{n}"
file = "{n}.wav"
title = "Bản ghi {n}"
approved_by = "Lan""#
        )
        .unwrap();
    }
    fs::write(folder.join("recordings.toml"), there).unwrap();
    let applied = Command::new(env!("CARGO_BIN_EXE_loa"))
        .args(["apply", "--data", "district", "recordings.toml"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));

    let mut toml = String::new();
    let first = SystemClock.now() + Duration::from_secs(15);
    for n in 0..airings {
        let at = (first + apart * n as u32).to_chrono().format("%Y-%m-%dT%H:%M:%S");
        writeln!(
            toml,
            r#"[[programme]]
id = "p{n}"
title = "Chương trình {n}"
items = [{{ clip = "c{n}" }}]
[[schedule]]
id = "s{n}"
title = "Lịch {n}"
programme = "p{n}"
dates = ["{at}"]
zone = "UTC"
stations = {{ units = ["xa"] }}
late_limit = "1s"
on_holidays = true"#
        )
        .unwrap();
    }
    fs::write(folder.join("schedules.toml"), toml).unwrap();
}
