//! The next piece of work, for agents who ask for it.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::{find, mutation::unusable};
use crate::{
    app::retry,
    error::{Error, Result as CommandResult},
    graphql::{Caller, UserError, split_errors},
    refusal::Refusal,
    ticket::{
        self, Filter, IdTest, Order,
        graphql::{Ticket, TicketFilter},
    },
};

/// Where to take the next ticket from: a queue, a filter, or neither for the viewer's teams.
#[derive(InputObject)]
pub struct NextTicketInput {
    /// A queue, by its global id; its own order decides which ticket is next.
    queue_id: Option<ID>,
    /// Which tickets, where they are no saved queue; what is due first is next, then the more urgent.
    filter: Option<TicketFilter>,
}

/// What came of `nextTicket`.
#[derive(SimpleObject)]
pub struct NextTicketPayload {
    /// The ticket, which is the viewer's now; null when refused, and where nothing waits.
    ticket: Option<Ticket>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct NextMutation;

#[Object]
impl NextMutation {
    /// Takes the next NEW or OPEN ticket that nobody has, as `claimTicket` does: of a queue, of a filter,
    /// or of the viewer's teams. Many who ask at once get different tickets. Where nothing waits the
    /// ticket is null, and that is no error.
    async fn next_ticket(
        &self,
        ctx: &Context<'_>,
        input: NextTicketInput,
    ) -> Result<NextTicketPayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let taken = match source(ctx, &input).await {
            Ok((filter, order)) => retry(|| ticket::take_next(app, actor, &filter, order)).await,
            Err(error) => Err(error),
        };
        let (ticket, user_errors) = split_errors(taken, actor.locale())?;
        Ok(NextTicketPayload {
            ticket: ticket.flatten().map(Ticket),
            user_errors,
        })
    }
}

/// Where to look, and in which order.
async fn source(ctx: &Context<'_>, input: &NextTicketInput) -> CommandResult<(Filter, Order)> {
    let actor = Caller::of(ctx)?.actor;
    match (&input.queue_id, &input.filter) {
        (Some(_), Some(_)) => Err(Error::BadInput("give either queueId or filter")),
        (Some(id), None) => {
            let queue = find(ctx, id).await?;
            let queue = queue.ok_or(Refusal::NotFound { field: "queueId" })?;
            Ok((queue.compile(ctx)?, queue.order()?.into()))
        }
        (None, Some(filter)) => {
            let filter = filter.compile(actor);
            Ok((filter.map_err(unusable)?, Order::NEXT_DUE))
        }
        (None, None) => {
            let teams = actor.teams().iter().map(|(id, _)| *id);
            Ok((Filter::Team(IdTest::In(teams.collect())), Order::NEXT_DUE))
        }
    }
}
