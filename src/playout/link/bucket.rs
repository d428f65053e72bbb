use std::time::Duration;

/// Keeps downloads below a rate on average, and lets a second's worth through at once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bucket {
    /// Bytes a second.
    rate: u64,
    /// When all that was let through will have been paid for.
    paid: Duration,
}

/// What may pass at once after a pause.
const BURST: Duration = Duration::from_secs(1);

impl Bucket {
    pub(super) fn new(rate: u64) -> Self {
        Self { rate: rate.max(1), paid: Duration::ZERO }
    }

    /// Lets bytes through; says how long to wait before the next. `now` is a clock that never steps.
    pub(super) fn take(&mut self, bytes: u64, now: Duration) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.rate);
        let cost = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.paid = self.paid.max(now.saturating_sub(BURST)).saturating_add(cost);
        self.paid.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Duration = Duration::from_secs(1000);

    #[test]
    fn a_second_passes_at_once_and_then_the_rate_holds() {
        let mut bucket = Bucket::new(1000);
        assert_eq!(bucket.take(600, START), Duration::ZERO);
        assert_eq!(bucket.take(400, START), Duration::ZERO);
        assert_eq!(bucket.take(500, START), Duration::from_millis(500));
        let later = START + Duration::from_millis(500);
        assert_eq!(bucket.take(250, later), Duration::from_millis(250));
        // A pause saves up a second, not more.
        let long_after = START + Duration::from_secs(100);
        assert_eq!(bucket.take(3000, long_after), Duration::from_secs(2));
    }

    proptest! {
        /// Whoever waits as told never gets more than the rate and a second's worth.
        #[test]
        fn the_rate_is_never_passed(rate in 1u64..10_000_000, parts in prop::collection::vec((0u64..200_000, 0u64..3_000), 1..50)) {
            let mut bucket = Bucket::new(rate);
            let (mut now, mut sent) = (START, 0);
            for (bytes, idle) in parts {
                now += Duration::from_millis(idle);
                now += bucket.take(bytes, now);
                sent += bytes;
                let most = rate as f64 * ((now - START).as_secs_f64() + 1.0);
                prop_assert!(sent as f64 <= most * 1.000_001 + 1.0, "{sent} of {most}");
            }
        }
    }
}
