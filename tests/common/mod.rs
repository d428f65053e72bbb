//! What several tests need: a small district, and a PostgreSQL of their own.
#![allow(dead_code, unused_macros, reason = "each test uses a part")]

/// Tells each story in a house on SQLite and in one on PostgreSQL.
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $story() {
                super::$story(crate::common::district::House::new().await).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test]
            async fn $story() {
                super::$story(crate::common::district::House::on_postgres().await).await;
            })+
        }
    };
}

pub(crate) mod district;
pub(crate) mod invented;
pub(crate) mod pages;
pub(crate) mod postgres;

use std::collections::BTreeSet;

use loa::{
    radio::{
        AiringId, Calendar, Clip, ClipHash, ClockState, Evidence, Gain, Item, Outcome, Priority,
        Programme, RecordHash, Schedule, Selection, Station, StationId, StationKind, Unit, UtcMs,
        When,
    },
    signing::{Context, Envelope, SecretKey},
    store::Rules,
    wire::AsRunRecord,
};

/// 2020-10-01T04:59:00+07:00, a minute before the morning session.
pub(crate) const BEFORE: UtcMs = UtcMs(1_601_503_140_000);
/// 2020-10-01T05:00:00+07:00.
pub(crate) const MORNING: UtcMs = UtcMs(1_601_503_200_000);
/// What the clip's file holds.
pub(crate) const SOUND: &[u8] = b"0123456789";

pub(crate) fn unit(id: &str, parent: Option<&str>) -> Unit {
    Unit {
        id: id.parse().unwrap(),
        code: "15196".to_owned(),
        name: id.to_owned(),
        kind: "commune".to_owned(),
        parent: parent.map(|parent| parent.parse().unwrap()),
        since: None,
        until: None,
    }
}

pub(crate) fn station(id: &str, unit: &str) -> Station {
    Station {
        id: id.parse().unwrap(),
        name: format!("Đài {id}"),
        kind: StationKind::Commune,
        unit: unit.parse().unwrap(),
        quiet_hours: None,
        softer: vec![],
        drills: false,
        resume_after_bulletin: false,
    }
}

pub(crate) fn sha256() -> ClipHash {
    sha256_of(SOUND)
}

pub(crate) fn sha256_of(bytes: &[u8]) -> ClipHash {
    use sha2::Digest;
    ClipHash(sha2::Sha256::digest(bytes).into())
}

/// Half a minute, approved, of a file that holds these bytes.
pub(crate) fn clip(id: &str, bytes: &[u8]) -> Clip {
    Clip {
        id: id.parse().unwrap(),
        sha256: sha256_of(bytes),
        bytes: bytes.len() as u64,
        frames: 48_000 * 30,
        sample_rate: 48_000,
        title: "Cài đặt Bluezone".to_owned(),
        gain: Gain::UNITY,
        source_document: None,
        issuing_office: None,
        transcript: None,
        language: None,
        approved_by: Some("Chủ tịch".to_owned()),
        from: None,
        until: None,
        retired: false,
    }
}

pub(crate) fn schedule(id: &str, cron: &str) -> Schedule {
    Schedule {
        id: id.parse().unwrap(),
        title: "Buổi sáng".to_owned(),
        programme: "ban-tin".parse().unwrap(),
        campaign: None,
        when: When::Cron(cron.to_owned()),
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        from: None,
        until: None,
        stations: Selection { units: vec!["thach-thanh".parse().unwrap()], ..Selection::default() },
        priority: Priority::Routine,
        late_limit_ms: 60_000,
        gain: Gain::UNITY,
        on_holidays: true,
        except: vec![],
    }
}

/// Two communes of one district, one clip, one session at 05:00.
pub(crate) fn rules() -> Rules {
    Rules {
        units: vec![
            unit("thach-thanh", None),
            unit("thach-lam", Some("thach-thanh")),
            unit("kim-tan", Some("thach-thanh")),
        ],
        stations: vec![station("kim-tan", "kim-tan"), station("thach-lam", "thach-lam")],
        clips: vec![clip("bluezone", SOUND)],
        programmes: vec![Programme {
            id: "ban-tin".parse().unwrap(),
            title: "Bản tin".to_owned(),
            items: vec![Item::Clip("bluezone".parse().unwrap())],
        }],
        unapproved: BTreeSet::new(),
        campaigns: vec![],
        calendar: Calendar { quiet_hours: vec!["21:00-05:00".parse().unwrap()], holidays: vec![] }
            .into(),
        schedules: vec![schedule("sang-05h", "0 5 * * *")],
        bulletins: vec![],
    }
}

pub(crate) fn airing_at(station: &str, at: UtcMs) -> AiringId {
    let schedule = "sang-05h".parse().unwrap();
    AiringId::derive(&schedule, &station.parse::<StationId>().unwrap(), at)
}

/// The key that a station of the tests signs with.
pub(crate) fn key_of(station: &str) -> SecretKey {
    let mut seed = [0; 32];
    seed[..station.len()].copy_from_slice(station.as_bytes());
    SecretKey::from_seed(&seed)
}

/// Whatever it is, signed by a station as a record.
pub(crate) fn signed(station: &str, record: &impl serde::Serialize) -> Envelope {
    let text = serde_json::to_string(record).unwrap();
    Envelope::seal(Context::Record, text, &key_of(station))
}

/// A record that follows another, signed by its station.
pub(crate) fn after(previous: Option<&Envelope>, record: AsRunRecord) -> Envelope {
    let previous = previous.map(|previous| RecordHash::of(previous.payload.as_bytes()));
    let record = AsRunRecord { previous, ..record };
    signed(record.station.as_str(), &record)
}

/// Records of a station that follow each other, from the first on.
pub(crate) fn chain(station: &str, count: u64) -> Vec<Envelope> {
    let mut chain: Vec<Envelope> = Vec::new();
    for sequence in 1..=count {
        chain.push(after(chain.last(), played(station, sequence)));
    }
    chain
}

/// A record that says the morning's airing was played.
pub(crate) fn played(station: &str, sequence: u64) -> AsRunRecord {
    AsRunRecord {
        station: station.parse().unwrap(),
        boot: "5f2b8c1d9e0a4b7c8d6e5f4a3b2c1d0e".to_owned(),
        sequence,
        airing: airing_at(station, MORNING),
        drill: false,
        position: 0,
        attempt: 1,
        scheduled_at: MORNING,
        started_at: Some(MORNING),
        ended_at: Some(UtcMs(MORNING.0 + 30_000)),
        frames_played: 1_440_000,
        frames_expected: 1_440_000,
        sample_rate: 48_000,
        start_error_us: Some(120),
        outcome: Outcome::Aired,
        reason: None,
        detail: None,
        evidence: Some(Evidence::Played),
        pace_ppm: Some(1_000_000),
        xruns: 0,
        speaker: Some("device".to_owned()),
        clip: Some(sha256()),
        title: "Cài đặt Bluezone".to_owned(),
        rundown_version: 1,
        clock: ClockState::Synced,
        previous: None,
    }
}
