//! A district is backed up while it works, and lives on elsewhere from what was backed up.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

#[macro_use]
mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use loa::{
    backup::{BackupError, Manifest, make},
    radio::Role,
    server::{check_entries, roll, sign_log},
    signing::{Envelope, Note},
    store::{Actor, AuditFilter, CopyError, Deed, NewChannelReport, NewPerson, Store},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use common::{
    BEFORE, SOUND, chain, district::House, invented::campaign, postgres::Postgres, sha256,
    sha256_of,
};

/// Restores without looking at what the record proves.
async fn restore(
    from: &Path,
    data: &Path,
    database: Option<&str>,
) -> Result<Manifest, BackupError> {
    let restored = loa::backup::restore(from, data, database, |_| {}, async |_, _, _| Ok(())).await;
    restored.map(|(manifest, ())| manifest)
}

on_both_databases!(
    a_district_lives_on_from_a_backup_that_was_made_while_it_worked,
    from_one_engine_to_the_other,
    a_backup_that_is_damaged_or_not_whole_is_refused,
    a_backup_that_somebody_tampered_with_is_refused_and_nothing_of_it_is_left,
);

/// Records at a time, as a station sends them.
const BATCH: usize = 10;

/// What the photograph's file holds: whether it is one, nobody asks any more.
const PICTURE: &[u8] = b"picture";

/// Where the photograph lies in a folder that has clips.
fn photograph(folder: &Path) -> PathBuf {
    let name = sha256_of(PICTURE).to_string();
    folder.join("clips/photographs").join(&name[..2]).join(name)
}

/// A district with records, people and a photograph.
async fn furnish(house: &House) -> Vec<Envelope> {
    roll(&house.district).await.unwrap();
    house.clock.advance(std::time::Duration::from_mins(5));
    let records = chain("thach-lam", 40);
    house.confirm_signed(&house.thach_lam, &json!(records)).await;
    let new = NewPerson {
        name: "Nguyễn Thị Hoa".to_owned(),
        sign_in: "hoa".to_owned(),
        grants: loa::radio::Grants(vec![loa::radio::Grant { role: Role::Auditor, unit: None }]),
    };
    house
        .district
        .store()
        .add_person(&Actor::command("a test"), &new, BEFORE)
        .await
        .unwrap()
        .unwrap();
    let store = house.district.store();
    let change = loa::store::Rules {
        campaigns: vec![campaign("thach-thanh", "2020-10-01", "2020-10-03")],
        ..loa::store::Rules::default()
    };
    store.apply(&change, &loa::store::Removed::default(), BEFORE).await.unwrap();
    let said = NewChannelReport {
        campaign: "bluezone".parse().unwrap(),
        unit: "kim-tan".parse().unwrap(),
        channel: loa::radio::Channel::Poster,
        day: "2020-10-01".parse().unwrap(),
        number: 12,
        note: None,
        photograph: Some(sha256_of(PICTURE)),
    };
    store.report_channel(&Actor::command("a test"), &said, BEFORE).await.unwrap();
    let photograph = photograph(house.folder.path());
    fs::create_dir_all(photograph.parent().unwrap()).unwrap();
    fs::write(photograph, PICTURE).unwrap();
    records
}

async fn back_up(house: &House, to: &Path) -> Manifest {
    make(house.district.store(), house.folder.path(), to, BEFORE, |_| {}).await.unwrap()
}

/// The database where a restored district's lies, in a folder of its own.
fn beside(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("district/loa.db").display())
}

/// All that the district says of what aired, records and all.
async fn told(house: &House) -> Vec<serde_json::Value> {
    house.list("records=true&until=2020-10-02T00:00:00Z&limit=500").await
}

async fn a_district_lives_on_from_a_backup_that_was_made_while_it_worked(house: House) {
    furnish(&house).await;
    sign_log(&house.district).await.unwrap();
    let before = told(&house).await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("backup");

    // Another station goes on confirming all the while.
    let coming = chain("kim-tan", 60);
    let confirming = async {
        for batch in coming.chunks(BATCH) {
            let said = house.confirm_signed(&house.kim_tan, &json!(batch)).await;
            assert!(said.iter().all(|(word, _)| word == "recorded"), "{said:?}");
        }
    };
    let (manifest, ()) = tokio::join!(back_up(&house, &to), confirming);
    assert!(manifest.damaged.is_empty());
    assert_eq!(manifest.files, manifest.database.tables.len() as u64 + count(&to.join("keys")) + 2);

    let data = folder.path().join("district");
    restore(&to, &data, None).await.unwrap();
    let url = beside(folder.path());
    let moved = house.moved(&url, folder, "district").await;
    assert_eq!(fs::read(photograph(&data)).unwrap(), PICTURE);
    let of_thach_lam = |all: &[serde_json::Value]| -> Vec<serde_json::Value> {
        all.iter().filter(|it| it["station"] == "thach-lam").cloned().collect()
    };
    assert_eq!(of_thach_lam(&told(&moved).await), of_thach_lam(&before));
    // The record there is what the log's head was signed of.
    let head = moved.district.store().checkpoint().await.unwrap().unwrap();
    assert!(head.size > 40, "{}", head.note);
    assert_eq!(check_entries(moved.district.store()).await.unwrap(), None);
    let people = moved.district.store().people().await.unwrap();
    assert!(people.iter().any(|person| person.name == "Nguyễn Thị Hoa"));

    // Stations go on where they were: what the backup has not is taken, what it has is known.
    let said = moved.confirm_signed(&moved.kim_tan, &json!(coming)).await;
    assert!(said.iter().all(|(word, _)| word == "recorded" || word == "duplicate"), "{said:?}");
    let words: Vec<&str> = said.iter().map(|(word, _)| word.as_str()).collect();
    let known = words.iter().take_while(|word| **word == "duplicate").count();
    assert_eq!(known % BATCH, 0, "a call is there whole or not at all");
    assert!(words[known..].iter().all(|word| *word == "recorded"));
    assert_eq!(told(&moved).await, told(&house).await);
    let next = chain("thach-lam", 41).pop().unwrap();
    let said = moved.confirm_signed(&moved.thach_lam, &json!([next])).await;
    assert_eq!(said[0].0, "recorded");
    // It orders as before: the same keys, the same rundown, the clip whole.
    let rundown = moved.rundown(&moved.thach_lam).await;
    assert_eq!(rundown, house.rundown(&house.thach_lam).await);
    let clip = moved.get(&format!("/api/v1/clips/{}", sha256()), &moved.thach_lam).await;
    assert_eq!(clip.body, SOUND);
}

fn count(folder: &Path) -> u64 {
    fs::read_dir(folder).unwrap().count() as u64
}

async fn from_one_engine_to_the_other(house: House) {
    furnish(&house).await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("backup");
    let manifest = back_up(&house, &to).await;

    let postgres = Postgres::shared();
    let url = postgres.database().await;
    let data = folder.path().join("district");
    restore(&to, &data, Some(&url)).await.unwrap();
    assert!(!data.join("loa.db").exists());
    let other = tempfile::tempdir().unwrap();
    let moved = house.moved(&url, folder, "district").await;
    assert_eq!(told(&moved).await, told(&house).await);
    // And back: the same to the byte.
    let again = other.path().join("backup");
    let second = make(moved.district.store(), &data, &again, BEFORE, |_| {}).await.unwrap();
    assert_eq!(second.database, manifest.database);
    // A database that is not empty stays as it is.
    let third = other.path().join("district");
    let refused = restore(&again, &third, Some(&url)).await.unwrap_err();
    assert!(matches!(refused, BackupError::Copy(CopyError::NotEmpty)), "{refused}");
    assert!(!third.exists() && fs::read_dir(other.path()).unwrap().count() == 1);
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

async fn a_backup_that_is_damaged_or_not_whole_is_refused(house: House) {
    furnish(&house).await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("backup");
    back_up(&house, &to).await;
    let data = folder.path().join("district");
    let refused = async |what: &str| {
        let error = restore(&to, &data, None).await.unwrap_err();
        assert!(!data.exists() && !folder.path().join("district.restoring").exists(), "{what}");
        error
    };
    let mut all = Vec::new();
    files(&to, &mut all);
    assert!(all.len() > 20);
    for file in &all {
        let whole = fs::read(file).unwrap();
        let name = file.strip_prefix(&to).unwrap().display().to_string();
        if !whole.is_empty() {
            let mut flipped = whole.clone();
            flipped[whole.len() / 2] ^= 1;
            fs::write(file, &flipped).unwrap();
            let error = refused(&name).await.to_string();
            assert!(error.contains("damaged") || error.contains("no whole"), "{name}: {error}");
            fs::write(file, &whole[..whole.len() - 1]).unwrap();
            refused(&name).await;
        }
        fs::remove_file(file).unwrap();
        let error = refused(&name).await;
        assert!(matches!(error, BackupError::Damaged(_) | BackupError::Unfinished(_)), "{name}");
        fs::write(file, whole).unwrap();
    }
    // Lines and files that go together are missed too.
    let sums = fs::read_to_string(to.join("SHA256SUMS")).unwrap();
    let (rest, line) = sums.trim_end().rsplit_once('\n').unwrap();
    let gone = to.join(line.split_once("  ").unwrap().1);
    let kept = fs::read(&gone).unwrap();
    fs::write(to.join("SHA256SUMS"), format!("{rest}\n")).unwrap();
    refused("a file that nobody lists").await;
    fs::remove_file(&gone).unwrap();
    refused("a file and its line").await;
    fs::write(&gone, kept).unwrap();
    fs::write(to.join("SHA256SUMS"), &sums).unwrap();

    // Nothing is overwritten, neither by a backup nor by a restore.
    let error =
        make(house.district.store(), house.folder.path(), &to, BEFORE, |_| {}).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)));
    fs::create_dir(&data).unwrap();
    fs::write(data.join("theirs"), b"mine").unwrap();
    let error = restore(&to, &data, None).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)));
    assert_eq!(fs::read(data.join("theirs")).unwrap(), b"mine");
    fs::remove_file(data.join("theirs")).unwrap();
    restore(&to, &data, None).await.unwrap();

    // A clip that has rotted on the district's disk is left out, and said to be.
    let rotten = house
        .folder
        .path()
        .join("clips")
        .join(&sha256().to_string()[..2])
        .join(sha256().to_string());
    fs::write(&rotten, b"rotten").unwrap();
    let second = folder.path().join("second");
    let manifest = back_up(&house, &second).await;
    assert_eq!(manifest.damaged.len(), 1);
    assert!(manifest.damaged[0].ends_with(&sha256().to_string()));
    restore(&second, &folder.path().join("third"), None).await.unwrap();
}

/// A backup in the hands of somebody who knows how it is made: what they change, they hash again.
struct Tampered {
    folder: PathBuf,
}

impl Tampered {
    fn copy(from: &Path, to: &Path) -> Self {
        let mut all = Vec::new();
        files(from, &mut all);
        for file in all {
            let to = to.join(file.strip_prefix(from).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            // With its permissions: a key that others may read is refused for that.
            fs::copy(&file, &to).unwrap();
        }
        Self { folder: to.to_owned() }
    }

    fn manifest(&self) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.folder.join("backup.json")).unwrap()).unwrap()
    }

    /// Changes a table's rows; each is handed over with what finds the place of a column in it.
    fn rows(
        &self,
        table: &str,
        change: impl FnOnce(&mut Vec<Vec<serde_json::Value>>, &dyn Fn(&str) -> usize),
    ) {
        let manifest = self.manifest();
        let tables = manifest["database"]["tables"].as_array().unwrap();
        let told = tables.iter().find(|it| it["name"] == table).unwrap();
        let place = |name: &str| {
            told["columns"].as_array().unwrap().iter().position(|it| it["name"] == name).unwrap()
        };
        let path = self.folder.join(format!("database/{table}.jsonl"));
        let text = fs::read_to_string(&path).unwrap();
        let mut rows = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        change(&mut rows, &place);
        let lines: String = rows.iter().map(|row| format!("{}\n", json!(row))).collect();
        assert_ne!(lines, text, "{table} was not changed");
        fs::write(&path, lines).unwrap();
    }

    /// Changes the row of a record of thach-lam's.
    fn record(
        &self,
        number: i64,
        change: impl FnOnce(&mut Vec<serde_json::Value>, &dyn Fn(&str) -> usize),
    ) {
        self.rows("as_run", |rows, place| {
            let is_it = |row: &&mut Vec<serde_json::Value>| {
                row[place("sequence")] == number && row[place("station")] == "thach-lam"
            };
            change(rows.iter_mut().find(is_it).unwrap(), place);
        });
    }

    /// Writes every hash and number anew, so that the backup is whole.
    fn seal(&self) {
        let hash =
            |file: &Path| loa::radio::ClipHash(Sha256::digest(fs::read(file).unwrap()).into());
        let mut manifest = self.manifest();
        for table in manifest["database"]["tables"].as_array_mut().unwrap() {
            let file = format!("database/{}.jsonl", table["name"].as_str().unwrap());
            let file = self.folder.join(file);
            table["rows"] = fs::read_to_string(&file).unwrap().lines().count().into();
            table["sha256"] = hash(&file).to_string().into();
        }
        let mut all = Vec::new();
        files(&self.folder, &mut all);
        all.retain(|file| !file.ends_with("backup.json") && !file.ends_with("SHA256SUMS"));
        manifest["files"] = all.len().into();
        let bytes: u64 = all.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        manifest["bytes"] = bytes.into();
        fs::write(self.folder.join("backup.json"), manifest.to_string()).unwrap();
        all.push(self.folder.join("backup.json"));
        let line = |file: &PathBuf| {
            format!("{}  {}\n", hash(file), file.strip_prefix(&self.folder).unwrap().display())
        };
        let sums: String = all.iter().map(line).collect();
        fs::write(self.folder.join("SHA256SUMS"), sums).unwrap();
    }
}

/// What the program says when it is asked to restore a backup into a folder, and whether that went well.
async fn asked_to_restore(from: &Path, data: &Path, more: &[&str]) -> (bool, String) {
    let mut loa = tokio::process::Command::new(env!("CARGO_BIN_EXE_loa"));
    loa.env("LOA_CONFIG", "/dev/null").arg("restore").arg(from).arg("--data").arg(data).args(more);
    let output = loa.output().await.unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

async fn a_backup_that_somebody_tampered_with_is_refused_and_nothing_of_it_is_left(house: House) {
    furnish(&house).await;
    assert_eq!(sign_log(&house.district).await.unwrap(), None);
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("backup");
    back_up(&house, &whole).await;
    // Where nothing is left, the next is restored into the same database.
    let postgres = Postgres::shared();
    let url = postgres.database().await;
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let data = place.join("district");
    let stranger = loa::signing::SecretKey::from_seed(&[7; 32]);
    let day = 86_400_000;

    type Change<'a> = &'a dyn Fn(&Tampered);
    let changes: [(&str, Change<'_>, &str); 14] = [
        (
            "a record back-dated",
            &|backup: &Tampered| {
                backup.record(3, |row, place| {
                    let at = &mut row[place("received_at")];
                    *at = (at.as_i64().unwrap() - day).into();
                });
            },
            "says something else than when it went in (entry ",
        ),
        (
            "a record that says something else",
            &|backup: &Tampered| {
                backup.record(3, |row, place| {
                    let text = row[place("record")].as_str().unwrap().replace("aired", "missed");
                    row[place("record")] = text.into();
                });
            },
            "says something else than when it went in (entry ",
        ),
        (
            "a record that is found elsewhere",
            &|backup: &Tampered| {
                backup.record(3, |row, place| row[place("airing")] = "another".into());
            },
            "says something else than when it went in (entry ",
        ),
        (
            "a record that is gone",
            &|backup: &Tampered| {
                backup.rows("as_run", |rows, place| {
                    let before = rows.len();
                    rows.retain(|row| row[place("sequence")] != 7);
                    assert_eq!(rows.len() + 1, before);
                });
            },
            "the row is no longer there (entry ",
        ),
        (
            "the last of all cut off, and the log with it",
            &|backup: &Tampered| {
                let mut size = 0;
                backup.rows("log_head", |rows, place| {
                    size = rows[0][place("size")].as_i64().unwrap() - 1;
                    rows[0][place("size")] = size.into();
                });
                backup.rows("log_entry", |rows, place| {
                    rows.retain(|row| row[place("log_position")] != size);
                });
            },
            "entries were signed, and there are",
        ),
        (
            "a record that nobody signed for",
            &|backup: &Tampered| {
                backup.rows("as_run", |rows, place| {
                    let mut row = rows[0].clone();
                    row[place("sequence")] = 99.into();
                    row[place("log_position")] = serde_json::Value::Null;
                    // Rows stand in the order of their key.
                    let at = rows
                        .iter()
                        .rposition(|other| other[place("station")] == row[place("station")]);
                    rows.insert(at.unwrap() + 1, row);
                });
            },
            "never went into the log",
        ),
        (
            "a campaign that is owed less",
            &|backup: &Tampered| {
                backup.rows("campaign", |rows, place| {
                    let rule = &mut rows[0][place("rule")];
                    let text = rule.as_str().unwrap();
                    let less = text.replace("\"airings_per_day\":1", "\"airings_per_day\":0");
                    *rule = less.into();
                });
            },
            "campaign bluezone is not what it is by the log's entry",
        ),
        (
            "a head that another key signed",
            &|backup: &Tampered| {
                backup.rows("log_checkpoint", |rows, place| {
                    for row in rows {
                        let note: Note = row[place("note")].as_str().unwrap().parse().unwrap();
                        let origin = note.text().lines().next().unwrap().to_owned();
                        let mut other = Note::new(note.text().to_owned()).unwrap();
                        other.sign(&origin, &stranger).unwrap();
                        row[place("note")] = other.to_string().into();
                    }
                });
            },
            "is not signed with the log's key",
        ),
        (
            "another key in the place of the log's",
            &|backup: &Tampered| {
                loa::signing::write(&backup.folder.join("keys/log.key"), &stranger).unwrap();
            },
            "is not the log's",
        ),
        (
            "a recording that is gone",
            &|backup: &Tampered| {
                let name = sha256().to_string();
                fs::remove_file(backup.folder.join("clips").join(&name[..2]).join(&name)).unwrap();
            },
            "of clip bluezone",
        ),
        (
            "a recording with another's content",
            &|backup: &Tampered| {
                let name = sha256().to_string();
                fs::write(backup.folder.join("clips").join(&name[..2]).join(&name), b"another")
                    .unwrap();
            },
            "is not what its name says",
        ),
        (
            "a photograph that is gone",
            &|backup: &Tampered| fs::remove_file(photograph(&backup.folder)).unwrap(),
            "reported on 2020-10-01 for campaign bluezone",
        ),
        (
            "a photograph that shows something else",
            &|backup: &Tampered| fs::write(photograph(&backup.folder), b"another").unwrap(),
            "is not what its name says",
        ),
        (
            "another photograph in its place, under its own name",
            &|backup: &Tampered| {
                let name = sha256_of(b"another").to_string();
                let other = photograph(&backup.folder).parent().unwrap().join(&name);
                fs::write(other, b"another").unwrap();
                fs::remove_file(photograph(&backup.folder)).unwrap();
            },
            "reported on 2020-10-01 for campaign bluezone",
        ),
    ];
    for (number, (what, change, why)) in changes.into_iter().enumerate() {
        let backup = Tampered::copy(&whole, &folder.path().join(format!("tampered-{number}")));
        change(&backup);
        backup.seal();
        for elsewhere in [&[][..], &["--database", &url]] {
            let (is_restored, said) = asked_to_restore(&backup.folder, &data, elsewhere).await;
            assert!(!is_restored && said.contains(why), "{what}: {said}");
            assert!(said.contains("nothing was restored"), "{what}: {said}");
            assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "{what}");
        }
        if what == "a recording that is gone" {
            let (is_restored, said) =
                asked_to_restore(&backup.folder, &data, &["--accept-missing"]).await;
            assert!(is_restored && data.join("loa.db").exists(), "{said}");
            fs::remove_dir_all(&data).unwrap();
        }
    }
    // It is not the sealing that is refused.
    let untouched = Tampered::copy(&whole, &folder.path().join("untouched"));
    untouched.seal();
    let (is_restored, said) =
        asked_to_restore(&untouched.folder, &data, &["--database", &url]).await;
    assert!(is_restored && said.contains("the record is what the log's head of"), "{said}");
    assert!(data.join("keys/log.key").exists() && !data.join("loa.db").exists());
    let store = Store::open(&url).await.unwrap();
    let restored = AuditFilter { deed: Some(Deed::Restored), ..AuditFilter::default() };
    let trail = store.trail(&restored, None, 10).await.unwrap();
    let told: Vec<_> = trail.iter().map(|line| (&*line.actor.name, &*line.subject)).collect();
    assert_eq!(told, [("loa restore", "backup")]);
    store.close().await;
}

/// What the program says when it is asked to back a district up.
async fn asked_to_back_up(data: &Path, to: &Path) -> (bool, String) {
    let mut loa = tokio::process::Command::new(env!("CARGO_BIN_EXE_loa"));
    loa.env("LOA_CONFIG", "/dev/null").arg("backup").arg(to).arg("--data").arg(data);
    let output = loa.output().await.unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn what_is_missing_on_the_disk_is_named_when_it_is_backed_up() {
    let house = House::new().await;
    furnish(&house).await;
    assert_eq!(sign_log(&house.district).await.unwrap(), None);
    let (data, folder) = (house.folder.path(), tempfile::tempdir().unwrap());
    let (is_whole, said) = asked_to_back_up(data, &folder.path().join("whole")).await;
    assert!(is_whole && said.contains("backed up to"), "{said}");
    let name = sha256().to_string();
    fs::remove_file(data.join("clips").join(&name[..2]).join(&name)).unwrap();
    fs::remove_file(photograph(data)).unwrap();
    let lacking = folder.path().join("lacking");
    let (is_whole, said) = asked_to_back_up(data, &lacking).await;
    assert!(!is_whole && said.contains("everything else is in"), "{said}");
    for what in [
        format!("recording {name} of clip bluezone is missing on this disk"),
        format!("photograph {}, reported on 2020-10-01", sha256_of(PICTURE)),
        "put the file back from an older backup".to_owned(),
    ] {
        assert!(said.contains(&what), "{what}: {said}");
    }
    // What it lacks is told again, and restored without only where somebody says so.
    let again = folder.path().join("again");
    let (is_restored, said) = asked_to_restore(&lacking, &again, &[]).await;
    assert!(
        !is_restored && said.contains("of clip bluezone") && said.contains("photograph"),
        "{said}"
    );
    let (is_restored, said) = asked_to_restore(&lacking, &again, &["--accept-missing"]).await;
    assert!(is_restored, "{said}");
}
