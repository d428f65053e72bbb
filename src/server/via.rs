use std::net::{IpAddr, Ipv4Addr};

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
