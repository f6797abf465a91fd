//! The ticket.

use std::sync::Arc;

use async_graphql::{Context, Description, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::{
    comment::Visibility,
    ids::{CommentId, TicketId},
    json::CommentDigest,
    ticket, ticket_detail,
};

use super::{
    super::{
        loaders::{DetailLoader, FollowLoader, SimilarLoader, TicketLoader},
        reference, rules, seen_merged,
    },
    details::{ApplicationContext, Satisfaction},
    enums::{Channel, WaitingReason},
    permissions::TicketPermissions,
    relations::Relations,
    service_level::ServiceLevel,
};
use crate::{
    actor::Actor,
    attachment::{
        Owner,
        graphql::{Attachment, attachments_field},
    },
    comment::graphql::{Comment, CommentConnection, comments_field, visible_count},
    custom_field::graphql::{CustomFieldValue, values_field},
    error::Error,
    graphql::{
        Caller, GlobalId,
        enums::{Priority, TicketStatus},
        loader::Batched,
        sync_cursor,
    },
    knowledge::graphql::{KnowledgeLink, knowledge_links_field},
    level::graphql::Level,
    page,
    people::graphql::{Organization, Team, User, organization_field, team_field, user_field},
    policy,
    rating::graphql::{RatingLink, rating_link_field},
    timeline::graphql::{TimelineEntryConnection, timeline_field},
};

/// A request for help, from NEW to CLOSED.
#[derive(Clone, Description)]
pub struct Ticket(pub ticket::Model);

/// A ticket by its id; none where it is hidden from the viewer.
pub async fn ticket_field(ctx: &Context<'_>, id: TicketId) -> Result<Option<Ticket>> {
    let ticket = ctx
        .data_unchecked::<Batched<TicketLoader>>()
        .load_one(id)
        .await?;
    Ok(ticket.map(|ticket| Ticket(Arc::unwrap_or_clone(ticket))))
}

impl Ticket {
    async fn details(&self, ctx: &Context<'_>) -> Result<Arc<ticket_detail::Model>> {
        let details = ctx
            .data_unchecked::<Batched<DetailLoader>>()
            .load_one(self.0.id)
            .await?;
        details.ok_or_else(|| Error::NotFound("ticket").into())
    }
}

/// The newest comment that the actor may read, and whether it is public.
pub(super) fn newest_comment<'a>(
    actor: &'a Actor,
    ticket: &'a ticket::Model,
) -> Option<(Visibility, &'a CommentDigest)> {
    let merged = seen_merged(actor, ticket).flat_map(|merged| {
        [
            (Visibility::Public, merged.last_public_comment.as_ref()),
            (Visibility::Internal, merged.last_internal_comment.as_ref()),
        ]
    });
    let own = [
        (Visibility::Public, ticket.last_public_comment.as_ref()),
        (Visibility::Internal, ticket.last_internal_comment.as_ref()),
    ];
    let sees_internal = policy::sees_internal(actor);
    own.into_iter()
        .chain(merged)
        .filter(|(visibility, _)| sees_internal || *visibility == Visibility::Public)
        .filter_map(|(visibility, digest)| Some((visibility, digest?)))
        .max_by_key(|(_, digest)| age(digest))
}

fn age(digest: &CommentDigest) -> (DateTime<Utc>, CommentId) {
    (digest.created_at, digest.id)
}

#[Object(use_type_description)]
impl Ticket {
    /// The ticket's global id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// The number that people say on the phone.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// The number as it is written: `GU-1042`.
    async fn reference(&self) -> String {
        reference(self.0.number)
    }

    /// What another system calls it; unique for each integration.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// Grows with every change: of two answers, the one with the greater version is newer. Give it
    /// as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What it is about, in one line.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// What the requester wrote, in Markdown.
    async fn description(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.details(ctx).await?.description.clone())
    }

    /// What the requester wrote, as sanitized HTML that can be shown as it is.
    async fn description_html(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.details(ctx).await?.description_html.clone())
    }

    /// Where it is in its life.
    async fn status(&self) -> TicketStatus {
        self.0.status.into()
    }

    /// The statuses that it can move to by hand now, whoever moves it.
    async fn next_statuses(&self) -> Vec<TicketStatus> {
        rules::next(self.0.status)
            .iter()
            .copied()
            .map(Into::into)
            .collect()
    }

    /// For what it waits; null unless its status is `WAITING`.
    async fn waiting_reason(&self) -> Option<WaitingReason> {
        self.0.waiting_reason.map(Into::into)
    }

    /// Until when it waits; null unless the reason is `SCHEDULED`.
    async fn waiting_until(&self) -> Option<DateTime<Utc>> {
        self.0.waiting_until
    }

    /// In which order it is worked on.
    async fn priority(&self) -> Priority {
        self.0.priority.into()
    }

    /// Who can solve it.
    async fn level(&self, ctx: &Context<'_>) -> Result<Level> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let level = Level::of(app.directory().await?, self.0.level_rank, actor);
        level.ok_or_else(|| Error::NotFound("level").into())
    }

    /// How it came in.
    async fn channel(&self) -> Channel {
        self.0.channel.into()
    }

    /// Who needs the help.
    async fn requester(&self, ctx: &Context<'_>) -> Result<User> {
        user_field(ctx, self.0.requester_id).await
    }

    /// The requester's organization when the ticket was opened; null where they had none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        organization_field(ctx, self.0.organization_id).await
    }

    /// The team that it is routed to; null for none.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        team_field(ctx, self.0.team_id).await
    }

    /// The agent who has it; null while nobody has.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.assignee_id {
            Some(id) => Ok(Some(user_field(ctx, id).await?)),
            None => Ok(None),
        }
    }

    /// Its tags in normal form: lower case, with hyphens for spaces.
    async fn tags(&self) -> &[String] {
        &self.0.tags.0
    }

    /// The custom fields that have a value and that the viewer may see.
    async fn custom_fields(&self, ctx: &Context<'_>) -> Result<Vec<CustomFieldValue>> {
        values_field(ctx, &self.details(ctx).await?.custom_fields).await
    }

    /// Where in the host application the requester was; null where the ticket came without. Data
    /// from outside: show it, never trust it.
    async fn context(&self, ctx: &Context<'_>) -> Result<Option<ApplicationContext>> {
        Ok(self
            .details(ctx)
            .await?
            .context
            .clone()
            .map(ApplicationContext))
    }

    /// Its comments, and those of tickets merged into it, that the viewer may read, in the order in which they were written.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 25 where absent, at most 100.")] first: Option<
            i32,
        >,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100; not with `first`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "A cursor: only what comes before it.")] before: Option<String>,
    ) -> Result<CommentConnection> {
        comments_field(
            ctx,
            &self.0,
            page::Args {
                first,
                after,
                last,
                before,
            },
        )
        .await
    }

    /// Files that belong to its description. Those of comments are on the comments.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>> {
        attachments_field(ctx, Owner::Ticket(self.0.id)).await
    }

    /// How many comments there are that the viewer may read.
    async fn comment_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        Ok(i32::try_from(visible_count(actor, &self.0)).unwrap_or(i32::MAX))
    }

    /// The newest comment that the viewer may read; null where there is none.
    async fn last_comment(&self, ctx: &Context<'_>) -> Result<Option<Comment>> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        let newest = newest_comment(actor, &self.0);
        Ok(newest.map(|(_, digest)| Comment::named(digest.id)))
    }

    /// The articles on it, and on those merged into it, that the viewer may read, and why each is there.
    async fn knowledge_links(&self, ctx: &Context<'_>) -> Result<Vec<KnowledgeLink>> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        let merged = seen_merged(actor, &self.0).map(|merged| merged.id);
        knowledge_links_field(ctx, [self.0.id].into_iter().chain(merged)).await
    }

    /// How it stands to other tickets.
    #[graphql(flatten)]
    async fn relations(&self) -> Relations<'_> {
        Relations(&self.0)
    }

    /// What happened on it, oldest first, as far as the viewer may know.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 25 where absent, at most 100.")] first: Option<
            i32,
        >,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100; not with `first`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "A cursor: only what comes before it.")] before: Option<String>,
    ) -> Result<TimelineEntryConnection> {
        timeline_field(
            ctx,
            self.0.id,
            page::Args {
                first,
                after,
                last,
                before,
            },
        )
        .await
    }

    /// How it stands to the targets of its level.
    async fn service_level(&self, ctx: &Context<'_>) -> ServiceLevel {
        ServiceLevel::of(&self.0, Caller::app_of(ctx).clock.now())
    }

    /// Whether the viewer follows it. Depends on the viewer, not on the ticket alone.
    async fn is_following(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(ctx
            .data_unchecked::<Batched<FollowLoader>>()
            .load_one(self.0.id)
            .await?
            .is_some())
    }

    /// What the viewer may do to it. Depends on the viewer, not on the ticket alone.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<TicketPermissions> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        Ok(TicketPermissions::of(actor, &self.0))
    }

    /// How many other tickets that the viewer may read were answered by an article that answered
    /// this one: "common" as it was measured.
    async fn similar_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let count = ctx
            .data_unchecked::<Batched<SimilarLoader>>()
            .load_one(self.0.id)
            .await?;
        Ok(count
            .and_then(|count| i32::try_from(count).ok())
            .unwrap_or_default())
    }

    /// How often it was reopened.
    async fn reopen_count(&self) -> i32 {
        self.0.reopen_count
    }

    /// What the requester thought of the help; null until they say.
    async fn satisfaction(&self, ctx: &Context<'_>) -> Result<Option<Satisfaction>> {
        let satisfaction = self.details(ctx).await?.satisfaction.clone();
        Ok(satisfaction.map(Into::into))
    }

    /// What the viewer can rate the help with, where it is solved and they are its requester; null for others, and 14 days
    /// after it was solved. Depends on the viewer, not on the ticket alone.
    async fn rating_link(&self, ctx: &Context<'_>) -> Result<Option<RatingLink>> {
        rating_link_field(ctx, &self.0).await
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When anything about it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When staff first replied publicly; null until then.
    async fn first_replied_at(&self) -> Option<DateTime<Utc>> {
        self.0.first_replied_at
    }

    /// When it was solved; null while it is not.
    async fn solved_at(&self) -> Option<DateTime<Utc>> {
        self.0.solved_at
    }

    /// When it was closed; null until then.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at
    }

    /// Where a live stream starts that goes on from this answer: give it as `after`.
    async fn sync_cursor(&self, ctx: &Context<'_>) -> String {
        sync_cursor(ctx)
    }
}
