//! Whether the district speaks HTTPS, and with which certificate.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use loa::{
    playout::link::Line,
    radio::{Pin, UtcMs},
    tls::Identity,
};

use super::place::Place;

/// How the district is listened for.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LockArguments {
    /// The address to listen at. Beyond this machine only when told so, e.g. 0.0.0.0:8443.
    #[arg(long, env = "LOA_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8080",
          value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// The certificate to show, a PEM file of its whole chain. Without, one that Loa makes itself where it listens
    /// beyond this machine.
    #[arg(long, env = "LOA_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key, a PEM file.
    #[arg(long, env = "LOA_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Speak plain HTTP although it listens beyond this machine: somebody else sees to the line.
    #[arg(long, env = "LOA_PLAIN_HTTP", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_value_t = false, default_missing_value = "true",
          action = clap::ArgAction::Set)]
    plain_http: bool,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!(
            "\"{text}\" is no address to listen at: write one like 127.0.0.1:8080 or 0.0.0.0:8443"
        )
    })
}

/// Of a certificate that was made before the district was served in another way.
const UNUSED: &str = "tls.crt and tls.key here are shown where loa serve listens beyond this machine. Where a proxy or \
    --tls-cert shows another certificate, remove them: codes carry their pin, and with it no station believes the other";

/// What callers are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Lock {
    /// Nothing: plain HTTP.
    Plain,
    /// A certificate that somebody brought.
    Brought(PathBuf, PathBuf),
    /// The district's own.
    Own,
}

impl LockArguments {
    fn lock(&self) -> anyhow::Result<Lock> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), Some(_)) if self.plain_http => {
                bail!(
                    "--plain-http shows no certificate: leave it out, or --tls-cert and --tls-key"
                )
            }
            (Some(certificate), Some(key)) => Ok(Lock::Brought(certificate.clone(), key.clone())),
            (Some(_), None) => bail!("--tls-cert needs its key: add --tls-key FILE"),
            (None, Some(_)) => bail!("--tls-key is of no use without --tls-cert FILE"),
            (None, None) if self.plain_http || self.listen.ip().to_canonical().is_loopback() => {
                Ok(Lock::Plain)
            }
            (None, None) => Ok(Lock::Own),
        }
    }

    /// How its address begins.
    pub(crate) fn scheme(&self) -> anyhow::Result<&'static str> {
        Ok(if self.lock()? == Lock::Plain { "http" } else { "https" })
    }

    /// What the server shows; none: plain HTTP. Makes the district's own certificate where it is wanted and not there.
    pub(crate) fn identity(
        &self,
        place: &Place,
        now: UtcMs,
    ) -> anyhow::Result<Option<Arc<Identity>>> {
        let lock = self.lock()?;
        if lock != Lock::Own && Identity::look(&place.keys())?.is_some() {
            tracing::warn!(folder = %place.keys().display(), "{UNUSED}");
        }
        let identity = match lock {
            Lock::Plain => return Ok(None),
            Lock::Brought(certificate, key) => Identity::open(&certificate, &key)?,
            Lock::Own => {
                Identity::own(&place.keys(), now).context("the district's own certificate")?
            }
        };
        Ok(Some(Arc::new(identity)))
    }

    /// By what a station knows the server's certificate; none where an authority vouches for it, or there is none.
    pub(crate) fn pin(&self, place: &Place, now: UtcMs) -> anyhow::Result<Option<Pin>> {
        let own = match self.lock()? {
            Lock::Brought(..) => None,
            Lock::Own => Some(Identity::own(&place.keys(), now)?),
            // The server may have been started with flags that this command was not given.
            Lock::Plain if self.plain_http => None,
            Lock::Plain => Identity::look(&place.keys())?
                .inspect(|_| eprintln!("{}: {UNUSED}", place.keys().display())),
        };
        Ok(own.map(|own| own.pin()))
    }
}

/// How a station calls the district.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LineArguments {
    /// Call the district by plain HTTP although it is beyond this machine: somebody else sees to the line.
    #[arg(long, env = "LOA_PLAIN_HTTP", value_name = "BOOL", num_args = 0..=1,
          require_equals = true, default_value_t = false, default_missing_value = "true",
          action = clap::ArgAction::Set)]
    plain_http: bool,
    /// Authorities to believe beside those that this machine trusts, a PEM file.
    #[arg(long, env = "LOA_TLS_CA", value_name = "FILE")]
    tls_ca: Option<PathBuf>,
}

impl LineArguments {
    pub(crate) fn line(&self) -> Line {
        Line { plain_http: self.plain_http, authorities: self.tls_ca.clone() }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        lock: LockArguments,
    }

    fn lock(arguments: &str) -> Result<Lock, String> {
        let command = Command::try_parse_from(format!("serve {arguments}").split_whitespace());
        command.unwrap().lock.lock().map_err(|error| error.to_string())
    }

    #[test]
    fn plain_http_stays_on_this_machine_unless_told() {
        for here in ["", "--listen 127.9.9.9:80", "--listen [::1]:80"] {
            assert_eq!(lock(here), Ok(Lock::Plain), "{here}");
        }
        let beyond = ["0.0.0.0:80", "192.0.2.1:80", "[::]:80", "[::ffff:192.0.2.1]:80"];
        for beyond in beyond.map(|address| format!("--listen {address}")) {
            assert_eq!(lock(&beyond), Ok(Lock::Own), "{beyond}");
            assert_eq!(lock(&format!("{beyond} --plain-http")), Ok(Lock::Plain));
            assert_eq!(lock(&format!("{beyond} --plain-http=false")), Ok(Lock::Own));
        }
        let brought = Lock::Brought("a".into(), "b".into());
        for listen in ["", "--listen 0.0.0.0:443"] {
            assert_eq!(lock(&format!("{listen} --tls-cert a --tls-key b")), Ok(brought.clone()));
        }
        assert!(lock("--tls-cert a").unwrap_err().contains("--tls-key"));
        assert!(lock("--tls-key a").unwrap_err().contains("--tls-cert"));
        assert!(lock("--tls-cert a --tls-key b --plain-http").is_err());
    }
}
