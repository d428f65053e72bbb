//! How a station is: whether it is heard, and what is wrong, the worst first.

use std::collections::HashMap;

use super::visitor::Visitor;
use crate::{
    radio::{StationId, UtcMs},
    server::{AiringReport, AiringState},
    store::{SILENT, SILENT_AFTER, Store, StoreError, StoredTrouble},
    wire::StationStatus,
};

/// What there are words for.
pub(super) const TROUBLES: &[&str] = &[
    "silent",
    "never-heard",
    "deck",
    "disk-full",
    "stopped-locally",
    "volume-zero",
    "said-not-kept",
    "records-rejected",
    "clock-wrong",
    "clock-untrusted",
    "store-damaged",
    "clip-rotten",
    "rundown-refused",
    "reported",
    "clips-lacking",
    "missed",
    "interrupted",
    "partial",
    "simulated",
    "unreported",
];

/// The code under which stands what people report.
const REPORTED: &str = "reported";

/// Whether a station calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// It was never enrolled, or no longer is.
    Unconnected,
    /// It was enrolled at this instant, and has not called since.
    NeverHeard(UtcMs),
    /// It has not called since this instant.
    Silent(UtcMs),
    /// It called at this instant, a moment ago.
    Heard(UtcMs),
}

impl Line {
    /// The key of its word in the section `line`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Unconnected => "unconnected",
            Self::NeverHeard(_) => "never-heard",
            Self::Silent(_) => SILENT,
            Self::Heard(_) => "heard",
        }
    }

    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Unconnected => "quiet",
            Self::NeverHeard(_) => "warn",
            Self::Silent(_) => "bad",
            Self::Heard(_) => "good",
        }
    }

    /// The instant that it is about.
    pub(super) fn at(self) -> Option<UtcMs> {
        match self {
            Self::Unconnected => None,
            Self::NeverHeard(at) | Self::Silent(at) | Self::Heard(at) => Some(at),
        }
    }
}

/// Something that somebody should see to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The key of its words in the sections `trouble` and `remedy`.
    pub(super) code: String,
    pub(super) since: Option<UtcMs>,
    /// What the station says of it; of what people report, the code of its kind.
    pub(super) detail: String,
    /// The airing that it befell, and why.
    pub(super) airing: Option<(String, Option<String>)>,
}

impl Trouble {
    fn new(code: &str, since: Option<UtcMs>) -> Self {
        Self { code: code.to_owned(), since, detail: String::new(), airing: None }
    }

    fn is_known(&self) -> bool {
        TROUBLES.contains(&self.code.as_str())
    }

    /// What is wrong; with its reason where an airing says one.
    pub(super) fn words(&self, v: &Visitor) -> String {
        if !self.is_known() {
            return called(v, &self.code);
        }
        let words = v.code("trouble", &self.code);
        if self.code == REPORTED {
            return format!("{words}: {}", v.code("fault-kind", &self.detail));
        }
        match self.airing.as_ref().and_then(|(_, reason)| reason.as_deref()) {
            Some(reason) if reason != self.code && reason != "no-record" => {
                format!("{words}: {}", v.code("reason", reason))
            }
            _ => words.to_string(),
        }
    }

    /// What to do.
    pub(super) fn remedy(&self, v: &Visitor) -> String {
        if self.is_known() {
            v.code("remedy", &self.code).to_string()
        } else {
            v.of("today.unknown-remedy").to_string()
        }
    }

    /// What the station itself says of it, for those who mend it.
    pub(super) fn machine(&self) -> Option<&str> {
        (self.code != REPORTED && !self.detail.is_empty()).then_some(self.detail.as_str())
    }
}

/// How a station is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) line: Line,
    /// The worst first.
    pub(super) troubles: Vec<Trouble>,
}

impl Condition {
    /// For sorting: the lower, the sooner somebody should look.
    pub(super) fn rank(&self) -> u8 {
        match (self.line, self.tone()) {
            (Line::Silent(_), _) => 0,
            (_, "bad") => 1,
            (_, "warn") => 2,
            _ => 3,
        }
    }

    /// The tone of the worst.
    pub(super) fn tone(&self) -> &'static str {
        match (self.line, self.troubles.first().map(|worst| worst.code.as_str())) {
            (Line::Silent(_), _) => "bad",
            (_, Some("never-heard" | "unreported" | "partial" | "simulated" | "clips-lacking")) => {
                "warn"
            }
            (_, Some(_)) => "bad",
            (_, None) => self.line.tone(),
        }
    }
}

/// What is known of all stations.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) contacts: HashMap<StationId, (UtcMs, Option<StationStatus>)>,
    since: HashMap<(StationId, String), UtcMs>,
    enrolled: HashMap<StationId, UtcMs>,
    /// What people report, the longest first.
    reported: Vec<StoredTrouble>,
}

impl Known {
    pub(super) async fn read(store: &Store) -> Result<Self, StoreError> {
        let contacts = store.contacts().await?.into_iter().map(|contact| {
            let status = contact.status.and_then(|json| serde_json::from_str(&json).ok());
            (contact.station, (contact.at, status))
        });
        let faults = store.open_faults().await?.into_iter();
        Ok(Self {
            contacts: contacts.collect(),
            since: faults.map(|fault| ((fault.station, fault.code), fault.since)).collect(),
            enrolled: store.enrolled_stations().await?,
            reported: store.open_troubles().await?,
        })
    }

    /// The status that each station gave last.
    pub(super) fn statuses(&self) -> impl Iterator<Item = (&StationId, &StationStatus)> {
        let given = self.contacts.iter();
        given.filter_map(|(station, (_, status))| Some((station, status.as_ref()?)))
    }

    /// The status that a station gave last.
    pub(super) fn status(&self, station: &StationId) -> Option<&StationStatus> {
        self.contacts.get(station)?.1.as_ref()
    }

    fn line(&self, station: &StationId, now: UtcMs) -> Line {
        match (self.contacts.get(station), self.enrolled.get(station)) {
            (_, None) => Line::Unconnected,
            (None, Some(at)) => Line::NeverHeard(*at),
            (Some((at, _)), Some(_)) if now.since(*at) > SILENT_AFTER => Line::Silent(*at),
            (Some((at, _)), Some(_)) => Line::Heard(*at),
        }
    }

    /// How a station is, by what it says and by what came of these airings of its.
    pub(super) fn condition(
        &self,
        station: &StationId,
        airings: &[&AiringReport],
        now: UtcMs,
    ) -> Condition {
        let line = self.line(station, now);
        let mut troubles = Vec::new();
        match line {
            Line::Silent(at) | Line::NeverHeard(at) => {
                troubles.push(Trouble::new(line.code(), Some(at)));
            }
            Line::Heard(_) => {
                let faults = self.status(station).map(|status| status.faults.as_slice());
                troubles.extend(faults.unwrap_or_default().iter().map(|fault| {
                    let key = (station.clone(), fault.code.clone());
                    let since = self.since.get(&key).copied();
                    Trouble {
                        detail: fault.detail.clone(),
                        ..Trouble::new(known(&fault.code), since)
                    }
                }));
            }
            Line::Unconnected => {}
        }
        let reported = self.reported.iter().filter(|trouble| trouble.station == *station);
        let reported = reported.map(|trouble| Trouble {
            detail: trouble.kind.clone(),
            ..Trouble::new(REPORTED, Some(trouble.reported_at))
        });
        // What somebody saw outweighs all but that nothing is heard of the station any more.
        let after = usize::from(matches!(line, Line::Silent(_)));
        troubles.splice(after..after, reported);
        troubles.extend(airings.iter().rev().filter_map(|airing| befell(airing, now)));
        Condition { line, troubles }
    }
}

/// What a station's fault is called; one that only a newer station knows, by its code.
pub(super) fn called(v: &Visitor, code: &str) -> String {
    let code = known(code);
    if TROUBLES.contains(&code) {
        v.code("trouble", code).to_string()
    } else {
        v.of("today.unknown-trouble").with("code", code).to_string()
    }
}

/// The code under which the words of a station's fault stand.
fn known(code: &str) -> &str {
    if code.starts_with("rundown-") { "rundown-refused" } else { code }
}

/// What was wrong with an airing, if that is somebody's to see to.
fn befell(airing: &AiringReport, now: UtcMs) -> Option<Trouble> {
    use AiringState::{
        Aired, Interrupted, Missed, Partial, Planned, Refused, Simulated, Unreported,
    };
    let code = match airing.state {
        Missed | Interrupted | Partial | Simulated | Unreported => airing.state.as_str(),
        Planned if airing.ready == Some(false) && airing.starts_at > now => "clips-lacking",
        Aired | Planned | Refused => return None,
    };
    let about = Some((airing.id.to_string(), airing.reason.clone()));
    Some(Trouble { airing: about, ..Trouble::new(code, Some(airing.starts_at)) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{radio::ClockState, wire::Fault};

    const NOW: UtcMs = UtcMs(1_601_503_200_000);

    fn status(faults: Vec<Fault>) -> StationStatus {
        StationStatus {
            playing: None,
            software: String::new(),
            speaker: String::new(),
            clock: ClockState::Synced,
            rundown_version: None,
            waiting: 0,
            disk_free: None,
            faults,
            stock: None,
        }
    }

    #[test]
    fn silence_outweighs_what_the_station_said_before_it() {
        let station: StationId = "kim-tan".parse().unwrap();
        let mut known = Known::default();
        assert_eq!(known.condition(&station, &[], NOW).line, Line::Unconnected);
        known.enrolled.insert(station.clone(), NOW);
        assert_eq!(known.condition(&station, &[], NOW).line, Line::NeverHeard(NOW));

        let faults = vec![Fault::new("rundown-expired", "old"), Fault::new("deck", "no device")];
        known.contacts.insert(station.clone(), (NOW, Some(status(faults))));
        known.since.insert((station.clone(), "deck".to_owned()), UtcMs(7));
        let heard = known.condition(&station, &[], NOW + SILENT_AFTER);
        assert_eq!((heard.line, heard.rank()), (Line::Heard(NOW), 1));
        let said: Vec<_> =
            heard.troubles.iter().map(|trouble| (trouble.code.as_str(), trouble.since)).collect();
        assert_eq!(said, [("rundown-refused", None), ("deck", Some(UtcMs(7)))]);

        let later = NOW + SILENT_AFTER + Duration::from_millis(1);
        let silent = known.condition(&station, &[], later);
        assert_eq!((silent.line, silent.rank()), (Line::Silent(NOW), 0));
        assert_eq!(silent.troubles, [Trouble::new(SILENT, Some(NOW))]);
    }
}
