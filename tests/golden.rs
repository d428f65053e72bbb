//! Golden rundowns: what every file in `schedules/` has aired, as day sheets. The clips are stand-ins of fixed lengths.
#![allow(clippy::unwrap_used, clippy::panic)] // clippy.toml exempts tests, but not what they share

use std::path::Path;

use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use loa::{
    almanac::{self, Almanac, ClipEntry, Known},
    planning::{Rule, Wishes, check, plan, sheet},
    radio::{Calendar, Clip, ClipHash, Gain, Window},
};

const HOME: Tz = Tz::Asia__Ho_Chi_Minh;

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
        from: entry.from,
        until: entry.until,
        retired: false,
    }
}

fn read(file: &str) -> Almanac {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schedules").join(file);
    almanac::read(&[path], Known::default(), Rule::check).unwrap_or_else(|bad| panic!("{bad}"))
}

fn wishes(almanac: Almanac) -> Wishes {
    Wishes {
        clips: almanac.clips.iter().map(|entry| (entry.id.clone(), stand_in(entry))).collect(),
        units: almanac.units,
        stations: almanac.stations,
        programmes: almanac.programmes,
        campaigns: almanac.campaigns,
        schedules: almanac.schedules,
        calendar: almanac.calendar.onto(Calendar::default()),
        ..Wishes::default()
    }
}

fn sheets(file: &str, from: &str, until: &str) -> String {
    let wishes = wishes(read(file));
    let window = Window { from: from.parse().unwrap(), until: until.parse().unwrap() };
    let made = plan(&wishes, window);
    assert_eq!(check(&wishes, window, &made), []);
    sheet::day_sheets(&wishes, &made, HOME)
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
fn the_campaign_airs_every_day_as_often_as_it_owes() {
    let wishes = wishes(read("thach-thanh.toml"));
    let campaign = &wishes.campaigns[0];
    let midnight = |day: NaiveDate| {
        HOME.from_local_datetime(&day.and_time(NaiveTime::MIN)).unwrap().to_utc().into()
    };
    for day in campaign.from.iter_days().take_while(|day| *day <= campaign.until) {
        let window = Window { from: midnight(day), until: midnight(day.succ_opt().unwrap()) };
        let made = plan(&wishes, window);
        for station in &wishes.stations {
            let airings = made.airings.iter().filter(|airing| airing.station == station.id);
            let airings = airings.filter(|airing| airing.campaign.as_ref() == Some(&campaign.id));
            let count = u32::try_from(airings.count()).unwrap();
            assert!(count >= campaign.airings_per_day, "{day} at {}: {count}", station.id);
        }
    }
}

#[test]
fn what_the_announcement_says_stands_in_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = root.join("audio/bluezone-smart-thanh-hoa.vi.txt");
    let text = std::fs::read_to_string(text).unwrap();
    for file in ["demo.toml", "thach-thanh.toml"] {
        let said = read(file).clips.into_iter().filter_map(|clip| clip.transcript);
        assert!(said.into_iter().any(|said| said == text.trim()), "{file}");
    }
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
