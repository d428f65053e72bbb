//! Passwords: argon2id, on threads where waiting harms nobody, and only so many at once.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use super::problem::Refusal;

/// Each takes 19 MiB and a core for some 30 ms: more at once would take the machine from those who play.
const AT_ONCE: usize = 2;

/// Compared with where nobody has the name, so that the answer takes as long.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bG9hLWxvYS1sb2EtbG9hLQ$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that is long enough, as it is hashed: NFKC, so that every keyboard and input method gives the same bytes.
pub(super) struct Password(String);

impl Password {
    /// The fewest characters.
    pub(super) const SHORTEST: usize = 10;
    /// The most characters.
    pub(super) const LONGEST: usize = 256;

    /// Reads one to be set; none: too short or too long.
    pub(super) fn new(text: &str) -> Option<Self> {
        let password = Self::shown(text)?;
        (password.0.chars().count() >= Self::SHORTEST).then_some(password)
    }

    /// Reads one that is shown; none: nobody can have set it.
    pub(super) fn shown(text: &str) -> Option<Self> {
        // What is far too long is not even normalised.
        if text.len() > Self::LONGEST * 16 {
            return None;
        }
        let text: String = text.nfkc().collect();
        (text.chars().count() <= Self::LONGEST).then_some(Self(text))
    }
}

/// Hashes and compares.
#[derive(Debug)]
pub(super) struct Passwords(Semaphore);

impl Default for Passwords {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Passwords {
    /// Argon2's text of a password, with a salt of its own.
    pub(super) async fn hash(&self, password: Password) -> Result<String, Refusal> {
        self.aside(move || {
            let hash = Argon2::default().hash_password(password.0.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(Refusal::internal)
        })
        .await?
    }

    /// Whether a password is the one of a text; as slow where there is none.
    pub(super) async fn is(&self, password: Password, hash: Option<&str>) -> Result<bool, Refusal> {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or(NOBODYS).to_owned();
        self.aside(move || {
            let hash = PasswordHash::new(&hash).map_err(Refusal::internal)?;
            let verified = Argon2::default().verify_password(password.0.as_bytes(), &hash);
            Ok(verified.is_ok() && is_known)
        })
        .await?
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let _seat = self.0.acquire().await.map_err(Refusal::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Refusal::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_itself_however_it_was_typed() {
        let passwords = Passwords::default();
        let password = |text: &str| Password::new(text).unwrap();
        let hash = passwords.hash(password("Mật khẩu dài 1")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let decomposed: String = "Mật khẩu dài 1".nfd().collect();
        assert!(passwords.is(password(&decomposed), Some(&hash)).await.unwrap());
        assert!(!passwords.is(password("Mật khẩu dài 2"), Some(&hash)).await.unwrap());
        // A salt of its own.
        assert_ne!(hash, passwords.hash(password("Mật khẩu dài 1")).await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_password_is_compared_too_and_fits_nothing() {
        assert!(PasswordHash::new(NOBODYS).is_ok());
        let passwords = Passwords::default();
        assert!(!passwords.is(Password::shown("").unwrap(), None).await.unwrap());
    }

    #[test]
    fn only_the_length_is_judged() {
        assert!(Password::new("chín ký t").is_none());
        assert!(Password::new("mười ký tự").is_some());
        assert!(Password::new(&"ậ".repeat(256)).is_some());
        assert!(Password::new(&"a".repeat(257)).is_none());
        assert!(Password::shown("ngắn").is_some());
    }
}
