//! `loa clip`: what programs read of it, and what the API has afterwards.

use serde_json::{Value, json};

use super::{District, RULES, done, fixture, loa, refused};

/// What `loa clip check --json` prints, in this order.
const KEYS: [&str; 13] = [
    "file",
    "ok",
    "error",
    "sha256",
    "codec",
    "sample_rate",
    "channels",
    "frames",
    "duration_ms",
    "loudness_lufs",
    "true_peak_dbtp",
    "gain_db",
    "warnings",
];

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_check_says_the_same_keys_of_good_and_bad() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.wav"), "Kính gửi").unwrap();
    let (tone, telephone) = (fixture("tone.flac"), fixture("telephone.wav"));
    let check = ["clip", "check", "--json", &tone, "letter.wav", &telephone];
    let output = loa(folder.path(), &check).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "one is bad");
    let said = lines(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(said.len(), 3);
    for line in &said {
        let mut keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = KEYS;
        keys.sort_unstable();
        expected.sort_unstable();
        assert_eq!(keys, expected);
    }
    let [good, bad, warned] = &said[..] else { panic!("{said:?}") };
    assert_eq!(
        (&good["ok"], &good["error"], &good["file"]),
        (&json!(true), &Value::Null, &json!(tone))
    );
    assert_eq!(
        (&good["codec"], &good["sample_rate"], &good["channels"]),
        (&json!("flac"), &json!(22_050), &json!(1))
    );
    assert_eq!((&good["frames"], &good["duration_ms"]), (&json!(13_230), &json!(600)));
    assert_eq!(good["sha256"].as_str().unwrap().len(), 64);
    assert!(good["true_peak_dbtp"].is_number() && good["gain_db"].is_number(), "{good}");
    assert_eq!(
        (&bad["ok"], &bad["sha256"], &bad["warnings"]),
        (&json!(false), &Value::Null, &json!([]))
    );
    assert!(bad["error"].as_str().unwrap().starts_with("not-audio: "), "{bad}");
    assert_eq!(warned["warnings"], json!(["telephone"]));

    let good = loa(folder.path(), &["clip", "check", &tone]).output().unwrap();
    assert_eq!((good.status.code(), good.stdout.len()), (Some(0), 0), "people read standard error");
    let (code, _) = refused(loa(folder.path(), &["clip", "check"]));
    assert_eq!(code, 2, "wrong use");
}

#[test]
fn the_longest_clip_is_a_setting() {
    let folder = tempfile::tempdir().unwrap();
    let tone = fixture("tone.flac");
    let (code, told) =
        refused(loa(folder.path(), &["clip", "check", "--longest-clip", "599ms", &tone]));
    assert_eq!(code, 1);
    assert!(told.contains("refused: the recording is longer than 0.6 s"), "{told}");
    let mut longer = loa(folder.path(), &["clip", "check", &tone]);
    longer.env("LOA_LONGEST_CLIP", "600ms");
    done(longer);
}

#[test]
fn an_added_clip_keeps_its_papers_and_a_programme_may_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("said.txt"), "Kính thu\u{31b}a bà con!\n").unwrap();
    let tone = fixture("tone.flac");
    // Typed with letters and marks apart.
    let add = [
        "clip",
        "add",
        &tone,
        "--id",
        "bluezone",
        "--title",
        " Ca\u{300}i đa\u{323}\u{306}t Bluezone ",
        "--source-document",
        "12075/UBND-CNTT, 1/9/2020",
        "--issuing-office",
        "UBND ti\u{309}nh",
        "--transcript",
        "said.txt",
        "--language",
        "vi",
        "--approved-by",
        "Chu\u{309} ti\u{323}ch",
    ];
    done(loa(folder, &add));
    let rules = RULES.to_owned()
        + r#"
[[programme]]
id = "tin"
title = "Tin"
items = [{ clip = "bluezone" }]
[[schedule]]
id = "moi-phut"
title = "Mỗi phút"
programme = "tin"
cron = "* * * * *"
stations = ["thach-lam"]
on_holidays = true
"#;
    std::fs::write(folder.join("rules.toml"), rules).unwrap();
    done(loa(folder, &["apply", "rules.toml"]));
    let district = District::serve(folder, |_| {});
    let clips = district.get(folder, "clips");
    let clip = &clips["clips"][0];
    for (field, value) in [
        ("id", "bluezone"),
        ("title", "C\u{e0}i đ\u{1eb7}t Bluezone"),
        ("source_document", "12075/UBND-CNTT, 1/9/2020"),
        ("issuing_office", "UBND t\u{1ec9}nh"),
        ("transcript", "K\u{ed}nh th\u{1b0}a b\u{e0} con!"),
        ("language", "vi"),
        ("approved_by", "Ch\u{1ee7} t\u{1ecb}ch"),
    ] {
        assert_eq!(clip[field], value, "{field}");
    }
    assert_eq!((&clip["frames"], &clip["sample_rate"]), (&json!(13_230), &json!(22_050)));

    // What is ahead tonight may be quiet; by day it is planned with this clip.
    let hash = clip["sha256"].as_str().unwrap();
    let ahead = (0..600).find_map(|_| {
        let page = district.get(folder, &format!("airings?clip={hash}&state=planned&limit=1"));
        std::thread::sleep(std::time::Duration::from_millis(50));
        page["airings"].as_array().unwrap().first().cloned()
    });
    assert_eq!(ahead.unwrap()["station"], "thach-lam");
}
