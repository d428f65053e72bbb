//! Settings as the program takes them: defaults < file < environment < flags.

use std::fs;

use super::{loa, told};

#[test]
fn flags_outrank_the_environment_and_that_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for name in ["of-file", "of-environment", "of-flag"] {
        fs::create_dir(path(name)).unwrap();
    }
    fs::write(path("loa.toml"), format!("data = {:?}\nspeaker = \"silent\"", path("of-file")))
        .unwrap();
    for (environment, flag, expected) in [
        (false, false, "of-file"),
        (true, false, "of-environment"),
        (false, true, "of-flag"),
        (true, true, "of-flag"),
    ] {
        let mut doctor = loa(folder.path(), &["doctor", "--config", &path("loa.toml")]);
        if environment {
            doctor.env("LOA_DATA", path("of-environment"));
        }
        if flag {
            doctor.args(["--data", &path("of-flag")]);
        }
        let told = told(&doctor.output().unwrap());
        assert!(told.contains(&format!("free in {}\n", path(expected))), "{expected}: {told}");
    }
}

#[test]
fn a_wrong_file_is_wrong_use_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loa.toml");
    for (text, expected) in [
        ("\nlisten = \"8080\"", ":2: listen: \"8080\" is no address"),
        ("speaker = \"loud\"", ":1: speaker: \"loud\" is not a speaker: write device"),
        ("quiet-hours = \"9pm\"", ":1: quiet-hours: \"9pm\" is"),
        ("zone = \"Asia/Hanoi\"", ":1: zone: \"Asia/Hanoi\" is no time zone"),
        ("longest-clip = \"4\"", ":1: longest-clip: \"4\" is not a duration: write it like"),
        ("days-ahead = 0", ":1: days-ahead: 0 is not in 1..=366"),
        ("log = \"info=loud\"", ":1: log: "),
        ("plain-http = \"maybe\"", ":1: plain-http: "),
        ("plain-http = true\nvolum = 1", ":2: there is no setting \"volum\"; there are "),
    ] {
        fs::write(&file, text).unwrap();
        // Each file is checked as a whole, whoever reads it.
        let output = loa(folder.path(), &["doctor"]).env("LOA_CONFIG", &file).output().unwrap();
        let told = told(&output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.starts_with(&format!("{}{expected}", file.display())), "{told}");
    }
}

#[test]
fn the_usage_of_a_command_is_what_clap_says() {
    let folder = tempfile::tempdir().unwrap();
    let output = loa(folder.path(), &["station"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("--server <URL>"), "{}", told(&output));
    let output = loa(folder.path(), &["station", "--help"]).output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
}
