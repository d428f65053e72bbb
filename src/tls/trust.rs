use std::{path::PathBuf, sync::Arc};

use reqwest::{Client, ClientBuilder, redirect};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;
use subtle::ConstantTimeEq as _;

use super::{TlsError, pin_of, provider};
use crate::radio::Pin;

/// Whose certificate a caller believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The one with this key, whatever its name and its dates: a station whose clock woke up in another year still finds
    /// its district.
    Pinned(Pin),
    /// Those for which an authority vouches that this machine trusts, or one in a PEM file.
    Authorities(Option<PathBuf>),
    /// None: the address is plain HTTP.
    Nobody,
}

/// An HTTP client that believes so, asks no proxy, since the machine's settings are for people's browsing, and goes
/// nowhere else than asked.
///
/// # Errors
/// The authorities cannot be read.
pub fn client(trust: &Trust) -> Result<ClientBuilder, TlsError> {
    let provider = provider();
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Pinned(pin) => {
            Arc::new(Pinned { pin: *pin, algorithms: provider.signature_verification_algorithms })
        }
        Trust::Authorities(file) => {
            let extra = file.as_ref().map(authorities).transpose()?.unwrap_or_default();
            let verifier = Verifier::new_with_extra_roots(extra, provider);
            Arc::new(verifier.map_err(TlsError::Authorities)?)
        }
        Trust::Nobody => {
            let config = config.with_root_certificates(RootCertStore::empty());
            return Ok(builder(config.with_no_client_auth()));
        }
    };
    let config = config.dangerous().with_custom_certificate_verifier(verifier);
    Ok(builder(config.with_no_client_auth()))
}

fn builder(config: ClientConfig) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .redirect(redirect::Policy::none())
}

fn authorities(file: &PathBuf) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bad = |why: String| TlsError::Certificate { path: file.clone(), why };
    let pem = std::fs::read(file).map_err(|source| TlsError::Io { path: file.clone(), source })?;
    let found = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| bad(error.to_string()))?;
    if found.is_empty() { Err(bad("there is no certificate in it".to_owned())) } else { Ok(found) }
}

/// Believes one key.
#[derive(Debug)]
struct Pinned {
    pin: Pin,
    algorithms: WebPkiSupportedAlgorithms,
}

/// The other end has another key.
#[derive(Debug, thiserror::Error)]
#[error(
    "its certificate has another key than the district's: somebody may be in the line, or the district has a new key; then enrol the station with a new code"
)]
struct Stranger;

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if bool::from(pin_of(end_entity)?.0.ct_eq(&self.pin.0)) {
            Ok(ServerCertVerified::assertion())
        } else {
            // As an invalid certificate it would be told in Rust's words, not in ours.
            Err(Error::Other(OtherError(Arc::new(Stranger))))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
