use std::{net::IpAddr, path::PathBuf};

use reqwest::{ClientBuilder, Url};

use super::LinkError;
use crate::{
    radio::Pin,
    tls::{self, Trust},
};

/// How the district may be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Whether plain HTTP is allowed beyond this machine.
    pub plain_http: bool,
    /// A PEM file of authorities to believe, beside those that the machine trusts.
    pub authorities: Option<PathBuf>,
}

impl Line {
    /// A client for a server's address, and the address without a slash at its end. With a pin, only a certificate with
    /// that key is believed.
    ///
    /// # Errors
    /// The address is none, or plain HTTP where that is not allowed; the authorities cannot be read.
    pub fn to(&self, server: &str, pin: Option<Pin>) -> Result<(ClientBuilder, String), LinkError> {
        let url = Url::parse(server).ok().filter(Url::has_host);
        let url = url.ok_or_else(|| LinkError::Address(server.to_owned()))?;
        let trust = match (url.scheme(), pin) {
            ("https", Some(pin)) => Trust::Pinned(pin),
            ("https", None) => Trust::Authorities(self.authorities.clone()),
            ("http", _) if self.plain_http || is_here(&url) => Trust::Nobody,
            ("http", _) => return Err(LinkError::Plain(server.to_owned())),
            _ => return Err(LinkError::Address(server.to_owned())),
        };
        Ok((tls::client(&trust)?, server.trim_end_matches('/').to_owned()))
    }
}

/// Whether an address is this machine's own, which no line leads to.
fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine_unless_told() {
        let strict = Line::default();
        let lax = Line { plain_http: true, ..Line::default() };
        let pin = Some(Pin([7; 32]));
        for here in [
            "http://127.0.0.1:8080",
            "http://127.8.9.1/",
            "http://localhost:1",
            "http://[::1]:8080",
        ] {
            assert!(strict.to(here, None).is_ok() && strict.to(here, pin).is_ok(), "{here}");
        }
        for beyond in [
            "http://192.0.2.1:8080",
            "http://loa.example/",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://0.0.0.0:8080",
            "http://[2001:db8::1]:8080",
            "http://127.0.0.1@192.0.2.1/",
        ] {
            let refused = strict.to(beyond, pin);
            assert!(matches!(refused, Err(LinkError::Plain(_))), "{beyond}");
            assert!(lax.to(beyond, None).is_ok(), "{beyond}");
            assert!(strict.to(&beyond.replace("http", "https"), pin).is_ok(), "{beyond}");
        }
        for none in ["", "192.0.2.1:8080", "ftp://192.0.2.1", "https://", "http://"] {
            assert!(matches!(lax.to(none, pin), Err(LinkError::Address(_))), "{none}");
        }
    }
}
