//! What a macro would do to a ticket.

use async_graphql::{Context, Description, ID, Json, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{ids::TicketId, ticket};

use super::find_steps;
use crate::{
    app::retry,
    error::Error,
    graphql::{
        Caller, GlobalId, UserError,
        enums::{Priority, TicketStatus},
        split_errors,
    },
    level::graphql::Level,
    people::graphql::{Team, User, team_field, user_field},
    policy,
    ticket::graphql::WaitingReason,
    ticket_macro,
};

/// What a macro would do to a ticket as it is now.
#[derive(SimpleObject)]
pub struct MacroPreview {
    /// Its steps, in order; empty where there is no such macro or ticket, and where the ticket is closed.
    steps: Vec<MacroStepPreview>,
    /// Why it cannot run at all. Whether a step would be refused, that step says.
    user_errors: Vec<UserError>,
}

/// What one step of a macro would do, after those before it that are not refused.
#[derive(SimpleObject)]
pub struct MacroStepPreview {
    /// The step: a `MacroStepInput`, as it was given.
    step: Json<serde_json::Value>,
    /// The ticket after it; null where it would be refused. Then `runMacro` would change nothing.
    ticket: Option<ForeseenTicket>,
    /// Why it would be refused.
    user_errors: Vec<UserError>,
}

/// A ticket as it would be: what steps of macros change of it, beside what they add to it.
#[derive(Description)]
pub struct ForeseenTicket(ticket::Model);

#[Object(use_type_description)]
impl ForeseenTicket {
    /// Where it would be in its life.
    async fn status(&self) -> TicketStatus {
        self.0.status.into()
    }

    /// For what it would wait; null where it would not.
    async fn waiting_reason(&self) -> Option<WaitingReason> {
        self.0.waiting_reason.map(Into::into)
    }

    /// Until when it would wait, if it were done now; null without a date.
    async fn waiting_until(&self) -> Option<DateTime<Utc>> {
        self.0.waiting_until
    }

    /// In which order it would be worked on.
    async fn priority(&self) -> Priority {
        self.0.priority.into()
    }

    /// Its level.
    async fn level(&self, ctx: &Context<'_>) -> Result<Level> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let level = Level::of(app.directory().await?, self.0.level_rank, actor);
        level.ok_or_else(|| Error::NotFound("level").into())
    }

    /// The team that it would be routed to; null where none.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        team_field(ctx, self.0.team_id).await
    }

    /// The agent who would have it; null where nobody would. A team that gives out its tickets may choose
    /// another when the macro runs.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.assignee_id {
            Some(id) => Ok(Some(user_field(ctx, id).await?)),
            None => Ok(None),
        }
    }

    /// Its tags.
    async fn tags(&self) -> &[String] {
        &self.0.tags.0
    }

    /// How many public comments it would have.
    async fn public_comment_count(&self) -> i32 {
        self.0.public_comment_count
    }

    /// How many internal comments it would have; null where the viewer may not read them.
    async fn internal_comment_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let is_seen = policy::sees_internal(Caller::of(ctx)?.actor);
        Ok(is_seen.then_some(self.0.internal_comment_count))
    }
}

/// Answers `previewMacro`.
pub(super) async fn preview_field(
    ctx: &Context<'_>,
    macro_id: &ID,
    ticket_id: &ID,
) -> Result<MacroPreview> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let id = TicketId::of(ticket_id);
    let (saved, outcomes) = match find_steps(ctx, macro_id).await {
        Ok((saved, steps)) => {
            let preview = || ticket_macro::preview(app, actor, id, &steps);
            (saved, retry(preview).await)
        }
        Err(error) => (Vec::new(), Err(error)),
    };
    let (outcomes, user_errors) = split_errors(outcomes, actor.locale())?;
    let outcomes = saved.into_iter().zip(outcomes.unwrap_or_default());
    let steps = outcomes.map(|(step, outcome)| {
        let refusals = outcome.as_ref().err().map_or(&[][..], Vec::as_slice);
        MacroStepPreview {
            step: Json(step),
            user_errors: UserError::all(refusals, actor.locale()),
            ticket: outcome.ok().map(ForeseenTicket),
        }
    });
    Ok(MacroPreview {
        steps: steps.collect(),
        user_errors,
    })
}
