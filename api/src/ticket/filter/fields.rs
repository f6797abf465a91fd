//! Tests of custom fields, read both ways.

use chrono::NaiveDate;
use entity::{
    json::{FieldFact, Number},
    ticket::Column as Ticket,
    ticket_field::{self, Column},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::Expr};

/// A test of one field; where the field has no value, or one of another type, it does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FieldTest {
    /// It has a value.
    IsThere,
    /// At least one of its items is one of these.
    HasAny(Vec<String>),
    Number(Limit, Number),
    Date(Limit, NaiveDate),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    Is,
    After,
    AtOrAfter,
    Before,
    AtOrBefore,
}

impl FieldTest {
    pub(super) fn matches(&self, fact: Option<&FieldFact>) -> bool {
        let Some(fact) = fact else { return false };
        match self {
            Self::IsThere => true,
            Self::HasAny(wanted) => fact.items.iter().any(|item| wanted.contains(item)),
            Self::Number(limit, than) => {
                fact.number.is_some_and(|number| limit.holds(&number, than))
            }
            Self::Date(limit, than) => {
                let than = than.to_string();
                fact.items.iter().any(|item| limit.holds(item, &than))
            }
        }
    }

    /// The same of a ticket in a query.
    pub(super) fn expr(&self, key: &str) -> Expr {
        let rows = ticket_field::Entity::find()
            .select_only()
            .column(Column::TicketId)
            .filter(Column::Key.eq(key));
        let rows = match self {
            Self::IsThere => rows,
            Self::HasAny(wanted) => {
                rows.filter(Column::Item.is_in(wanted.iter().map(String::as_str)))
            }
            Self::Number(limit, than) => rows.filter(limit.expr(Column::Number, *than)),
            Self::Date(limit, than) => rows.filter(limit.expr(Column::Item, than.to_string())),
        };
        Ticket::Id.in_subquery(rows.into_query())
    }

    pub(super) const fn value_count(&self) -> usize {
        match self {
            Self::HasAny(wanted) => wanted.len() + 1,
            Self::IsThere | Self::Number(..) | Self::Date(..) => 2,
        }
    }
}

impl Limit {
    fn holds<T: PartialOrd>(self, value: &T, than: &T) -> bool {
        match self {
            Self::Is => value == than,
            Self::After => value > than,
            Self::AtOrAfter => value >= than,
            Self::Before => value < than,
            Self::AtOrBefore => value <= than,
        }
    }

    fn expr(self, column: Column, than: impl Into<sea_orm::Value>) -> Expr {
        let than: sea_orm::Value = than.into();
        match self {
            Self::Is => column.eq(than),
            Self::After => column.gt(than),
            Self::AtOrAfter => column.gte(than),
            Self::Before => column.lt(than),
            Self::AtOrBefore => column.lte(than),
        }
    }
}
