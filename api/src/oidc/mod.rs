//! Signing in with an OpenID provider: the authorization code flow with PKCE, `state` and `nonce` (OpenID Connect Core 1.0).

mod claims;
mod code;
mod discovery;
mod flow;
pub mod graphql;
mod standing;

use anyhow::Context;
use tokio::sync::Mutex;

use crate::{
    config::{Config, OidcProvider},
    outgoing::{AddressFilter, Client},
    turns::Turns,
};

pub use code::complete;
pub use flow::{Begun, Came, Finished, begin, finish};

use discovery::LookedUp;

/// Sign-ins that one server has one provider asked for at once; nobody waits for a turn.
const AT_ONCE: usize = 32;

/// The providers of the settings, and what is known of each.
pub struct Providers {
    all: Vec<Provider>,
    /// None where there are no providers.
    client: Option<Client>,
}

/// One of them. What this server does for it, it does apart from the others: one that does not answer holds nobody else up.
struct Provider {
    settings: OidcProvider,
    turns: Turns,
    /// Held while it is read: who comes meanwhile waits for what is found.
    looked_up: Mutex<LookedUp>,
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
        let all = config.oidc.iter().map(|settings| Provider {
            settings: settings.clone(),
            turns: Turns::new(AT_ONCE, 0),
            looked_up: Mutex::default(),
        });
        let all = all.collect();
        Ok(Self { all, client })
    }

    /// In the order of their keys.
    pub fn all(&self) -> impl Iterator<Item = &OidcProvider> {
        self.all.iter().map(|provider| &provider.settings)
    }

    fn find(&self, key: &str) -> Option<&Provider> {
        self.all
            .iter()
            .find(|provider| provider.settings.key == key)
    }
}
