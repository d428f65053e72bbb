//! A district that is asked over the line, by the program's own commands.

use std::{
    path::Path,
    process::{Command, Output},
};

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use loa::{
    log::{Checkpoint, Hash, Head, leaf, read_line, verify_inclusion},
    radio::Role,
    server::{District, Door, check_log, roll, serve, sign_log},
    signing::Note,
    store::LogFaultKind,
};
use serde_json::json;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{
    browser::Browser,
    common::{
        MORNING,
        district::{Answer, House},
        played,
    },
    place::{days_work, lan, open},
};

/// A district that is served on this machine.
struct Served {
    district: District,
    url: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Served {
    /// With the keys in a folder, and a database of its own.
    async fn start(folder: &Path, database: &str) -> Self {
        let url = format!("sqlite:{}", folder.join(database).display());
        let district = open(&url, folder).await;
        days_work(&district).await;
        assert_eq!(sign_log(&district).await.unwrap(), None);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(vec![Door::plain(listener)], district.clone(), async {
            stopped.await.ok();
        }));
        Self { district, url, stop, server }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
        self.district.store().close().await;
    }
}

async fn loa(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loa"));
    command.current_dir(folder).args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn told(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

#[tokio::test]
async fn a_log_is_exported_verified_and_co_signed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let here = Served::start(folder, "loa.db").await;
    let token = here
        .district
        .store()
        .create_token(&loa::store::Bearer::Person("Lan".into()), MORNING)
        .await
        .unwrap();

    let head = loa(folder, &["log", "head", "--data", "."]).await;
    assert!(head.status.success(), "{}", told(&head));
    std::fs::write(folder.join("older"), &head.stdout).unwrap();
    let key = String::from_utf8(head.stderr).unwrap().trim().replace("key: ", "");

    // A witness that nobody told of is not listened to; then it is, and refuses what it must.
    let witness = ["log", "witness", "--state", "seen", "--key", "witness.key", "--name", "tinh"];
    let first = loa(folder, &[&witness[..], &["--url", &here.url]].concat()).await;
    assert!(!first.status.success() && told(&first).contains("--log"), "{}", told(&first));
    let first = loa(folder, &[&witness[..], &["--url", &here.url, "--log", &key]].concat()).await;
    assert!(told(&first).contains("no witness of this district"), "{}", told(&first));
    let own =
        told(&first).split_whitespace().find(|word| word.starts_with("tinh+")).unwrap().to_owned();
    let own = own.trim_end_matches(';');
    let trusted = loa(folder, &["log", "trust", "--data", ".", own]).await;
    assert!(trusted.status.success(), "{}", told(&trusted));
    here.district.store().set_four_eyes(&lan(), true, MORNING).await.unwrap();
    assert_eq!(sign_log(&here.district).await.unwrap(), None);
    let second = loa(folder, &[&witness[..], &["--url", &here.url]].concat()).await;
    assert!(second.status.success(), "{}", told(&second));

    let exported = loa(folder, &["log", "export", "--data", ".", "--out", "log.txt"]).await;
    assert!(exported.status.success(), "{}", told(&exported));
    let verify = ["log", "verify", "--older", "older", "--key", &key];
    for (log, token) in [("log.txt", ""), (&here.url, token.reveal())] {
        let proven = loa(folder, &[&verify[..], &["--token", token, log]].concat()).await;
        let words = told(&proven);
        assert!(proven.status.success(), "{log}: {words}");
        assert!(words.contains("proven: all") && words.contains("co-signed by tinh at"), "{words}");
    }
    let python = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tools/verify_log.py"))
        .args(["log.txt", "--older", "older", "--key", &key])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(python.status.success(), "{}", told(&python));
    let refused = loa(folder, &[&verify[..], &[&here.url]].concat()).await;
    assert!(!refused.status.success(), "entries are for people of the district only");

    // The same key and the same size, and another history: shown to somebody else.
    let there = Served::start(folder, "other.db").await;
    there.district.store().set_four_eyes(&lan(), true, MORNING).await.unwrap();
    let witness_key = loa::log::WitnessKey { at: MORNING, key: own.to_owned().into() };
    there.district.store().append(&[loa::log::Entry::Witness(witness_key)]).await.unwrap();
    let sizes = [&here, &there].map(|served| served.district.store().clone());
    assert_eq!(sizes[0].log_size().await.unwrap(), sizes[1].log_size().await.unwrap());
    assert_eq!(sign_log(&there.district).await.unwrap(), None);
    let split = loa(folder, &[&witness[..], &["--url", &there.url]].concat()).await;
    assert!(!split.status.success() && told(&split).contains("two histories"), "{}", told(&split));
    let longer = sizes[1].set_four_eyes(&lan(), false, MORNING).await;
    longer.unwrap();
    assert_eq!(sign_log(&there.district).await.unwrap(), None);
    let split = loa(folder, &[&witness[..], &["--url", &there.url]].concat()).await;
    assert!(!split.status.success() && told(&split).contains("was rewritten"), "{}", told(&split));
    let again = loa(folder, &[&witness[..], &["--url", &here.url]].concat()).await;
    assert!(again.status.success(), "{}", told(&again));

    // The key is changed: the witness that was told of the first follows, and so does who verifies.
    let rotated = loa(folder, &["log", "rotate", "--data", "."]).await;
    assert!(rotated.status.success(), "{}", told(&rotated));
    let new = String::from_utf8(rotated.stdout).unwrap();
    assert_eq!(sign_log(&here.district).await.unwrap(), None);
    let shown = loa(folder, &["log", "head", "--data", "."]).await;
    assert_eq!(told(&shown).matches(new.trim()).count(), 1, "{}", told(&shown));
    let third = loa(folder, &[&witness[..], &["--url", &here.url, "--log", &key]].concat()).await;
    assert!(third.status.success() && told(&third).contains(new.trim()), "{}", told(&third));
    let proven =
        loa(folder, &[&verify[..], &["--token", token.reveal(), &here.url]].concat()).await;
    assert!(proven.status.success(), "{}", told(&proven));
    for words in ["the log's key since entry", "co-signed by tinh at"] {
        assert!(told(&proven).contains(words), "{}", told(&proven));
    }
    here.stop().await;
    there.stop().await;
}

#[tokio::test]
async fn proofs_are_for_anyone_and_entries_for_people() {
    let house = House::new().await;
    assert_eq!(house.get("/api/v1/log/checkpoint", "").await.status, StatusCode::NOT_FOUND);
    house.confirm(json!([played("thach-lam", 1)])).await;
    assert_eq!(sign_log(&house.district).await.unwrap(), None);
    let note = house.get("/api/v1/log/checkpoint", "").await;
    let note: Note = String::from_utf8(note.body).unwrap().parse().unwrap();
    let key = house.district.keyring().log().first().unwrap();
    assert_eq!(note.signed_by(&key), Ok(None));
    let Head { size, root } = note.text().parse::<Checkpoint>().unwrap().head;

    let asked = house.get("/api/v1/log/entries", &house.lan).await;
    let lines = String::from_utf8(asked.body).unwrap();
    assert_eq!(lines.lines().count() as u64, size);
    let hashes = |answer: &Answer| -> Vec<Hash> {
        let answer = answer.json();
        let coded = answer["hashes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hash| hash.as_str().unwrap().to_owned());
        coded.map(|hash| STANDARD.decode(hash).unwrap().try_into().unwrap()).collect()
    };
    for (index, line) in (0..).zip(lines.lines()) {
        let (hash, entry) = read_line(line.as_bytes()).unwrap();
        assert_eq!(hash, leaf(entry));
        let path = format!("/api/v1/log/proof/inclusion?index={index}&size={size}");
        let proof = hashes(&house.get(&path, "").await);
        verify_inclusion(index, size, hash, &proof, &root).unwrap();
    }
    let page = house.get("/api/v1/log/entries?from=2&limit=3", &house.lan).await;
    let page = String::from_utf8(page.body).unwrap();
    assert_eq!(page.lines().collect::<Vec<_>>(), lines.lines().skip(2).take(3).collect::<Vec<_>>());
    let past = house.get(&format!("/api/v1/log/entries?from={}", size + 5), &house.lan).await;
    assert_eq!((past.status, past.body.len()), (StatusCode::OK, 0));
    for token in ["", &house.thach_lam] {
        let refused = house.get("/api/v1/log/entries", token).await;
        assert!(!refused.status.is_success(), "{token}");
    }
    for path in [
        "inclusion?index=0&size=99",
        "inclusion?index=9&size=9",
        "consistency?from=0&until=3",
        "consistency?from=3&until=2",
        "consistency?from=1&until=999",
    ] {
        let refused = house.get(&format!("/api/v1/log/proof/{path}"), "").await;
        assert_eq!(refused.problem().code, "no-proof", "{path}");
    }
    let mut strange = note.clone();
    strange.cosign("tinh", &super::forge::secret(9), 1).unwrap();
    for (text, code) in [
        ("x".to_owned(), "unreadable"),
        (strange.to_string(), "forbidden"),
        (note.to_string().replacen(&format!("\n{size}\n"), "\n3\n", 1), "no-such-head"),
    ] {
        let refused = house.post_bytes("/api/v1/log/cosignatures", "", text.into_bytes()).await;
        assert_eq!(refused.problem().code, code);
    }
}

#[tokio::test]
async fn every_page_says_that_the_log_raises_the_alarm() {
    let house = House::new().await;
    house.confirm(json!([played("thach-lam", 1)])).await;
    assert_eq!(check_log(&house.district).await.unwrap(), None);
    roll(&house.district).await.unwrap();
    let mut lan = Browser::of(&house, "lan", &[(Role::Auditor, None)]).await;
    let alarm = "một dòng trong cơ sở dữ liệu đã bị sửa (mục";
    assert!(!lan.get("/today").await.text().contains(alarm));
    let file = house.folder.path().join("loa.db");
    let edit = "update as_run set received_at = received_at - 1";
    assert_eq!(rusqlite::Connection::open(file).unwrap().execute(edit, []).unwrap(), 1);
    let fault = check_log(&house.district).await.unwrap().unwrap();
    assert_eq!(fault.kind, LogFaultKind::Changed);
    for page in ["/today", "/record", "/help"] {
        let text = lan.get(page).await.text();
        assert!(text.contains(alarm), "{page}: {text}");
    }
    let stranger = Browser::new(&house).get("/sign-in").await.text();
    assert!(!stranger.contains(alarm), "who is not signed in is told nothing");
    let ready = house.get("/readyz", "").await;
    assert!(ready.problem().detail.contains("the log does not fit the database"));
}
