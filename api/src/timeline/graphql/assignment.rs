//! Entries of who has the ticket.

use async_graphql::{Context, ID, Result};
use chrono::{DateTime, Utc};
use entity::{event, ids::UserId};

use super::entries::entry;
use crate::{
    assignment::graphql::AssignmentRule,
    events::{Assignment, Handing},
    graphql::Caller,
    people::graphql::{Actor, Team, User, actor_field, team_field, user_field},
    policy,
};

entry! {
    /// The ticket went to a team or an agent, or was taken from them.
    AssignmentEntry {
        from: Assignment,
        to: Assignment,
        is_claim: bool,
        why: Option<Handing>
    }

    /// Whether an agent took it, rather than being given it.
    async fn is_claim(&self) -> bool {
        self.is_claim
    }

    /// By which rule Guichet itself did it; null where somebody did.
    async fn rule(&self, ctx: &Context<'_>) -> Result<Option<AssignmentRule>> {
        let is_internal = self.why == Some(Handing::Escalation);
        if is_internal && !policy::sees_internal(Caller::of(ctx)?.actor) {
            return Ok(None);
        }
        Ok(self.why.map(Into::into))
    }

    /// The team before; null for none.
    async fn team_before(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        team_field(ctx, self.from.team_id).await
    }

    /// The team since then; null for none.
    async fn team_after(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        team_field(ctx, self.to.team_id).await
    }

    /// The agent before; null for nobody.
    async fn assignee_before(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        user(ctx, self.from.assignee_id).await
    }

    /// The agent since then; null for nobody.
    async fn assignee_after(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        user(ctx, self.to.assignee_id).await
    }
}

async fn user(ctx: &Context<'_>, id: Option<UserId>) -> Result<Option<User>> {
    match id {
        Some(id) => Ok(Some(user_field(ctx, id).await?)),
        None => Ok(None),
    }
}

impl AssignmentEntry {
    pub(super) const fn by_somebody(
        row: event::Model,
        from: Assignment,
        to: Assignment,
        is_claim: bool,
    ) -> Self {
        Self {
            row,
            from,
            to,
            is_claim,
            why: None,
        }
    }

    pub(super) const fn by_rule(
        row: event::Model,
        from: Assignment,
        to: Assignment,
        why: Handing,
    ) -> Self {
        Self {
            row,
            from,
            to,
            is_claim: false,
            why: Some(why),
        }
    }
}
