//! All the SQL, a file per noun, one text for SQLite and PostgreSQL.
//!
//! Instants are handed in, never asked of the database. Every write is one transaction.

mod airing;
mod applying;
mod as_run;
mod attempt;
mod audit;
mod bulletin;
mod chain;
mod channel;
mod clip;
mod contact;
mod content;
mod copy;
mod day;
mod db;
mod declaration;
mod enrolment;
mod event;
mod fault;
mod judged;
mod keeping;
mod kept;
mod log;
mod open;
mod password;
mod person;
mod proof;
mod publishing;
mod rules;
mod ruling;
mod run;
mod rundown;
mod runs;
mod session;
mod settled;
mod station_key;
mod stray;
mod thing;
mod token;
mod trouble;
mod turn;
mod writer;

pub use airing::{AiringFilter, HeldBack, Order, PlannedAiring, Stamp, StoredAiring};
pub use as_run::{NewRecord, StoredRecord};
pub use audit::{Actor, AuditEntry, AuditFilter, Deed};
pub use chain::Chain;
pub use channel::{ChannelReport, NewChannelReport};
pub use clip::{ClipFilter, StoredClip};
pub use contact::{Call, Contact};
pub use copy::{Column, ColumnKind, CopyError, DatabaseCopy, Table};
pub use declaration::{Declared, StoredDeclaration};
pub use event::StoredEvent;
pub use fault::{SILENT, SILENT_AFTER, StationFault};
pub use judged::{JUDGEMENT, Judged};
pub use keeping::{Keeping, Spent};
pub use kept::{Bent, KeptDays, KeptMark, KeptState};
pub use log::{LogFault, LogFaultKind, LogMark, SignedHead, Touched};
pub use password::{Accepted, Invited};
pub use person::{Changed, NewPerson, Person, sign_in_name};
pub use proof::Proof;
pub use publishing::Publishable;
pub use rules::{Change, ChangeKind, Removed, Rules};
pub use ruling::{Maker, Pending, Ruled, Said};
pub use rundown::{RundownHead, RundownSent, StoredRundown};
pub use session::{IDLE, LONGEST, Session};
pub use settled::{Settled, Stands};
pub use station_key::Revoked;
pub use thing::{Former, Origin, Thing, ThingKind};
pub use token::{Bearer, Secret};
pub use trouble::{Closing, NewTrouble, StoredTrouble};
pub use writer::Verdict;

use crate::radio::ClipHash;
use db::{Db, Tx};

/// The district's database.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    writer: writer::Writer,
}

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database would not do it.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error(
        "the database's tables could not be brought up to date: {0}; was it written by a newer Loa?"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// SQLite is older than the fix of a bug that loses data.
    #[error(
        "SQLite {0} is too old: 3.51.3 repaired a bug that corrupts databases; build Loa with its bundled SQLite"
    )]
    OldSqlite(String),
    /// SQLite's own check found damage.
    #[error("the database {file} is damaged ({found}): restore the last backup")]
    Damaged {
        /// Which file.
        file: String,
        /// What SQLite says.
        found: String,
    },
    /// The address names no engine that Loa knows.
    #[error("\"{0}:\" begins no database address: write sqlite:FILE or postgres://USER@HOST/NAME")]
    Address(String),
    /// The database's file could not be made.
    #[error("cannot make or write {file}: {source}; see that its folder is there and yours")]
    File {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was stored cannot be read back.
    #[error("the stored {what} \"{id}\" cannot be read: {why}")]
    Unreadable {
        /// The noun.
        what: &'static str,
        /// Its name.
        id: String,
        /// Why not.
        why: String,
    },
    /// A rule names something that is not there.
    #[error("{0}")]
    Dangling(String),
    /// A page may not change by the way what a file brought.
    #[error(
        "{noun} {id} was brought by a file: change it there, or say that the page takes it over"
    )]
    OfFile {
        /// The noun.
        noun: &'static str,
        /// Its name.
        id: String,
    },
    /// Somebody else wrote it meanwhile.
    #[error("somebody changed {noun} {id} meanwhile: look at it as it is now, then change it")]
    Stale {
        /// The noun.
        noun: &'static str,
        /// Its name.
        id: String,
    },
    /// The writer has stopped.
    #[error("the store is closing and takes no more records")]
    Closing,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(String),
}

/// Reads a name back; `what` says whose.
fn name<T>(what: &'static str, text: String) -> Result<T, StoreError>
where
    T: std::str::FromStr<Err = crate::radio::BadName>,
{
    text.parse().map_err(|error: crate::radio::BadName| StoreError::Unreadable {
        what,
        id: text,
        why: error.to_string(),
    })
}

/// Reads the hash of a file back; `what` says which file's.
fn hash(what: &'static str, text: String) -> Result<ClipHash, StoreError> {
    text.parse().map_err(|error: crate::radio::BadHash| StoreError::Unreadable {
        what,
        id: text,
        why: error.to_string(),
    })
}

/// Writes JSON; `what` and `id` say of what.
fn text<T: serde::Serialize>(
    what: &'static str,
    id: impl std::fmt::Display,
    thing: &T,
) -> Result<String, StoreError> {
    serde_json::to_string(thing).map_err(|error| StoreError::Unreadable {
        what,
        id: id.to_string(),
        why: error.to_string(),
    })
}

/// Reads JSON back; `what` and `id` say of what.
fn json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    id: &str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable {
        what,
        id: id.to_owned(),
        why: error.to_string(),
    })
}
