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
    backup::{BackupError, make, restore},
    radio::Role,
    server::{check_entries, roll, sign_log},
    signing::Envelope,
    store::{Actor, CopyError, NewPerson},
};
use serde_json::json;

use common::{BEFORE, SOUND, chain, district::House, postgres::Postgres, sha256};

on_both_databases!(
    a_district_lives_on_from_a_backup_that_was_made_while_it_worked,
    from_one_engine_to_the_other,
    a_backup_that_is_damaged_or_not_whole_is_refused,
);

/// Records at a time, as a station sends them.
const BATCH: usize = 10;

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
    let drawer = house.folder.path().join("clips/photographs/ab");
    fs::create_dir_all(&drawer).unwrap();
    fs::write(drawer.join("note"), b"picture").unwrap();
    records
}

async fn back_up(house: &House, to: &Path) -> loa::backup::Manifest {
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
    restore(&to, &data, None, |_| {}).await.unwrap();
    let url = beside(folder.path());
    let moved = house.moved(&url, folder, "district").await;
    assert_eq!(fs::read(data.join("clips/photographs/ab/note")).unwrap(), b"picture");
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
    restore(&to, &data, Some(&url), |_| {}).await.unwrap();
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
    let refused = restore(&again, &third, Some(&url), |_| {}).await.unwrap_err();
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
        let error = restore(&to, &data, None, |_| {}).await.unwrap_err();
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
    let error = restore(&to, &data, None, |_| {}).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty(_)));
    assert_eq!(fs::read(data.join("theirs")).unwrap(), b"mine");
    fs::remove_file(data.join("theirs")).unwrap();
    restore(&to, &data, None, |_| {}).await.unwrap();

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
    restore(&second, &folder.path().join("third"), None, |_| {}).await.unwrap();
}
