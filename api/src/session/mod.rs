//! Sessions: who is asking. A sign-in starts one; it lives in short access tokens that are
//! verified without the database, and in a refresh token that is replaced at each use.

mod attempt;
mod bounds;
mod change_password;
mod commands;
pub mod graphql;
pub mod keys;
pub mod passwords;
mod queries;
mod reauthentication;
mod sealing;
mod tokens;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use entity::{
    ids::{SessionId, UserId},
    user::Locale,
};

pub use attempt::{Attempt, Attempted, sign_in};
pub use bounds::start_cleaning;
pub use change_password::{NewPassword, change_password};
pub use commands::{
    Origin, SignedIn, Started, answer, count_failure, end_all, end_of_application, refresh,
    refuse_after_failures, sign_out, start, start_in,
};
pub use keys::{authenticate as mac, derived_key, sign_link, verify_link};
pub use passwords::{check as check_password, hash as hash_password};
pub use queries::{
    acting, actor_of, authenticate, embedding_of, holders, identify, padded, standing,
};
pub use reauthentication::{Shown, reauthenticate};
pub use sealing::{seal, unseal, unseal_shown};

use crate::{actor::Actor, config::Config, limits::Limits};

/// How long another server's change to a user's rights may stay unseen.
const ACTOR_MAX_AGE: Duration = Duration::from_secs(1);
/// Sessions and tokens of the API whose rights are in memory.
const ACTORS_MAX: u64 = 20_000;
/// Access tokens whose signature need not be verified again.
const TOKENS_MAX: u64 = 20_000;

/// What somebody holds, by which they are remembered for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    Session(SessionId),
    /// SHA-256 of a token of the API.
    ApiToken([u8; 32]),
}

/// What a server remembers of sessions, and of who holds tokens of the API.
pub struct Sessions {
    keys: RwLock<Option<Arc<keys::KeySet>>>,
    tokens: moka::sync::Cache<[u8; 32], Arc<tokens::Claims>>,
    actors: moka::sync::Cache<Held, Arc<Actor>>,
    hashing: passwords::Hashing,
    limits: Limits,
}

impl Sessions {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            keys: RwLock::new(None),
            tokens: moka::sync::Cache::builder()
                .max_capacity(TOKENS_MAX)
                .time_to_live(tokens::LIFE)
                .build(),
            actors: moka::sync::Cache::builder()
                .max_capacity(ACTORS_MAX)
                .time_to_live(ACTOR_MAX_AGE)
                .build(),
            hashing: passwords::Hashing::default(),
            limits: Limits::new(config.redis_url.as_ref())?,
        })
    }

    /// After a commit that changed somebody's role, teams, organization or sessions.
    pub fn forget_actors(&self) {
        self.actors.invalidate_all();
    }

    /// After a commit that changed this of one person: others need not be read again.
    pub fn forget_actor(&self, id: UserId) {
        let theirs = self
            .actors
            .iter()
            .filter(|(_, actor)| actor.id() == Some(id));
        for (held, _) in theirs {
            self.actors.invalidate(held.as_ref());
        }
    }

    /// Who was found a moment ago to hold this.
    pub fn actor(&self, held: &Held) -> Option<Arc<Actor>> {
        self.actors.get(held)
    }

    /// Remembers for a moment who holds this.
    pub fn keep_actor(&self, held: Held, actor: &Actor) {
        self.actors.insert(held, Arc::new(actor.clone()));
    }

    /// Counts of attempts.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    fn keys(&self) -> Option<Arc<keys::KeySet>> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn keep_keys(&self, keys: Option<Arc<keys::KeySet>>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

/// Where a request comes from, as far as the proxies are trusted.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// What is counted as one: an IPv6 network of 64 bits is one household's.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => IpAddr::V4(address),
                None => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            },
        }
    }
}

/// The language of messages to somebody who is not signed in.
#[derive(Clone, Copy, Debug, Default)]
pub struct PreferredLocale(pub Locale);

#[cfg(test)]
mod tests;
