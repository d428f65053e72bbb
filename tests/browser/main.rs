//! The pages in a real browser. `make screenshots` leaves pictures of all of them.

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

mod axe;
mod clips;
mod confirm;
mod driver;
mod entrance;
mod keyboard;
mod live;
mod microphone;
mod screenshots;
#[path = "../pulse/server.rs"]
mod server;
mod site;
mod tasks;
#[path = "../village/mod.rs"]
mod village;
mod walk;
