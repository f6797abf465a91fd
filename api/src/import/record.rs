//! What a row of an imported file says, typed and checked. An absent field is `None`: a new row gets
//! its default, a known one keeps what it has.

use std::fmt;

use entity::{
    article, comment,
    json::{ApplicationContext, CustomFields},
    knowledge_link, team,
    ticket::{Channel, Priority, Status, WaitingReason},
    user::{Locale, Role},
};
use serde::Deserialize;

use super::when::When;

/// The types of rows, in the order in which they can refer to each other.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Organization,
    Team,
    User,
    Article,
    Ticket,
    Comment,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Organization(Organization),
    Team(Team),
    User(User),
    Article(Box<Article>),
    Ticket(Box<Ticket>),
    Comment(Comment),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    pub name: String,
    pub shares_tickets: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    pub name: String,
    pub kind: Option<team::Kind>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub email: String,
    pub name: Option<String>,
    pub role: Option<Role>,
    pub locale: Option<Locale>,
    pub organization: Option<String>,
    pub teams: Option<Vec<String>>,
    /// Whoever is known stays as they are: the row only follows from another.
    pub is_implied: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    pub slug: String,
    pub locale: Option<Locale>,
    pub text: ArticleText,
    pub url: Option<String>,
    pub visibility: Option<article::Visibility>,
    pub status: Option<article::Status>,
    pub category: Option<String>,
    pub tags: Option<Vec<String>>,
    pub translations: Vec<(Locale, ArticleText)>,
    pub created_at: Option<When>,
    pub updated_at: Option<When>,
}

/// An article in one language; a link to a page elsewhere has no body.
#[derive(Clone, Debug, PartialEq)]
pub struct ArticleText {
    pub title: String,
    pub summary: Option<String>,
    pub body: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub external_id: String,
    pub subject: String,
    pub description: String,
    pub requester: Person,
    pub status: Option<Status>,
    pub waiting_reason: Option<WaitingReason>,
    pub waiting_until: Option<When>,
    pub priority: Option<Priority>,
    pub level_rank: Option<i16>,
    pub channel: Option<Channel>,
    pub assignee: Option<String>,
    pub team: Option<String>,
    /// Nor the one that its level has.
    pub has_no_team: bool,
    pub tags: Option<Vec<String>>,
    pub custom_fields: Option<CustomFields>,
    pub context: Option<ApplicationContext>,
    pub satisfaction: Option<Satisfaction>,
    pub history: Option<Vec<Step>>,
    pub knowledge: Vec<Knowledge>,
    pub created_at: Option<When>,
    pub updated_at: Option<When>,
    pub first_replied_at: Option<When>,
    pub solved_at: Option<When>,
    pub closed_at: Option<When>,
}

/// Somebody by e-mail, and the name to give them if nobody knows them yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub email: String,
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Satisfaction {
    pub score: i16,
    pub comment: Option<String>,
    pub rated_at: Option<When>,
}

/// One step on a ticket's way.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub at: When,
    /// None: the system did it.
    pub by: Option<String>,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Status {
        to: Status,
        waiting_reason: Option<WaitingReason>,
        waiting_until: Option<When>,
    },
    Level {
        from: i16,
        to: i16,
        reason: String,
    },
    Assignee {
        to: Option<String>,
    },
    Team {
        from: Option<String>,
        to: Option<String>,
    },
}

/// An article on the ticket, why, and who put it there: nobody is the system.
#[derive(Clone, Debug, PartialEq)]
pub struct Knowledge {
    pub article: String,
    pub role: knowledge_link::Role,
    pub by: Option<String>,
    pub at: Option<When>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub external_id: String,
    pub ticket: String,
    pub author: Person,
    pub visibility: Option<comment::Visibility>,
    pub body: String,
    pub is_solution: Option<bool>,
    pub created_at: Option<When>,
}

impl Record {
    /// What it is known by: two records of one key are about one thing.
    pub fn key(&self) -> (Kind, String) {
        let name = match self {
            Self::Organization(organization) => &organization.name,
            Self::Team(team) => &team.name,
            Self::User(user) => &user.email,
            Self::Article(article) => &article.slug,
            Self::Ticket(ticket) => &ticket.external_id,
            Self::Comment(comment) => &comment.external_id,
        };
        (self.kind(), name.clone())
    }

    pub const fn kind(&self) -> Kind {
        match self {
            Self::Organization(_) => Kind::Organization,
            Self::Team(_) => Kind::Team,
            Self::User(_) => Kind::User,
            Self::Article(_) => Kind::Article,
            Self::Ticket(_) => Kind::Ticket,
            Self::Comment(_) => Kind::Comment,
        }
    }
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::Organization,
        Self::Team,
        Self::User,
        Self::Article,
        Self::Ticket,
        Self::Comment,
    ];

    /// The names of this type's fields.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Organization => &["name", "sharesTickets"],
            Self::Team => &["name", "kind"],
            Self::User => &["email", "name", "role", "locale", "organization", "teams"],
            Self::Article => &[
                "slug",
                "title",
                "body",
                "url",
                "summary",
                "locale",
                "visibility",
                "status",
                "category",
                "tags",
                "translations",
                "createdAt",
                "updatedAt",
            ],
            Self::Ticket => &[
                "externalId",
                "subject",
                "description",
                "requesterEmail",
                "requesterName",
                "status",
                "waitingReason",
                "waitingUntil",
                "priority",
                "levelRank",
                "channel",
                "assigneeEmail",
                "team",
                "noTeam",
                "tags",
                "customFields",
                "context",
                "satisfaction",
                "history",
                "knowledge",
                "createdAt",
                "updatedAt",
                "firstRepliedAt",
                "solvedAt",
                "closedAt",
            ],
            Self::Comment => &[
                "externalId",
                "ticketExternalId",
                "authorEmail",
                "authorName",
                "visibility",
                "body",
                "isSolution",
                "createdAt",
            ],
        }
    }

    /// Whether a column of this name is read: a field, or a part of one that has parts.
    pub fn has_field(self, column: &str) -> bool {
        let whole = match column.split_once('.') {
            Some((whole @ ("customFields" | "context" | "satisfaction"), _)) => whole,
            _ => column,
        };
        self.fields().contains(&whole)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organization => "organization",
            Self::Team => "team",
            Self::User => "user",
            Self::Article => "article",
            Self::Ticket => "ticket",
            Self::Comment => "comment",
        })
    }
}
