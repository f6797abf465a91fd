//! Who asks: a person, a machine or the system itself, with what the policy needs to know of them.

use entity::{
    event::ActorKind,
    ids::{OrganizationId, SessionId, TeamId, UserId},
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
    /// The sign-in that the request came with.
    pub session_id: Option<SessionId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    pub id: OrganizationId,
    /// Whether its members read each other's tickets.
    pub shares_tickets: bool,
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

    /// The sign-in that the request came with.
    pub const fn session_id(&self) -> Option<SessionId> {
        match self {
            Self::User(user) => user.session_id,
            Self::System => None,
        }
    }

    pub fn teams(&self) -> &[(TeamId, team::Kind)] {
        match self {
            Self::User(user) => &user.teams,
            Self::System => &[],
        }
    }
}
