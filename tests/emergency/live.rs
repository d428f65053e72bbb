//! A district and stations as processes, real sound servers, and what their recordings hold.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use futures_util::StreamExt as _;
use loa::{
    clock::{Clock as _, SystemClock},
    radio::{Grant, Grants, Role},
    store::{Actor, NewPerson, Store},
};
use serde_json::{Value, json};

use crate::{
    server::{Recording, Server, address},
    village::{Program, Village, tones},
};

/// Clips by the number of their pitch.
const PROGRAMME: usize = 0;
const BULLETIN: usize = 20;
const RECORDED: usize = 30;
const DRILL: usize = 40;
/// Seconds of the programme that is interrupted.
const LENGTH: f64 = 70.0;
const PITCHES: [usize; 4] = [PROGRAMME, BULLETIN, RECORDED, DRILL];

const RATE: usize = 48_000;
/// A hundredth of a second: every pitch is told from the others in it.
const WINDOW: usize = RATE / 100;

fn write_rules(folder: &Path) {
    let mut toml =
        String::from("[[unit]]\nid = \"xa\"\ncode = \"1\"\nname = \"Xã\"\nkind = \"commune\"\n");
    for (station, rule) in
        [("mot", "drills = true\nresume_after_bulletin = true"), ("hai", ""), ("ba", "")]
    {
        writeln!(
            toml,
            "[[station]]\nid = \"{station}\"\nname = \"Đài {station}\"\nkind = \"commune\"\nunit = \"xa\"\n{rule}"
        )
        .unwrap();
    }
    for (id, n, seconds) in
        [("nhac", PROGRAMME, LENGTH), ("bao", BULLETIN, 4.0), ("tap", DRILL, 3.0)]
    {
        tones::write(&folder.join(format!("{id}.wav")), n, seconds);
        writeln!(
            toml,
            "[[clip]]\nid = \"{id}\"\nfile = \"{id}.wav\"\ntitle = \"{id}\"\napproved_by = \"Lan\""
        )
        .unwrap();
    }
    let at = (SystemClock.now() + Duration::from_secs(30)).to_chrono().format("%Y-%m-%dT%H:%M:%S");
    writeln!(
        toml,
        r#"[[programme]]
id = "nhac"
title = "Ca nhạc"
items = [{{ clip = "nhac" }}]
[[schedule]]
id = "nhac"
title = "Ca nhạc"
programme = "nhac"
dates = ["{at}"]
zone = "UTC"
stations = ["mot", "hai"]
late_limit = "30s"
on_holidays = true
[[bulletin]]
id = "bao"
title = "Bão"
clips = ["bao"]
[[bulletin]]
id = "tap"
title = "Tập báo bão"
drill = true
clips = ["tap"]"#
    )
    .unwrap();
    fs::write(folder.join("schedules.toml"), toml).unwrap();
}

/// Two people, and the district that they call.
struct Office<'a> {
    village: &'a Village,
    http: reqwest::Client,
    lan: String,
    minh: String,
}

impl<'a> Office<'a> {
    /// Before the district runs.
    async fn of(village: &'a Village) -> Self {
        let database = village.folder.join("district").join("loa.db");
        let store = Store::open(&format!("sqlite:{}", database.display())).await.unwrap();
        for (name, sign_in, role) in
            [("Lan", "lan", Role::Operator), ("Minh", "minh", Role::Approver)]
        {
            let grants = Grants(vec![Grant { role, unit: None }]);
            let new = NewPerson { name: name.into(), sign_in: sign_in.into(), grants };
            store.add_person(&Actor::command("test"), &new, SystemClock.now()).await.unwrap();
        }
        store.close().await;
        let token = |name| village.loa(&["token", "--data", "district", name]);
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        Self { village, http: http.build().unwrap(), lan: token("lan"), minh: token("minh") }
    }

    async fn post(
        &self,
        path: &str,
        token: &str,
        body: impl Into<reqwest::Body>,
        kind: &str,
    ) -> Value {
        let url = format!("{}/api/v1/bulletins{path}", self.village.address);
        let request = self.http.post(url).bearer_auth(token).header("content-type", kind);
        let answer = request.body(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// One asks, the other agrees; gives the bulletin's name.
    async fn send(&self, wish: &Value, before_agreement: impl FnOnce()) -> String {
        let asked = self.post("", &self.lan, wish.to_string(), "application/json").await;
        let id = asked["id"].as_str().unwrap().to_owned();
        before_agreement();
        self.post(&format!("/{id}/agreement"), &self.minh, "", "application/json").await;
        id
    }

    /// Watches a bulletin until it is as wanted.
    async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let url = format!("{}/api/v1/bulletins/{id}/events", self.village.address);
        let answer = self.http.get(url).bearer_auth(&self.minh).send().await.unwrap();
        let mut parts = answer.error_for_status().unwrap().bytes_stream();
        let (mut text, mut last) = (String::new(), String::new());
        let watching = async {
            while let Some(part) = parts.next().await {
                text += &String::from_utf8_lossy(&part.unwrap());
                while let Some((event, rest)) = text.split_once("\n\n") {
                    let report = event.strip_prefix("data: ").map(serde_json::from_str::<Value>);
                    last = event.to_owned();
                    text = rest.to_owned();
                    if let Some(report) = report.transpose().unwrap().filter(&wanted) {
                        return report;
                    }
                }
            }
            panic!("the events ended")
        };
        let watched = tokio::time::timeout(Duration::from_secs(60), watching).await;
        watched.unwrap_or_else(|_| panic!("{id} stands so: {last}"))
    }
}

/// A station at a sound server of its own.
fn station(village: &Village, name: &str) -> (Program, Server) {
    let sound = village.folder.join(format!("sound-{name}"));
    fs::create_dir_all(&sound).unwrap();
    let server = Server::start(&sound, "loa");
    let mut command = village.command(&village.station_arguments(name, "device", &village.address));
    command.env("PULSE_SERVER", address(&sound)).env("HOME", &sound);
    command.env_remove("XDG_RUNTIME_DIR").env_remove("PULSE_RUNTIME_PATH");
    (village.start(name, command), server)
}

/// What sounds in each window: a pitch, or nothing.
fn heard(samples: &[f32]) -> Vec<Option<usize>> {
    let strength = |window: &[f32], hertz: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (at, sample) in window.iter().enumerate() {
            let angle = std::f64::consts::TAU * hertz * at as f64 / RATE as f64;
            re += f64::from(*sample) * angle.cos();
            im += f64::from(*sample) * angle.sin();
        }
        re * re + im * im
    };
    let loudest = |window: &[f32]| {
        let energy: f64 = window.iter().map(|s| f64::from(*s).powi(2)).sum();
        let pitch = |n: usize| 400.0 + 50.0 * n as f64;
        let of = |n: &usize| strength(window, pitch(*n));
        let best = PITCHES.into_iter().max_by(|a, b| of(a).total_cmp(&of(b)))?;
        // A pure pitch has half of its energy, times the length, at its own frequency.
        (energy > 0.01 && of(&best) > 0.8 * energy * WINDOW as f64 / 2.0).then_some(best)
    };
    samples.chunks_exact(WINDOW).map(loudest).collect()
}

/// The first window of a pitch at or after one, how many hold it, and the window after the last. A sound server that a busy
/// machine starves makes gaps.
fn span(heard: &[Option<usize>], n: usize, from: usize) -> Option<(usize, usize, usize)> {
    let first = (from..heard.len()).find(|at| heard[*at] == Some(n))?;
    let (mut count, mut end) = (0, first);
    while let Some(at) = (end..heard.len().min(end + 50)).find(|at| heard[*at] == Some(n)) {
        (count, end) = (count + 1, at + 1);
    }
    Some((first, count, end))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulletin_interrupts_within_two_seconds_at_every_station_on_the_line() {
    let folder = tempfile::tempdir().unwrap();
    write_rules(folder.path());
    let village = Village::found(folder.path());
    let office = Office::of(&village).await;
    let district = village.serve().await;
    let (mot, sound_of_mot) = station(&village, "mot");
    let (hai, sound_of_hai) = station(&village, "hai");
    let recordings: [Recording; 2] = [&sound_of_mot, &sound_of_hai].map(Server::record);
    village
        .until("the programme sounds at both", async || {
            let stations = village.get("stations").await;
            let playing = |name: &str| {
                let all = stations["stations"].as_array().unwrap();
                all.iter().any(|one| one["id"] == name && one["status"]["playing"].is_string())
            };
            playing("mot") && playing("hai")
        })
        .await;
    // They say how much their disks have left.
    let stations = village.get("stations").await;
    let mut told = stations["stations"].as_array().unwrap().iter().map(|one| &one["status"]);
    assert!(told.any(|status| status["disk_free"].as_u64().is_some_and(|bytes| bytes > 0)));
    let wish = |what: Value, word: &str| {
        let mut wish = json!({"stations": {"units": ["xa"]}, "word": word});
        wish.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        wish
    };

    // A prepared one; the third station is away and comes while it is current.
    let mut at = [[0; 2]; 2];
    let prepared = wish(json!({"prepared": "bao"}), "KHẨN CẤP");
    let first = office.send(&prepared, || at[0] = [0, 1].map(|n| recordings[n].heard())).await;
    let report = office.until(&first, |report| report["begun"] == 2).await;
    assert_eq!((&report["of"], &report["state"]), (&json!(3), &json!("sent")));
    let (ba, _sound_of_ba) = station(&village, "ba");
    let is_over = |one: &Value| one["state"] == "aired";
    let done = move |report: &Value| report["stations"].as_array().unwrap().iter().all(is_over);
    let report = office.until(&first, done).await;
    assert_eq!(report["begun"], 3);

    // One that is recorded now.
    tones::write(&folder.path().join("ghi.wav"), RECORDED, 3.0);
    let recorded = fs::read(folder.path().join("ghi.wav")).unwrap();
    let recorded = office.post("/recordings", &office.lan, recorded, "audio/wav").await;
    let what = json!({"recording": recorded["sha256"], "title": "Bão đổi hướng"});
    let second = wish(what, "KHẨN CẤP");
    let second = office.send(&second, || at[1] = [0, 1].map(|n| recordings[n].heard())).await;
    office.until(&second, done).await;

    // A drill, at the one station that takes drills.
    let drill = wish(json!({"prepared": "tap", "drill": true}), "DIỄN TẬP");
    let drill = office.send(&drill, || ()).await;
    let report = office.until(&drill, done).await;
    assert_eq!((&report["of"], &report["without"]), (&json!(1), &json!(["ba", "hai"])));
    // Where a programme goes on after a bulletin it is heard to its end; where it does not, it stays cut.
    let programme = async |station: &str| {
        let airings = village.airings(station).await;
        let of = airings.into_iter().find(|one| one["schedule"] == "nhac").unwrap();
        (of["state"].clone(), of["reason"].clone())
    };
    let whole = (json!("aired"), Value::Null);
    village.until("what goes on is over", async || programme("mot").await == whole).await;
    assert_eq!(programme("hai").await, (json!("interrupted"), json!("bulletin")));
    for station in [mot, hai, ba] {
        station.stop();
    }

    for (station, (recording, resumes)) in recordings.into_iter().zip([true, false]).enumerate() {
        let samples = recording.end();
        let heard = heard(&samples);
        let sounded = heard.iter().filter(|pitch| **pitch == Some(PROGRAMME)).count();
        let sounded = sounded as f64 * WINDOW as f64 / RATE as f64;
        println!("station {station}: {sounded:.2} s of the programme");
        if resumes {
            assert!((LENGTH * 0.95..LENGTH + 0.1).contains(&sounded), "{sounded} s of {LENGTH}");
        } else {
            let (cut, ..) = span(&heard, BULLETIN, 0).unwrap();
            let after = heard[cut..].iter().filter(|pitch| **pitch == Some(PROGRAMME)).count();
            assert_eq!(after, 0, "station {station} goes on");
        }
        let mut from = 0;
        for (n, length, asked) in [(BULLETIN, 400, at[0][station]), (RECORDED, 300, at[1][station])]
        {
            let (first, windows, end) = span(&heard, n, from).unwrap();
            let delay = (first * WINDOW) as f64 / RATE as f64 - asked as f64 / RATE as f64;
            println!("station {station}: pitch {n} began {delay:.3} s after the agreement");
            assert!(delay <= 2.0, "station {station}: {delay} s");
            assert!((length * 9 / 10..=length + 1).contains(&windows), "{windows} windows of {n}");
            let before = heard[..first].iter().rev().find_map(|one| *one);
            assert!(n == RECORDED && !resumes || before == Some(PROGRAMME), "{before:?}");
            let after = heard[end..].iter().take(100).filter(|one| one.is_some()).count();
            assert_eq!(after > 50, resumes, "station {station}: {after} windows after {n}");
            from = end;
        }
        let Some((first, windows, end)) = span(&heard, DRILL, 0) else {
            assert!(!resumes, "the drill was not heard");
            continue;
        };
        assert!(resumes && windows > 270, "{windows} windows of the drill");
        // Its mark: two tones and the words, 4.88 s of what is no pitch of the clips.
        let mark = &heard[first - 480..first];
        assert!(mark.iter().all(|one| *one != Some(PROGRAMME)), "the programme sounds in the mark");
        let sound = &samples[(first - 480) * WINDOW..first * WINDOW];
        assert!(sound.iter().any(|sample| sample.abs() > 0.1), "the mark is silent");
        let after = heard[end..end + 480].iter().flatten().count();
        assert!(after < 48, "no mark after the drill: {after} windows");
    }
    let drills = village.get("airings?station=mot&records=true").await;
    let drills = drills["airings"].as_array().unwrap().iter();
    let drills: Vec<_> = drills.filter(|one| one["schedule"] == json!(drill)).collect();
    let records = drills[0]["records"].as_array().unwrap();
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|one| one["record"]["drill"] == true), "{records:?}");
    district.stop();
    for name in ["mot", "hai", "ba"] {
        village.assert_same_records(name);
    }
}
