//! A certificate that the district makes for itself. Nobody vouches for it: a station knows it by its pin.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Datelike as _};
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use super::TlsError;
use crate::{private, radio::UtcMs};

/// Nobody renews it by hand, and a station asks for its key only.
const LIFE: Duration = Duration::from_hours(24 * 365 * 20);

/// How long before its end a certificate is made anew.
pub(super) const RENEWED_BEFORE: Duration = Duration::from_hours(24 * 365);

/// A district's clock may be ahead of those who look at its certificate.
const EARLY: Duration = Duration::from_hours(24 * 2);

pub(super) fn files(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("tls.crt"), folder.join("tls.key"))
}

/// Makes what is missing of the two.
pub(super) fn make(certificate: &Path, key: &Path, now: UtcMs) -> Result<(), TlsError> {
    if let Some(folder) = key.parent() {
        private::folder(folder)
            .map_err(|source| TlsError::Io { path: folder.to_owned(), source })?;
    }
    if !key.exists() {
        write(key, &KeyPair::generate()?.serialize_pem())?;
    } else if certificate.exists() {
        return Ok(());
    }
    renew(certificate, key, now)
}

/// Makes a certificate for a key that there is.
pub(super) fn renew(certificate: &Path, key: &Path, now: UtcMs) -> Result<(), TlsError> {
    let pem =
        fs::read_to_string(key).map_err(|source| TlsError::Io { path: key.to_owned(), source })?;
    let signer = KeyPair::from_pem(&pem)?;
    let mut parameters = CertificateParams::new(["loa".to_owned(), "localhost".to_owned()])?;
    parameters.distinguished_name.push(DnType::CommonName, "Loa");
    let [from, until] = [now - EARLY, now + LIFE].map(day);
    parameters.not_before = date_time_ymd(from.0, from.1, from.2);
    parameters.not_after = date_time_ymd(until.0, until.1, until.2);
    write(certificate, &parameters.self_signed(&signer)?.pem())
}

fn write(path: &Path, pem: &str) -> Result<(), TlsError> {
    private::replace(path, pem.as_bytes())
        .map_err(|source| TlsError::Io { path: path.to_owned(), source })
}

/// The day of an instant, to which a certificate's dates are rounded.
fn day(at: UtcMs) -> (i32, u8, u8) {
    let day = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    let small = |number: u32| u8::try_from(number).unwrap_or(1);
    (day.year(), small(day.month()), small(day.day()))
}
