//! The parts of Loa that read what others wrote, without the rest of the program.

#![allow(unused_imports, reason = "what these parts name for those that are not here")]

#[path = "../src/almanac/mod.rs"]
pub mod almanac;
#[path = "../src/library/mod.rs"]
pub mod library;
#[path = "../src/log/mod.rs"]
pub mod log;
#[path = "../src/planning/mod.rs"]
pub mod planning;
#[path = "../src/private.rs"]
pub mod private;
#[path = "../src/radio/mod.rs"]
pub mod radio;
#[path = "../src/signing/mod.rs"]
pub mod signing;
#[path = "../src/wire/mod.rs"]
pub mod wire;

/// Of the station, only whom it follows.
#[path = "../src/playout"]
pub mod playout {
    pub mod trust;
}
