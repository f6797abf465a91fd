//! Passwords: Argon2id, a few at a time, so that a flood of sign-ins does not stop the API.

use std::{sync::Arc, thread::available_parallelism};

use anyhow::Context;
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::{
    app::App,
    error::{Error, Result},
    refusal::{Refusal, Why},
};

/// Shortest new password, in characters.
pub const CHARS_MIN: usize = 10;
/// Longest password, in characters.
pub const CHARS_MAX: usize = 256;
/// Sign-ins that wait for a core; further ones are sent away.
const QUEUE_MAX: usize = 32;
/// When to come again, in seconds: the queue empties in about that time.
const RETRY_AFTER_S: u64 = 3;
/// Nobody's: what is verified for an account that has no password, in the same time as any other.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCEh$\
    bm9ib2R5J3MgcGFzc3dvcmQsIG9mIDMyIGJ5dGVzISE";

/// As many passwords at once as there are cores.
pub(super) struct Hashing {
    cores: Arc<Semaphore>,
    places: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            cores: Arc::new(Semaphore::new(cores)),
            places: Semaphore::new(cores + QUEUE_MAX),
        }
    }
}

/// What is wrong with a new password.
pub fn check(field: &'static str, password: &str) -> Result<(), Refusal> {
    match password.chars().count() {
        0..CHARS_MIN => Err(Refusal::Invalid {
            field,
            why: Why::Password { min: CHARS_MIN },
        }),
        CHARS_MIN..=CHARS_MAX => Ok(()),
        _ => Err(Refusal::TooLong {
            field,
            max: CHARS_MAX,
        }),
    }
}

/// A new password in PHC form, with a salt of its own. Fails where too many wait.
pub async fn hash(app: &App, password: &str) -> Result<String> {
    app.sessions.hashing.hash(password).await
}

impl Hashing {
    async fn hash(&self, password: &str) -> Result<String> {
        let password = normal_form(password);
        self.run(move || {
            let hash = Argon2::default()
                .hash_password(password.as_bytes())
                .map_err(|error| anyhow::anyhow!("cannot hash a password: {error}"))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether `password` is the one of `hash`. Without a hash it is not, and takes as long to say.
    pub(super) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        let password = normal_form(password);
        self.run(move || {
            let is_somebodys = hash.is_some();
            let hash = hash.as_deref().unwrap_or(NOBODYS);
            let hash = PasswordHash::new(hash)
                .map_err(|error| anyhow::anyhow!("a stored password cannot be read: {error}"))?;
            let is_right = Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok();
            Ok(is_right && is_somebodys)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T> {
        let _place = self.places.try_acquire().map_err(|_| Error::RateLimited {
            retry_after_s: RETRY_AFTER_S,
        })?;
        let cores = Arc::clone(&self.cores);
        let core = cores.acquire_owned().await.context("no core hashes")?;
        let work = move || {
            // Held for as long as the core works, even where nobody waits any more.
            let _core = core;
            work()
        };
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.context("hashing broke off")??)
    }
}

/// One password, whichever keyboard it is typed on (NFC, as in RFC 8265).
fn normal_form(password: &str) -> String {
    password.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hashing = Hashing::default();
        let hash = hashing.hash("caf\u{e9} au lait").await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let verify = async |password, hash| hashing.verify(password, hash).await.unwrap();
        assert!(verify("cafe\u{301} au lait", Some(hash.clone())).await);
        assert!(!verify("cafe au lait", Some(hash)).await);
        assert!(!verify("cafe au lait", None).await);
    }

    #[test]
    fn nobodys_password_costs_as_much_as_anybodys() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        let somebodys = Argon2::default().hash_password(b"somebody").unwrap();
        assert_eq!(nobodys.algorithm, somebodys.algorithm);
        assert_eq!(nobodys.version, somebodys.version);
        assert_eq!(nobodys.params, somebodys.params);
        assert_eq!(nobodys.hash.unwrap().len(), somebodys.hash.unwrap().len());
    }

    #[tokio::test]
    async fn a_full_queue_sends_away() {
        let hashing = Hashing::default();
        let _all = hashing
            .places
            .acquire_many(u32::try_from(hashing.places.available_permits()).unwrap())
            .await
            .unwrap();
        assert!(matches!(
            hashing.verify("password", None).await,
            Err(Error::RateLimited { .. })
        ));
    }

    #[test]
    fn new_passwords_have_from_10_to_256_characters() {
        assert!(check("password", "123456789").is_err());
        assert!(check("password", &"é".repeat(10)).is_ok());
        assert!(check("password", &"é".repeat(256)).is_ok());
        assert!(check("password", &"é".repeat(257)).is_err());
    }
}
