//! The district: one program that plans, hands out rundowns and clips, and takes confirmations.
//!
//! [`router`] lists every route; [`serve`] runs it and keeps rundowns planned until told to stop.

mod api;
mod approvals;
mod body;

mod bulletins;
mod cookie;
mod description;
mod district;
mod docs;
mod endings;
mod expiry;
mod intake;
mod keeping;
mod keyring;
mod listen;
mod log;
mod log_secrets;
mod login;
mod metrics;
mod news;
mod pages;
mod password;
mod planned;
mod problem;
mod public;
mod readiness;
mod report;
pub mod reports;
mod rolling;
mod router;
mod search;
mod settling;
mod standing;
pub mod stick;
mod taking;
mod tending;
mod via;
mod visit;

pub use crate::radio::AiringState;
pub use api::airings::AiringPage;
pub use district::{District, Limits};
pub use expiry::{Expiry, Level, Reminder};
pub use keeping::tidy;
pub use keyring::{Keyring, KeyringError};
pub use listen::{Door, serve};
pub use log::{NoRotation, check_entries, check_log, patrol, rotate_log_key, sign_log};
pub use log_secrets::LogSecrets;
pub use pages::{Language, Need, needs};
pub use report::{AiringReport, ReceivedDeclaration, ReceivedRecord};
pub use reports::again::{Mended, check_kept};
pub use rolling::{Rolled, roll};
pub use router::{openapi, router};
pub use settling::settle;
