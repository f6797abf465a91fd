//! The kinds of entries, and which event makes which.

use std::sync::Arc;

use async_graphql::{Context, ID, Result};
use chrono::{DateTime, Utc};
use entity::{
    event,
    ids::{CommentId, KnowledgeLinkId, LevelChangeId, TicketId},
    ticket::{self, Status},
    ticket_link,
};

use super::{super::loaders::LevelChangeLoader, service_level::EscalationRule};
use crate::{
    comment::graphql::{Comment, comment_field},
    error::Error,
    events::TicketField,
    graphql::{
        Caller,
        enums::{Priority, TicketStatus},
        loader::Batched,
    },
    knowledge::graphql::{KnowledgeLink, knowledge_links_field},
    level::graphql::Level,
    people::graphql::{Actor, actor_field},
    policy,
    ticket::graphql::{Ticket, TicketLinkKind, WaitingReason, ticket_field},
};

/// Defines one kind of entry: when, who, and what of its own.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident { $($own:ident: $ty:ty),* } $($fields:tt)*) => {
        $(#[$doc])*
        #[derive(async_graphql::Description)]
        pub struct $name {
            pub(super) row: event::Model,
            $(pub(super) $own: $ty,)*
        }

        #[async_graphql::Object(use_type_description)]
        impl $name {
            /// The entry's place in the log; unique, and growing with time.
            pub async fn id(&self) -> ID {
                ID(format!("evt_{}", self.row.id))
            }

            /// When it happened.
            pub async fn at(&self) -> DateTime<Utc> {
                self.row.at
            }

            /// Who did it.
            pub async fn actor(&self, ctx: &Context<'_>) -> Result<Actor> {
                actor_field(ctx, self.row.actor_kind, self.row.actor_id).await
            }

            $($fields)*
        }
    };
}
pub(super) use entry;

entry! {
    /// The ticket was opened.
    TicketOpenedEntry {}
}

entry! {
    /// Subject, description or custom fields that the desk has not defined were changed.
    TicketEditedEntry { fields: Vec<TicketField> }

    /// Which of `subject`, `description` and `customFields`.
    async fn fields(&self) -> Vec<&'static str> {
        let name = |field: &TicketField| match field {
            TicketField::Subject => "subject",
            TicketField::Description => "description",
            TicketField::CustomFields => "customFields",
        };
        self.fields.iter().map(name).collect()
    }
}

entry! {
    /// Somebody commented.
    CommentEntry { comment_id: CommentId }

    /// The comment, as it is now; null where the viewer may not read it.
    async fn comment(&self, ctx: &Context<'_>) -> Result<Option<Comment>> {
        comment_field(ctx, self.comment_id).await
    }
}

entry! {
    /// Somebody changed the text of their comment.
    CommentEditedEntry { comment_id: CommentId }

    /// The comment, as it is now; null where the viewer may not read it.
    async fn comment(&self, ctx: &Context<'_>) -> Result<Option<Comment>> {
        comment_field(ctx, self.comment_id).await
    }
}

entry! {
    /// The ticket moved to another level.
    LevelEntry { level_change_id: LevelChangeId, from: i16, to: i16 }

    /// The level before.
    async fn from(&self, ctx: &Context<'_>) -> Result<Level> {
        level(ctx, self.from).await
    }

    /// The level since then.
    async fn to(&self, ctx: &Context<'_>) -> Result<Level> {
        level(ctx, self.to).await
    }

    /// Why; null where a rule of the level did it. Staff only, null for others.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let change = level_change(ctx, self.level_change_id).await?;
        let change = change.filter(|change| change.cause.is_none());
        Ok(change.map(|change| change.reason.clone()))
    }

    /// By which rule of the level before Guichet itself did it; null where somebody did. Staff only, null for others.
    async fn rule(&self, ctx: &Context<'_>) -> Result<Option<EscalationRule>> {
        let change = level_change(ctx, self.level_change_id).await?;
        Ok(change.and_then(|change| change.cause).map(EscalationRule::of))
    }
}

/// What is behind a move between levels, for staff.
async fn level_change(
    ctx: &Context<'_>,
    id: LevelChangeId,
) -> Result<Option<Arc<entity::level_change::Model>>> {
    if !policy::sees_internal(Caller::of(ctx)?.actor) {
        return Ok(None);
    }
    let loader = ctx.data_unchecked::<Batched<LevelChangeLoader>>();
    Ok(loader.load_one(id).await?)
}

async fn level(ctx: &Context<'_>, rank: i16) -> Result<Level> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let level = Level::of(app.directory().await?, rank, actor);
    level.ok_or_else(|| Error::NotFound("level").into())
}

entry! {
    /// The ticket's priority was changed.
    PriorityEntry { from: ticket::Priority, to: ticket::Priority }

    /// The priority before.
    async fn from(&self) -> Priority {
        self.from.into()
    }

    /// The priority since then.
    async fn to(&self) -> Priority {
        self.to.into()
    }
}

entry! {
    /// Tags were added or removed.
    TagsEntry { added: Vec<String>, removed: Vec<String> }

    /// The tags that were added.
    async fn added(&self) -> &[String] {
        &self.added
    }

    /// The tags that were removed.
    async fn removed(&self) -> &[String] {
        &self.removed
    }
}

entry! {
    /// The ticket's status changed.
    StatusEntry {
        from: Status,
        to: Status,
        is_reopen: bool,
        waiting_reason: Option<ticket::WaitingReason>,
        waiting_until: Option<DateTime<Utc>>
    }

    /// The status before.
    async fn from(&self) -> TicketStatus {
        self.from.into()
    }

    /// The status since then.
    async fn to(&self) -> TicketStatus {
        self.to.into()
    }

    /// Whether a solved ticket was reopened.
    async fn is_reopen(&self) -> bool {
        self.is_reopen
    }

    /// For what it waits; null unless it waits.
    async fn waiting_reason(&self) -> Option<WaitingReason> {
        self.waiting_reason.map(Into::into)
    }

    /// Until when it waits; null unless it waits for a date.
    async fn waiting_until(&self) -> Option<DateTime<Utc>> {
        self.waiting_until
    }
}

entry! {
    /// The ticket was linked to another.
    TicketLinkEntry { other_id: TicketId, kind: ticket_link::Kind }

    /// How this ticket stands to the other.
    async fn kind(&self) -> TicketLinkKind {
        self.kind.into()
    }

    /// The other ticket; null where the viewer may not read it.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        ticket_field(ctx, self.other_id).await
    }
}

entry! {
    /// The requester said how good the help was.
    RatingEntry { score: i16, is_changed: bool }

    /// From 1 (bad) to 5 (good).
    async fn score(&self) -> i32 {
        self.score.into()
    }

    /// Whether they had said so before.
    async fn is_changed(&self) -> bool {
        self.is_changed
    }
}

entry! {
    /// An article was put on the ticket.
    KnowledgeEntry { ticket_id: TicketId, link_id: KnowledgeLinkId }

    /// The link to the article; null where the viewer may not read the article.
    async fn link(&self, ctx: &Context<'_>) -> Result<Option<KnowledgeLink>> {
        let links = knowledge_links_field(ctx, [self.ticket_id]).await?;
        Ok(links.into_iter().find(|link| link.link_id() == self.link_id))
    }
}
