//! Who asks: a person, a machine or the system itself, with what the policy needs to know of them.

use chrono::{DateTime, Utc};
use entity::{
    api_token::ApiScopes,
    event::ActorKind,
    ids::{ApiTokenId, OrganizationId, SessionId, TeamId, UserId},
    team,
    user::{Kind, Locale, Role},
};

/// Who acts. Rights are read from the database for each request, never from a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User(User),
    /// Guichet itself: an import, a timer.
    System,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub kind: Kind,
    pub role: Role,
    pub locale: Locale,
    pub organization: Option<Membership>,
    pub teams: Vec<(TeamId, team::Kind)>,
    /// What the request came with; none where the command line acts in somebody's name.
    pub credential: Option<Credential>,
}

/// How an actor has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A sign-in.
    Session(SessionId),
    ApiToken(ApiToken),
}

/// A token of the API, and how far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub scopes: ApiScopes,
    pub expires_at: DateTime<Utc>,
}

/// Which session or token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialId {
    Session(SessionId),
    ApiToken(ApiTokenId),
}

impl Credential {
    pub const fn id(&self) -> CredentialId {
        match self {
            Self::Session(id) => CredentialId::Session(*id),
            Self::ApiToken(token) => CredentialId::ApiToken(token.id),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    pub id: OrganizationId,
    /// Whether its members read each other's tickets.
    pub shares_tickets: bool,
}

impl User {
    /// The sign-in that the request came with.
    pub const fn session_id(&self) -> Option<SessionId> {
        match self.credential {
            Some(Credential::Session(id)) => Some(id),
            Some(Credential::ApiToken(_)) | None => None,
        }
    }
}

impl Actor {
    /// The user's id; the system has none.
    pub const fn id(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user.id),
            Self::System => None,
        }
    }

    pub const fn kind(&self) -> ActorKind {
        match self {
            Self::User(user) => match user.kind {
                Kind::Person => ActorKind::Person,
                Kind::Machine => ActorKind::Machine,
            },
            Self::System => ActorKind::System,
        }
    }

    /// The language of messages to them.
    pub fn locale(&self) -> Locale {
        match self {
            Self::User(user) => user.locale,
            Self::System => Locale::default(),
        }
    }

    /// The organization of a person who belongs to one.
    pub fn organization_id(&self) -> Option<OrganizationId> {
        match self {
            Self::User(user) => user.organization.map(|organization| organization.id),
            Self::System => None,
        }
    }

    /// What the request came with.
    pub const fn credential(&self) -> Option<&Credential> {
        match self {
            Self::User(user) => user.credential.as_ref(),
            Self::System => None,
        }
    }

    /// The token of the API that the request came with; none with a sign-in.
    pub const fn api_token(&self) -> Option<&ApiToken> {
        match self.credential() {
            Some(Credential::ApiToken(token)) => Some(token),
            Some(Credential::Session(_)) | None => None,
        }
    }

    pub fn teams(&self) -> &[(TeamId, team::Kind)] {
        match self {
            Self::User(user) => &user.teams,
            Self::System => &[],
        }
    }
}
