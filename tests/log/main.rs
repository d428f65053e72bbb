//! The transparency log: what is proven, and that nothing changed passes. Both verifiers, ours and the one in plain Python.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

#[allow(dead_code, reason = "of a browser only a part is needed here")]
#[path = "../pages/browser.rs"]
mod browser;
#[macro_use]
#[path = "../common/mod.rs"]
mod common;
#[macro_use]
mod place;

mod agree;
mod database;
mod edits;
mod flips;
mod forge;
mod kept;
mod keys;
mod live;
