//! Golden rundowns: what every file in `schedules/` has aired, as day sheets. The clips are stand-ins of fixed lengths.
#![allow(clippy::unwrap_used, clippy::panic)] // clippy.toml exempts tests, but not what they share

use std::path::Path;

use chrono_tz::Tz;
use loa::{
    almanac::{self, ClipEntry, Known},
    planning::{Rule, Wishes, check, plan, sheet},
    radio::{Calendar, Clip, ClipHash, Gain, Window},
};

/// Eight seconds for a chime, and for the others about half a minute, by the length of their names.
fn stand_in(entry: &ClipEntry) -> Clip {
    let length = entry.id.as_str().len() as u64;
    let frames = if entry.id.as_str() == "chime" { 8 * 8000 } else { (10 + length) * 8000 };
    Clip {
        id: entry.id.clone(),
        sha256: ClipHash([0; 32]),
        bytes: 1,
        frames,
        sample_rate: 8000,
        title: entry.title.clone(),
        gain: Gain::UNITY,
        source_document: entry.source_document.clone(),
        issuing_office: entry.issuing_office.clone(),
        transcript: entry.transcript.clone(),
        language: entry.language.clone(),
        approved_by: entry.approved_by.clone(),
    }
}

fn sheets(file: &str, from: &str, until: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schedules").join(file);
    let almanac =
        almanac::read(&[path], Known::default(), Rule::check).unwrap_or_else(|bad| panic!("{bad}"));
    let wishes = Wishes {
        clips: almanac.clips.iter().map(|entry| (entry.id.clone(), stand_in(entry))).collect(),
        units: almanac.units,
        stations: almanac.stations,
        programmes: almanac.programmes,
        campaigns: almanac.campaigns,
        schedules: almanac.schedules,
        calendar: almanac.calendar.onto(Calendar::default()),
        ..Wishes::default()
    };
    let window = Window { from: from.parse().unwrap(), until: until.parse().unwrap() };
    let made = plan(&wishes, window);
    assert_eq!(check(&wishes, window, &made), []);
    sheet::day_sheets(&wishes, &made, Tz::Asia__Ho_Chi_Minh)
}

#[test]
fn thach_thanh_begins_its_campaign() {
    let text = sheets("thach-thanh.toml", "2020-09-09T00:00:00+07:00", "2020-09-14T00:00:00+07:00");
    insta::assert_snapshot!(text);
}

#[test]
fn thach_thanh_ends_its_campaign() {
    let text = sheets("thach-thanh.toml", "2020-10-31T00:00:00+07:00", "2020-11-03T00:00:00+07:00");
    insta::assert_snapshot!(text);
}

#[test]
fn the_demo_airs_every_minute() {
    let text = sheets("demo.toml", "2020-10-01T23:58:00+07:00", "2020-10-02T00:02:00+07:00");
    insta::assert_snapshot!(text);
}

#[test]
fn the_year_ends() {
    let text = sheets("year-end.toml", "2020-12-30T00:00:00+07:00", "2021-01-03T00:00:00+07:00");
    insta::assert_snapshot!(text);
}

#[test]
fn no_file_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schedules");
    let names = folder.read_dir().unwrap().map(|file| file.unwrap().file_name());
    let mut files: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    files.retain(|name| name.ends_with(".toml"));
    files.sort();
    assert_eq!(files, ["demo.toml", "thach-thanh.toml", "year-end.toml"], "plan the new one above");
}
