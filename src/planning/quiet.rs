use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::zone::{ahead, local};
use crate::radio::{Gain, QuietHours, SofterHours, UtcMs};

/// The first of the quiet spans that some of `from..until` would sound in, by the zone's local time.
pub(super) fn broken(
    hours: &[QuietHours],
    zone: Tz,
    from: UtcMs,
    until: UtcMs,
) -> Option<QuietHours> {
    let last = UtcMs(until.0.saturating_sub(1).max(from.0));
    if hours.is_empty() {
        return None;
    }
    if ahead(zone, from) == ahead(zone, last) {
        let (first, last) = (local(zone, from), local(zone, last));
        return hours.iter().find(|hours| touches(hours, first, last)).copied();
    }
    // The clocks change on the way: each half is looked at by itself, down to a millisecond.
    let middle = UtcMs(from.0 + (until.0 - from.0) / 2);
    broken(hours, zone, from, middle).or_else(|| broken(hours, zone, middle, until))
}

/// By how much something is softer of which some sounds in such hours: where they overlap, by the most.
pub(super) fn softened(softer: &[SofterHours], zone: Tz, from: UtcMs, until: UtcMs) -> Gain {
    let sounds = |span: &&SofterHours| broken(&[span.hours], zone, from, until).is_some();
    softer.iter().filter(sounds).map(|span| span.gain).min().unwrap_or(Gain::UNITY)
}

/// Whether a span of local time, both ends inside, has a quiet moment.
fn touches(hours: &QuietHours, first: NaiveDateTime, last: NaiveDateTime) -> bool {
    let begins = first.date().and_time(hours.begin());
    let begins = if begins < first { begins + TimeDelta::days(1) } else { begins };
    hours.contains(first.time()) || begins <= last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_of_it_stays_out_of_quiet_hours() {
        let night = ["21:00-05:00".parse().unwrap()];
        let noon = ["12:00-13:30".parse().unwrap()];
        let quiet = |hours: &[QuietHours], from: &str, minutes: i64| {
            let from: UtcMs = from.parse().unwrap();
            broken(hours, Tz::Asia__Ho_Chi_Minh, from, UtcMs(from.0 + minutes * 60_000)).is_some()
        };
        assert!(!quiet(&night, "2020-10-01T05:00:00+07:00", 30));
        assert!(quiet(&night, "2020-10-01T04:59:59+07:00", 30));
        assert!(!quiet(&night, "2020-10-01T20:30:00+07:00", 30));
        assert!(quiet(&night, "2020-10-01T20:30:01+07:00", 30));
        assert!(quiet(&night, "2020-10-01T06:00:00+07:00", 24 * 60));
        assert!(quiet(&noon, "2020-10-01T11:00:00+07:00", 180));
        assert!(!quiet(&noon, "2020-10-01T13:30:00+07:00", 60));
        assert!(!quiet(&[], "2020-10-01T00:00:00+07:00", 60));
    }

    #[test]
    fn the_hour_that_comes_twice_is_quiet_twice() {
        let hours = ["02:05-02:08".parse().unwrap()];
        // 02:50 summer time to 02:10 winter time.
        let (from, until) =
            ("2021-10-31T00:50:00Z".parse().unwrap(), "2021-10-31T01:10:00Z".parse().unwrap());
        assert!(broken(&hours, Tz::Europe__Berlin, from, until).is_some());
        let until = "2021-10-31T01:05:00Z".parse().unwrap();
        assert!(broken(&hours, Tz::Europe__Berlin, from, until).is_none());
    }
}
