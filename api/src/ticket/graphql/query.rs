//! Reading tickets.

use async_graphql::{Context, Object, Result};
use entity::ticket;

use super::{
    super::{
        Columns,
        filter::Filter,
        loaders::{CountLoader, ListLoader},
        queries::{self, Listing},
    },
    filter::TicketFilter,
    inputs::{TicketOrder, TicketRef},
    row::{Row, TicketConnection},
    service_level::selects_timers,
    types::Ticket,
};
use crate::{
    error::Error,
    graphql::{Caller, loader::Batched, selects_total},
    page::{self, Page},
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
        let Caller { app, actor } = Caller::of(ctx)?;
        let filter = filter.unwrap_or_default();
        let directory = app.directory().await?;
        let filter = filter.compile_for_list(actor, &directory.fields, app.store.backend())?;
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
    let page = queries::list(app, actor, filter, order, &window, columns(ctx)).await?;
    let total = if selects_total(ctx) {
        Some(queries::count(app, actor, filter).await?)
    } else {
        None
    };
    Ok(connection(page, order, total))
}

/// The same where there may be several lists: their pages are read together.
pub async fn one_of_lists_field(
    ctx: &Context<'_>,
    filter: Filter,
    order: TicketOrder,
    args: &page::Args,
) -> Result<TicketConnection> {
    let order = queries::Order::from(order);
    let listing = Listing {
        filter: filter.clone(),
        order,
        window: args.window(order.tag())?,
        columns: columns(ctx),
    };
    let pages = ctx.data_unchecked::<Batched<ListLoader>>();
    let page = pages.load_one(listing).await?;
    let page = page.ok_or_else(|| Error::from(anyhow::anyhow!("a list without a page")))?;
    let total = if selects_total(ctx) {
        let counts = ctx.data_unchecked::<Batched<CountLoader>>();
        counts.load_one(filter).await?
    } else {
        None
    };
    let page = Page {
        rows: page.rows.clone(),
        ..*page
    };
    Ok(connection(page, order, total))
}

fn columns(ctx: &Context<'_>) -> Columns {
    if selects_timers(ctx) {
        Columns::All
    } else {
        Columns::WithoutTimers
    }
}

fn connection(
    page: Page<ticket::Model>,
    order: queries::Order,
    total: Option<u64>,
) -> TicketConnection {
    TicketConnection::of(
        page,
        order.tag(),
        total,
        |ticket| order.place(ticket),
        |ticket| Row(Ticket(ticket)),
    )
}
