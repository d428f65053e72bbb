//! Clips on their way to air: whose word they are, who approved them, and how they are found; on both databases.

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
#[macro_use]
mod common;

mod approval;
mod intake;
mod search;

use loa::store::Actor;

/// Somebody on a page.
fn somebody(name: &str) -> Actor {
    Actor {
        person: Some(name.to_lowercase().parse().unwrap()),
        name: name.to_owned(),
        address: "127.0.0.1".to_owned(),
    }
}
