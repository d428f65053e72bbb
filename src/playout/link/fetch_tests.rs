use std::{collections::HashMap, fs, path::Path};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use super::*;
use crate::{
    clock::TestClock,
    playout::{
        keep::Anchor,
        link::Line,
        source::{ClipFault, Clips},
        stock::tests::{hash, rundown},
    },
    radio::{ClipHash, UtcMs},
    signing::{DistrictKey, SecretKey},
};

/// Hands out clips as a district does, from a real socket. Counts the calls.
async fn district(clips: &[(ClipHash, &str)]) -> (District, watch::Receiver<u64>) {
    let clips: HashMap<String, String> =
        clips.iter().map(|(hash, body)| (hash.to_string(), (*body).to_owned())).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let (calls, counted) = watch::channel(0);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            calls.send_modify(|count| *count += 1);
            let (mut head, mut from) = (String::new(), 0);
            while stream.read_line(&mut head).await.unwrap() > 2 {
                let last = head.lines().last().unwrap().to_lowercase();
                if let Some(range) = last.strip_prefix("range: bytes=") {
                    from = range.trim_end_matches('-').parse().unwrap();
                }
            }
            let hash = head.split_whitespace().nth(1).unwrap().rsplit('/').next().unwrap();
            let (status, body) = match clips.get(hash) {
                Some(body) if from == 0 => ("200 OK", body.as_str()),
                Some(body) if from < body.len() => ("206 Partial Content", &body[from..]),
                Some(_) => ("416 Range Not Satisfiable", "{}"),
                None => ("404 Not Found", "{}"),
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let anchor = Anchor {
        server,
        station: "xa".parse().unwrap(),
        token: "t".to_owned(),
        code_sha256: String::new(),
        district_key: DistrictKey {
            number: 1,
            key: SecretKey::from_seed(&[1; 32]).public(),
            not_before: UtcMs(0),
            not_after: UtcMs(0),
        },
        pin: None,
        sequence_mark: 0,
        rundown_version: 0,
    };
    (District::new(&Line::default(), &anchor).unwrap(), counted)
}

fn fetcher(
    district: District,
    folder: &Path,
    keep_free: u64,
) -> (Fetcher, watch::Receiver<Supply>) {
    let (supply, told) = watch::channel(Supply::default());
    let fetcher = Fetcher {
        district,
        shelf: Arc::new(Shelf::open(folder).unwrap()),
        clock: Arc::new(TestClock::at(UtcMs(0))),
        // Nobody sends a newer one.
        rundown: watch::channel(None).1,
        allowance: Allowance { bandwidth: None, keep_free },
        findings: watch::channel(Findings::default()).1,
        supply,
    };
    (fetcher, told)
}

/// One pass over a rundown whose airings need these clips.
async fn fill(fetcher: &mut Fetcher, clips: &[&str]) -> bool {
    let rundown = rundown(1, &[clips]);
    let (_sender, receiver) = watch::channel(None);
    fetcher.rundown = receiver;
    let mut used = Use::default();
    used.add(&rundown);
    fetcher.fill(&rundown, &used, Some(&mut Bucket::new(1 << 30))).await
}

fn leave(fetcher: &Fetcher, clip: &str, bytes: &str) {
    fetcher.shelf.writer(&hash(clip)).unwrap().write_all(bytes.as_bytes()).unwrap();
}

#[tokio::test]
async fn what_was_cut_off_before_it_had_its_name_becomes_a_clip() {
    let folder = tempfile::tempdir().unwrap();
    let (district, calls) = district(&[(hash("sang"), "sang"), (hash("toi"), "toi")]).await;
    let (mut fetcher, told) = fetcher(district, folder.path(), 0);
    leave(&fetcher, "sang", "sang");
    assert!(fill(&mut fetcher, &["sang"]).await);
    fetcher.shelf.verify(&hash("sang")).unwrap();
    assert_eq!(*calls.borrow(), 0, "it was all there");
    // As many bytes, but others: thrown away, and fetched at the next pass.
    leave(&fetcher, "toi", "tio");
    assert!(!fill(&mut fetcher, &["toi"]).await);
    assert_eq!(told.borrow().stock.as_ref().unwrap().count, 1);
    assert!(fill(&mut fetcher, &["toi"]).await);
    fetcher.shelf.verify(&hash("toi")).unwrap();
    assert_eq!(told.borrow().stock.as_ref().unwrap().count, 0);
    // A part is gone on with.
    fetcher.shelf.remove(&hash("toi")).unwrap();
    leave(&fetcher, "toi", "to");
    assert!(fill(&mut fetcher, &["toi"]).await);
    fetcher.shelf.verify(&hash("toi")).unwrap();
}

#[tokio::test]
async fn a_part_that_the_district_knows_to_be_all_is_judged_and_not_asked_for_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    // The rundown says 4 bytes; the district has 3, and so many have come.
    let (district, _) = district(&[(hash("trua"), "tru")]).await;
    let (mut fetcher, _) = fetcher(district, folder.path(), 0);
    leave(&fetcher, "trua", "tru");
    assert!(!fill(&mut fetcher, &["trua"]).await);
    assert_eq!(fetcher.shelf.writer(&hash("trua")).unwrap().received(), 0, "it is thrown away");
}

#[tokio::test]
async fn a_body_that_is_longer_or_shorter_than_it_should_be_becomes_no_clip() {
    let folder = tempfile::tempdir().unwrap();
    let (district, calls) =
        district(&[(hash("a"), "aaaa"), (hash("bbb"), "b"), (hash("c"), "c")]).await;
    let (mut fetcher, told) = fetcher(district, folder.path(), 0);
    assert!(!fill(&mut fetcher, &["a", "bbb", "c", "gone"]).await);
    assert_eq!(fetcher.shelf.clips().unwrap(), [hash("c")], "one bad clip holds no other up");
    assert_eq!(fetcher.shelf.writer(&hash("a")).unwrap().received(), 0);
    assert_eq!(*calls.borrow(), 4);
    let stock = told.borrow().stock.clone().unwrap();
    assert_eq!(stock.airings[0].clips, ["a", "bbb", "gone"].map(hash));
}

#[tokio::test]
async fn a_clip_that_rots_is_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let (district, _) = district(&[(hash("sang"), "sang")]).await;
    let (mut fetcher, told) = fetcher(district, folder.path(), 0);
    assert!(fill(&mut fetcher, &["sang"]).await);
    fs::write(fetcher.shelf.path_of(&hash("sang")), "sagn").unwrap();
    let shelf = fetcher.shelf.clone();
    let clips: &dyn Clips = shelf.as_ref();
    assert!(matches!(clips.verify(&hash("sang")), Err(ClipFault::Corrupt(_))));
    assert!(matches!(clips.open(&hash("sang")), Err(ClipFault::Missing(_))));
    assert_eq!(told.borrow().stock.as_ref().unwrap().count, 0, "it has not looked since");
    assert!(fill(&mut fetcher, &["sang"]).await);
    clips.verify(&hash("sang")).unwrap();
}

#[tokio::test]
async fn a_clip_that_nobody_has_read_since_the_start_is_not_said_to_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let (district, _) = district(&[(hash("sang"), "sang")]).await;
    let (mut before, _) = fetcher(district.clone(), folder.path(), 0);
    assert!(fill(&mut before, &["sang"]).await);
    let (mut fetcher, told) = fetcher(district, folder.path(), 0);
    assert!(fill(&mut fetcher, &["sang"]).await);
    assert_eq!(told.borrow().stock, None);
    fetcher.shelf.verify(&hash("sang")).unwrap();
    assert!(fill(&mut fetcher, &["sang"]).await);
    assert_eq!(told.borrow().stock.as_ref().unwrap().count, 0);
}

#[tokio::test]
async fn room_is_made_from_what_nobody_needs_and_no_clip_takes_the_records_room() {
    let folder = tempfile::tempdir().unwrap();
    let (district, calls) = district(&[(hash("a"), "a"), (hash("b"), "b")]).await;
    let (mut fetcher, told) = fetcher(district, folder.path(), 0);
    assert!(fill(&mut fetcher, &["a"]).await);
    assert!(fill(&mut fetcher, &["b"]).await);
    assert_eq!(fetcher.shelf.clips().unwrap().len(), 2, "while there is room, nothing is dropped");
    fetcher.shelf.remove(&hash("a")).unwrap();
    leave(&fetcher, "old", "old");
    assert!(fill(&mut fetcher, &["old"]).await);
    let before = *calls.borrow();
    // More than any disk has.
    fetcher.allowance.keep_free = u64::MAX;
    assert!(!fill(&mut fetcher, &["a", "b"]).await);
    assert_eq!(fetcher.shelf.clips().unwrap(), [hash("b")], "the one that is needed stays");
    assert_eq!(*calls.borrow(), before, "nothing was asked for");
    assert_eq!(told.borrow().fault.as_ref().unwrap().code, "disk-full");
    fetcher.allowance.keep_free = 0;
    assert!(fill(&mut fetcher, &["a", "b"]).await);
    assert_eq!(told.borrow().fault, None);
}
