use proptest::prelude::*;

use super::*;
use crate::radio::{Calendar, Gain, Item, Priority, When};

/// A stand-in for the planner's check: almanac tests need only know that it is asked.
fn rule(text: &str) -> Result<(), String> {
    if text == "never" { Err("\"never\" is no rule".to_owned()) } else { Ok(()) }
}

const UNITS: &str = "
[[unit]]
id = 'district'
code = '391'
name = 'Tha\u{323}ch Thành'
kind = 'district'
[[station]]
id = 'centre'
name = 'Đài'
kind = 'district'
unit = 'district'
[[clip]]
id = 'chime'
file = 'a/chime.flac'
title = 'Nhạc hiệu'
[[programme]]
id = 'news'
title = 'Tin'
items = [{ chime = 'chime' }, { pause = '1s500ms' }, { rotate = 'campaign' }]
[[campaign]]
id = 'campaign'
title = 'Đợt'
directive = { number = '1', date = 2020-09-01, issuer = 'UBND' }
from = 2020-09-10
until = '2020-10-31'
stations = { units = ['district'], except_stations = ['centre'] }
clips = ['chime']
[calendar]
quiet_hours = ['21:00-05:00']
holidays = [{ date = 2020-09-02, name = 'Quốc khánh' }]
";

const SCHEDULE: &str = "
[[schedule]]
id = 'morning'
title = 'Sáng'
programme = 'news'
campaign = 'campaign'
cron = '0 5 * * *'
stations = ['centre']
";

fn problems(text: &str) -> Vec<String> {
    match parse(text, rule) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_whole_almanac_is_read() {
    let almanac = parse(&format!("{UNITS}{SCHEDULE}"), rule).unwrap_or_else(|bad| panic!("{bad}"));
    assert_eq!(almanac.units[0].name, "Th\u{1ea1}ch Thành", "composed on reading");
    assert_eq!(almanac.programmes[0].items[1], Item::Pause(1500));
    assert_eq!(almanac.campaigns[0].until.to_string(), "2020-10-31");
    assert_eq!(almanac.calendar.holidays.unwrap()[0].name, "Quốc khánh");
    let schedule = &almanac.schedules[0];
    assert_eq!(schedule.when, When::Cron("0 5 * * *".to_owned()));
    assert_eq!(schedule.zone.name(), "Asia/Ho_Chi_Minh");
    assert_eq!((schedule.late_limit_ms, schedule.gain), (300_000, Gain::UNITY));
    assert_eq!((schedule.priority, schedule.on_holidays), (Priority::Routine, false));
    assert_eq!(almanac.clips[0].path, PathBuf::from("a/chime.flac"));
    assert_eq!(almanac.clips[0].approved_by, None, "nothing is approved by default");
}

#[test]
fn every_way_to_say_when_is_read() {
    let text = SCHEDULE.replace(
        "cron = '0 5 * * *'",
        "dates = ['2020-10-01T05:00', 2020-10-02T05:00:30, '2020-10-03 06:00']\nzone = 'Europe/Berlin'\n\
         late_limit = '40s'\ngain_db = -6\npriority = 'emergency'\non_holidays = true\nfrom = '2020-10-01'",
    );
    let almanac = parse(&format!("{UNITS}{text}"), rule).unwrap_or_else(|bad| panic!("{bad}"));
    let schedule = &almanac.schedules[0];
    let When::Dates(dates) = &schedule.when else { panic!("{:?}", schedule.when) };
    let dates: Vec<_> = dates.iter().map(ToString::to_string).collect();
    assert_eq!(dates, ["2020-10-01 05:00:00", "2020-10-02 05:00:30", "2020-10-03 06:00:00"]);
    assert_eq!((schedule.late_limit_ms, schedule.gain.db()), (40_000, -6.0));
    assert_eq!((schedule.priority, schedule.on_holidays), (Priority::Emergency, true));
}

#[test]
fn all_problems_are_told_at_once_with_their_places() {
    let text = "[[unit]]
id = 'Xã'
code = '1'
name = 'A'
kindd = 'commune'
[[unit]]
id = 'a'
code = 1
name = 'A'
kind = 'commune'
parent = 'b'
[[unit]]
id = 'b'
code = '2'
name = 'B'
kind = 'commune'
parent = 'a'
[[station]]
id = 'kim-tan'
name = 'A'
kind = 'commune'
unit = 'b'
quiet_hours = ['21:00']
[[station]]
id = 'thach-lam'
name = 'A'
kind = 'comune'
unit = 'b'
";
    assert_eq!(
        problems(text),
        [
            "text:1:1: \"kind\" is missing",
            "text:2:6: \"Xã\" is not a name: use 1 to 64 of a-z, 0-9 and '-', beginning with a letter or digit",
            "text:5:1: unknown field \"kindd\": did you mean \"kind\"?",
            "text:8:8: \"code\" must be a text, not integer",
            "text:17:10: there is no unit \"a\": did you mean \"b\"?",
            "text:23:16: \"21:00\" is not a span of hours: write it like 21:00-05:00, beginning and end apart",
            "text:27:8: a station's kind is \"district\", \"commune\" or \"mobile\"",
        ]
    );
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_reason() {
    let cases = [
        ("cron = '0 5 * * *'", "cron = 'never'", "text:37:8: \"never\" is no rule"),
        ("cron = '0 5 * * *'", "", "either \"cron\" or \"dates\""),
        ("cron = '0 5 * * *'", "dates = ['05:00']", "\"05:00\" is not a local time"),
        ("cron = '0 5 * * *'", "dates = ['2020-10-01T05:00:00Z']", "without a zone"),
        ("programme = 'news'", "programme = 'new'", "no programme \"new\": did you mean \"news\"?"),
        ("'morning'", "'morning'\nzone = 'Hanoi'", "\"Hanoi\" is not a time zone"),
        ("'morning'", "'morning'\nlate_limit = '5'", "\"5\" is not a duration"),
        ("'morning'", "'morning'\nlate_limit = '25h'", "up to a day"),
        ("'morning'", "'morning'\npriority = 'high'", "a priority is"),
        ("'morning'", "'morning'\ngain_db = 'low'", "must be a number"),
        (
            "'morning'",
            "'morning'\ngain_db = 0.5",
            "text:34:11: \"gain_db\" is 0.5: it may only lower",
        ),
        ("'morning'", "'morning'\nfrom = 2020-02-02\nuntil = 2020-02-01", "lies before"),
        ("['centre']", "{ except_stations = ['centre'] }", "this means no station"),
        ("['centre']", "'centre'", "must be a table, not string"),
        ("['centre']", "['center']", "did you mean \"centre\"?"),
        (
            "[[schedule]]",
            "[[schedules]]",
            "unknown field \"schedules\": did you mean \"schedule\"?",
        ),
        ("[[schedule]]", "[[schedule]", "text:"),
    ];
    for (good, bad, reason) in cases {
        let found = problems(&format!("{UNITS}{}", SCHEDULE.replacen(good, bad, 1)));
        assert!(found.iter().any(|problem| problem.contains(reason)), "{bad}: {found:#?}");
    }
}

#[test]
fn nothing_stands_twice_or_lies_in_itself() {
    let twice = problems(&format!("{UNITS}{SCHEDULE}{SCHEDULE}"));
    assert_eq!(twice, ["text:40:1: there is a schedule \"morning\" already: see above"]);
    let circle = UNITS.replacen("kind = 'district'", "kind = 'district'\nparent = 'district'", 1);
    assert_eq!(problems(&circle), ["text:2:1: unit \"district\" lies in itself: mend \"parent\""]);
}

#[test]
fn several_files_make_one_almanac_and_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    file("1.toml", UNITS);
    file("2.toml", SCHEDULE);
    file("notes.txt", "not TOML");
    let almanac = read(&[folder.path().to_owned()], Known::default(), rule)
        .unwrap_or_else(|bad| panic!("{bad}"));
    assert_eq!((almanac.units.len(), almanac.schedules.len()), (1, 1));
    assert_eq!(almanac.clips[0].path, folder.path().join("a/chime.flac"));

    file("3.toml", SCHEDULE);
    let paths = [folder.path().to_owned(), "/nowhere.toml".into()];
    let bad = read(&paths, Known::default(), rule).unwrap_err();
    let text = bad.to_string();
    assert!(text.contains("/nowhere.toml: cannot be read"), "{text}");
    assert!(text.contains("3.toml:2:1: there is a schedule \"morning\" already: see "), "{text}");
}

#[test]
fn what_is_stored_may_be_named_unless_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schedule.toml");
    let stored = parse(UNITS, rule).unwrap();
    let known = Known::default()
        .with_units(&stored.units)
        .with(Kind::Station, ["centre"])
        .with(Kind::Programme, ["news"])
        .with(Kind::Campaign, ["campaign"]);
    let told = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let found = read(std::slice::from_ref(&file), known.clone(), rule);
        found.map_err(|bad| bad.0.into_iter().map(|one| one.reason).collect::<Vec<_>>())
    };
    let almanac = told(SCHEDULE).unwrap();
    assert_eq!((almanac.schedules.len(), almanac.programmes.len()), (1, 0));
    let near = told(&SCHEDULE.replace("'news'", "'new'")).unwrap_err();
    assert_eq!(near, ["there is no programme \"new\": did you mean \"news\"?"]);
    let gone = told(&format!("remove.stations = ['centre']\n{SCHEDULE}")).unwrap_err();
    assert_eq!(gone, ["there is no station \"centre\""]);

    // The stored unit lies nowhere; the two new ones would close a circle over it.
    let unit = |id: &str, parent: &str| {
        format!("[[unit]]\nid = '{id}'\ncode = '1'\nname = 'X'\nkind = 'x'\nparent = '{parent}'\n")
    };
    assert!(told(&unit("commune", "district")).is_ok());
    let circle = unit("commune", "district") + &unit("district", "commune");
    assert_eq!(told(&circle).unwrap_err().len(), 2);
}

#[test]
fn a_silent_calendar_is_not_an_empty_one() {
    let calendar = |text: &str| parse(text, rule).unwrap().calendar;
    let stored = calendar(UNITS).onto(Calendar::default());
    assert_eq!((stored.quiet_hours.len(), stored.holidays.len()), (1, 1));
    assert_eq!(calendar("").onto(stored.clone()), stored);
    let holidays = calendar("calendar.holidays = [{ date = 2021-02-12, name = 'Tết' }]");
    let holidays = holidays.onto(stored.clone());
    assert_eq!(holidays.quiet_hours, stored.quiet_hours);
    assert_eq!(holidays.holidays[0].name, "Tết");
    assert_eq!(calendar("calendar.quiet_hours = []").onto(stored).quiet_hours, []);
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "\\PC*", toml in "(\\[\\[(unit|clip|schedule)\\]\\]\n|id = ('a'|1)\n|stations = (\\[\\]|\\{\\}|[{\\[]'a')\n|dates = \\[.{0,5}\\]\n|\\PC{0,4}\n){0,12}") {
        let _ = parse(&text, rule);
        let _ = parse(&toml, rule);
    }
}
