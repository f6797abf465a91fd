//! Tickets as a list reads them. On PostgreSQL columns are read by their place: by name, and with an
//! error made up for every null on the way, they are a third of what a queue page costs.

use entity::{
    ids::{OrganizationId, TeamId, TicketId, UserId},
    json::{Fields, Tags},
    ticket::{self, Column},
};
use sea_orm::{
    ActiveEnum, DbErr, FromQueryResult, IdenStatic, Iterable, QueryResult, QuerySelect, RuntimeErr,
    Select, SelectModel, Selector,
    sea_query::Expr,
    sqlx::{
        self, Decode, Postgres, Row, Type,
        postgres::PgRow,
        types::{Json, Uuid},
    },
};
use serde::de::DeserializeOwned;

/// What a list reads of its tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Columns {
    All,
    /// All but the timers' segments, which are most of a row and empty then, and the folded subject,
    /// which only searching needs.
    WithoutTimers,
}

/// A row of a list.
pub(super) struct Listed(pub(super) ticket::Model);

/// Reads `query` as rows of a list.
pub(super) fn select(
    query: Select<ticket::Entity>,
    columns: Columns,
) -> Selector<SelectModel<Listed>> {
    self::columns(query, columns).into_model()
}

/// `query` with the columns of a list, in the order of the entity.
pub(super) fn columns(query: Select<ticket::Entity>, columns: Columns) -> Select<ticket::Entity> {
    Column::iter().fold(query.select_only(), |query, column| {
        let is_left_out = columns == Columns::WithoutTimers
            && matches!(column, Column::Timers | Column::SubjectFolded);
        if is_left_out {
            query.expr_as(Expr::cust("''"), column.as_str())
        } else {
            query.column(column)
        }
    })
}

impl FromQueryResult for Listed {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        match row.try_as_pg_row() {
            Some(row) => read(&mut Cells { row, next: 0 }).map(Self),
            None => ticket::Model::from_query_result(row, prefix).map(Self),
        }
    }
}

/// The columns in their order, as [`columns`] selects them.
fn read(cells: &mut Cells<'_>) -> Result<ticket::Model, DbErr> {
    Ok(ticket::Model {
        id: TicketId(cells.next()?),
        number: cells.next()?,
        integration_id: cells.next()?,
        external_id: cells.next()?,
        version: cells.next()?,
        subject: cells.next()?,
        subject_folded: cells.next()?,
        status: cells.word()?,
        waiting_reason: cells.word_or_null()?,
        waiting_until: cells.next()?,
        priority: cells.word()?,
        level_rank: cells.next()?,
        channel: cells.word()?,
        requester_id: UserId(cells.next()?),
        organization_id: cells.id_or_null(OrganizationId)?,
        team_id: cells.id_or_null(TeamId)?,
        assignee_id: cells.id_or_null(UserId)?,
        tags: cells.next::<Json<Tags>>()?.0,
        fields: cells.next::<Json<Fields>>()?.0,
        public_comment_count: cells.next()?,
        internal_comment_count: cells.next()?,
        last_public_comment: cells.json_or_null()?,
        last_internal_comment: cells.json_or_null()?,
        timers: cells.next()?,
        service_phase: cells.word()?,
        next_due_at: cells.next()?,
        at_risk_at: cells.next()?,
        warning: cells.word()?,
        next_deadline_at: cells.next()?,
        terms_version: cells.next()?,
        reopen_count: cells.next()?,
        merged_into_id: cells.id_or_null(TicketId)?,
        merged_tickets: cells.json_or_null()?,
        follow_up_of_id: cells.id_or_null(TicketId)?,
        created_at: cells.next()?,
        updated_at: cells.next()?,
        first_replied_at: cells.next()?,
        solved_at: cells.next()?,
        closed_at: cells.next()?,
    })
}

/// The columns of a row, one after the other.
struct Cells<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Cells<'r> {
    fn next<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> Result<T, DbErr> {
        let index = self.next;
        self.next += 1;
        self.row
            .try_get(index)
            .map_err(|error: sqlx::Error| DbErr::Query(RuntimeErr::SqlxError(error.into())))
    }

    fn word<T: ActiveEnum<Value = i16>>(&mut self) -> Result<T, DbErr> {
        T::try_from_value(&self.next()?)
    }

    fn word_or_null<T: ActiveEnum<Value = i16>>(&mut self) -> Result<Option<T>, DbErr> {
        let value: Option<i16> = self.next()?;
        value.map(|value| T::try_from_value(&value)).transpose()
    }

    fn id_or_null<T>(&mut self, id: impl Fn(Uuid) -> T) -> Result<Option<T>, DbErr> {
        Ok(self.next::<Option<Uuid>>()?.map(id))
    }

    fn json_or_null<T: DeserializeOwned + 'r>(&mut self) -> Result<Option<T>, DbErr> {
        let value: Option<Json<T>> = self.next()?;
        Ok(value.map(|value| value.0))
    }
}
