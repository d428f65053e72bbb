use std::{fmt, str::FromStr};

use crate::{radio::Pin, signing::PublicKey};

/// What the district gives to those who set a station up: a secret that works once, and by what the station knows the
/// district when it first calls.
///
/// Text: the secret, then what is known of the district, each after a dot and its name: `SECRET.key-HEX.tls-HEX`.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// Works once, and is sent to the district.
    pub secret: String,
    /// A key of the district's: the row of keys that answers must have it.
    pub key: Option<PublicKey>,
    /// The key of the certificate that the district made itself.
    pub pin: Option<Pin>,
}

/// The text is no code. It is not shown: most of it may be right, and secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no enrolment code: copy the whole line that loa enrol printed")]
pub struct BadCode;

impl fmt::Display for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.secret)?;
        if let Some(key) = self.key {
            write!(f, ".key-{key}")?;
        }
        if let Some(pin) = self.pin {
            write!(f, ".tls-{pin}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolmentCode")
            .field("key", &self.key)
            .field("pin", &self.pin)
            .finish_non_exhaustive()
    }
}

impl FromStr for EnrolmentCode {
    type Err = BadCode;

    fn from_str(text: &str) -> Result<Self, BadCode> {
        let mut parts = text.trim().split('.');
        let secret = parts.next().filter(|secret| !secret.is_empty()).ok_or(BadCode)?.to_owned();
        let mut code = Self { secret, key: None, pin: None };
        // A part that this program does not know may be one without which it would believe a stranger.
        for part in parts {
            match part.split_once('-') {
                Some(("key", key)) if code.key.is_none() => {
                    code.key = Some(key.parse().map_err(|_| BadCode)?);
                }
                Some(("tls", pin)) if code.pin.is_none() => {
                    code.pin = Some(pin.parse().map_err(|_| BadCode)?);
                }
                _ => return Err(BadCode),
            }
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::SecretKey;

    #[test]
    fn a_code_is_read_as_it_is_written() {
        let key = Some(SecretKey::from_seed(&[7; 32]).public());
        let pin = Some(Pin::of(b"a certificate's key"));
        for (key, pin) in [(None, None), (key, None), (None, pin), (key, pin)] {
            let code = EnrolmentCode { secret: "5f2b8c1d".to_owned(), key, pin };
            assert_eq!(code.to_string().parse(), Ok(code.clone()));
            assert_eq!(format!(" {code}\n").parse(), Ok(code));
        }
    }

    #[test]
    fn half_a_code_is_none() {
        let whole = EnrolmentCode {
            secret: "5f2b8c1d".to_owned(),
            key: Some(SecretKey::from_seed(&[7; 32]).public()),
            pin: Some(Pin::of(b"x")),
        };
        let text = whole.to_string();
        for end in (0..text.len())
            .filter(|end| !text[..*end].parse().is_ok_and(|half: EnrolmentCode| half.pin.is_none()))
        {
            assert_eq!(text[..end].parse::<EnrolmentCode>(), Err(BadCode), "{end}");
        }
        for wrong in ["", ".", ".tls-", "a.", "a.b", "a.tls-12", "a.new-12", "a-b.tls"] {
            assert_eq!(wrong.parse::<EnrolmentCode>(), Err(BadCode), "{wrong}");
        }
        let twice = format!("{text}.tls-{}", Pin::of(b"y"));
        assert_eq!(twice.parse::<EnrolmentCode>(), Err(BadCode));
        assert!(!format!("{whole:?}").contains("5f2b8c1d"));
    }
}
