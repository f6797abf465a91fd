//! Starting and cancelling bulk jobs.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result, SimpleObject};
use entity::{
    bulk_job,
    ids::{BulkJobId, TicketId},
};

use super::BulkJob;
use crate::{
    actor::Actor,
    app::{App, retry},
    bulk::{self, Tickets},
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, UserError, split_errors},
    refusal::Refusal,
    ticket::graphql::TicketFilter,
    ticket_macro::graphql::{checked, input::MacroStepInput},
};

/// Which tickets a bulk job changes.
#[derive(OneofObject)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, and it is taken apart at once"
)]
pub enum BulkTicketsInput {
    /// These, at most 1,000, in this order; one that is named twice has one turn.
    Ids(Vec<ID>),
    /// All that pass this now, at most 10,000, of those that the viewer sees. What passes it later is not changed.
    Filter(TicketFilter),
}

/// What to do to many tickets.
#[derive(InputObject)]
pub struct BulkChangeTicketsInput {
    /// Which tickets.
    tickets: BulkTicketsInput,
    /// What to do to each, in this order, at most 20 steps: all of them or, where one is refused, none.
    steps: Vec<MacroStepInput>,
}

/// What came of `bulkChangeTickets`.
#[derive(SimpleObject)]
pub struct BulkChangeTicketsPayload {
    /// The job, which goes on in the background; null when refused.
    job: Option<BulkJob>,
    /// What a person can put right; empty when it was begun.
    user_errors: Vec<UserError>,
}

/// Which job ends.
#[derive(InputObject)]
pub struct CancelBulkJobInput {
    /// The job's id.
    job_id: ID,
}

/// What came of `cancelBulkJob`.
#[derive(SimpleObject)]
pub struct CancelBulkJobPayload {
    /// The job as it is now; null when refused.
    job: Option<BulkJob>,
    /// What a person can put right; empty when it is over.
    user_errors: Vec<UserError>,
}

/// Changing many tickets.
#[derive(Default)]
pub struct BulkMutation;

#[Object]
impl BulkMutation {
    /// Does the same steps to many tickets, one after the other in the background: each under the rights that the viewer has
    /// when it is its turn, and each exactly once, whatever dies in between. Follow it with `bulkJobChanges`, and read what
    /// came of each ticket with `bulkJob`. For staff and machines, who can have 5 jobs at once; one more is
    /// `RATE_LIMITED`.
    async fn bulk_change_tickets(
        &self,
        ctx: &Context<'_>,
        input: BulkChangeTicketsInput,
    ) -> Result<BulkChangeTicketsPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let (steps, user_errors) = checked(actor, input.steps)?;
        if !user_errors.is_empty() {
            return Ok(BulkChangeTicketsPayload {
                job: None,
                user_errors,
            });
        }
        let started = start(app, actor, &input.tickets, &steps).await;
        let (job, user_errors) = split_errors(started, actor.locale())?;
        Ok(BulkChangeTicketsPayload {
            job: job.map(BulkJob),
            user_errors,
        })
    }

    /// Ends a bulk job of the viewer's own; what it has done stays done. One that is over stays as it is.
    async fn cancel_bulk_job(
        &self,
        ctx: &Context<'_>,
        input: CancelBulkJobInput,
    ) -> Result<CancelBulkJobPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = BulkJobId::of(&input.job_id);
        let cancelled = retry(|| bulk::cancel(app, actor, id)).await;
        let (job, user_errors) = split_errors(cancelled, actor.locale())?;
        Ok(CancelBulkJobPayload {
            job: job.map(BulkJob),
            user_errors,
        })
    }
}

async fn start(
    app: &App,
    actor: &Actor,
    tickets: &BulkTicketsInput,
    steps: &[serde_json::Value],
) -> CommandResult<bulk_job::Model> {
    let directory = app.directory().await?;
    retry(|| async {
        let tickets = match tickets {
            BulkTicketsInput::Ids(ids) => Tickets::Ids(read(ids)?),
            BulkTicketsInput::Filter(filter) => {
                let backend = app.store.backend();
                Tickets::Filter(filter.compile_for_list(actor, &directory.fields, backend)?)
            }
        };
        bulk::start(app, actor, tickets, steps.to_vec()).await
    })
    .await
}

/// What is no ticket's id at all is a slip in the request; a ticket that is not there shows when it is its turn.
fn read(ids: &[ID]) -> CommandResult<Vec<TicketId>> {
    let field = "tickets.ids";
    let ids: Option<Vec<_>> = ids.iter().map(TicketId::of).collect();
    Ok(ids.ok_or(Refusal::NotFound { field })?)
}
