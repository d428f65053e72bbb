use std::{fmt, str::FromStr};

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::Context;

/// A key that signs. It does not print itself, and is wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SecretKey(pub(super) SigningKey);

impl SecretKey {
    /// A key from 32 fresh random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// A key from the system's randomness.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self::from_seed(&seed))
    }

    /// The key that checks what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a payload as what it is.
    pub fn sign(&self, context: Context, payload: &str) -> Signature {
        Signature(self.0.sign(&message(context, payload)).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

/// A key that checks signatures. Text: 64 lower-case hexadecimal digits; a weak one, for which anybody can sign, is not read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")]
pub struct PublicKey(VerifyingKey);

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an ed25519 public key: 64 lower-case hexadecimal digits are expected")]
pub struct BadKey(String);

/// A signature is wrong, or another key's, or under something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit")]
pub struct BadSignature;

impl PublicKey {
    pub(super) fn of(key: VerifyingKey) -> Self {
        Self(key)
    }

    /// The key's 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks a signature over bare bytes, as strictly: notes name what they are themselves.
    pub(super) fn check_bytes(
        &self,
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).map_err(|_| BadSignature)
    }

    /// Checks a signature strictly: neither weak keys nor second spellings of a signature pass.
    ///
    /// # Errors
    /// It does not fit.
    pub fn check(
        &self,
        context: Context,
        payload: &str,
        signature: &Signature,
    ) -> Result<(), BadSignature> {
        self.check_bytes(&message(context, payload), &signature.0)
    }
}

pub(super) fn message(context: Context, payload: &str) -> Vec<u8> {
    [context.line(), payload.as_bytes()].concat()
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let bad = || BadKey(text.to_owned());
        let bytes = lower_hex(text).ok_or_else(bad)?;
        // Anybody can sign for a weak one.
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak());
        key.map(Self).ok_or_else(bad)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = BadKey;

    fn try_from(text: String) -> Result<Self, BadKey> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

/// A signature. Text: 128 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String)]
pub struct Signature([u8; 64]);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}

impl FromStr for Signature {
    type Err = BadSignature;

    fn from_str(text: &str) -> Result<Self, BadSignature> {
        lower_hex(text).map(Self).ok_or(BadSignature)
    }
}

impl TryFrom<String> for Signature {
    type Error = BadSignature;

    fn try_from(text: String) -> Result<Self, BadSignature> {
        text.parse()
    }
}

impl From<Signature> for String {
    fn from(signature: Signature) -> Self {
        signature.to_string()
    }
}

/// Reads hexadecimal digits that have one spelling only.
pub(super) fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let lower = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_fits_one_payload_in_one_context_by_one_key() {
        let (ours, theirs) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
        let signature = ours.sign(Context::Record, "x");
        let check = |key: &SecretKey, context, payload| {
            key.public().check(context, payload, &signature).is_ok()
        };
        assert!(check(&ours, Context::Record, "x"));
        assert!(!check(&ours, Context::Rundown, "x"));
        assert!(!check(&ours, Context::Record, "x "));
        assert!(!check(&theirs, Context::Record, "x"));
    }

    #[test]
    fn a_weak_key_is_none_and_vouches_for_nothing() {
        // The neutral point: by the laxer check of RFC 8032 it signs any message with the signature below.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert!(hex::encode(neutral).parse::<PublicKey>().is_err());
        let key = PublicKey::of(VerifyingKey::from_bytes(&neutral).unwrap());
        let signature: Signature = hex::encode([neutral, [0; 32]].concat()).parse().unwrap();
        assert_eq!(key.check(Context::Record, "anything", &signature), Err(BadSignature));
    }

    #[test]
    fn keys_and_signatures_have_one_spelling() {
        let key = SecretKey::from_seed(&[3; 32]).public();
        let text = key.to_string();
        assert_eq!(text.parse(), Ok(key));
        assert!(text.to_uppercase().parse::<PublicKey>().is_err());
        assert!(text[1..].parse::<PublicKey>().is_err());
        let signature = SecretKey::from_seed(&[3; 32]).sign(Context::Record, "").to_string();
        assert!(signature.parse::<Signature>().is_ok());
        assert!(signature.to_uppercase().parse::<Signature>().is_err());
    }

    #[test]
    fn a_secret_key_does_not_print_itself() {
        let text = format!("{:?}", SecretKey::from_seed(&[0xab; 32]));
        assert!(!text.contains("abab"), "{text}");
    }
}
