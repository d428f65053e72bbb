//! How the state of an airing is shown: a key of the section `state`, and a tone.

use crate::{
    radio::{Evidence, UtcMs},
    server::{AiringReport, AiringState},
};

/// Why an airing stands as it does: a station's reasons, the plan's and the district's own.
pub(super) const REASONS: &[&str] = &[
    "quiet-hours",
    "too-late",
    "clock-step",
    "station-down",
    "station-stopped",
    "device-missing",
    "device-lost",
    "wrong-pace",
    "clip-missing",
    "clip-corrupt",
    "decode-failed",
    "occupied",
    "cut-in",
    "bulletin",
    "drill-unmarked",
    "withdrawn",
    "stopped-locally",
    "reported",
    "after",
    "crowded",
    "holiday",
    "unit-absent",
    "unit-missing",
    "programme-missing",
    "programme-empty",
    "campaign-missing",
    "outside-campaign",
    "nothing-to-rotate",
    "clip-retired",
    "clip-not-valid",
    "not-approved",
    "programme-not-approved",
    "not-planned",
    "no-record",
    "items-unreported",
    "simulated",
];

/// The circles, the weakest first.
pub(super) const EVIDENCE: &[&str] = &["simulated", "declared", "played", "heard"];

/// The kinds of speakers, as stations name them.
pub(super) const SPEAKERS: &[&str] = &["device", "wav", "silent"];

/// The circle of what something rests on, and its word's key in the section `evidence`.
pub(super) fn circle(evidence: &Evidence) -> &'static str {
    match evidence {
        Evidence::Simulated => "simulated",
        Evidence::Declared => "declared",
        Evidence::Played => "played",
        Evidence::Heard => "heard",
    }
}

/// The word's key. One whose time it is and of which nothing is known yet is `due`: nobody knows that it sounds.
pub(super) fn word(airing: &AiringReport, now: UtcMs) -> &'static str {
    match airing.state {
        AiringState::Planned if airing.starts_at <= now => "due",
        state => state.as_str(),
    }
}

/// The tone of such a word: good, warn, bad or quiet.
pub(super) fn tone(word: &str) -> &'static str {
    match word {
        "aired" => "good",
        "missed" | "interrupted" => "bad",
        "partial" | "simulated" | "unreported" | "refused" => "warn",
        "due" => "due",
        _ => "quiet",
    }
}
