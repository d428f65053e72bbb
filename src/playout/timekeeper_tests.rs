use super::*;

/// 2020-10-01T05:00:00+07:00.
const T: i64 = 1_601_503_200_000;
const HOUR: i64 = 3_600_000;
const YEARS: i64 = 10 * 365 * 24 * HOUR;

/// The machine's clocks when it shows an instant in milliseconds, so many seconds after its start.
fn shows(utc_ms: i64, uptime_s: u64) -> Reading {
    Reading { utc_us: utc_ms * 1000, monotonic: Duration::from_secs(uptime_s) }
}

fn told(keeper: &mut Timekeeper, machine: Reading, is_kept: bool) -> (i64, Basis) {
    let told = keeper.look(machine, is_kept);
    assert_eq!(told.reading.monotonic, machine.monotonic);
    (told.reading.utc().0, told.basis)
}

/// An answer that took a tenth of a second and was written in the middle of it.
fn hear(keeper: &mut Timekeeper, utc_ms: i64, uptime_s: u64) {
    let middle = Duration::from_secs(uptime_s);
    let half = Duration::from_millis(50);
    keeper.hear(UtcMs(utc_ms), middle - half, middle + half);
}

#[test]
fn a_clock_that_nothing_contradicts_is_gone_by() {
    let mut keeper = Timekeeper::new(UtcMs(T - HOUR), shows(T, 10));
    assert_eq!(told(&mut keeper, shows(T, 10), false), (T, Basis::Machine));
    assert_eq!(told(&mut keeper, shows(T + 5_000, 15), false), (T + 5_000, Basis::Machine));
    assert_eq!(told(&mut keeper, shows(T + 6_000, 16), true), (T + 6_000, Basis::Service));
    // A step of a second is no contradiction.
    assert_eq!(told(&mut keeper, shows(T + 6_000, 17), false), (T + 6_000, Basis::Machine));
}

#[test]
fn a_clock_that_shows_an_earlier_time_than_was_known_is_not_believed() {
    for back in [HOUR, YEARS] {
        let mut keeper = Timekeeper::new(UtcMs(T), shows(T - back, 10));
        assert_eq!(told(&mut keeper, shows(T - back, 10), false), (T, Basis::Nothing));
        // It is at least so late, and later with every second.
        let later = shows(T - back + 60_000, 70);
        assert_eq!(told(&mut keeper, later, false), (T + 60_000, Basis::Nothing));
        // Somebody sets it, or a time service comes up.
        let set = shows(T + HOUR, 80);
        assert_eq!(told(&mut keeper, set, false), (T + HOUR, Basis::Machine));
        let kept = shows(T - back, 90);
        assert_eq!(told(&mut keeper, kept, true), (T - back, Basis::Service));
    }
}

#[test]
fn a_clock_that_is_set_back_while_it_runs_is_not_believed() {
    let mut keeper = Timekeeper::new(UtcMs(T - HOUR), shows(T, 10));
    told(&mut keeper, shows(T, 10), false);
    let back = shows(T - HOUR / 2, 11);
    assert_eq!(told(&mut keeper, back, false), (T + 1_000, Basis::Nothing));
}

#[test]
fn three_answers_of_the_district_put_a_wrong_clock_right() {
    for wrong in [-YEARS, -HOUR, HOUR, YEARS] {
        let mut keeper = Timekeeper::new(UtcMs(T - HOUR / 2), shows(T + wrong, 10));
        let first = told(&mut keeper, shows(T + wrong, 10), false);
        for n in 0..3 {
            assert_eq!(told(&mut keeper, shows(T + wrong, 10), false), first, "after {n}");
            assert!(keeper.is_curious());
            hear(&mut keeper, T + 1_000 * n, 10 + n.unsigned_abs());
        }
        assert!(!keeper.is_curious());
        let (time, basis) = told(&mut keeper, shows(T + wrong + 5_000, 15), false);
        assert_eq!(basis, Basis::District);
        assert!((time - T - 5_000).abs() <= 50, "{} ms out", time - T - 5_000);
        // Without a line it goes on so, and a machine's clock that comes right is believed again.
        let (time, basis) = told(&mut keeper, shows(T + wrong + HOUR, 10 + 3_600), false);
        assert_eq!(basis, Basis::District);
        assert!((time - T - HOUR).abs() <= 50);
        let right = shows(T + 2 * HOUR, 10 + 7_200);
        assert_eq!(told(&mut keeper, right, false), (T + 2 * HOUR, Basis::Machine));
    }
}

#[test]
fn a_clock_set_wrong_after_the_district_was_heard_moves_nothing() {
    for wrong in [-YEARS, -HOUR, HOUR, YEARS] {
        let mut keeper = Timekeeper::new(UtcMs(T), shows(T, 10));
        (0..3).for_each(|n| hear(&mut keeper, T, 10 + n - n));
        assert_eq!(told(&mut keeper, shows(T, 10), false), (T, Basis::Machine));
        let (time, basis) = told(&mut keeper, shows(T + wrong + 1_000, 11), false);
        assert_eq!(basis, Basis::District);
        assert!((time - T - 1_000).abs() <= 50);
    }
}

#[test]
fn a_machine_that_is_kept_is_believed_against_the_district() {
    let mut keeper = Timekeeper::new(UtcMs(T), shows(T, 10));
    (0..3).for_each(|_| hear(&mut keeper, T - HOUR, 10));
    assert_eq!(told(&mut keeper, shows(T, 10), true), (T, Basis::Service));
}

#[test]
fn slow_answers_and_single_ones_say_nothing() {
    let mut keeper = Timekeeper::new(UtcMs(T), shows(T, 100));
    for _ in 0..10 {
        keeper.hear(UtcMs(T + HOUR), Duration::from_secs(90), Duration::from_secs(100));
    }
    assert_eq!(told(&mut keeper, shows(T, 100), false), (T, Basis::Machine));
    // A stale answer between good ones.
    for _ in 0..3 {
        hear(&mut keeper, T, 100);
        hear(&mut keeper, T - HOUR, 100);
    }
    hear(&mut keeper, T, 100);
    hear(&mut keeper, T, 100);
    hear(&mut keeper, T, 100);
    assert_eq!(told(&mut keeper, shows(T, 100), false), (T, Basis::Machine));
    hear(&mut keeper, T - HOUR, 101);
    assert_eq!(told(&mut keeper, shows(T + 1_000, 101), false), (T + 1_000, Basis::Machine));
}

#[test]
fn a_district_whose_own_clock_is_set_is_followed() {
    let mut keeper = Timekeeper::new(UtcMs(T), shows(T, 10));
    (0..3).for_each(|_| hear(&mut keeper, T, 10));
    (0..3).for_each(|_| hear(&mut keeper, T + HOUR, 10));
    let (time, basis) = told(&mut keeper, shows(T, 10), false);
    assert_eq!(basis, Basis::District);
    assert!((time - T - HOUR).abs() <= 50);
}

#[test]
fn a_clock_within_the_answers_span_is_left_alone_however_slow_they_are() {
    let mut keeper = Timekeeper::new(UtcMs(T - HOUR), shows(T, 10));
    for _ in 0..3 {
        keeper.hear(UtcMs(T), Duration::from_secs(8), Duration::from_secs(12));
    }
    for out in [-3_900, 0, 3_900] {
        let machine = shows(T + out, 10);
        assert_eq!(told(&mut keeper, machine, false), (T + out, Basis::Machine), "{out} ms");
    }
    assert_eq!(told(&mut keeper, shows(T + 4_100, 10), false).1, Basis::District);
}

#[test]
fn a_leap_of_years_that_nobody_vouches_for_can_be_taken_back() {
    let mut keeper = Timekeeper::new(UtcMs(T), shows(T, 10));
    let leapt = shows(T + YEARS, 20);
    assert_eq!(told(&mut keeper, leapt, false), (T + YEARS, Basis::Machine));
    let back = shows(T + 20_000, 30);
    assert_eq!(told(&mut keeper, back, false), (T + 20_000, Basis::Machine));
}

#[test]
fn no_reading_overflows() {
    for utc_us in [i64::MIN, 0, i64::MAX] {
        for last in [i64::MIN, 0, i64::MAX] {
            let machine = Reading { utc_us, monotonic: Duration::MAX };
            let mut keeper = Timekeeper::new(UtcMs(last), machine);
            (0..4).for_each(|_| keeper.hear(UtcMs(last), Duration::MAX, Duration::MAX));
            for is_kept in [false, true] {
                keeper.look(machine, is_kept);
            }
        }
    }
}
