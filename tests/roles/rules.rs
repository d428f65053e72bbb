//! `loa apply` and `loa plan` on files that are good, bad and lean on what is stored.

use std::{fs, path::Path};

use serde_json::Value;

use super::{RULES, done, fixture, loa, refused, told};

fn clip(file: &str) -> String {
    format!("[[clip]]\nid = \"tone\"\nfile = {file:?}\ntitle = \"Nhạc\"\napproved_by = \"Lan\"\n")
}

const PROGRAMME: &str = r#"
[[programme]]
id = "tin"
title = "Tin"
items = [{ clip = "tone" }]
"#;

const SCHEDULE: &str = r#"
[[schedule]]
id = "sang"
title = "Sáng"
programme = "tin"
cron = "0 5,5 * * *"
stations = ["thach-lam"]
on_holidays = true
"#;

const NIGHT: &str = r#"
[[schedule]]
id = "dem"
title = "Đêm"
programme = "tin"
cron = "0 3 * * *"
stations = ["thach-lam"]
on_holidays = true
[[schedule]]
id = "sau"
title = "Sau"
programme = "tin"
cron = "0 5 * * *"
stations = ["thach-lam"]
on_holidays = true
[calendar]
quiet_hours = ["21:00-05:00"]
"#;

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

/// What `loa apply` says of a file, line by line.
fn applied(folder: &Path, text: &str) -> Vec<String> {
    write(folder, "some.toml", text);
    let output = loa(folder, &["apply", "some.toml"]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    told(&output).lines().map(str::to_owned).collect()
}

#[test]
fn what_is_stored_need_not_be_said_again_and_what_changed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let tone = fixture("tone.flac");
    applied(folder, RULES);
    assert_eq!(
        applied(folder, &(clip(&tone) + PROGRAMME)),
        ["added clip tone", "added programme tin"]
    );
    assert_eq!(applied(folder, SCHEDULE), ["added schedule sang"]);
    assert_eq!(applied(folder, SCHEDULE), ["nothing changed"]);
    let later = SCHEDULE.replace("0 5,5", "0 6").replace("\"sang\"\n", "\"sang\"\ngain_db = -3\n");
    assert_eq!(applied(folder, &later), ["changed schedule sang: gain_db, when"]);
    let other = clip(&fixture("tone.wav")).replace("Nhạc", "Nhạc hiệu");
    assert_eq!(applied(folder, &other), ["changed clip tone: recording, title"]);

    let quiet = "[calendar]\nquiet_hours = [\"21:00-05:00\"]\n";
    assert_eq!(applied(folder, quiet), ["added calendar house"]);
    let holidays = "[calendar]\nholidays = [{ date = \"2021-02-12\", name = \"Tết\" }]\n";
    assert_eq!(applied(folder, holidays), ["changed calendar house: holidays"]);
    assert_eq!(applied(folder, quiet), ["nothing changed"]);

    write(folder, "some.toml", &SCHEDULE.replace("\"tin\"", "\"tim\""));
    let (code, told) = refused(loa(folder, &["apply", "some.toml"]));
    assert_eq!(code, 1);
    assert_eq!(told.trim(), "some.toml:5:13: there is no programme \"tim\": did you mean \"tin\"?");
    // A plan knows no database.
    let plan = ["plan", "some.toml", "--from", "2020-10-01", "--until", "2020-10-02"];
    assert_eq!(refused(loa(folder, &plan)).0, 1);
}

#[test]
fn a_bad_recording_is_told_with_the_line_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "letter.wav", "Kính gửi");
    let second = clip("letter.wav").replace("tone", "letter");
    write(folder, "some.toml", &(clip("nowhere.mp3") + &second + RULES));
    let plan = ["plan", "some.toml", "--from", "2020-10-01", "--until", "2020-10-02"];
    for command in [loa(folder, &["apply", "some.toml"]), loa(folder, &plan)] {
        let (code, told) = refused(command);
        assert_eq!(code, 1);
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines.len(), 2, "{told}");
        let expected = "some.toml:3:8: clip \"tone\" cannot be taken: nowhere.mp3: ";
        assert!(lines[0].starts_with(expected), "{told}");
        let expected = "some.toml:8:8: clip \"letter\" cannot be taken: letter.wav: ";
        assert!(lines[1].starts_with(expected), "{told}");
    }
    assert_eq!(applied(folder, RULES).len(), 2, "nothing was taken before");
}

#[test]
fn a_plan_for_programs_says_every_wish_on_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let rules = RULES.to_owned() + &clip(&fixture("tone.flac")) + PROGRAMME + SCHEDULE + NIGHT;
    write(folder, "some.toml", &rules);
    let plan = ["plan", "some.toml", "--from", "2020-10-01", "--until", "2020-10-02", "--json"];
    let said = done(loa(folder, &plan));
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let mut keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
            keys.sort_unstable();
            let expected = [
                "airing",
                "ends_at",
                "programme",
                "reason",
                "schedule",
                "starts_at",
                "state",
                "station",
            ];
            assert_eq!(keys, expected);
            let word = |key: &str| line[key].as_str().unwrap_or("null");
            assert_eq!((word("station"), word("programme")), ("thach-lam", "tin"));
            [word("airing"), word("starts_at"), word("ends_at"), word("state"), word("reason")]
        })
        .collect();
    assert_eq!(
        told,
        [
            [
                "dem.thach-lam.20200930T200000Z",
                "2020-09-30T20:00:00.000Z",
                "null",
                "refused",
                "refused: quiet hours 21:00–05:00"
            ],
            [
                "sang.thach-lam.20200930T220000Z",
                "2020-09-30T22:00:00.000Z",
                "2020-09-30T22:00:00.600Z",
                "planned",
                "null"
            ],
            [
                "sau.thach-lam.20200930T220000Z",
                "2020-09-30T22:00:00.600Z",
                "2020-09-30T22:00:01.200Z",
                "moved",
                "moved 0.600 s: after sang"
            ],
        ]
    );
}
