//! Loa runs the loudspeaker radio of a district and its communes.
//!
//! The modules in reading order:

pub mod radio; // the words of the trade as plain data: units, stations, clips, airings, outcomes

pub mod almanac; // the TOML of schedules/: read, check with line numbers
pub mod planning; // wishes -> plan, with a reason for everything (pure)

pub mod reports; // what came of a period, added up and written down (pure)

pub mod signing; // who says so: keys, signatures over exact bytes
pub mod tls; // the line: the district's certificate, and who believes it
pub mod wire; // what a station and the district say to each other

pub mod log; // the transparency log: what cannot be rewritten without being seen (pure)

pub mod library; // clips at rest: decode, measure and judge, keep
pub mod stick; // what lies where on a USB stick, where there is no line

pub mod playout; // the station: link, keep, cue, deck, record, speaker

pub mod server; // the district: router, rolling, api, pages
pub mod store; // the district's database

pub mod backup; // everything that a district is, to a folder and back

pub mod clock; // the only place that asks what time it is
pub mod config; // settings: defaults < file < environment < flags, checked once
pub mod private; // folders and files for their owner only
