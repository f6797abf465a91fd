//! A token, and what it may be used for.

use async_graphql::{Context, Description, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::{
    api_token::{self, Model},
    event::ActorKind,
};

use crate::{
    graphql::{Caller, GlobalId},
    people::graphql::{Actor, actor_field},
};

/// What a token may be used for: an area, and what is done there. A token does what its owner may, as far as its scopes
/// go; what a scope is no good without it brings along. What a token is not for is refused with `FORBIDDEN`, whose
/// `extensions.missingScopes` names what would do; fields below that it is not for are answered as if there were nothing.
/// No token signs in, changes passwords, makes admins, or manages tokens and machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "api_token::ApiScope")]
pub enum ApiScope {
    /// Read tickets with their public comments, their timeline and their custom fields; lists, counts, queues, search and
    /// live streams of them; levels.
    TicketsRead,
    /// Open and change tickets: edit, claim, assign, level, priority, tags, wait, solve, close, link, merge, split. Run
    /// macros, whose steps need what they need by themselves. Brings
    /// `TICKETS_READ`.
    TicketsWrite,
    /// Write public comments, also with `solveTicket` and `reopenTicket`, and edit one's own. Brings `TICKETS_READ`.
    CommentsWrite,
    /// Read internal comments, and what else of tickets is the staff's alone: how tags, links and warnings came about.
    /// Brings `TICKETS_READ`.
    CommentsInternalRead,
    /// Write internal comments, and edit one's own. Brings `COMMENTS_INTERNAL_READ`.
    CommentsInternalWrite,
    /// Create, edit and delete saved queues and macros. Brings `TICKETS_READ`.
    QueuesWrite,
    /// Read articles, their categories and what readers say of them, and ask for suggestions.
    ArticlesRead,
    /// Write articles, translations and drafts from tickets, attach files to them, review them, and say whether they
    /// helped. Brings `ARTICLES_READ`.
    ArticlesWrite,
    /// Publish and archive articles, also at a later time, and change their categories. Brings `ARTICLES_WRITE`.
    ArticlesPublish,
    /// Read people with their addresses, organizations and teams. Without it a token knows of people only how they are
    /// named on tickets: it opens no tickets for others by their address, and assigns nobody by id but itself.
    PeopleRead,
    /// Create and change people, organizations and teams, who is in them and how much they take; but no passwords and no
    /// admins. Brings `PEOPLE_READ`.
    PeopleWrite,
    /// Read `metrics`, `helpMetrics` and `knowledgeGaps`. Brings `TICKETS_READ`.
    MetricsRead,
    /// Read calendars, service-level policies, machines and tokens.
    AdministrationRead,
    /// Change levels, calendars, service-level policies and custom fields. Brings `ADMINISTRATION_READ`.
    AdministrationWrite,
    /// Read and export the audit log.
    AuditRead,
    /// Read webhook endpoints and what came of telling them: of admins all, of other machines their own.
    WebhooksRead,
    /// Create and change webhook endpoints, test them and have events told again. What is told goes as far as the other
    /// scopes of the token that made the endpoint. Brings `WEBHOOKS_READ`.
    WebhooksWrite,
}

/// What a script shows to say who it is, as `Authorization: Bearer gut_…`: a machine's, or somebody's own for their
/// scripts. It does what its owner may, as far as its scopes go.
#[derive(Description)]
pub struct ApiToken(pub Model);

#[Object(use_type_description)]
impl ApiToken {
    /// The token's id; not the token itself, which is shown only by the mutation that makes it.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How it begins, to tell it from others.
    async fn hint(&self) -> &str {
        &self.0.hint
    }

    /// What it may be used for, with what its scopes bring along.
    async fn scopes(&self) -> Vec<ApiScope> {
        self.0.scopes.iter().map(Into::into).collect()
    }

    /// Whose rights it has.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Actor> {
        actor_field(ctx, ActorKind::Person, Some(self.0.user_id)).await
    }

    /// Who made it.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Actor> {
        actor_field(ctx, ActorKind::Person, self.0.created_by).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it is over.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// When it was used last, to about a minute; null where it was not used yet.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// When it was revoked; null where it was not.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }

    /// Whether it is good now: neither revoked nor over. One of somebody who is disabled is refused all the same.
    async fn is_active(&self, ctx: &Context<'_>) -> bool {
        let now = Caller::app_of(ctx).clock.now();
        self.0.revoked_at.is_none() && now < self.0.expires_at
    }
}
