//! A compressed day: an airing every few seconds, each with a clip of its own, so that recordings tell which it was.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use loa::clock::{Clock as _, SystemClock};

use super::tones;

/// Each clip's length.
pub const SECONDS: f64 = 1.2;

/// Writes `schedules.toml` and its clips: so many airings at each station, the first in fifteen seconds.
pub fn write(folder: &Path, stations: &[&str], airings: usize, apart: Duration) {
    let mut toml =
        String::from("[[unit]]\nid = \"xa\"\ncode = \"1\"\nname = \"Xã\"\nkind = \"commune\"\n");
    for station in stations {
        writeln!(
            toml,
            "[[station]]\nid = \"{station}\"\nname = \"{station}\"\nkind = \"commune\"\nunit = \"xa\""
        )
        .unwrap();
    }
    let first = SystemClock.now() + Duration::from_secs(15);
    for n in 0..airings {
        tones::write(&folder.join(format!("{n}.wav")), n, SECONDS);
        let at = (first + apart * n as u32).to_chrono().format("%Y-%m-%dT%H:%M:%S");
        writeln!(
            toml,
            r#"[[clip]]
id = "c{n}"
file = "{n}.wav"
title = "Bản ghi {n}"
approved_by = "Lan"
[[programme]]
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
