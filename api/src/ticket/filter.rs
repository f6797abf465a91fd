//! One ticket filter, read both ways: as SQL, and as a yes or no for one ticket. Nothing in it is
//! "unknown": where a field is empty, a test of its value is simply false, on both readings.

mod fields;

use chrono::{DateTime, Utc};
use entity::{
    ids::{OrganizationId, TeamId, UserId},
    ticket::{
        self, Channel, Column, NEVER, Priority, ServicePhase, Status, WaitingReason, Warning,
    },
    ticket_tag,
};
use sea_orm::{
    ActiveEnum, ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Value,
    sea_query::{Expr, ExprTrait, Func},
};

pub use self::fields::{FieldTest, Limit};
use crate::{index::HasWords, sla::TimerState, store::containing, text};

/// A filter with its viewer worked in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// True of every ticket where the list is empty.
    All(Vec<Filter>),
    /// True of no ticket where the list is empty.
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Status(Vec<Status>),
    WaitingReason(Vec<WaitingReason>),
    Priority(Vec<Priority>),
    Channel(Vec<Channel>),
    Level(NumberTest),
    Team(IdTest<TeamId>),
    Assignee(IdTest<UserId>),
    Requester(IdTest<UserId>),
    Organization(IdTest<OrganizationId>),
    /// In normal form.
    HasAnyTag(Vec<String>),
    ExternalId(TextTest),
    Subject(TextTest),
    /// Has these words in any of its texts. Of lists only: what is followed never has it, since events do not tell of
    /// words.
    Words(HasWords),
    /// As it was last told: so a ticket passes or not by what happened, and not by the time of day.
    ServiceLevel(Vec<TimerState>),
    Time(TimeField, TimeTest),
    /// Of a custom field, by its key.
    Field(String, FieldTest),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NumberTest {
    In(Vec<i32>),
    AtLeast(i32),
    AtMost(i32),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IdTest<Id> {
    In(Vec<Id>),
    IsNull,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextTest {
    In(Vec<String>),
    Contains(String),
    IsNull,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeField {
    Created,
    Updated,
    NextDue,
    Solved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeTest {
    After(DateTime<Utc>),
    AtOrAfter(DateTime<Utc>),
    Before(DateTime<Utc>),
    AtOrBefore(DateTime<Utc>),
    IsNull,
}

impl Filter {
    /// Whether `ticket` passes.
    pub fn matches(&self, ticket: &ticket::Model) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.matches(ticket)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(ticket)),
            Self::Not(filter) => !filter.matches(ticket),
            Self::Status(wanted) => wanted.contains(&ticket.status),
            Self::WaitingReason(wanted) => ticket
                .waiting_reason
                .is_some_and(|reason| wanted.contains(&reason)),
            Self::Priority(wanted) => wanted.contains(&ticket.priority),
            Self::Channel(wanted) => wanted.contains(&ticket.channel),
            Self::Level(test) => test.matches(ticket.level_rank.into()),
            Self::Team(test) => test.matches(ticket.team_id),
            Self::Assignee(test) => test.matches(ticket.assignee_id),
            Self::Requester(test) => test.matches(Some(ticket.requester_id)),
            Self::Organization(test) => test.matches(ticket.organization_id),
            Self::HasAnyTag(wanted) => ticket.tags.0.iter().any(|tag| wanted.contains(tag)),
            Self::ExternalId(test) => {
                let id = ticket.external_id.as_deref();
                let lowered = id.map(str::to_ascii_lowercase);
                test.matches(id, lowered.as_deref(), str::to_ascii_lowercase)
            }
            Self::Subject(test) => test.matches(
                Some(&ticket.subject),
                Some(&ticket.subject_folded),
                text::fold,
            ),
            // Never asked of one ticket: `TicketFilter::compile` refuses it.
            Self::Words(_) => false,
            Self::ServiceLevel(wanted) => wanted.contains(&told_state(ticket)),
            Self::Time(field, test) => test.matches(field.of(ticket)),
            Self::Field(key, test) => test.matches(ticket.fields.0.get(key)),
        }
    }

    /// Whether it looks at words of the ticket, which are not among its facts.
    pub fn reads_words(&self) -> bool {
        self.has(&|filter| matches!(filter, Self::Subject(_) | Self::ExternalId(_)))
    }

    fn has(&self, is_one: &impl Fn(&Self) -> bool) -> bool {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().any(|filter| filter.has(is_one))
            }
            Self::Not(filter) => filter.has(is_one),
            _ => is_one(self),
        }
    }

    /// How many values stand in it, for limits.
    pub fn value_count(&self) -> usize {
        match self {
            Self::All(filters) | Self::Any(filters) => filters.iter().map(Self::value_count).sum(),
            Self::Not(filter) => filter.value_count(),
            Self::Status(wanted) => wanted.len(),
            Self::WaitingReason(wanted) => wanted.len(),
            Self::Priority(wanted) => wanted.len(),
            Self::Channel(wanted) => wanted.len(),
            Self::Level(NumberTest::In(wanted)) => wanted.len(),
            Self::Team(IdTest::In(wanted)) => wanted.len(),
            Self::Assignee(IdTest::In(wanted)) | Self::Requester(IdTest::In(wanted)) => {
                wanted.len()
            }
            Self::Organization(IdTest::In(wanted)) => wanted.len(),
            Self::HasAnyTag(wanted)
            | Self::ExternalId(TextTest::In(wanted))
            | Self::Subject(TextTest::In(wanted)) => wanted.len(),
            Self::ServiceLevel(wanted) => wanted.len(),
            Self::Field(_, test) => test.value_count(),
            Self::Level(_)
            | Self::Team(_)
            | Self::Assignee(_)
            | Self::Requester(_)
            | Self::Organization(_)
            | Self::ExternalId(_)
            | Self::Subject(_)
            | Self::Words(_)
            | Self::Time(..) => 1,
        }
    }

    /// The same as a condition on `tickets`.
    pub fn condition(&self) -> Condition {
        match self {
            Self::All(filters) => filters
                .iter()
                .fold(Condition::all(), |all, filter| all.add(filter.condition())),
            Self::Any(filters) if filters.is_empty() => only(Expr::val(false)),
            Self::Any(filters) => filters
                .iter()
                .fold(Condition::any(), |any, filter| any.add(filter.condition())),
            Self::Not(filter) => filter.condition().not(),
            Self::Status(wanted) => only(is_one_of(Column::Status, wanted)),
            Self::WaitingReason(wanted) => only(is_one_of(Column::WaitingReason, wanted))
                .add(Column::WaitingReason.is_not_null()),
            Self::Priority(wanted) => only(is_one_of(Column::Priority, wanted)),
            Self::Channel(wanted) => only(is_one_of(Column::Channel, wanted)),
            Self::Level(test) => only(test.expr(Column::LevelRank)),
            Self::Team(test) => test.condition(Column::TeamId),
            Self::Assignee(test) => test.condition(Column::AssigneeId),
            Self::Requester(test) => test.condition(Column::RequesterId),
            Self::Organization(test) => test.condition(Column::OrganizationId),
            Self::HasAnyTag(wanted) => only(Column::Id.in_subquery(tagged(wanted))),
            Self::ExternalId(test) => {
                let lowered = Func::lower(column(Column::ExternalId)).into();
                test.condition(Column::ExternalId, lowered, str::to_ascii_lowercase)
            }
            Self::Subject(test) => {
                test.condition(Column::Subject, column(Column::SubjectFolded), text::fold)
            }
            Self::Words(words) => only(words.expr()),
            Self::ServiceLevel(wanted) => wanted
                .iter()
                .fold(Condition::any().add(Expr::val(false)), |any, state| {
                    any.add(told_condition(*state))
                }),
            Self::Time(field, test) => test.condition(*field),
            Self::Field(key, test) => only(test.expr(key)),
        }
    }
}

/// The state of a ticket's service level as a whole, as it was last told.
fn told_state(ticket: &ticket::Model) -> TimerState {
    match (ticket.service_phase, ticket.warning) {
        (ServicePhase::Running, Warning::Breached) => TimerState::Breached,
        (ServicePhase::Running, Warning::AtRisk) => TimerState::AtRisk,
        (ServicePhase::Running, Warning::None) => TimerState::Running,
        (ServicePhase::Paused, _) => TimerState::Paused,
        (ServicePhase::Met, _) => TimerState::Met,
        (ServicePhase::Cancelled, _) => TimerState::Cancelled,
    }
}

/// [`told_state`] for a query.
fn told_condition(state: TimerState) -> Condition {
    let in_phase = |phase| only(is_one_of(Column::ServicePhase, &[phase]));
    let running =
        |warning| in_phase(ServicePhase::Running).add(is_one_of(Column::Warning, &[warning]));
    match state {
        TimerState::Breached => running(Warning::Breached),
        TimerState::AtRisk => running(Warning::AtRisk),
        TimerState::Running => running(Warning::None),
        TimerState::Paused => in_phase(ServicePhase::Paused),
        TimerState::Met => in_phase(ServicePhase::Met),
        TimerState::Cancelled => in_phase(ServicePhase::Cancelled),
    }
}

impl NumberTest {
    fn matches(&self, number: i32) -> bool {
        match self {
            Self::In(wanted) => wanted.contains(&number),
            Self::AtLeast(least) => number >= *least,
            Self::AtMost(most) => number <= *most,
        }
    }

    fn expr(&self, field: Column) -> Expr {
        match self {
            Self::In(wanted) => column(field).is_in(wanted.iter().copied()),
            Self::AtLeast(least) => column(field).gte(*least),
            Self::AtMost(most) => column(field).lte(*most),
        }
    }
}

impl<Id: Copy + PartialEq + Into<Value>> IdTest<Id> {
    fn matches(&self, id: Option<Id>) -> bool {
        match self {
            Self::In(wanted) => id.is_some_and(|id| wanted.contains(&id)),
            Self::IsNull => id.is_none(),
        }
    }

    fn condition(&self, field: Column) -> Condition {
        match self {
            Self::In(wanted) => {
                only(field.is_not_null()).add(column(field).is_in(wanted.iter().copied()))
            }
            Self::IsNull => only(field.is_null()),
        }
    }
}

impl TextTest {
    /// `folded` and `fold` make both sides alike for [`TextTest::Contains`].
    fn matches(
        &self,
        text: Option<&str>,
        folded: Option<&str>,
        fold: impl Fn(&str) -> String,
    ) -> bool {
        match self {
            Self::In(wanted) => text.is_some_and(|text| wanted.iter().any(|wanted| wanted == text)),
            Self::Contains(part) => folded.is_some_and(|folded| folded.contains(&fold(part))),
            Self::IsNull => text.is_none(),
        }
    }

    fn condition(&self, field: Column, folded: Expr, fold: impl Fn(&str) -> String) -> Condition {
        match self {
            Self::In(wanted) => {
                only(field.is_not_null()).add(field.is_in(wanted.iter().map(String::as_str)))
            }
            Self::Contains(part) => {
                only(field.is_not_null()).add(folded.like(containing(&fold(part))))
            }
            Self::IsNull => only(field.is_null()),
        }
    }
}

impl TimeField {
    fn of(self, ticket: &ticket::Model) -> Option<DateTime<Utc>> {
        match self {
            Self::Created => Some(ticket.created_at),
            Self::Updated => Some(ticket.updated_at),
            Self::NextDue => Some(ticket.next_due_at).filter(|due| *due != NEVER),
            Self::Solved => ticket.solved_at,
        }
    }

    const fn column(self) -> Column {
        match self {
            Self::Created => Column::CreatedAt,
            Self::Updated => Column::UpdatedAt,
            Self::NextDue => Column::NextDueAt,
            Self::Solved => Column::SolvedAt,
        }
    }

    fn is_null(self) -> Expr {
        match self {
            Self::NextDue => Column::NextDueAt.eq(NEVER),
            Self::Created | Self::Updated | Self::Solved => self.column().is_null(),
        }
    }
}

impl TimeTest {
    fn matches(self, time: Option<DateTime<Utc>>) -> bool {
        match self {
            Self::After(limit) => time.is_some_and(|time| time > limit),
            Self::AtOrAfter(limit) => time.is_some_and(|time| time >= limit),
            Self::Before(limit) => time.is_some_and(|time| time < limit),
            Self::AtOrBefore(limit) => time.is_some_and(|time| time <= limit),
            Self::IsNull => time.is_none(),
        }
    }

    fn condition(self, field: TimeField) -> Condition {
        let column = field.column();
        let expr = match self {
            Self::After(limit) => column.gt(limit),
            Self::AtOrAfter(limit) => column.gte(limit),
            Self::Before(limit) => column.lt(limit),
            Self::AtOrBefore(limit) => column.lte(limit),
            Self::IsNull => return only(field.is_null()),
        };
        only(expr).add(field.is_null().not())
    }
}

/// Enum values are few and stand in the statement itself, so that a partial index can be chosen.
fn is_one_of<E: ActiveEnum<Value = i16> + Clone>(field: Column, wanted: &[E]) -> Expr {
    let values = wanted
        .iter()
        .map(|value| Expr::Constant(value.clone().into_value().into()));
    column(field).is_in(values)
}

fn tagged(wanted: &[String]) -> sea_orm::sea_query::SelectStatement {
    ticket_tag::Entity::find()
        .select_only()
        .column(ticket_tag::Column::TicketId)
        .filter(ticket_tag::Column::Tag.is_in(wanted.iter().map(String::as_str)))
        .into_query()
}

fn column(column: Column) -> Expr {
    Expr::col(column.as_column_ref())
}

fn only(expr: Expr) -> Condition {
    Condition::all().add(expr)
}
