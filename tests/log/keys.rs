//! The key that signs the log's head is changed, and lost.

use std::path::Path;

use loa::{
    log::{Checkpoint, Older, verify},
    server::{Keyring, NoRotation, check_log, rotate_log_key, sign_log},
    signing::{Note, NoteKey, Signs},
    store::{AuditFilter, Deed, LogFaultKind, SignedHead},
};

use super::{
    agree::python,
    common::{MORNING, key_of},
    place::{Place, confirm, days_work, open},
};

on_both!(a_new_key_is_followed_from_the_old_one);

async fn a_new_key_is_followed_from_the_old_one(place: Place) {
    let district = &place.district;
    days_work(district).await;
    assert_eq!(sign_log(district).await.unwrap(), None);
    let store = district.store();
    let first = store.checkpoint().await.unwrap().unwrap();
    let keyring = district.keyring();
    let old = keyring.log().first().unwrap();
    let secrets = || -> Vec<String> {
        let names = std::fs::read_dir(place.folder.path().join("keys")).unwrap();
        let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("log")).collect()
    };
    assert_eq!(secrets(), ["log.key"]);
    // By a command beside the district, which goes on with the new one by itself; twice.
    let mut keys = vec![old.clone()];
    let mut heads = vec![first];
    for number in 2..=3 {
        let beside = Keyring::look(&place.folder.path().join("keys")).unwrap().unwrap();
        let new = rotate_log_key(store, &beside, MORNING).await.unwrap();
        assert_eq!((new.name(), secrets()), (old.name(), vec![format!("log-{number}.key")]));
        assert_eq!(sign_log(district).await.unwrap(), None);
        keys.push(new);
        confirm(district, number * 3..=number * 3 + 2).await;
        assert_eq!(sign_log(district).await.unwrap(), None);
        heads.push(store.checkpoint().await.unwrap().unwrap());
    }
    assert_eq!(check_log(district).await.unwrap(), None);
    let changed = AuditFilter { deed: Some(Deed::KeyChanged), ..AuditFilter::default() };
    let trail = store.trail(&changed, None, 10).await.unwrap();
    let told: Vec<_> = trail.iter().map(|line| (&*line.actor.name, &*line.subject)).collect();
    assert_eq!(told, [("loa log rotate", "log-key"); 2]);
    // Whoever has the keys from before signs and rotates no more.
    let late = rotate_log_key(store, &keyring, MORNING).await.unwrap_err();
    assert!(matches!(late, NoRotation::Lost(_)), "{late}");

    let export = place.export().await;
    let file = place.folder.path().join("log.txt");
    std::fs::write(&file, &export).unwrap();
    let verified = |key: &NoteKey, older: &SignedHead| {
        let note: Note = older.note.parse().unwrap();
        let head = note.text().parse::<Checkpoint>().unwrap().head;
        let older_file = place.folder.path().join("older");
        std::fs::write(&older_file, &older.note).unwrap();
        let older = Older { head, note: Some(note) };
        let ours = verify(&mut &export[..], Some(key.clone()), Some(older), true);
        let arguments =
            [Path::new("--key"), key.to_string().as_ref(), "--older".as_ref(), &older_file, &file]
                .map(Path::to_owned);
        let theirs = python(&[]).args(arguments).output().unwrap();
        assert_eq!(
            theirs.status.success(),
            ours.is_ok(),
            "{}",
            String::from_utf8_lossy(&theirs.stderr)
        );
        ours
    };
    for key in &keys {
        for older in &heads {
            let proven = verified(key, older).unwrap();
            assert_eq!((&proven.key, proven.changes.len()), (&keys[2], 2), "{proven}");
            assert!(proven.to_string().contains("signed by the one before it"), "{proven}");
        }
    }
    let stranger = NoteKey::new(old.name(), Signs::Text, key_of("kim-tan").public()).unwrap();
    assert!(verified(&stranger, &heads[0]).is_err());
    // A head from before under a key from after is none of this log's.
    let text: Note = heads[0].note.parse().unwrap();
    let mut forged = Note::new(text.text().to_owned()).unwrap();
    let newest = Keyring::look(&place.folder.path().join("keys")).unwrap().unwrap();
    forged.sign(old.name(), newest.log().of(&keys[2]).unwrap()).unwrap();
    let forged = SignedHead { note: forged.to_string(), ..heads[0].clone() };
    assert!(verified(&keys[2], &forged).is_err());
}

/// The log's key is lost, and another in its place.
#[tokio::test]
async fn another_key_signs_nothing() {
    let place = Place::on_sqlite().await;
    days_work(&place.district).await;
    assert_eq!(sign_log(&place.district).await.unwrap(), None);
    confirm(&place.district, 6..=6).await;
    let file = place.folder.path().join("keys/log.key");
    std::fs::remove_file(&file).unwrap();
    let again = open(&place.url, place.folder.path()).await;
    let fault = sign_log(&again).await.unwrap().unwrap();
    assert_eq!(fault.kind, LogFaultKind::Key, "{fault:?}");
}
