//! Every read of tickets, through what the actor may see.

use std::collections::HashMap;

use entity::{
    ids::TicketId,
    ticket::{self, Column, Status},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    Order::{Asc, Desc},
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, ExprTrait, Func, JoinType, Query},
};

use super::{
    filter::Filter,
    integration_of,
    listed::{self, Columns},
};
use crate::{
    actor::Actor,
    app::App,
    error::Result,
    page::{Cursor, OrderBy, OrderTag, Page, Sort, Window},
    policy,
};

/// Counts in one statement: of filters as large as may be they are still within what a statement of
/// either database can hold.
const COUNTS_AT_ONCE: usize = 25;

/// An order of ticket lists; each ends in the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub field: OrderField,
    pub descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderField {
    Created,
    Updated,
    Priority,
    NextDue,
    Number,
}

/// How one ticket is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// None: the id names nothing.
    Id(Option<TicketId>),
    Number(i32),
    ExternalId(String),
}

pub async fn find(app: &App, actor: &Actor, reference: Reference) -> Result<Option<ticket::Model>> {
    let query = match reference {
        Reference::Id(None) => return Ok(None),
        // What cannot be stored names nothing; asking PostgreSQL for it would be an error.
        Reference::ExternalId(external_id) if external_id.contains('\0') => return Ok(None),
        Reference::Id(Some(id)) => visible(actor).filter(Column::Id.eq(id)),
        Reference::Number(number) => visible(actor).filter(Column::Number.eq(number)),
        Reference::ExternalId(external_id) => by_external_id(actor, &external_id),
    };
    Ok(query.one(&app.store.read).await?)
}

/// The actor's own integration comes first; then the desk, then the others.
fn by_external_id(actor: &Actor, external_id: &str) -> Select<ticket::Entity> {
    let own = integration_of(actor);
    visible(actor)
        .filter(Column::ExternalId.eq(external_id))
        .order_by_desc(Column::IntegrationId.eq(own))
        .order_by_asc(Column::IntegrationId)
}

/// Those of `ids` that the actor may see.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[TicketId],
) -> Result<HashMap<TicketId, ticket::Model>> {
    find_columns(app, actor, ids, Columns::All).await
}

/// The same, without what nobody looks at.
pub async fn find_columns(
    app: &App,
    actor: &Actor,
    ids: &[TicketId],
    columns: Columns,
) -> Result<HashMap<TicketId, ticket::Model>> {
    let query = visible(actor).filter(Column::Id.is_in(ids.iter().copied()));
    let rows = listed::select(query, columns).all(&app.store.read).await?;
    Ok(rows.into_iter().map(|row| (row.0.id, row.0)).collect())
}

/// One page of the tickets that pass `filter`.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &Filter,
    order: Order,
    window: &Window,
    columns: Columns,
) -> Result<Page<ticket::Model>> {
    let query = window.apply(visible(actor).filter(filter.condition()), &order.by());
    let rows = listed::select(query, columns).all(&app.store.read).await?;
    let tickets = rows.into_iter().map(|row| row.0).collect();
    Ok(window.page(tickets))
}

/// How many tickets pass `filter`.
pub async fn count(app: &App, actor: &Actor, filter: &Filter) -> Result<u64> {
    count_in(&app.store.read, actor, filter).await
}

/// How many tickets pass each of `filters`, in their order; a statement counts several at once.
pub async fn count_each(app: &App, actor: &Actor, filters: &[Filter]) -> Result<Vec<u64>> {
    let mut counts = Vec::with_capacity(filters.len());
    for some in filters.chunks(COUNTS_AT_ONCE) {
        let query = some.iter().fold(Query::select(), |mut query, filter| {
            let passing = visible(actor).filter(filter.condition());
            let count = passing.select_only().expr(Expr::col(Asterisk).count());
            query.expr(Expr::SubQuery(None, Box::new(count.into_query().into())));
            query
        });
        let row = app.store.read.query_one(&query).await?;
        let row = row.ok_or_else(|| anyhow::anyhow!("a count without an answer"))?;
        for index in 0..some.len() {
            let count: i64 = row.try_get_by_index(index)?;
            counts.push(u64::try_from(count).unwrap_or_default());
        }
    }
    Ok(counts)
}

/// The same in a transaction.
pub async fn count_in(db: &impl ConnectionTrait, actor: &Actor, filter: &Filter) -> Result<u64> {
    Ok(visible(actor).filter(filter.condition()).count(db).await?)
}

/// The first of the NEW and OPEN tickets that nobody has and that pass `filter`; of those that are due
/// at the same time the more urgent.
pub fn next(actor: &Actor, filter: &Filter, order: Order) -> Select<ticket::Entity> {
    let is_due_order = order.field == OrderField::NextDue;
    let by = order.by();
    let direction = |descending| if descending { Desc } else { Asc };
    // The statuses stand in the statement itself, for the partial index.
    let active = Filter::Status(vec![Status::New, Status::Open]);
    let mut query = visible(actor)
        .filter(active.condition())
        .filter(Column::AssigneeId.is_null())
        .filter(filter.condition())
        .order_by(by.column, direction(by.descending));
    if is_due_order {
        query = query.order_by(Column::Priority, Desc);
    }
    query.order_by(by.id, direction(by.descending))
}

fn visible(actor: &Actor) -> Select<ticket::Entity> {
    ticket::Entity::find().filter(policy::visible_tickets(actor))
}

impl Order {
    /// What is due first comes first.
    pub const NEXT_DUE: Self = Self {
        field: OrderField::NextDue,
        descending: false,
    };

    const fn by(self) -> OrderBy<Column> {
        let column = match self.field {
            OrderField::Created => Column::CreatedAt,
            OrderField::Updated => Column::UpdatedAt,
            OrderField::Priority => Column::Priority,
            OrderField::NextDue => Column::NextDueAt,
            OrderField::Number => Column::Number,
        };
        OrderBy {
            column,
            id: Column::Id,
            descending: self.descending,
        }
    }

    /// Cursors of one order are not those of another.
    pub const fn tag(self) -> OrderTag {
        match (self.field, self.descending) {
            (OrderField::Created, false) => *b"ct",
            (OrderField::Created, true) => *b"Ct",
            (OrderField::Updated, false) => *b"ut",
            (OrderField::Updated, true) => *b"Ut",
            (OrderField::Priority, false) => *b"pn",
            (OrderField::Priority, true) => *b"Pn",
            (OrderField::NextDue, false) => *b"dt",
            (OrderField::NextDue, true) => *b"Dt",
            (OrderField::Number, false) => *b"nn",
            (OrderField::Number, true) => *b"Nn",
        }
    }

    /// Where `ticket` stands.
    pub fn place(self, ticket: &ticket::Model) -> Cursor {
        let sort = match self.field {
            OrderField::Created => Sort::Time(ticket.created_at),
            OrderField::Updated => Sort::Time(ticket.updated_at),
            OrderField::Priority => {
                Sort::Number(sea_orm::ActiveEnum::to_value(&ticket.priority).into())
            }
            OrderField::NextDue => Sort::Time(ticket.next_due_at),
            OrderField::Number => Sort::Number(ticket.number.into()),
        };
        Cursor {
            sort,
            id: ticket.id.0,
        }
    }
}

/// For each of `ids`: how many other visible tickets share an article with it that was sent to the
/// requester or solved it, among the articles that the actor may read.
pub async fn count_similar(
    app: &App,
    actor: &Actor,
    ids: &[TicketId],
) -> Result<HashMap<TicketId, i64>> {
    use entity::{article, knowledge_link, knowledge_link::Role};
    let (own, other) = ("own", "other");
    let answers = |link: &'static str| {
        Expr::col((link, knowledge_link::Column::Role)).is_in([Role::Shared, Role::Solution])
    };
    let query = Query::select()
        .column((own, knowledge_link::Column::TicketId))
        .expr(Func::count_distinct(Expr::col((
            other,
            knowledge_link::Column::TicketId,
        ))))
        .from_as(knowledge_link::Entity, own)
        .join_as(
            JoinType::InnerJoin,
            knowledge_link::Entity,
            other,
            Condition::all()
                .add(
                    Expr::col((own, knowledge_link::Column::ArticleId))
                        .equals((other, knowledge_link::Column::ArticleId)),
                )
                .add(
                    Expr::col((own, knowledge_link::Column::TicketId))
                        .ne(Expr::col((other, knowledge_link::Column::TicketId))),
                ),
        )
        .inner_join(
            ticket::Entity,
            Expr::col(Column::Id.as_column_ref()).equals((other, knowledge_link::Column::TicketId)),
        )
        .inner_join(
            article::Entity,
            Expr::col(article::Column::Id.as_column_ref())
                .equals((own, knowledge_link::Column::ArticleId)),
        )
        .and_where(Expr::col((own, knowledge_link::Column::TicketId)).is_in(ids.iter().copied()))
        .and_where(answers(own))
        .and_where(answers(other))
        .cond_where(policy::visible_tickets(actor))
        .cond_where(policy::visible_articles(actor))
        .group_by_col((own, knowledge_link::Column::TicketId))
        .take();
    let rows = app.store.read.query_all(&query).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}
