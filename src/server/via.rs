use std::net::{IpAddr, Ipv4Addr};

use axum::http::HeaderMap;

/// How a call came in: from which address, and whether by HTTPS. In the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Via {
    pub(super) address: IpAddr,
    pub(super) secure: bool,
}

/// Without a door, as in tests: from this machine, by plain HTTP.
impl Default for Via {
    fn default() -> Self {
        Self { address: Ipv4Addr::LOCALHOST.into(), secure: false }
    }
}

impl Via {
    /// Whom a proxy calls for, by its headers `X-Forwarded-For` and `X-Forwarded-Proto`, where it is one of those that are
    /// believed. Callers write what they like into these headers; each proxy adds to the end whom it was called by, so the
    /// last that is no proxy of ours is the caller.
    pub(super) fn behind(self, proxies: &[IpAddr], headers: &HeaderMap) -> Self {
        if !proxies.contains(&self.address) {
            return self;
        }
        let list = |name: &str| -> Vec<&str> {
            let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            values.flat_map(|value| value.split(',')).map(str::trim).collect()
        };
        let callers = list("x-forwarded-for");
        let callers = callers.iter().rev().map_while(|caller| caller.parse::<IpAddr>().ok());
        let caller = callers.map(|caller| caller.to_canonical()).find(|it| !proxies.contains(it));
        let is_https = list("x-forwarded-proto").last().is_some_and(|proto| *proto == "https");
        Self { address: caller.unwrap_or(self.address), secure: self.secure || is_https }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_proxies_say_for_whom_they_call() {
        let proxy: IpAddr = "127.0.0.1".parse().unwrap();
        let via = |from: &str, pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            let via = Via { address: from.parse().unwrap(), secure: false };
            let via = via.behind(&[proxy, "192.0.2.9".parse().unwrap()], &headers);
            (via.address.to_string(), via.secure)
        };
        let forged = ("x-forwarded-for", "198.51.100.1");
        let https = ("x-forwarded-proto", "https");
        assert_eq!(via("203.0.113.5", &[forged, https]), ("203.0.113.5".to_owned(), false));
        assert_eq!(via("127.0.0.1", &[]), ("127.0.0.1".to_owned(), false));
        assert_eq!(via("127.0.0.1", &[forged, https]), ("198.51.100.1".to_owned(), true));
        let caller = ("x-forwarded-for", "203.0.113.5, 192.0.2.9");
        assert_eq!(via("127.0.0.1", &[forged, caller]), ("203.0.113.5".to_owned(), false));
        let mapped = ("x-forwarded-for", "::ffff:203.0.113.5");
        assert_eq!(via("127.0.0.1", &[mapped]), ("203.0.113.5".to_owned(), false));
        // What the proxy itself did not write is believed of nobody.
        let rubbish = ("x-forwarded-for", "198.51.100.1, rubbish");
        assert_eq!(via("127.0.0.1", &[rubbish]), ("127.0.0.1".to_owned(), false));
    }
}
