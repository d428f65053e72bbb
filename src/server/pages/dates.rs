//! Dates, times of day and numbers as people here write them: dd/mm/yyyy, 24 hours, in the district's zone.

use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Timelike};
use chrono_tz::Tz;

use super::{Language, words::Phrase};
use crate::radio::{UtcMs, Window};

/// Writes for one zone and language.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Dates {
    pub(in crate::server) zone: Tz,
    pub(in crate::server) language: Language,
}

impl Dates {
    fn local(self, at: UtcMs) -> DateTime<Tz> {
        at.to_chrono().with_timezone(&self.zone)
    }

    /// The day that it is somewhere in the district at an instant.
    pub(in crate::server) fn day(self, at: UtcMs) -> NaiveDate {
        self.local(at).date_naive()
    }

    /// From a day's first instant to the next day's.
    pub(in crate::server) fn window(self, day: NaiveDate) -> Window {
        let next = day.succ_opt().unwrap_or(day);
        Window { from: self.begin(day), until: self.begin(next) }
    }

    /// A day's first instant: where midnight is skipped for daylight saving, the first there is.
    fn begin(self, day: NaiveDate) -> UtcMs {
        let quarters =
            (0..96).filter_map(|quarter| day.and_hms_opt(quarter / 4, quarter % 4 * 15, 0));
        let first =
            quarters.filter_map(|local| self.zone.from_local_datetime(&local).earliest()).next();
        first.map_or(UtcMs(0), |first| first.to_utc().into())
    }

    /// `26/11/2026`.
    pub(in crate::server) fn date(self, at: &UtcMs) -> String {
        self.date_of(&self.day(*at))
    }

    /// The same of a day.
    pub(in crate::server) fn date_of(self, day: &NaiveDate) -> String {
        day.format("%d/%m/%Y").to_string()
    }

    /// `05:15`.
    pub(in crate::server) fn time(self, at: &UtcMs) -> String {
        self.local(*at).format("%H:%M").to_string()
    }

    /// `05:15:07`, where seconds matter.
    pub(in crate::server) fn exact_time(self, at: &UtcMs) -> String {
        self.local(*at).format("%H:%M:%S").to_string()
    }

    /// Seconds since midnight by the clock on the wall.
    pub(in crate::server) fn seconds(self, at: &UtcMs) -> u32 {
        self.local(*at).num_seconds_from_midnight()
    }

    /// `05:15 26/11/2026`.
    pub(in crate::server) fn moment(self, at: &UtcMs) -> String {
        self.local(*at).format("%H:%M %d/%m/%Y").to_string()
    }

    /// For the `datetime` of HTML's `time`.
    pub(in crate::server) fn machine(self, at: &UtcMs) -> String {
        self.local(*at).to_rfc3339()
    }

    /// The name of a day of the week.
    pub(in crate::server) fn weekday(self, day: &NaiveDate) -> Phrase {
        let number = day.weekday().num_days_from_monday() + 1;
        self.language.code("dates", &format!("weekday-{number}"))
    }

    /// How long between two instants, in the largest unit that fits: `3 giờ`.
    pub(in crate::server) fn span(self, from: &UtcMs, to: &UtcMs) -> Phrase {
        let seconds = to.since(*from).as_secs();
        let (key, count) = match seconds {
            0..60 => ("dates.seconds", seconds),
            60..3600 => ("dates.minutes", seconds / 60),
            3600..86_400 => ("dates.hours", seconds / 3600),
            _ => ("dates.days", seconds / 86_400),
        };
        let key = if count == 1 { format!("{key}-1") } else { key.to_owned() };
        self.language.of(&key).with("count", self.number(&count))
    }

    /// A whole number with its thousands parted: `1.234` or `1,234`.
    pub(in crate::server) fn number(self, number: &u64) -> String {
        let digits = number.to_string();
        let parted = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
        parted.collect::<Vec<_>>().join(self.thousands())
    }

    /// A number with so many places: `1.234,5` or `1,234.5`.
    pub(in crate::server) fn decimal(self, number: &f64, places: usize) -> String {
        let text = format!("{:.places$}", number.abs());
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| self.number(&whole));
        let sign =
            if number.is_sign_negative() && text.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
                "\u{2212}"
            } else {
                ""
            };
        match (self.language, rest) {
            (_, "") => format!("{sign}{whole}"),
            (Language::Vi, rest) => format!("{sign}{whole},{rest}"),
            (Language::En, rest) => format!("{sign}{whole}.{rest}"),
        }
    }

    /// So many bytes: `840 kB`, `12,3 MB`.
    pub(in crate::server) fn size(self, bytes: u64) -> String {
        let (unit, name) = match bytes {
            0..1_000_000 => return format!("{} kB", self.number(&bytes.div_ceil(1000))),
            1_000_000..1_000_000_000 => (1e6, "MB"),
            _ => (1e9, "GB"),
        };
        #[expect(clippy::cast_precision_loss, reason = "a size to one place")]
        let count = bytes as f64 / unit;
        format!("{} {name}", self.decimal(&count, 1))
    }

    fn thousands(self) -> &'static str {
        match self.language {
            Language::Vi => ".",
            Language::En => ",",
        }
    }
}

/// A day as people here write it, `26/11/2026`, on telephones whose number pad has no stroke `26.11.2026` or `26112026`, or
/// as programs do, `2026-11-26`.
pub(super) fn read_day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let is_bare = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let form = match text {
        _ if is_bare => "%d%m%Y",
        _ if text.contains('/') => "%d/%m/%Y",
        _ if text.contains('.') => "%d.%m.%Y",
        _ => "%Y-%m-%d",
    };
    // A year of two digits is no year of the first century.
    NaiveDate::parse_from_str(text, form).ok().filter(|day| day.year() > 999)
}

/// The Monday of a day's week: weeks begin with it.
pub(super) fn monday(day: NaiveDate) -> NaiveDate {
    let back = u64::from(day.weekday().num_days_from_monday());
    day.checked_sub_days(chrono::Days::new(back)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday 26/11/2026 05:15:07 in Vietnam, where it is still Wednesday in UTC.
    const MORNING: UtcMs = UtcMs(1_795_644_907_000);

    fn dates(language: Language) -> Dates {
        Dates { zone: Tz::Asia__Ho_Chi_Minh, language }
    }

    #[test]
    fn dates_are_written_as_here() {
        let vi = dates(Language::Vi);
        assert_eq!(vi.moment(&MORNING), "05:15 26/11/2026");
        assert_eq!(vi.exact_time(&MORNING), "05:15:07");
        assert_eq!(vi.machine(&MORNING), "2026-11-26T05:15:07+07:00");
        assert_eq!(vi.weekday(&vi.day(MORNING)).to_string(), "Thứ Năm");
        let sunday = NaiveDate::from_ymd_opt(2026, 11, 29).unwrap();
        assert_eq!(vi.weekday(&sunday).to_string(), "Chủ nhật");
        assert_eq!(monday(sunday), NaiveDate::from_ymd_opt(2026, 11, 23).unwrap());
        assert_eq!(monday(monday(sunday)), monday(sunday));
        let day = vi.window(vi.day(MORNING));
        assert_eq!((day.from.0, day.until.0), (1_795_626_000_000, 1_795_712_400_000));
        assert_eq!(vi.seconds(&MORNING), 5 * 3600 + 15 * 60 + 7);
        // Where the clocks go forward at midnight, the day begins at one.
        let beirut = Dates { zone: Tz::Asia__Beirut, ..vi };
        let day = beirut.window(NaiveDate::from_ymd_opt(2026, 3, 29).unwrap());
        assert_eq!(beirut.exact_time(&day.from), "01:00:00");
        assert_eq!(day.until.since(day.from), std::time::Duration::from_hours(23));
    }

    #[test]
    fn sizes_are_written_in_the_unit_that_fits() {
        let vi = dates(Language::Vi);
        let sizes = [1, 840_000, 12_340_000, 12_340_000_000].map(|bytes| vi.size(bytes));
        assert_eq!(sizes, ["1 kB", "840 kB", "12,3 MB", "12,3 GB"]);
    }

    #[test]
    fn a_day_is_read_as_it_is_written_here() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 26);
        for text in ["26/11/2026", " 26/11/2026 ", "26.11.2026", "26112026", "2026-11-26"] {
            assert_eq!(read_day(text), day, "{text}");
        }
        assert_eq!(read_day("1/9/2020"), NaiveDate::from_ymd_opt(2020, 9, 1));
        for text in [
            "",
            "26/13/2026",
            "11/26/2026",
            "31/02/2026",
            "26/11/26",
            "26-11-2026",
            "31022026",
            "hôm nay",
        ] {
            assert_eq!(read_day(text), None, "{text}");
        }
    }

    #[test]
    fn spans_and_numbers_are_written_as_here() {
        let (vi, en) = (dates(Language::Vi), dates(Language::En));
        let after = |seconds: i64| UtcMs(MORNING.0 + seconds * 1000);
        assert_eq!(vi.span(&MORNING, &after(59)).to_string(), "59 giây");
        assert_eq!(en.span(&MORNING, &after(60)).to_string(), "1 minute");
        assert_eq!(en.span(&MORNING, &after(7199)).to_string(), "1 hour");
        assert_eq!(en.span(&MORNING, &after(1_234 * 86_400)).to_string(), "1,234 days");
        assert_eq!((vi.number(&0), vi.number(&1_234_567)), ("0".into(), "1.234.567".into()));
        assert_eq!(vi.decimal(&-1234.56, 1), "\u{2212}1.234,6");
        assert_eq!(en.decimal(&-0.04, 1), "0.0");
        assert_eq!(en.decimal(&2.0, 0), "2");
    }
}
