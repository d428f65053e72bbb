//! The pages, as browsers without scripts use them: who may see what, what is posted, how people sign in.

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

mod browser;
mod calendar;
mod calls;
mod campaigns;
mod channels;
mod clips;
mod confirm;
mod emergency;
mod keeping;
mod people;
mod public;
mod record;
mod reports;
mod rights;
mod sign_in;
mod stations;
mod timetable;
mod today;
