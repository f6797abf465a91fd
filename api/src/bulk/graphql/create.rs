//! Opening many tickets in one request.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::{
    app::retry,
    error::Result as CommandResult,
    graphql::{Caller, UserError, split_errors},
    refusal::{Refusal, Why},
    ticket::{
        self, NewTicket,
        graphql::{CreateTicketInput, Ticket},
    },
};

/// Tickets that one request opens.
const TICKETS_MAX: usize = 100;

/// Tickets to be opened.
#[derive(InputObject)]
pub struct BulkCreateTicketsInput {
    /// At most 100, each as `createTicket` takes it.
    tickets: Vec<CreateTicketInput>,
}

/// What came of `bulkCreateTickets`.
#[derive(SimpleObject)]
pub struct BulkCreateTicketsPayload {
    /// What came of each ticket, in the order in which they were given.
    results: Vec<BulkCreatedTicket>,
    /// What is wrong with the whole, which opened nothing; what is wrong with one ticket is said there.
    user_errors: Vec<UserError>,
}

/// What came of one ticket of `bulkCreateTickets`.
#[derive(SimpleObject)]
pub struct BulkCreatedTicket {
    /// The new ticket; null when refused.
    ticket: Option<Ticket>,
    /// What a person can put right; empty when it was opened. `field` is a path into this ticket's input.
    user_errors: Vec<UserError>,
}

/// Opening many tickets.
#[derive(Default)]
pub struct BulkCreateMutation;

#[Object]
impl BulkCreateMutation {
    /// Opens tickets, each as `createTicket` would. What is wrong with one is said on it, and does not stop the others. Any
    /// other failure is an error of the whole request, and then none was opened.
    async fn bulk_create_tickets(
        &self,
        ctx: &Context<'_>,
        input: BulkCreateTicketsInput,
    ) -> Result<BulkCreateTicketsPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        if input.tickets.len() > TICKETS_MAX {
            let (field, why) = ("tickets", Why::TooMany { max: TICKETS_MAX });
            let refusal = Refusal::Invalid { field, why };
            let (_, user_errors) = split_errors::<()>(Err(refusal.into()), actor.locale())?;
            return Ok(BulkCreateTicketsPayload {
                results: Vec::new(),
                user_errors,
            });
        }
        let new: Vec<NewTicket> = input.tickets.into_iter().map(Into::into).collect();
        // One change: it is there as a whole for whoever asks again after a cut.
        let work = || async {
            let mut created = Vec::with_capacity(new.len());
            for new in &new {
                let ticket = Box::pin(ticket::create(app, actor, new)).await;
                created.push(split_errors(ticket, actor.locale())?);
            }
            CommandResult::Ok(created)
        };
        let created = retry(|| app.together(Box::pin(work()))).await?;
        let results = created
            .into_iter()
            .map(|(ticket, user_errors)| BulkCreatedTicket {
                ticket: ticket.map(Ticket),
                user_errors,
            });
        Ok(BulkCreateTicketsPayload {
            results: results.collect(),
            user_errors: Vec::new(),
        })
    }
}
