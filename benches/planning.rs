//! How long planning a year for 1,000 stations with 4 schedules takes, against the `cron` crate's bare iteration of the
//! same instants: `cargo bench --bench planning`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod reach;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use loa::{
    almanac,
    planning::{Rule, Wishes, plan},
    radio::{Calendar, Clip, ClipHash, Gain, UtcMs, Window},
};

const STATIONS: usize = 1000;
/// The same rules as crontab(5) and as the crate write them. The crate is spared the zone.
const RULES: [(&str, &str); 4] = [
    ("0 5 * * *", "0 0 5 * * * *"),
    ("30 11 * * *", "0 30 11 * * * *"),
    ("0 17 * * *", "0 0 17 * * * *"),
    ("15 19 * * *", "0 15 19 * * * *"),
];

fn main() {
    let wishes = wishes();
    let window = Window {
        from: "2021-01-01T00:00:00+07:00".parse().unwrap(),
        until: "2022-01-01T00:00:00+07:00".parse().unwrap(),
    };
    let peers = RULES.map(|(_, rule)| rule.parse::<cron::Schedule>().unwrap());
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    let mut counts = (0, 0);
    for _ in 0..5 {
        let start = Instant::now();
        counts.0 = black_box(plan(black_box(&wishes), window)).airings.len();
        ours = ours.min(start.elapsed());

        let start = Instant::now();
        counts.1 = (0..STATIONS).map(|_| iterate(&peers, window)).sum();
        bare = bare.min(start.elapsed());
    }
    assert_eq!(counts.0, counts.1, "both name the same instants");
    println!("airings            {}", counts.0);
    println!("plan               {:8.1} ms", ours.as_secs_f64() * 1000.0);
    println!("cron, bare         {:8.1} ms", bare.as_secs_f64() * 1000.0);
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("plan / cron        {ratio:8.2}");
    reach::told("at most 3 times the bare iteration", ratio <= 3.0);
}

fn iterate(peers: &[cron::Schedule], window: Window) -> usize {
    let from: DateTime<Utc> = UtcMs(window.from.0 - 1).to_chrono();
    let until = window.until.to_chrono();
    let count = |rule: &cron::Schedule| {
        rule.after(&from).take_while(|at| *at < until).map(black_box).count()
    };
    peers.iter().map(count).sum()
}

fn wishes() -> Wishes {
    let mut text = String::from(
        "[calendar]\nquiet_hours = ['21:00-05:00']\n\
         [[unit]]\nid = 'top'\ncode = '1'\nname = 'Top'\nkind = 'district'\n\
         [[clip]]\nid = 'clip'\nfile = 'clip'\ntitle = 'Clip'\napproved_by = 'editor'\n\
         [[programme]]\nid = 'news'\ntitle = 'News'\nitems = [{ clip = 'clip' }]\n",
    );
    for (number, (rule, _)) in RULES.iter().enumerate() {
        text += &format!(
            "[[schedule]]\nid = 'rule-{number}'\ntitle = 'Rule'\nprogramme = 'news'\ncron = '{rule}'\n\
             stations = {{ units = ['top'] }}\n"
        );
    }
    for number in 0..STATIONS {
        text += &format!(
            "[[station]]\nid = 'station-{number:04}'\nname = 'Station'\nkind = 'commune'\nunit = 'top'\n"
        );
    }
    let almanac = almanac::parse(&text, Rule::check).unwrap();
    let clip = Clip {
        id: almanac.clips[0].id.clone(),
        sha256: ClipHash([0; 32]),
        bytes: 1,
        frames: 1_440_000,
        sample_rate: 48_000,
        title: "Clip".into(),
        gain: Gain::UNITY,
        source_document: None,
        issuing_office: None,
        transcript: None,
        language: None,
        approved_by: Some("editor".into()),
        from: None,
        until: None,
        retired: false,
    };
    Wishes {
        units: almanac.units,
        stations: almanac.stations,
        clips: [(clip.id.clone(), clip)].into(),
        programmes: almanac.programmes,
        schedules: almanac.schedules,
        calendar: almanac.calendar.onto(Calendar::default()),
        ..Wishes::default()
    }
}
