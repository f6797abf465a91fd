//! An application and its keys.

use async_graphql::{Description, Enum, ID, Object};
use chrono::{DateTime, Utc};
use entity::application_key::{self, Algorithm};

use crate::{application, graphql::GlobalId};

/// A program that embeds the desk. Its backend signs tokens that name its users, and `signInWithApplication` makes sessions
/// of them.
#[derive(Description)]
pub struct Application(pub application::Application);

#[Object(use_type_description)]
impl Application {
    /// The application's id.
    pub async fn id(&self) -> ID {
        self.0.row.id.global()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// What its tokens must say in `iss`.
    async fn issuer(&self) -> &str {
        &self.0.row.issuer
    }

    /// What its tokens must say in `aud`.
    async fn audience(&self) -> String {
        application::audience(self.0.row.id)
    }

    /// Whether people sign in through it.
    async fn is_active(&self) -> bool {
        self.0.row.disabled_at.is_none()
    }

    /// The keys that its tokens may be signed with, the oldest first; at most 10.
    async fn keys(&self) -> Vec<ApplicationKey> {
        self.0.keys.iter().cloned().map(ApplicationKey).collect()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.row.created_at
    }
}

/// A key that tokens of an application are verified with.
#[derive(Description)]
pub struct ApplicationKey(pub application_key::Model);

#[Object(use_type_description)]
impl ApplicationKey {
    /// The key's id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// What the header of a token must say in `kid`.
    async fn kid(&self) -> &str {
        &self.0.kid
    }

    /// What the header of a token must say in `alg`.
    async fn algorithm(&self) -> ApplicationKeyAlgorithm {
        self.0.algorithm.into()
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// The one algorithm that a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Algorithm")]
pub enum ApplicationKeyAlgorithm {
    /// HMAC with SHA-256: `HS256`, with a secret that both sides have.
    Hs256,
    /// ECDSA on P-256 with SHA-256: `ES256`.
    Es256,
    /// Ed25519: `EdDSA`.
    #[graphql(name = "EDDSA")]
    EdDsa,
}
