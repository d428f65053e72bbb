//! `loa report`, as it is run from a shell.

use crate::{RULES, done, loa, refused};

#[test]
fn a_report_is_written_in_every_form_and_only_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("rules.toml"), RULES).unwrap();
    done(loa(path, &["apply", "rules.toml", "--data", "district"]));
    let period = ["report", "--data", "district", "--from", "2026-11-01", "--to", "2026-11-07"];
    for (form, begins) in [
        ("docx", &b"PK\x03\x04"[..]),
        ("xlsx", b"PK\x03\x04"),
        ("diary", b"PK\x03\x04"),
        ("csv", "\u{feff}Ngày,".as_bytes()),
        ("svg", b"<svg "),
    ] {
        done(loa(path, &[&period[..], &["--as", form, "--out", form]].concat()));
        assert!(std::fs::read(path.join(form)).unwrap().starts_with(begins), "{form}");
    }
    let english = [&period[..], &["--as", "csv", "--out", "csv", "--language", "en"]].concat();
    done(loa(path, &english));
    assert!(std::fs::read(path.join("csv")).unwrap().starts_with("\u{feff}Day,".as_bytes()));

    let (code, why) = refused(loa(
        path,
        &[&period[..], &["--as", "csv", "--out", "x", "--campaign", "y"]].concat(),
    ));
    assert_eq!(code, 1);
    assert!(why.contains("there is no campaign \"y\""), "{why}");
    let nowhere = [&period[..], &["--as", "csv", "--out", "none/x"]].concat();
    let (code, why) = refused(loa(path, &nowhere));
    assert_eq!(code, 1);
    assert!(why.contains("none/x"), "{why}");
    let (code, _) = refused(loa(path, &[&period[..], &["--as", "pdf", "--out", "x"]].concat()));
    assert_eq!(code, 2);
    assert!(!path.join("x").exists());
    let back = ["report", "--data", "district", "--from", "2026-11-08", "--to", "2026-11-07"];
    let (code, why) = refused(loa(path, &[&back[..], &["--as", "csv", "--out", "x"]].concat()));
    assert_eq!(code, 1);
    assert!(why.contains("--from must not lie after --to"), "{why}");
}
