//! Bulletins: what two people must do, what stations are told, and what then sounds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
#[path = "../pulse/server.rs"]
mod server;
#[path = "../village/mod.rs"]
mod village;

mod live;
mod story;
