//! The store's story, told on both databases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

#[path = "../common/mod.rs"]
mod common;

mod plans;
mod records;
mod rules;
mod stations;
mod words;

use common::{BEFORE, MORNING, airing_at};
use loa::{
    radio::{UtcMs, Window},
    store::{Bearer, Chain, Store, StoreError},
};
use sqlx::Connection as _;

#[tokio::test]
async fn the_story_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("loa.db").display());
    let store = Store::open(&url).await.unwrap();
    story(&store).await;
    let before = runs(&store).await;
    store.close().await;
    {
        let db = rusqlite::Connection::open(folder.path().join("loa.db")).unwrap();
        OLDER.iter().for_each(|statement| assert!(db.execute(statement, []).is_ok()));
    }
    // What was kept is there again, and the tables are not made twice.
    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.rules().await.unwrap().stations.len(), 1);
    assert!(store.airing(&airing_at("thach-lam", MORNING)).await.unwrap().is_some());
    assert_eq!(runs(&store).await, before);
    is_judged_anew(&store).await;
    store.close().await;
}

#[tokio::test]
async fn the_story_on_postgresql() {
    let server = common::postgres::Postgres::start();
    let url = server.database().await;
    let store = Store::open(&url).await.unwrap();
    story(&store).await;
    let before = runs(&store).await;
    store.close().await;
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    for statement in OLDER {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let (engine, looked) = Store::look(&url).await.unwrap();
    looked.close().await;
    assert!(engine.starts_with("PostgreSQL "), "{engine}");
    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.rules().await.unwrap().stations.len(), 1);
    assert_eq!(runs(&store).await, before);
    is_judged_anew(&store).await;
    store.close().await;
}

/// Makes a database one of before there were chains, written by a program that judged otherwise.
const OLDER: [&str; 6] = [
    "drop table chain_run",
    "drop table chain_fault",
    "delete from _sqlx_migrations where version = 4",
    "update edition set number = number - 1 where id = 'judgement'",
    "update airing set state = 'aired', evidence = 'played'",
    "insert into judged_day (from_at, tallies) values (0, '[]')",
];

/// What another judgement kept is gone.
async fn is_judged_anew(store: &Store) {
    let ever = Window { from: UtcMs(0), until: UtcMs(i64::MAX) };
    assert_eq!(store.judged(ever).await.unwrap().days, []);
    assert!(!store.is_settled(ever).await.unwrap());
}

/// Which records of each station are there, without what was found wrong with them.
async fn runs(store: &Store) -> Vec<Chain> {
    let chains = store.chains().await.unwrap();
    assert!(chains.len() >= 3, "{chains:?}");
    chains.into_iter().map(|chain| Chain { fault_count: 0, faults: vec![], ..chain }).collect()
}

#[tokio::test]
async fn a_damaged_or_strange_database_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loa.db");
    std::fs::write(&file, vec![0x55; 8192]).unwrap();
    assert!(Store::open(&format!("sqlite:{}", file.display())).await.is_err());
    let strange = Store::open("mysql://loa:secret@localhost/loa").await.unwrap_err();
    assert!(matches!(strange, StoreError::Address(_)), "{strange}");
    assert!(!strange.to_string().contains("secret"), "{strange}");
}

#[tokio::test]
async fn a_look_makes_and_changes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loa.db");
    let url = format!("sqlite:{}", file.display());
    assert!(Store::look(&url).await.is_err());
    assert!(!file.exists());
    Store::open(&url).await.unwrap().close().await;
    let before = std::fs::read(&file).unwrap();
    let (engine, looked) = Store::look(&url).await.unwrap();
    assert_eq!(looked.chains().await.unwrap(), []);
    assert!(looked.create_token(&Bearer::Person("Lan".into()), BEFORE).await.is_err());
    looked.close().await;
    assert!(engine.contains("SQLite 3."), "{engine}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

async fn story(store: &Store) {
    store.ping().await.unwrap();
    rules::rules_come_and_are_the_same(store).await;
    rules::of_two_who_write_at_once_one_wins(store).await;
    plans::plans_change_only_ahead(store).await;
    records::records_are_kept_once(store).await;
    records::chains_grow_heal_and_fork(store).await;
    words::words_and_rundowns(store).await;
    words::troubles(store).await;
    stations::stations_enrol_once(store).await;
    rules::rules_go(store).await;
}
