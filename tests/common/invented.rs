//! A district as it may have been: campaigns, what was planned at stations, and what they say came of it.

use std::{sync::Arc, time::Duration};

use loa::{
    radio::{
        Airing, AiringId, AiringItem, Campaign, Directive, Outcome, Priority, Reason, RecordHash,
        Selection, Station, StationId, UtcMs,
    },
    store::{Call, NewRecord, PlannedAiring, Store},
    wire::AsRunRecord,
};
use serde_json::json;

use super::{clip, played, sha256, signed};

/// How long each clip sounds.
const CLIP: Duration = Duration::from_secs(30);

/// All stations of a unit.
pub(crate) fn everywhere(unit: &str) -> Selection {
    Selection { units: vec![unit.parse().unwrap()], ..Selection::default() }
}

/// What all stations of a unit owe once a day, from a day to another.
pub(crate) fn campaign(unit: &str, from: &str, until: &str) -> Campaign {
    let day = |text: &str| text.parse().unwrap();
    Campaign {
        id: "bluezone".parse().unwrap(),
        title: "Cài đặt Bluezone".to_owned(),
        directive: Directive {
            number: "12075/UBND-CNTT".to_owned(),
            date: day("2020-09-01"),
            issuer: "UBND tỉnh Thanh Hóa".to_owned(),
        },
        from: day(from),
        until: day(until),
        stations: everywhere(unit),
        airings_per_day: 1,
        clips: vec!["bluezone".parse().unwrap()],
    }
}

/// What came of an airing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Aired,
    /// No sound device.
    Missed,
    /// The station was stopped.
    Cut,
    /// Nobody ever said.
    Unreported,
}

/// What was planned at a station and what it says of that, in the order in which it is noted.
pub(crate) struct Diary<'a> {
    station: &'a Station,
    items: Arc<[AiringItem]>,
    planned: Vec<PlannedAiring>,
    records: Vec<NewRecord>,
    previous: Option<RecordHash>,
    sequence: u64,
}

impl<'a> Diary<'a> {
    /// Of airings with so many clips each.
    pub(crate) fn of(station: &'a Station, clips: usize) -> Self {
        let item = json!({"kind": "clip", "clip": "bluezone", "sha256": sha256(), "bytes": 1,
            "title": clip("bluezone", b"").title, "frames": 1_440_000, "sample_rate": 48_000, "gain": 0});
        let item: AiringItem = serde_json::from_value(item).unwrap();
        Self {
            station,
            items: vec![item; clips].into(),
            planned: vec![],
            records: vec![],
            previous: None,
            sequence: 0,
        }
    }

    /// The name of the airing at an instant.
    pub(crate) fn airing_at(station: &StationId, at: UtcMs) -> AiringId {
        AiringId::derive(&"buoi".parse().unwrap(), station, at)
    }

    /// Notes an airing, for the campaign or for none, and what came of it.
    pub(crate) fn note(&mut self, at: UtcMs, is_owed: bool, fate: Fate) {
        let airing = Airing {
            id: Self::airing_at(&self.station.id, at),
            schedule: "buoi".parse().unwrap(),
            station: self.station.id.clone(),
            programme: "ban-tin".parse().unwrap(),
            title: "Bản tin tuyên truyền".into(),
            campaign: is_owed.then(|| "bluezone".parse().unwrap()),
            priority: Priority::Routine,
            bulletin: None,
            nominal_at: at,
            starts_at: at,
            ends_at: (0..self.items.len()).fold(at, |at, _| at + CLIP),
            latest_start: at + Duration::from_mins(15),
            items: self.items.clone(),
        };
        if fate != Fate::Unreported {
            for (position, _) in (0..).zip(0..self.items.len()) {
                self.say(&airing, position, fate);
            }
        }
        self.planned.push(PlannedAiring {
            airing,
            unit: self.station.unit.clone(),
            refused: false,
            reason: None,
            decision: None,
            digest: String::new(),
        });
    }

    fn say(&mut self, airing: &Airing, position: u32, fate: Fate) {
        self.sequence += 1;
        let starts = airing.starts_at + CLIP * position;
        let aired = AsRunRecord {
            airing: airing.id.clone(),
            position,
            scheduled_at: starts,
            started_at: Some(starts),
            ended_at: Some(starts + CLIP),
            previous: self.previous,
            ..played(self.station.id.as_str(), self.sequence)
        };
        let record = match fate {
            Fate::Missed => AsRunRecord {
                started_at: None,
                ended_at: None,
                frames_played: 0,
                outcome: Outcome::Missed,
                reason: Some(Reason::DeviceMissing),
                evidence: None,
                ..aired
            },
            Fate::Cut => AsRunRecord {
                frames_played: 480_000,
                outcome: Outcome::Interrupted,
                reason: Some(Reason::StationStopped),
                ..aired
            },
            Fate::Aired | Fate::Unreported => aired,
        };
        let envelope = signed(self.station.id.as_str(), &record);
        let record = NewRecord::new(&record, envelope);
        self.previous = Some(record.hash);
        self.records.push(record);
    }

    /// Brings what was noted into a district, which hears it at an instant; gives how many records that were.
    pub(crate) async fn keep(
        &mut self,
        store: &Store,
        status: Option<String>,
        heard: UtcMs,
    ) -> usize {
        let planned = std::mem::take(&mut self.planned);
        store.change_plan(&planned, &[], UtcMs(0), heard).await.unwrap();
        let records = std::mem::take(&mut self.records);
        let count = records.len();
        store.confirm(&self.station.id, records, Call::Line { status }, heard).await.unwrap();
        count
    }
}
