use chrono::{NaiveDateTime, Offset, TimeZone};
use chrono_tz::{GapInfo, Tz};

use crate::radio::UtcMs;

/// The instant of a local time. A time that a change of the clocks skips is the first instant after it; of a time that
/// comes twice, the first counts. None only beyond the years that chrono knows.
pub fn instant(zone: Tz, local: NaiveDateTime) -> Option<UtcMs> {
    let time = zone
        .from_local_datetime(&local)
        .earliest()
        .or_else(|| GapInfo::new(&local, &zone).and_then(|gap| gap.end))?;
    Some(time.to_utc().into())
}

/// The local time of an instant.
pub fn local(zone: Tz, at: UtcMs) -> NaiveDateTime {
    at.to_chrono().with_timezone(&zone).naive_local()
}

/// How far the zone is ahead of UTC at an instant, in seconds.
pub(super) fn ahead(zone: Tz, at: UtcMs) -> i32 {
    zone.offset_from_utc_datetime(&at.to_chrono().naive_utc()).fix().local_minus_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_time_plays_right_after_and_a_doubled_one_first() {
        let at = |text: &str| text.parse::<UtcMs>().unwrap();
        for (local, expected) in [
            // Berlin sets its clocks forward at 02:00 and back at 03:00.
            ("2021-03-28 01:59", "2021-03-28T00:59:00Z"),
            ("2021-03-28 02:00", "2021-03-28T01:00:00Z"),
            ("2021-03-28 02:59", "2021-03-28T01:00:00Z"),
            ("2021-03-28 03:00", "2021-03-28T01:00:00Z"),
            ("2021-10-31 01:59", "2021-10-30T23:59:00Z"),
            ("2021-10-31 02:00", "2021-10-31T00:00:00Z"),
            ("2021-10-31 02:59", "2021-10-31T00:59:00Z"),
            ("2021-10-31 03:00", "2021-10-31T02:00:00Z"),
        ] {
            let time = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
            assert_eq!(instant(Tz::Europe__Berlin, time), Some(at(expected)), "{local}");
        }
        let new_year = NaiveDateTime::parse_from_str("2021-01-01 00:00", "%Y-%m-%d %H:%M").unwrap();
        assert_eq!(instant(Tz::Asia__Ho_Chi_Minh, new_year), Some(at("2020-12-31T17:00:00Z")));
        // Samoa skipped a whole day.
        let skipped = NaiveDateTime::parse_from_str("2011-12-30 12:00", "%Y-%m-%d %H:%M").unwrap();
        assert_eq!(instant(Tz::Pacific__Apia, skipped), Some(at("2011-12-30T10:00:00Z")));
    }
}
