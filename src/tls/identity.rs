use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use x509_cert::{Certificate, der::Decode as _};

use super::{TlsError, own, pin_of, provider};
use crate::radio::{Pin, UtcMs};

/// The certificate that a server shows, and its key: two PEM files, which may be exchanged while it serves.
pub struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    shown: RwLock<Shown>,
}

struct Shown {
    key: Arc<CertifiedKey>,
    pin: Pin,
    not_after: UtcMs,
    /// What the files held when they were last looked at, whether that could be shown or not.
    seen: [Vec<u8>; 2],
}

impl Identity {
    /// Reads a chain of certificates and its key.
    ///
    /// # Errors
    /// One of them cannot be read, or they do not belong together.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let shown = Shown::of(certificate, key, contents(certificate, key)?)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            shown: RwLock::new(shown),
        })
    }

    /// The district's own: `tls.crt` and `tls.key` in a folder, made where there is none. A certificate that soon
    /// expires is made anew with the same key, so that its pin stays.
    ///
    /// # Errors
    /// It cannot be read or made.
    pub fn own(folder: &Path, now: UtcMs) -> Result<Self, TlsError> {
        let (certificate, key) = own::files(folder);
        own::make(&certificate, &key, now)?;
        let identity = Self::open(&certificate, &key)?;
        if identity.not_after() < now + own::RENEWED_BEFORE {
            own::renew(&certificate, &key, now)?;
            return Self::open(&certificate, &key);
        }
        Ok(identity)
    }

    /// The district's own, if it was ever made.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn look(folder: &Path) -> Result<Option<Self>, TlsError> {
        let (certificate, key) = own::files(folder);
        if certificate.exists() { Self::open(&certificate, &key).map(Some) } else { Ok(None) }
    }

    /// What tells its key from every other.
    pub fn pin(&self) -> Pin {
        self.read(|shown| shown.pin)
    }

    /// The first instant at which the certificate no longer holds.
    pub fn not_after(&self) -> UtcMs {
        self.read(|shown| shown.not_after)
    }

    /// Looks at the files again: whether there is something new, which new callers are shown from now on. While the new
    /// is wrong, the old is shown; each wrong content is told once.
    ///
    /// # Errors
    /// What is wrong with the new.
    pub fn refresh(&self) -> Result<bool, TlsError> {
        let found = contents(&self.certificate, &self.key)?;
        if self.read(|shown| shown.seen == found) {
            return Ok(false);
        }
        let new = Shown::of(&self.certificate, &self.key, found.clone());
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        match new {
            Ok(new) => *shown = new,
            Err(error) => {
                shown.seen = found;
                return Err(error);
            }
        }
        Ok(true)
    }

    /// A server's side of TLS, for HTTP/1.1.
    ///
    /// # Errors
    /// TLS itself cannot be set up.
    pub fn server(self: Arc<Self>) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn read<T>(&self, what: impl FnOnce(&Shown) -> T) -> T {
        what(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.read(|shown| shown.key.clone()))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Shown {
    fn of(certificate: &Path, key: &Path, seen: [Vec<u8>; 2]) -> Result<Self, TlsError> {
        let bad = |why: String| TlsError::Certificate { path: certificate.to_owned(), why };
        let [chain, secret] = &seen;
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad(error.to_string()))?;
        let first = chain.first().ok_or_else(|| bad("there is no certificate in it".into()))?;
        let not_after = not_after(first).map_err(|error| bad(error.to_string()))?;
        let pin = pin_of(first).map_err(|error| bad(error.to_string()))?;
        let not_its_key = |why: String| TlsError::Key {
            path: key.to_owned(),
            certificate: certificate.to_owned(),
            why,
        };
        let secret = PrivateKeyDer::from_pem_slice(secret)
            .map_err(|error| not_its_key(error.to_string()))?;
        let key = CertifiedKey::from_der(chain, secret, &provider())
            .map_err(|error| not_its_key(error.to_string()))?;
        Ok(Self { key: Arc::new(key), pin, not_after, seen })
    }
}

fn contents(certificate: &Path, key: &Path) -> Result<[Vec<u8>; 2], TlsError> {
    let read = |path: &Path| {
        fs::read(path).map_err(|source| TlsError::Io { path: path.to_owned(), source })
    };
    Ok([read(certificate)?, read(key)?])
}

fn not_after(certificate: &CertificateDer<'_>) -> Result<UtcMs, x509_cert::der::Error> {
    let certificate = Certificate::from_der(certificate)?;
    let until = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Ok(UtcMs(i64::try_from(until.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: UtcMs = UtcMs(1_601_503_200_000);

    #[test]
    fn its_own_is_made_once_and_renewed_under_the_same_pin() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Identity::look(folder.path()).unwrap().is_none());
        let made = Identity::own(folder.path(), NOW).unwrap();
        assert!(made.not_after() > NOW + Duration::from_hours(24 * 365 * 19));
        assert!(!crate::private::is_open(&folder.path().join("tls.key")));
        let again = Identity::own(folder.path(), NOW).unwrap();
        assert_eq!((again.pin(), again.not_after()), (made.pin(), made.not_after()));
        assert_eq!(Identity::look(folder.path()).unwrap().unwrap().pin(), made.pin());

        let late = made.not_after() - Duration::from_hours(24);
        let renewed = Identity::own(folder.path(), late).unwrap();
        assert_eq!(renewed.pin(), made.pin());
        assert!(renewed.not_after() > made.not_after());
        fs::remove_file(folder.path().join("tls.crt")).unwrap();
        assert_eq!(Identity::own(folder.path(), NOW).unwrap().pin(), made.pin());
    }

    #[test]
    fn a_bad_new_pair_leaves_the_old_and_is_told_once() {
        let (ours, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let identity = Identity::own(ours.path(), NOW).unwrap();
        let theirs = Identity::own(other.path(), NOW).unwrap();
        let old = identity.pin();
        assert!(!identity.refresh().unwrap());
        let exchange = |name: &str| {
            fs::copy(other.path().join(name), ours.path().join(name)).unwrap();
        };
        exchange("tls.crt");
        assert!(matches!(identity.refresh(), Err(TlsError::Key { .. })));
        assert!(!identity.refresh().unwrap(), "told again");
        assert_eq!(identity.pin(), old);
        fs::write(ours.path().join("tls.crt"), "half a certi").unwrap();
        assert!(matches!(identity.refresh(), Err(TlsError::Certificate { .. })));
        exchange("tls.crt");
        exchange("tls.key");
        assert!(identity.refresh().unwrap());
        assert_eq!(identity.pin(), theirs.pin());
        assert!(Identity::open(&ours.path().join("none"), &ours.path().join("tls.key")).is_err());
    }
}
