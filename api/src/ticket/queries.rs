//! Every read of tickets, through what the actor may see.

use std::collections::HashMap;

use entity::{
    ids::TicketId,
    ticket::{self, Column, Status},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult,
    Order::{Asc, Desc},
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, UnionType},
};

use super::{
    filter::Filter,
    integration_of,
    listed::{self, Columns, Listed},
};
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    input::KEY_CHARS_MAX,
    page::{Cursor, OrderBy, OrderTag, Page, Sort, Window},
    policy, text,
};

/// Values in one statement, and lists that it is about: what either database can hold.
const VALUES_AT_ONCE: usize = 25_000;
const LISTS_AT_ONCE: usize = 250;
/// The number of a list in a statement that reads several.
const LIST: &str = "list";

/// Rows that the pages of several lists read together have at most.
const ROWS_AT_ONCE: u32 = 2_000;

/// A page of one list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    pub filter: Filter,
    pub order: Order,
    pub window: Window,
    pub columns: Columns,
}

/// An order of ticket lists; each ends in the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    pub field: OrderField,
    pub descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// The ticket that this external id is taken by for the actor, if they may see it: not one of another integration.
pub async fn find_own(
    app: &App,
    actor: &Actor,
    external_id: &str,
) -> Result<Option<ticket::Model>> {
    let Ok(external_id) = text::clean_line(external_id, KEY_CHARS_MAX) else {
        return Ok(None);
    };
    let own = visible(actor)
        .filter(Column::IntegrationId.eq(integration_of(actor)))
        .filter(Column::ExternalId.eq(external_id));
    Ok(own.one(&app.store.read).await?)
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

/// The pages of several lists, in their order; a statement reads several at once.
pub async fn list_each(
    app: &App,
    actor: &Actor,
    listings: &[Listing],
) -> Result<Vec<Page<ticket::Model>>> {
    let rows: u32 = listings.iter().map(|listing| listing.window.size()).sum();
    if rows > ROWS_AT_ONCE {
        return Err(Error::BadInput(
            "ask for fewer tickets of each queue: at most 2,000 of all together",
        ));
    }
    let mut pages = Vec::with_capacity(listings.len());
    for some in at_once(listings, |listing| &listing.filter) {
        let mut lists: Vec<Vec<ticket::Model>> = some.iter().map(|_| Vec::new()).collect();
        let query = some
            .iter()
            .enumerate()
            .map(|(index, listing)| listing.numbered(actor, index))
            .reduce(|mut all, one| all.union(UnionType::All, one).take());
        let rows = match query {
            Some(query) => app.store.read.query_all(&query).await?,
            None => Vec::new(),
        };
        for row in rows {
            let index: i32 = row.try_get("", LIST)?;
            let list = usize::try_from(index)
                .ok()
                .and_then(|index| lists.get_mut(index));
            let list = list.ok_or_else(|| anyhow::anyhow!("a row of no list"))?;
            list.push(Listed::from_query_result(&row, "")?.0);
        }
        let pages_of_some = some
            .iter()
            .zip(lists)
            .map(|(listing, rows)| listing.page(rows));
        pages.extend(pages_of_some);
    }
    Ok(pages)
}

impl Listing {
    /// Its rows, each with the number of the list.
    fn numbered(&self, actor: &Actor, index: usize) -> SelectStatement {
        let query = visible(actor).filter(self.filter.condition());
        let query = self.window.apply(query, &self.order.by());
        let rows = listed::columns(query, self.columns).into_query();
        Query::select()
            .expr(Expr::col(Asterisk))
            .expr_as(Expr::cust(index.to_string()), LIST)
            .from_subquery(rows, "page")
            .take()
    }

    /// A union has no order of its own.
    fn page(&self, mut rows: Vec<ticket::Model>) -> Page<ticket::Model> {
        rows.sort_by_cached_key(|ticket| self.order.place(ticket));
        if self.window.reads_descending(self.order.descending) {
            rows.reverse();
        }
        self.window.page(rows)
    }
}

/// How many tickets pass `filter`.
pub async fn count(app: &App, actor: &Actor, filter: &Filter) -> Result<u64> {
    count_in(&app.store.read, actor, filter).await
}

/// How many tickets pass each of `filters`, in their order; a statement counts several at once.
pub async fn count_each(app: &App, actor: &Actor, filters: &[Filter]) -> Result<Vec<u64>> {
    let mut counts = Vec::with_capacity(filters.len());
    for some in at_once(filters, |filter| filter) {
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

/// Cuts a list of lists into parts for one statement each.
fn at_once<T>(lists: &[T], filter: impl Fn(&T) -> &Filter) -> Vec<&[T]> {
    let mut parts = Vec::new();
    let mut rest = lists;
    while !rest.is_empty() {
        let mut values = 0;
        let fitting = rest.iter().take(LISTS_AT_ONCE).take_while(|list| {
            values += filter(list).value_count();
            values <= VALUES_AT_ONCE
        });
        let (part, others) = rest.split_at(fitting.count().max(1));
        parts.push(part);
        rest = others;
    }
    parts
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
