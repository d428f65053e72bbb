//! The parts of Loa that read what others wrote, without the rest of the program.

#[path = "../src/almanac/mod.rs"]
pub mod almanac;
#[path = "../src/library/mod.rs"]
pub mod library;
#[path = "../src/planning/mod.rs"]
pub mod planning;
#[path = "../src/radio/mod.rs"]
pub mod radio;
