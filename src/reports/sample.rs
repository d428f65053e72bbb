//! A small period for the tests of this folder.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{Entry, Names, Pen, Period, Reconciliation, Tally};
use crate::{
    planning::Territory,
    radio::{
        AiringState, Campaign, Directive, Evidence, Selection, Station, StationKind, Unit, UtcMs,
    },
};

/// A name that no file may take for anything but a name.
pub(super) const WILD: &str = "Đài <xã> & \"thôn\" ]]> \u{1}{{ v }}";

/// Writes keys instead of texts.
pub(super) struct Plain;

impl Pen for Plain {
    fn of(&self, key: &str) -> String {
        key.to_owned()
    }

    fn code(&self, section: &str, code: &str) -> String {
        format!("{section}.{code}")
    }

    fn date(&self, day: &NaiveDate) -> String {
        day.format("%d/%m/%Y").to_string()
    }

    fn weekday(&self, day: &NaiveDate) -> String {
        day.format("%A").to_string()
    }

    fn number(&self, number: u64) -> String {
        number.to_string()
    }

    fn zone(&self) -> Tz {
        Tz::Asia__Ho_Chi_Minh
    }
}

pub(super) fn day(of_month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, of_month).unwrap()
}

pub(super) fn campaign() -> Campaign {
    Campaign {
        id: "bluezone".parse().unwrap(),
        title: "Cài đặt Bluezone".to_owned(),
        directive: Directive {
            number: "12075/UBND-CNTT".to_owned(),
            date: day(1),
            issuer: "UBND tỉnh Thanh Hóa".to_owned(),
        },
        from: day(1),
        until: day(30),
        stations: Selection { units: vec!["xa".parse().unwrap()], ..Selection::default() },
        airings_per_day: 2,
        clips: vec![],
    }
}

pub(super) fn station(id: &str, name: &str) -> Station {
    Station {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        kind: StationKind::Commune,
        unit: "xa".parse().unwrap(),
        quiet_hours: None,
        drills: false,
        resume_after_bulletin: false,
        softer: vec![],
    }
}

fn stations(count: usize) -> Vec<Station> {
    let name = |n| if n == 0 { WILD.to_owned() } else { format!("Đài số {n:03}") };
    (0..count).map(|n| station(&format!("s{n}"), &name(n))).collect()
}

fn unit() -> Unit {
    Unit {
        id: "xa".parse().unwrap(),
        code: String::new(),
        name: "Xã Thạch Lâm".to_owned(),
        kind: "commune".to_owned(),
        parent: None,
        since: None,
        until: None,
    }
}

pub(super) fn names(count: usize) -> Names {
    Names::new(&[unit()], &stations(count), &[campaign()])
}

/// An airing at an hour of a day.
pub(super) fn entry(station: usize, date: NaiveDate, hour: u32, state: AiringState) -> Entry {
    let local = date.and_hms_opt(hour, 0, 0).unwrap() - chrono::TimeDelta::hours(7);
    let starts_at = UtcMs(local.and_utc().timestamp_millis());
    let aired = state == AiringState::Aired;
    Entry {
        id: format!("buoi.s{station}.{}", starts_at.compact()).parse().unwrap(),
        station: format!("s{station}").parse().unwrap(),
        unit: "xa".parse().unwrap(),
        campaign: Some("bluezone".parse().unwrap()),
        title: "=cmd|' /C calc'!A0".to_owned(),
        starts_at,
        ends_at: UtcMs(starts_at.0 + 90_000),
        started_at: aired.then_some(UtcMs(starts_at.0 + 120)),
        state,
        evidence: aired.then_some(Evidence::Played),
        reason: (!aired).then(|| "device-missing".to_owned()),
        word: None,
        is_planned: true,
        is_late: false,
        arrivals: vec![UtcMs(starts_at.0 + 3 * 86_400_000)],
    }
}

/// Two airings a day: the first station airs both, the second one of them, the third none.
pub(super) fn entries(count: usize, date: NaiveDate) -> Vec<Entry> {
    let state = |station, hour| match (station % 3, hour) {
        (0, _) | (1, 5) => AiringState::Aired,
        _ => AiringState::Missed,
    };
    let hours = [5, 17].into_iter();
    hours.flat_map(|hour| (0..count).map(move |n| entry(n, date, hour, state(n, hour)))).collect()
}

pub(super) fn reconciled(count: usize, period: Period) -> Reconciliation {
    let mut made = Reconciliation::new(period);
    for date in period.days() {
        for entry in entries(count, date) {
            let mut tally = Tally::default();
            tally.count(&entry, Plain.zone());
            made.add(date, &entry.station, entry.campaign.as_ref(), &tally);
        }
    }
    let units = [unit()];
    made.owe(&campaign(), (&Territory::new(&units), &stations(count)), day(30));
    made
}
