use std::fmt;

use ed25519_zebra::batch::{Item, Verifier};
use rand::{SeedableRng as _, rngs::StdRng};

use super::{
    BadSignature, Context,
    key::{lower_hex, message},
};

/// That a key signed a payload: still to be checked, best together with others, which takes a third of the time.
///
/// What holds is said by [ZIP 215](https://zips.z.cash/zip-0215), under which signatures that are checked together and each of
/// them alone come to the same; under RFC 8032 they need not. All that [`PublicKey::check`](super::PublicKey::check) takes
/// holds here too, and nobody but the key's owner can make a signature that holds only here.
#[derive(Clone)]
pub struct Claim(Item);

impl Claim {
    /// Reads a key and a signature of it as they are written. Whether the key is one is seen when it is checked.
    ///
    /// # Errors
    /// One of them has another form.
    pub fn read(
        key: &str,
        signature: &str,
        context: Context,
        payload: &str,
    ) -> Result<Self, BadSignature> {
        let key = lower_hex::<32>(key).ok_or(BadSignature)?;
        let signature = lower_hex::<64>(signature).ok_or(BadSignature)?;
        Ok(Self((key.into(), signature.into(), &message(context, payload)).into()))
    }

    fn check(&self) -> Result<(), BadSignature> {
        self.0.clone().verify_single().map_err(|_| BadSignature)
    }

    /// Checks claims together, and gives the first that does not hold.
    pub fn first_wrong<'a>(claims: impl Iterator<Item = &'a Self> + Clone) -> Option<usize> {
        claims.clone().next()?;
        let mut seed = [0; 32];
        // Without randomness nothing can be said of them together.
        if getrandom::fill(&mut seed).is_ok() {
            let mut together = Verifier::new();
            claims.clone().for_each(|Self(item)| together.queue(item.clone()));
            if together.verify(StdRng::from_seed(seed)).is_ok() {
                return None;
            }
        }
        claims.enumerate().find_map(|(index, claim)| claim.check().is_err().then_some(index))
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::SecretKey, *};

    const CONTEXT: Context = Context::Record;

    fn claims(count: u8) -> Vec<Claim> {
        let claim = |number| {
            let secret = SecretKey::from_seed(&[number % 3; 32]);
            let payload = format!("record {number}");
            let signature = secret.sign(CONTEXT, &payload).to_string();
            Claim::read(&secret.public().to_string(), &signature, CONTEXT, &payload).unwrap()
        };
        (0..count).map(claim).collect()
    }

    #[test]
    fn the_first_that_does_not_hold_is_named() {
        let whole = claims(40);
        assert_eq!(Claim::first_wrong(whole.iter()), None);
        assert_eq!(Claim::first_wrong([].iter()), None);
        let secret = SecretKey::from_seed(&[7; 32]);
        let (key, signature) =
            (secret.public().to_string(), secret.sign(CONTEXT, "another").to_string());
        let wrong = Claim::read(&key, &signature, CONTEXT, "one").unwrap();
        for first in [0, 1, 20, 39] {
            let mut claims = whole.clone();
            claims[first] = wrong.clone();
            claims[39] = wrong.clone();
            assert_eq!(Claim::first_wrong(claims.iter()), Some(first));
        }
    }

    #[test]
    fn no_bit_of_a_signature_can_change() {
        let (secret, payload) = (SecretKey::from_seed(&[1; 32]), "record 1");
        let key = secret.public().to_string();
        let mut bytes = hex::decode(secret.sign(CONTEXT, payload).to_string()).unwrap();
        let others = claims(3);
        for bit in 0..512 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let claim = Claim::read(&key, &hex::encode(&bytes), CONTEXT, payload).unwrap();
            let all = others.iter().chain([&claim]);
            assert_eq!(Claim::first_wrong(all), Some(3), "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn what_has_another_form_is_no_claim() {
        let key = SecretKey::from_seed(&[1; 32]).public().to_string();
        let signature = "ab".repeat(64);
        for (key, signature) in
            [(&*key, "ab"), ("ab", &*signature), (&*key.to_uppercase(), &*signature)]
        {
            assert!(Claim::read(key, signature, CONTEXT, "").is_err());
        }
        let no_key = Claim::read(&"ff".repeat(32), &signature, CONTEXT, "").unwrap();
        assert_eq!(Claim::first_wrong([no_key].iter()), Some(0));
    }
}
