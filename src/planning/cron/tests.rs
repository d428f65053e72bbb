use chrono::{DateTime, Datelike, NaiveDate, Utc};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .or_else(|_| NaiveDateTime::parse_from_str(&format!("{text}:00"), "%Y-%m-%d %H:%M:%S"))
        .unwrap()
}

fn fires(rule: &str, from: &str, count: usize) -> Vec<String> {
    let rule = Rule::parse(rule).unwrap_or_else(|error| panic!("{rule}: {error}"));
    rule.from(at(from)).take(count).map(|time| time.format("%a %F %T").to_string()).collect()
}

#[test]
fn the_cases_of_the_manual_page() {
    let cases: &[(&str, &str, &[&str])] = &[
        // "run five minutes after midnight, every day"
        ("5 0 * * *", "-9999-01-01 00:05", &["Thu 1970-01-01 00:05:00"]),
        ("5 0 * * *", "2020-10-01 00:05", &["Thu 2020-10-01 00:05:00", "Fri 2020-10-02 00:05:00"]),
        // "run at 2:15pm on the first of every month"
        (
            "15 14 1 * *",
            "2020-12-01 14:16",
            &["Fri 2021-01-01 14:15:00", "Mon 2021-02-01 14:15:00"],
        ),
        // "run at 10 pm on weekdays"
        (
            "0 22 * * 1-5",
            "2020-10-02 22:00",
            &["Fri 2020-10-02 22:00:00", "Mon 2020-10-05 22:00:00"],
        ),
        // "run 23 minutes after midnight, 2am, 4am …, everyday"
        (
            "23 0-23/2 * * *",
            "2020-10-01 21:00",
            &["Thu 2020-10-01 22:23:00", "Fri 2020-10-02 00:23:00"],
        ),
        // "run at 5 after 4 every Sunday"
        (
            "5 4 * * sun",
            "2020-10-01 00:00",
            &["Sun 2020-10-04 04:05:00", "Sun 2020-10-11 04:05:00"],
        ),
        // "4:30 am on the 1st and 15th of each month, plus every Friday"
        (
            "30 4 1,15 * 5",
            "2020-10-01 00:00",
            &[
                "Thu 2020-10-01 04:30:00",
                "Fri 2020-10-02 04:30:00",
                "Fri 2020-10-09 04:30:00",
                "Thu 2020-10-15 04:30:00",
                "Fri 2020-10-16 04:30:00",
            ],
        ),
        // a star, stepped or not, leaves a day field unrestricted: both must match
        (
            "0 0 */2 * sun",
            "2020-10-01 00:00",
            &["Sun 2020-10-11 00:00:00", "Sun 2020-10-25 00:00:00"],
        ),
        (
            "0 0 13 * */5",
            "2020-01-01 00:00",
            &["Fri 2020-03-13 00:00:00", "Sun 2020-09-13 00:00:00"],
        ),
        // 0 and 7 are Sunday
        ("0 5 * * 0", "2020-10-02 00:00", &["Sun 2020-10-04 05:00:00"]),
        ("0 5 * * 7", "2020-10-02 00:00", &["Sun 2020-10-04 05:00:00"]),
        (
            "0 5 * * 6-7",
            "2020-10-02 00:00",
            &["Sat 2020-10-03 05:00:00", "Sun 2020-10-04 05:00:00"],
        ),
        (
            "0 5 * * Fri-Sun",
            "2020-10-03 00:00",
            &["Sat 2020-10-03 05:00:00", "Sun 2020-10-04 05:00:00", "Fri 2020-10-09 05:00:00"],
        ),
        ("0 5 * * 5", "2020-10-01 00:00", &["Fri 2020-10-02 05:00:00"]),
        // names and lists
        (
            "0 5 1 JAN,jul *",
            "2020-01-02 00:00",
            &["Wed 2020-07-01 05:00:00", "Fri 2021-01-01 05:00:00"],
        ),
        (
            "0,30 5-6 * * *",
            "2020-10-01 05:01",
            &["Thu 2020-10-01 05:30:00", "Thu 2020-10-01 06:00:00"],
        ),
        (
            "*/40 * * * *",
            "2020-10-01 00:01",
            &["Thu 2020-10-01 00:40:00", "Thu 2020-10-01 01:00:00"],
        ),
        (
            "10-59/20 5 * * *",
            "2020-10-01 00:00",
            &["Thu 2020-10-01 05:10:00", "Thu 2020-10-01 05:30:00", "Thu 2020-10-01 05:50:00"],
        ),
        // the ends of months and years
        ("0 0 29 2 *", "2020-03-01 00:00", &["Thu 2024-02-29 00:00:00", "Tue 2028-02-29 00:00:00"]),
        ("0 0 31 * *", "2020-03-31 00:01", &["Sun 2020-05-31 00:00:00", "Fri 2020-07-31 00:00:00"]),
        (
            "59 23 31 12 *",
            "2020-12-31 23:59",
            &["Thu 2020-12-31 23:59:00", "Fri 2021-12-31 23:59:00"],
        ),
        ("* * * * *", "2020-12-31 23:59", &["Thu 2020-12-31 23:59:00", "Fri 2021-01-01 00:00:00"]),
        (
            "0 0 28-31 2 *",
            "2023-02-28 00:01",
            &["Wed 2024-02-28 00:00:00", "Thu 2024-02-29 00:00:00"],
        ),
        (
            "0 0 30 2 mon",
            "2021-01-30 00:00",
            &["Mon 2021-02-01 00:00:00", "Mon 2021-02-08 00:00:00"],
        ),
        // the words
        ("@yearly", "2020-01-02 00:00", &["Fri 2021-01-01 00:00:00"]),
        ("@annually", "2020-01-02 00:00", &["Fri 2021-01-01 00:00:00"]),
        ("@monthly", "2020-01-02 00:00", &["Sat 2020-02-01 00:00:00"]),
        ("@weekly", "2020-10-01 00:00", &["Sun 2020-10-04 00:00:00"]),
        ("@Daily", "2020-10-01 00:01", &["Fri 2020-10-02 00:00:00"]),
        ("@midnight", "2020-10-01 00:01", &["Fri 2020-10-02 00:00:00"]),
        ("@hourly", "2020-10-01 00:01", &["Thu 2020-10-01 01:00:00"]),
        // six fields: seconds first
        (
            "*/30 59 23 * * *",
            "2020-12-31 23:59:01",
            &["Thu 2020-12-31 23:59:30", "Fri 2021-01-01 23:59:00"],
        ),
    ];
    for (rule, from, expected) in cases {
        assert_eq!(&fires(rule, from, expected.len()), expected, "{rule}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_reason() {
    let cases = [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("0 0 0 1 1 * 2020", "has 7 fields"),
        ("60 * * * *", "minute \"60\": 60 is not between 0 and 59"),
        ("* 24 * * *", "hour \"24\""),
        ("* * 0 * *", "day of the month \"0\""),
        ("* * * 13 *", "month \"13\""),
        ("* * * * 8", "day of the week \"8\""),
        ("* * * * monday", "neither a number nor one of sun, mon"),
        ("5-3 * * * *", "runs backwards"),
        ("*/0 * * * *", "\"0\" is no step"),
        ("5/15 * * * *", "write 5-59/…"),
        ("+5 * * * *", "\"+5\" is not a number"),
        ("1,,2 * * * *", "\"\" is not a number"),
        ("99999999999 * * * *", "is not a number"),
        ("@reboot", "names no time of day"),
        ("@teatime", "\"@teatime\" is not known"),
        ("0 0 31 2 *", "can never fire"),
        ("0 0 30,31 feb *", "can never fire"),
        ("0 0 31 4,6,9,11 */2", "can never fire"),
    ];
    for (rule, part) in cases {
        let error = Rule::parse(rule).expect_err(rule).to_string();
        assert!(error.contains(part), "{rule}: {error}");
    }
}

/// One field as people write it: a star, a stepped star, numbers, ranges, steps, lists.
fn field(min: u32, max: u32) -> impl Strategy<Value = String> {
    let range = move |first: u32, last: u32| (first.min(last), first.max(last));
    let part = prop_oneof![
        4 => (min..=max).prop_map(|number| number.to_string()),
        2 => (min..=max, min..=max).prop_map(move |(a, b)| {
            let (a, b) = range(a, b);
            format!("{a}-{b}")
        }),
        1 => (min..=max, min..=max, 1..20u32).prop_map(move |(a, b, step)| {
            let (a, b) = range(a, b);
            format!("{a}-{b}/{step}")
        }),
    ];
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => (1..20u32).prop_map(|step| format!("*/{step}")),
        4 => prop::collection::vec(part, 1..4).prop_map(|parts| parts.join(",")),
    ]
}

proptest! {
    /// Croner takes a stepped star for a restriction and the manual page does not, so it is told which reading to use.
    #[test]
    fn an_independent_reading_agrees(
        (minute, hour, day, month, weekday) in
            (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)),
        start in 0i64..4_000_000_000,
    ) {
        let text = format!("{minute} {hour} {day} {month} {weekday}");
        let both = day.contains('*') || weekday.contains('*');
        let oracle = croner::parser::CronParser::builder().dom_and_dow(both).build().parse(&text);
        let from = DateTime::<Utc>::from_timestamp(start, 0).unwrap();
        match Rule::parse(&text) {
            Ok(rule) => {
                let ours: Vec<_> = rule.from(from.naive_utc()).take(5).collect();
                let theirs: Vec<_> =
                    oracle.unwrap().iter_from(from, croner::Direction::Forward).take(ours.len())
                        .map(|time| time.naive_utc()).collect();
                prop_assert_eq!(ours, theirs, "{}", text);
            }
            Err(BadRule::Never(_)) => {
                prop_assert!(oracle.unwrap().find_next_occurrence(&from, true).is_err(), "{}", text);
            }
            Err(error) => prop_assert!(false, "{text}: {error}"),
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC*", stars in "[-@*/,0-9 a-z]{0,30}") {
        let _ = Rule::parse(&text);
        if let Ok(rule) = Rule::parse(&stars) {
            let first = rule.from(NaiveDate::MIN.and_hms_opt(0, 0, 0).unwrap()).next();
            prop_assert!(first.is_some());
        }
    }

    #[test]
    fn times_come_in_order_from_any_start(
        rule in prop::sample::select(vec![
            "* * * * *", "59 59 23 31 12 7", "0 5 29 feb *", "0 12 31 * mon", "*/20 * * * *", "@yearly",
        ]),
        second in prop_oneof![
            DateTime::<Utc>::MIN_UTC.timestamp()..=DateTime::<Utc>::MAX_UTC.timestamp(),
            -10_000_000_000i64..10_000_000_000,
            Just(DateTime::<Utc>::MIN_UTC.timestamp()),
            Just(DateTime::<Utc>::MAX_UTC.timestamp()),
        ],
    ) {
        let from = DateTime::from_timestamp(second, 0).unwrap().naive_utc();
        let mut before = None;
        for time in Rule::parse(rule).unwrap().from(from).take(3) {
            prop_assert!(from <= time && before < Some(time), "{} from {}: {}", rule, from, time);
            before = Some(time);
        }
        prop_assert!(before.is_some() || from.year() >= 2096, "{} from {}: never", rule, from);
    }
}
