//! Comments as clients see them.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use entity::{
    comment,
    event::ActorKind,
    ids::{CommentId, TicketId},
    ticket,
};

use super::{
    commands,
    loaders::CommentLoader,
    queries::{ORDER, Shown, place},
};
use crate::{
    actor,
    app::retry,
    attachment::{
        Owner,
        graphql::{Attachment, attachments_field, uploads_of},
    },
    connection,
    error::Error,
    graphql::{Caller, GlobalId, UserError, loader::Batched, selects_total, split_errors},
    page,
    people::graphql::{Actor, actor_field},
    policy,
    ticket::{
        graphql::{Ticket, ticket_field},
        seen_merged,
    },
};

/// Who may read a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "comment::Visibility")]
pub enum CommentVisibility {
    /// Everybody who may read the ticket.
    Public,
    /// Staff only, everywhere.
    Internal,
}

/// What somebody said on a ticket.
#[derive(Clone, Description)]
pub struct Comment {
    id: CommentId,
    /// Absent while only the id is known.
    row: Option<Arc<comment::Model>>,
}

impl Comment {
    pub fn of(row: Arc<comment::Model>) -> Self {
        Self {
            id: row.id,
            row: Some(row),
        }
    }

    /// A comment that the viewer may read; it is read once more than its id is asked for.
    pub const fn named(id: CommentId) -> Self {
        Self { id, row: None }
    }

    async fn row(&self, ctx: &Context<'_>) -> Result<Arc<comment::Model>> {
        if let Some(row) = &self.row {
            return Ok(Arc::clone(row));
        }
        let loader = ctx.data_unchecked::<Batched<CommentLoader>>();
        let row = loader.load_one(self.id).await?;
        row.ok_or_else(|| Error::NotFound("comment").into())
    }
}

#[Object(use_type_description)]
impl Comment {
    /// The comment's global id.
    pub async fn id(&self) -> ID {
        self.id.global()
    }

    /// The ticket that it is on.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Ticket> {
        ticket_field(ctx, self.row(ctx).await?.ticket_id)
            .await?
            .ok_or_else(|| Error::NotFound("ticket").into())
    }

    /// Who wrote it.
    async fn author(&self, ctx: &Context<'_>) -> Result<Actor> {
        let author_id = self.row(ctx).await?.author_id;
        let kind = if author_id.is_some() {
            ActorKind::Person
        } else {
            ActorKind::System
        };
        actor_field(ctx, kind, author_id).await
    }

    /// Who may read it.
    async fn visibility(&self, ctx: &Context<'_>) -> Result<CommentVisibility> {
        Ok(self.row(ctx).await?.visibility.into())
    }

    /// What was said, in Markdown.
    async fn body(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.row(ctx).await?.body.clone())
    }

    /// What was said, as sanitized HTML that can be shown as it is.
    async fn body_html(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.row(ctx).await?.body_html.clone())
    }

    /// The beginning, as plain text of at most 160 characters.
    async fn excerpt(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.row(ctx).await?.excerpt.clone())
    }

    /// Whether it is marked as what solved the ticket.
    async fn is_solution(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.row(ctx).await?.is_solution)
    }

    /// Files that came with it, at most 10.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>> {
        attachments_field(ctx, Owner::Comment(self.id)).await
    }

    /// When it was written.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>> {
        Ok(self.row(ctx).await?.created_at)
    }

    /// When its text was last changed; null if never.
    async fn edited_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        Ok(self.row(ctx).await?.edited_at)
    }
}

/// A comment by its id; none where it is hidden from the viewer.
pub async fn comment_field(ctx: &Context<'_>, id: CommentId) -> Result<Option<Comment>> {
    let loader = ctx.data_unchecked::<Batched<CommentLoader>>();
    Ok(loader.load_one(id).await?.map(Comment::of))
}

connection! {
    /// Comments in the order in which they were written.
    CommentConnection, CommentEdge, Comment
}

/// The comments on a ticket, and on those merged into it, that the viewer may read.
pub async fn comments_field(
    ctx: &Context<'_>,
    ticket: &ticket::Model,
    args: page::Args,
) -> Result<CommentConnection> {
    let window = args.window(ORDER)?;
    let actor = Caller::of(ctx)?.actor;
    let shown = Shown {
        ticket: ticket.id,
        merged: seen_merged(actor, ticket).map(|merged| merged.id).collect(),
    };
    let loader = ctx.data_unchecked::<Batched<CommentLoader>>();
    let rows = loader
        .load_one((shown, window.clone()))
        .await?
        .unwrap_or_default();
    let page = window.page(rows.iter().cloned().map(Arc::new).collect());
    let total = if selects_total(ctx) {
        Some(visible_count(actor, ticket))
    } else {
        None
    };
    Ok(CommentConnection::of(
        page,
        ORDER,
        total,
        |row| place(row),
        Comment::of,
    ))
}

/// How many comments a ticket shows that the actor may read: kept on the ticket.
pub fn visible_count(actor: &actor::Actor, ticket: &ticket::Model) -> u64 {
    let (mut public, mut internal) = (ticket.public_comment_count, ticket.internal_comment_count);
    for merged in seen_merged(actor, ticket) {
        public += merged.public_comment_count;
        internal += merged.internal_comment_count;
    }
    let count = if policy::sees_internal(actor) {
        public + internal
    } else {
        public
    };
    u64::try_from(count).unwrap_or_default()
}

/// A comment to add.
#[derive(InputObject)]
pub struct AddCommentInput {
    /// The ticket to comment on.
    ticket_id: ID,
    /// What to say, in Markdown; at most 65,536 characters.
    body: String,
    /// Who may read it. Requesters can only comment publicly.
    #[graphql(default_with = "CommentVisibility::Public")]
    visibility: CommentVisibility,
    /// Files that were uploaded for it, at most 10: ids of `createUpload`.
    upload_ids: Option<Vec<ID>>,
    /// Whether it says what solves the ticket; staff only.
    #[graphql(default = false)]
    is_solution: bool,
}

/// What came of `addComment`.
#[derive(SimpleObject)]
pub struct AddCommentPayload {
    /// The comment; null when refused.
    comment: Option<Comment>,
    /// The ticket that the comment is on: a new one, where the requester commented on a closed ticket.
    ticket: Option<Ticket>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// A comment's new text.
#[derive(InputObject)]
pub struct EditCommentInput {
    /// The comment, which must be one's own.
    comment_id: ID,
    /// What to say instead, in Markdown; at most 65,536 characters.
    body: String,
}

/// What came of `editComment`.
#[derive(SimpleObject)]
pub struct EditCommentPayload {
    /// The comment; null when refused.
    comment: Option<Comment>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

/// Changes to comments.
#[derive(Default)]
pub struct CommentMutation;

#[Object]
impl CommentMutation {
    /// Adds a comment. The first public reply of staff opens a new ticket; a comment of the
    /// requester wakes a waiting ticket, reopens a solved one, and opens a follow-up of a closed one; on a merged
    /// ticket it is written on the one that this goes on as, where they may read that.
    async fn add_comment(
        &self,
        ctx: &Context<'_>,
        input: AddCommentInput,
    ) -> Result<AddCommentPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = TicketId::of(&input.ticket_id);
        let (body, visibility) = (&input.body, input.visibility.into());
        let uploads = uploads_of(input.upload_ids.as_deref());
        let add = || {
            commands::add(
                app,
                actor,
                id,
                body,
                visibility,
                input.is_solution,
                &uploads,
            )
        };
        let added = retry(add).await;
        let (added, user_errors) = split_errors(added, actor.locale())?;
        let (comment, ticket) = added.map(|added| (added.comment, added.ticket)).unzip();
        Ok(AddCommentPayload {
            comment: comment.map(|comment| Comment::of(Arc::new(comment))),
            ticket: ticket.map(Ticket),
            user_errors,
        })
    }

    /// Changes the text of one's own comment; the earlier text is kept.
    async fn edit_comment(
        &self,
        ctx: &Context<'_>,
        input: EditCommentInput,
    ) -> Result<EditCommentPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = CommentId::of(&input.comment_id);
        let edited = retry(|| commands::edit(app, actor, id, &input.body)).await;
        let (edited, user_errors) = split_errors(edited, actor.locale())?;
        Ok(EditCommentPayload {
            comment: edited.map(|edited| Comment::of(Arc::new(edited.comment))),
            user_errors,
        })
    }
}
