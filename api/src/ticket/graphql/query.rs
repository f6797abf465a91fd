//! Reading tickets.

use async_graphql::{Context, Object, Result};

use super::{
    super::{Columns, filter::Filter, queries},
    filter::TicketFilter,
    inputs::{TicketOrder, TicketRef},
    row::{Row, TicketConnection},
    service_level::selects_timers,
    types::Ticket,
};
use crate::{
    graphql::{Caller, selects_total},
    page,
};

/// Tickets.
#[derive(Default)]
pub struct TicketQuery;

#[Object]
impl TicketQuery {
    /// One ticket, by its id, its number or its id in another system; null where there is none that
    /// the viewer may read.
    async fn ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket.")] by: TicketRef,
    ) -> Result<Option<Ticket>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        Ok(queries::find(app, actor, by.into()).await?.map(Ticket))
    }

    /// The tickets that the viewer may read, 25 to a page and at most 100; the newest first where no
    /// order is given.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the API")]
    async fn tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tickets; all where absent.")] filter: Option<TicketFilter>,
        #[graphql(desc = "In which order; the newest first where absent.")] order_by: Option<
            TicketOrder,
        >,
        #[graphql(desc = "How many from the start, 25 where absent, at most 100.")] first: Option<
            i32,
        >,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100; not with `first`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "A cursor: only what comes before it.")] before: Option<String>,
    ) -> Result<TicketConnection> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        let filter = filter.unwrap_or_default().compile(actor)?;
        let order = order_by.unwrap_or_default();
        list_field(
            ctx,
            &filter,
            order,
            &page::Args {
                first,
                after,
                last,
                before,
            },
        )
        .await
    }
}

/// A page of the tickets that pass `filter`.
pub async fn list_field(
    ctx: &Context<'_>,
    filter: &Filter,
    order: TicketOrder,
    args: &page::Args,
) -> Result<TicketConnection> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let order = queries::Order::from(order);
    let window = args.window(order.tag())?;
    let columns = if selects_timers(ctx) {
        Columns::All
    } else {
        Columns::WithoutTimers
    };
    let page = queries::list(app, actor, filter, order, &window, columns).await?;
    let total = if selects_total(ctx) {
        Some(queries::count(app, actor, filter).await?)
    } else {
        None
    };
    Ok(TicketConnection::of(
        page,
        order.tag(),
        total,
        |ticket| order.place(ticket),
        |ticket| Row(Ticket(ticket)),
    ))
}
