//! Signing in with an OpenID provider: the authorization code flow with PKCE, `state` and `nonce` (OpenID Connect Core 1.0).

mod claims;
mod code;
mod discovery;
mod flow;
pub mod graphql;
mod standing;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;

use crate::{
    config::{Config, OidcProvider},
    outgoing::{AddressFilter, Client},
};

pub use code::complete;
pub use flow::{Begun, Came, Finished, begin, finish};

use discovery::Known;

/// The providers of the settings, and what is known of each.
pub struct Providers {
    all: Vec<OidcProvider>,
    /// None where there are no providers.
    client: Option<Client>,
    known: Mutex<HashMap<String, Arc<Known>>>,
}

impl Providers {
    /// Fails where the system's certificates cannot be read, and there is somebody to be asked.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let filter = AddressFilter::new(&config.oidc_allow_cidrs);
        let client = if config.oidc.is_empty() {
            None
        } else {
            let client = Client::new(filter);
            Some(client.context("OpenID providers cannot be asked")?)
        };
        Ok(Self {
            all: config.oidc.clone(),
            client,
            known: Mutex::default(),
        })
    }

    /// In the order of their keys.
    pub fn all(&self) -> &[OidcProvider] {
        &self.all
    }

    fn find(&self, key: &str) -> Option<&OidcProvider> {
        self.all.iter().find(|provider| provider.key == key)
    }

    fn known(&self, key: &str) -> Option<Arc<Known>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).map(Arc::clone)
    }

    fn keep(&self, key: &str, known: &Arc<Known>) {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key.to_owned(), Arc::clone(known));
    }
}
