use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::radio::UtcMs;

/// How soon, on average, an address may ask for something anew.
const EVERY: Duration = Duration::from_secs(1);
/// How far ahead of that it may be: so many at once.
const BURST: Duration = Duration::from_secs(60);
/// Addresses remembered.
const MOST: usize = 10_000;

/// How often each address asks (the generic cell rate algorithm): of each, the instant at which all that it asked for is
/// paid for.
#[derive(Debug, Default)]
pub(in crate::server) struct Throttle(Mutex<HashMap<IpAddr, UtcMs>>);

impl Throttle {
    /// Counts a question.
    ///
    /// # Errors
    /// So long the address has to wait.
    pub(in crate::server) fn count(&self, address: IpAddr, now: UtcMs) -> Result<(), Duration> {
        let mut paid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() >= MOST {
            paid.retain(|_, at| *at > now);
        }
        if paid.len() >= MOST {
            paid.clear();
        }
        let at = paid.entry(household(address)).or_insert(now);
        // A clock that was set back makes nobody wait for longer than a full measure.
        *at = (*at).clamp(now, now + BURST + EVERY);
        if at.since(now) > BURST {
            return Err(at.since(now) - BURST);
        }
        *at = *at + EVERY;
        Ok(())
    }
}

/// Who has one IPv6 address has all of its /64.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_ask_a_burst_and_then_one_a_second() {
        let (throttle, now) = (Throttle::default(), UtcMs(1_000_000));
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let asked = (0..200).take_while(|_| throttle.count(one, now).is_ok()).count();
        assert_eq!(asked, 61);
        assert_eq!(throttle.count(one, now), Err(EVERY));
        assert_eq!(throttle.count(other, now), Ok(()));
        assert_eq!(throttle.count(one, now + EVERY), Ok(()));
        assert_eq!(throttle.count(one, now + EVERY), Err(EVERY));
        let rested = now + EVERY + BURST + EVERY;
        assert_eq!((0..200).take_while(|_| throttle.count(one, rested).is_ok()).count(), 61);
        // Whatever a clock that is set back makes of it, nobody waits long.
        assert_eq!(throttle.count(one, UtcMs(0)), Err(EVERY));
    }

    #[test]
    fn a_household_asks_as_one_and_not_all_are_remembered() {
        let (throttle, now) = (Throttle::default(), UtcMs(0));
        let address =
            |last: u64| IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8 << 96) | u128::from(last)));
        assert_eq!((0..200).filter(|last| throttle.count(address(*last), now).is_ok()).count(), 61);
        for number in 0..3 * u32::try_from(MOST).unwrap() {
            throttle.count(IpAddr::V4(number.into()), now).ok();
            assert!(throttle.0.lock().unwrap().len() <= MOST);
        }
    }
}
