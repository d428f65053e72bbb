//! A store whose bytes are spoilt in every way.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    tests::{NOW, record},
    *,
};
use crate::{
    radio::{AiringId, UtcMs},
    signing::{Context, DistrictKey},
    wire::{AsRunRecord, Receipt, ReceiptResult},
};

const RECORDS: u32 = 12;
const PAGE: usize = 4096;

fn anchor() -> Anchor {
    Anchor {
        server: "http://127.0.0.1:1".to_owned(),
        pin: None,
        station: "thach-lam".parse().unwrap(),
        token: "secret".to_owned(),
        code_sha256: String::new(),
        district_key: DistrictKey {
            number: 1,
            key: SecretKey::from_seed(&[1; 32]).public(),
            not_before: NOW,
            not_after: NOW,
        },
        rundown_version: 3,
        sequence_mark: 0,
    }
}

fn airing(n: u32) -> AiringId {
    format!("s{n}.thach-lam.20200930T220000Z").parse().unwrap()
}

/// A store with records, of which the first half has its receipts, and an airing that has begun.
async fn furnish(folder: &Path) {
    let keep = Keep::open(folder).await.unwrap();
    keep.set_anchor(anchor()).await.unwrap();
    for n in 1..=RECORDS {
        keep.end(record(airing(n).as_str()), NOW).await.unwrap();
    }
    let sent = keep.waiting(RECORDS / 2).await.unwrap();
    let receipt = Receipt { sequence: None, result: ReceiptResult::Recorded, why: None };
    keep.receive(&sent, &vec![receipt; sent.len()], None).await.unwrap();
    let begun = airing(RECORDS + 1);
    keep.begin(&begun, &[record(begun.as_str())], NOW).await.unwrap();
    keep.close().await;
}

/// A copy of a furnished station's folder.
struct Spoilt(tempfile::TempDir);

impl Spoilt {
    fn of(furnished: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(furnished).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        Self(copy)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join(FILE)
    }

    fn spoil(self, how: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = fs::read(self.path()).unwrap();
        how(&mut bytes);
        fs::write(self.path(), bytes).unwrap();
        self
    }

    /// Opens it, and asks for what must be true whatever was spoilt. Says whether it was made anew.
    async fn stands(&self, what: &str) -> bool {
        let keep = Keep::open(self.0.path()).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        let later = NOW + std::time::Duration::from_secs(60);
        let rebuilt = keep.rebuilt(later, true).await.unwrap();
        let is_new = !rebuilt.words.is_empty();
        keep.end_interrupted(NOW).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        let settled = keep.settled().await.unwrap();
        let knows = (1..=RECORDS + 1).all(|n| settled.started.contains(&airing(n)));
        assert!(
            knows || rebuilt.blind_until == Some(later),
            "{what}: an airing may be heard twice"
        );
        let next = keep.end(record(airing(99).as_str()), NOW).await;
        let next = next.unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(next > u64::from(RECORDS), "{what}: number {next} is used again");
        if is_new {
            for waiting in keep.waiting(100).await.unwrap() {
                let payload = waiting.envelope.open(Context::Record).expect(what);
                let record: AsRunRecord = serde_json::from_str(payload).expect(what);
                assert_eq!(record.sequence, waiting.sequence, "{what}");
            }
        }
        keep.close().await;
        // It is well now, and says still what happened.
        let keep = Keep::open(self.0.path()).await.unwrap();
        assert_eq!(keep.rebuilt(later, true).await.unwrap(), rebuilt, "{what}");
        keep.close().await;
        is_new
    }
}

#[tokio::test]
async fn a_page_that_was_never_written() {
    let good = tempfile::tempdir().unwrap();
    furnish(good.path()).await;
    let pages = fs::read(good.path().join(FILE)).unwrap().len() / PAGE;
    for page in 0..pages {
        let spoilt =
            Spoilt::of(good.path()).spoil(|bytes| bytes[page * PAGE..(page + 1) * PAGE].fill(0));
        assert!(spoilt.stands(&format!("page {page} of {pages}")).await, "page {page}");
    }
    assert!(pages > 10, "{pages} pages");
}

#[tokio::test]
async fn bytes_that_turned() {
    let good = tempfile::tempdir().unwrap();
    furnish(good.path()).await;
    let len = fs::read(good.path().join(FILE)).unwrap().len();
    let mut seen = 0;
    for at in (0..len).step_by(331) {
        let spoilt = Spoilt::of(good.path()).spoil(|bytes| bytes[at] ^= 0x55);
        seen += usize::from(spoilt.stands(&format!("byte {at}")).await);
    }
    assert!(seen > 10, "{seen} were seen");
}

#[tokio::test]
async fn a_file_that_was_cut_off_emptied_or_is_something_else() {
    let good = tempfile::tempdir().unwrap();
    furnish(good.path()).await;
    let len = fs::read(good.path().join(FILE)).unwrap().len();
    for left in [0, 1, 100, PAGE - 1, PAGE, 2 * PAGE, len / 2, len - PAGE] {
        let spoilt = Spoilt::of(good.path()).spoil(|bytes| bytes.truncate(left));
        assert!(spoilt.stands(&format!("{left} bytes left")).await, "{left}");
    }
    let garbage = Spoilt::of(good.path()).spoil(|bytes| bytes.fill(0xA5));
    assert!(garbage.stands("garbage").await);
    let gone = Spoilt::of(good.path());
    fs::remove_file(gone.path()).unwrap();
    assert!(gone.stands("no file").await);
}

#[tokio::test]
async fn what_can_be_read_is_saved() {
    let good = tempfile::tempdir().unwrap();
    furnish(good.path()).await;
    // The rundown's table is of no other's business.
    let db = connect(good.path()).await.unwrap();
    let root: i64 = sqlx::query_scalar("select rootpage from sqlite_master where name = 'rundown'")
        .fetch_one(&db)
        .await
        .unwrap();
    db.close().await;
    let at = (usize::try_from(root).unwrap() - 1) * PAGE;
    let spoilt = Spoilt::of(good.path()).spoil(|bytes| bytes[at..at + PAGE].fill(0xA5));
    let keep = Keep::open(spoilt.0.path()).await.unwrap();
    let rebuilt = keep.rebuilt(NOW, true).await.unwrap();
    assert_eq!((rebuilt.words.len(), rebuilt.blind_until), (1, None));
    assert!(rebuilt.words[0].contains("6 records"), "{}", rebuilt.words[0]);
    assert_eq!(keep.count_waiting().await.unwrap(), u64::from(RECORDS / 2));
    // The chain goes on where it ended.
    assert_eq!(keep.end_interrupted(NOW).await.unwrap(), 1);
    assert_eq!(keep.settled().await.unwrap().started.len(), 13);
    let waiting = keep.waiting(100).await.unwrap();
    let [.., before, last] = waiting.as_slice() else { panic!() };
    let record: AsRunRecord = serde_json::from_str(&last.envelope.payload).unwrap();
    assert_eq!(record.sequence, u64::from(RECORDS) + 1);
    assert_eq!(record.previous, Some(RecordHash::of(before.envelope.payload.as_bytes())));

    // It is told until somebody has looked, or for two weeks.
    assert_eq!(keep.rebuilt(NOW, true).await.unwrap().words.len(), 1);
    let later = UtcMs(NOW.0 + 14 * 86_400_000);
    assert_eq!(keep.rebuilt(later, true).await.unwrap().words.len(), 0);
    fs::remove_file(spoilt.0.path().join("station.db.damaged-1")).unwrap();
    assert_eq!(keep.rebuilt(NOW, true).await.unwrap().words.len(), 0);
}

#[tokio::test]
async fn a_store_from_yesterday_does_not_use_its_numbers_again() {
    let good = tempfile::tempdir().unwrap();
    furnish(good.path()).await;
    let keep = Keep::open(good.path()).await.unwrap();
    let mark = 10_000;
    keep.set_anchor(Anchor { sequence_mark: mark, ..anchor() }).await.unwrap();
    keep.close().await;
    let keep = Keep::open(good.path()).await.unwrap();
    // Until the time is known, nobody can say what was due before.
    let early = UtcMs(NOW.0 - 3_600_000);
    for _ in 0..2 {
        let rebuilt = keep.rebuilt(early, false).await.unwrap();
        assert_eq!((rebuilt.blind_until, rebuilt.is_undated), (Some(early), true));
    }
    let rebuilt = keep.rebuilt(NOW, true).await.unwrap();
    assert!(rebuilt.words[0].contains("older than the station"), "{:?}", rebuilt.words);
    assert_eq!((rebuilt.blind_until, rebuilt.is_undated), (Some(NOW), false));
    let later = UtcMs(NOW.0 + 3_600_000);
    assert_eq!(keep.rebuilt(later, false).await.unwrap().blind_until, Some(NOW), "it stays");
    assert_eq!(keep.end(record(airing(99).as_str()), NOW).await.unwrap(), mark + 1);
    let last = keep.waiting(100).await.unwrap().pop().unwrap();
    let last: AsRunRecord = serde_json::from_str(&last.envelope.payload).unwrap();
    assert_eq!((last.sequence, last.previous), (mark + 1, None));
}

#[tokio::test]
async fn damage_that_shows_while_the_station_runs() {
    let good = tempfile::tempdir().unwrap();
    furnish(good.path()).await;
    let spoilt = Spoilt::of(good.path());
    let keep = Keep::open(spoilt.0.path()).await.unwrap();
    assert_eq!(keep.suspected(), None);
    let spoilt = spoilt.spoil(|bytes| bytes[PAGE..].fill(0xA5));
    keep.end(record(airing(98).as_str()), NOW).await.unwrap_err();
    assert!(keep.suspected().is_some());
    assert!(spoilt.0.path().join("station.db.suspect").exists());
    keep.close().await;
    assert!(spoilt.stands("spoilt while it ran").await);
    assert!(!spoilt.0.path().join("station.db.suspect").exists());
}

#[tokio::test]
async fn a_waiting_record_that_cannot_be_read_blocks_no_other() {
    let good = tempfile::tempdir().unwrap();
    furnish(good.path()).await;
    let keep = Keep::open(good.path()).await.unwrap();
    sqlx::query("update spool set key = 'no key' where sequence = $1")
        .bind(i64::from(RECORDS) - 2)
        .execute(&keep.db)
        .await
        .unwrap();
    assert_eq!(keep.waiting(100).await.unwrap().len(), RECORDS as usize / 2 - 1);
    keep.close().await;
    let keep = Keep::open(good.path()).await.unwrap();
    assert_eq!(keep.rebuilt(NOW, true).await.unwrap().words.len(), 1);
    assert_eq!(keep.count_waiting().await.unwrap(), u64::from(RECORDS / 2) - 1);
}

#[tokio::test]
async fn a_rebuild_that_is_cut_off_is_finished() {
    let good = tempfile::tempdir().unwrap();
    furnish(good.path()).await;
    let spoilt = Spoilt::of(good.path()).spoil(|bytes| bytes.fill(0xA5));
    Keep::open(spoilt.0.path()).await.unwrap().close().await;
    // As after the first of the last renames.
    fs::rename(spoilt.path(), spoilt.0.path().join("station.db.new")).unwrap();
    let keep = Keep::open(spoilt.0.path()).await.unwrap();
    assert_eq!(keep.rebuilt(NOW, true).await.unwrap().words.len(), 1);
    keep.close().await;
    // One that was not whole yet is begun anew.
    let spoilt = Spoilt::of(good.path()).spoil(|bytes| bytes.fill(0xA5));
    fs::write(spoilt.0.path().join("station.db.new"), "half").unwrap();
    assert!(spoilt.stands("half a new one").await);
}

#[test]
fn an_old_sqlite_is_known_by_its_number() {
    for (version, sound) in [("3.51.2", false), ("3.51.3", true), ("3.52.0", true), ("3.9", false)]
    {
        assert_eq!(is_sound(version), sound, "{version}");
    }
}
