//! A district whose log is looked at, and what it has done.

use std::{path::Path, sync::Arc};

use axum::{body::Body, http::Request};
use loa::{
    clock::TestClock,
    library::Shelf,
    radio::{Channel, StationId, Subject, UtcMs},
    server::{District, Keyring, Limits, router},
    store::{
        Actor, Call, NewChannelReport, NewRecord, Removed, Said, Store, StoredDeclaration, Verdict,
    },
};
use sqlx::Connection as _;
use tower::ServiceExt as _;

use super::common::{
    BEFORE, MORNING, after, airing_at, key_of, played, postgres::Postgres, rules, sha256,
};

/// A district, and the way to its database that is not the program's.
pub(super) struct Place {
    pub(super) district: District,
    pub(super) url: String,
    pub(super) folder: tempfile::TempDir,
    _postgres: Option<Arc<Postgres>>,
}

impl Place {
    pub(super) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("loa.db").display());
        Self::at(url, folder, None).await
    }

    pub(super) async fn on_postgres() -> Self {
        let postgres = Postgres::shared();
        let url = postgres.database().await;
        Self::at(url, tempfile::tempdir().unwrap(), Some(postgres)).await
    }

    async fn at(url: String, folder: tempfile::TempDir, postgres: Option<Arc<Postgres>>) -> Self {
        let district = open(&url, folder.path()).await;
        Self { district, url, folder, _postgres: postgres }
    }

    pub(super) async fn behind_its_back(&self, statement: &str) -> u64 {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        if self.url.starts_with("sqlite") {
            let mut raw = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query(statement).execute(&mut raw).await.unwrap().rows_affected()
        } else {
            let mut raw = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::query(statement).execute(&mut raw).await.unwrap().rows_affected()
        }
    }

    pub(super) async fn export(&self) -> Vec<u8> {
        let store = self.district.store();
        let signed = store.checkpoint().await.unwrap().unwrap();
        let lines = store.log_export(0..signed.size).await.unwrap();
        format!("{}\n{lines}", signed.note).into_bytes()
    }

    pub(super) async fn is_ready(&self) -> bool {
        let asked = Request::get("/readyz").body(Body::empty()).unwrap();
        router(self.district.clone()).oneshot(asked).await.unwrap().status().is_success()
    }
}

pub(super) async fn open(url: &str, folder: &Path) -> District {
    let store = Store::open(url).await.unwrap();
    let keyring = Keyring::open(&folder.join("keys"), BEFORE).unwrap();
    let shelf = Shelf::open(&folder.join("clips")).unwrap();
    let clock = Arc::new(TestClock::at(BEFORE));
    District::new(store, clock, shelf, keyring, Limits::default())
}

pub(super) fn lan() -> Actor {
    Actor { person: None, name: "Lan".to_owned(), address: "-".to_owned() }
}

pub(super) fn word_on(station: &str) -> StoredDeclaration {
    StoredDeclaration {
        airing: airing_at(station, MORNING),
        outcome: "aired".to_owned(),
        started_at: Some(MORNING),
        cause: None,
        detail: Some("máy của xã".to_owned()),
        declared_by: "Lan".to_owned(),
        declared_at: UtcMs(MORNING.0 + 60_000),
        key: None,
    }
}

/// Posters for a campaign, with a photograph.
pub(super) fn posters() -> NewChannelReport {
    NewChannelReport {
        campaign: "bluezone".parse().unwrap(),
        unit: "kim-tan".parse().unwrap(),
        channel: Channel::Poster,
        day: "2020-10-01".parse().unwrap(),
        number: 12,
        note: None,
        photograph: Some(sha256()),
    }
}

/// Rules, two stations with keys, five records, a word, a ruling, four eyes off, a station revoked.
pub(super) async fn days_work(district: &District) {
    let store = district.store();
    store.apply(&rules(), &Removed::default(), BEFORE).await.unwrap();
    for station in ["thach-lam", "kim-tan"] {
        let id: StationId = station.parse().unwrap();
        let code = store.create_code(&id, MORNING).await.unwrap();
        let key = Some(key_of(station).public());
        store.enrol(code.reveal(), key, BEFORE).await.unwrap().unwrap();
    }
    confirm(district, 1..=5).await;
    store.declare(Some(&lan()), &word_on("kim-tan"), false).await.unwrap();
    let clip = store.clips().await.unwrap().remove(0);
    let subject = Subject::Clip(clip.id);
    let said = Said { subject: &subject, content: sha256(), approved: false, comment: None };
    store.rule(&lan(), &said, MORNING).await.unwrap();
    store.set_four_eyes(&lan(), false, MORNING).await.unwrap();
    store.revoke_station_by(&lan(), &"kim-tan".parse().unwrap(), MORNING).await.unwrap();
}

pub(super) async fn confirm(district: &District, numbers: std::ops::RangeInclusive<u64>) {
    let mut chain = Vec::new();
    let mut new = Vec::new();
    for sequence in 1..=*numbers.end() {
        let envelope = after(chain.last(), played("thach-lam", sequence));
        chain.push(envelope.clone());
        let record = serde_json::from_str(&envelope.payload).unwrap();
        new.push(NewRecord::new(&record, envelope));
    }
    let new = new.split_off(*numbers.start() as usize - 1);
    let call = Call::Line { status: None };
    let station = "thach-lam".parse().unwrap();
    let verdicts = district.store().confirm(&station, new, call, MORNING).await.unwrap();
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Recorded));
}

macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $story() {
                super::$story(crate::place::Place::on_sqlite().await).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test]
            async fn $story() {
                super::$story(crate::place::Place::on_postgres().await).await;
            })+
        }
    };
}
