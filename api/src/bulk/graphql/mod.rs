//! Bulk jobs as clients see and start them.

pub mod create;
pub mod mutation;
pub mod subscription;

pub use create::BulkCreateMutation;
pub use mutation::BulkMutation;
pub use subscription::BulkSubscription;

use async_graphql::{Context, Description, Enum, ID, Object, Result};
use chrono::{DateTime, Utc};
use entity::{bulk_job, bulk_job_item, ids::BulkJobId};

use super::queries::{self, ORDER, place};
use crate::{
    connection,
    graphql::{Caller, GlobalId, UserError, selects_total},
    page::Args,
    ticket::graphql::{Ticket, ticket_field},
};

/// The same steps on many tickets, done in the background.
#[derive(Clone, Description)]
pub struct BulkJob(pub bulk_job::Model);

/// Whether a bulk job goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "bulk_job::Status")]
pub enum BulkJobStatus {
    /// It goes on.
    Running,
    /// Every ticket had its turn.
    Finished,
    /// It was ended before, or whoever started it may do nothing here any more. What was done stays done.
    Cancelled,
}

/// What came of one ticket of a bulk job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "bulk_job_item::Status")]
pub enum BulkItemStatus {
    /// It was not its turn yet.
    Pending,
    /// All steps were done.
    Done,
    /// Nothing was done to it: `userErrors` says why.
    Refused,
    /// Nothing was done to it, for a reason that is not in the request.
    Failed,
}

/// One ticket of a bulk job.
#[derive(Description)]
pub struct BulkItem(bulk_job_item::Model);

connection! {
    /// Tickets of a bulk job, in the order of their turns. `totalCount` is that of the whole job.
    BulkItemConnection, BulkItemEdge, BulkItem
}

#[Object(use_type_description)]
impl BulkJob {
    /// The job's id, for `bulkJob`.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// Whether it goes on.
    async fn status(&self) -> BulkJobStatus {
        self.0.status.into()
    }

    /// How many tickets it is about.
    async fn total_count(&self) -> i32 {
        self.0.total_count
    }

    /// How many of them were changed.
    async fn done_count(&self) -> i32 {
        self.0.done_count
    }

    /// How many of them were not, for what is said on each.
    async fn refused_count(&self) -> i32 {
        self.0.refused_count
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was over; null while it goes on.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// What came of each ticket.
    async fn items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of which this came; all where absent.")] status: Option<
            BulkItemStatus,
        >,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<BulkItemConnection> {
        let app = Caller::of(ctx)?.app;
        let window = Args::forward(first, after).window(ORDER)?;
        let status = status.map(Into::into);
        let page = queries::list_items(app, self.0.id, status, &window).await?;
        let total = selects_total(ctx).then(|| u64::try_from(self.0.total_count).unwrap_or(0));
        Ok(BulkItemConnection::of(page, ORDER, total, place, BulkItem))
    }
}

#[Object(use_type_description)]
impl BulkItem {
    /// The ticket's global id, as it was asked for.
    async fn ticket_id(&self) -> ID {
        self.0.ticket_id.global()
    }

    /// The ticket as it is now; null where the viewer may not read it, or there is none.
    async fn ticket(&self, ctx: &Context<'_>) -> Result<Option<Ticket>> {
        ticket_field(ctx, self.0.ticket_id).await
    }

    /// What came of it.
    async fn status(&self) -> BulkItemStatus {
        self.0.status.into()
    }

    /// What was wrong, where it was refused. `field` begins with `steps` and the place of the step, from 0. A ticket
    /// that the viewer may not see is `NOT_FOUND`, as one that there is not.
    async fn user_errors(&self) -> Vec<UserError> {
        let errors = self.0.errors.as_ref().and_then(|errors| errors.as_array());
        let errors = errors.into_iter().flatten();
        errors.filter_map(UserError::read).collect()
    }
}

/// Bulk jobs.
#[derive(Default)]
pub struct BulkQuery;

#[Object]
impl BulkQuery {
    /// A bulk job that the viewer started; null where there is none. Results are kept for 30 days.
    async fn bulk_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job's id.")] id: ID,
    ) -> Result<Option<BulkJob>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let Some(id) = BulkJobId::of(&id) else {
            return Ok(None);
        };
        Ok(queries::find(app, actor, id).await?.map(BulkJob))
    }
}
