//! SHA-256 (FIPS 180-4) of what may not change. Text: 64 lower-case hexadecimal digits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Why a text is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a SHA-256: 64 hexadecimal digits are expected")]
pub struct BadHash(String);

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
        )]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The hash of these bytes.
            pub fn of(bytes: &[u8]) -> Self {
                Self(Sha256::digest(bytes).into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadHash;

            fn from_str(text: &str) -> Result<Self, BadHash> {
                let mut bytes = [0; 32];
                // The decoder passes over a leading 0x, and a hash has one length.
                let read = text.len() == 64 && hex::decode_to_slice(text, &mut bytes).is_ok();
                if read { Ok(Self(bytes)) } else { Err(BadHash(text.to_owned())) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadHash;

            fn try_from(text: String) -> Result<Self, BadHash> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(hash: $name) -> Self {
                hash.to_string()
            }
        }
    )*};
}

hashes! {
    /// The hash of a recording's bytes: what a clip is known by.
    ClipHash;
    /// The hash of an as-run record's exact text: what the next record names.
    RecordHash;
    /// The hash of the public key in a certificate (its SubjectPublicKeyInfo, as in RFC 7469): a renewed certificate with
    /// the same key has the same pin.
    Pin;
}

/// The hash of something's JSON, in hexadecimal: what says something else has another.
pub fn digest<T: Serialize>(content: &T) -> String {
    // What is hashed here has text keys only, so that writing it as JSON cannot fail; an empty text would differ anyway.
    let json = serde_json::to_vec(content).unwrap_or_default();
    hex::encode(Sha256::digest(&json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_digits_and_nothing_before_them() {
        let hash = ClipHash::of(b"");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for text in [format!("0x{hash}"), format!("0x{}", &hash.to_string()[2..]), String::new()] {
            assert_eq!(text.parse::<ClipHash>(), Err(BadHash(text)));
        }
    }
}
