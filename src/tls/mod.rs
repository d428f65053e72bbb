//! HTTPS (rustls with ring): what the district shows, and whom a station believes.

mod identity;
mod own;
mod trust;

pub use identity::Identity;
pub use trust::{Trust, client};

use std::{io, path::PathBuf, sync::Arc};

use rustls::{
    crypto::{CryptoProvider, ring},
    pki_types::CertificateDer,
    server::ParsedCertificate,
};

use crate::radio::Pin;

/// Why there is no HTTPS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or made.
    #[error(
        "cannot read or make {path}: {source}; see that it is there and that this user may read it"
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file holds something else.
    #[error(
        "{path} is not what it should be: {why}; a PEM file is expected, of a chain with the district's own certificate first"
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A file holds no key, or another certificate's.
    #[error("{path} is not the key of the certificate {certificate}: {why}")]
    Key {
        /// The key's file.
        path: PathBuf,
        /// The certificate's file.
        certificate: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Own(#[from] rcgen::Error),
    /// The machine has no authorities.
    #[error(
        "this machine knows no authority for certificates ({0}): install its ca-certificates, or name one with --tls-ca FILE"
    )]
    Authorities(rustls::Error),
    /// TLS itself cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The pin of a certificate's key.
fn pin_of(certificate: &CertificateDer<'_>) -> Result<Pin, rustls::Error> {
    let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    Ok(Pin::of(&key))
}
