//! Pages of a list: keyset cursors that go both ways, over any order that ends in the id.

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, Func, Order, Query, SelectStatement, WindowStatement},
};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Rows of a page where the client names no number.
pub const SIZE_DEFAULT: u32 = 25;
/// Rows of a page at most.
pub const SIZE_MAX: u32 = 100;
/// So many rows are read at least, and one more; a page of another size is cut from the next larger.
const SIZES_READ: [u32; 5] = [5, 10, 25, 50, SIZE_MAX];
/// Names an order in its cursors: a letter of its own, then the kind of its sort values (`n`
/// number, `t` time, `s` text, `-` none).
pub type OrderTag = [u8; 2];
/// Where a row stands on the page of its own list.
const PLACE: &str = "place";
/// The list that a row is in.
const LIST: &str = "list";
/// A cursor's text is bounded by the longest sort value: a name.
const CURSOR_BYTES_MAX: usize = 2_048;

/// The arguments of every connection.
#[derive(Clone, Debug, Default)]
pub struct Args {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// Where a row stands in an order: its sort value, then its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cursor {
    pub sort: Sort,
    pub id: Uuid,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sort {
    Number(i64),
    Time(DateTime<Utc>),
    Text(String),
    /// The id alone is the order.
    None,
}

/// A checked request for a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    size: u32,
    is_backward: bool,
    after: Option<Cursor>,
    before: Option<Cursor>,
}

/// An order of `E`: a column, then the id, both the same way.
pub struct OrderBy<C> {
    pub column: C,
    pub id: C,
    pub descending: bool,
}

/// One page of rows, in the order asked for.
#[derive(Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub has_next: bool,
    pub has_previous: bool,
}

impl Args {
    /// Of a list that is read forwards only.
    pub const fn forward(first: Option<i32>, after: Option<String>) -> Self {
        Self {
            first,
            after,
            last: None,
            before: None,
        }
    }

    /// Checks sizes and cursors; a cursor of another order is refused.
    pub fn window(&self, order: OrderTag) -> Result<Window> {
        if self.first.is_some() && self.last.is_some() {
            return Err(Error::BadInput("`first` and `last` do not go together"));
        }
        Ok(Window {
            size: size(self.first.or(self.last))?,
            is_backward: self.last.is_some(),
            after: Cursor::read(self.after.as_deref(), order)?,
            before: Cursor::read(self.before.as_deref(), order)?,
        })
    }
}

/// How many rows a page has that is asked for with so many.
pub fn size(asked: Option<i32>) -> Result<u32> {
    asked.map_or(Ok(SIZE_DEFAULT), |size| {
        let size = u32::try_from(size).ok();
        size.filter(|size| *size <= SIZE_MAX)
            .ok_or(Error::BadInput("a page has from 0 to 100 rows"))
    })
}

impl Window {
    /// Restricts and orders `query` so that it reads this page, and one row more to know whether
    /// there is a next.
    pub fn apply<E, C>(&self, query: Select<E>, order: &OrderBy<C>) -> Select<E>
    where
        E: EntityTrait,
        C: ColumnTrait,
    {
        let direction = self.direction(order.descending);
        self.beyond_cursors(query, order)
            .order_by(Expr::col(order.column.as_column_ref()), direction.clone())
            .order_by(Expr::col(order.id.as_column_ref()), direction)
            .limit(self.rows_read())
    }

    fn beyond_cursors<E, C>(&self, query: Select<E>, order: &OrderBy<C>) -> Select<E>
    where
        E: EntityTrait,
        C: ColumnTrait,
    {
        let mut query = query;
        if let Some(after) = &self.after {
            query = query.filter(beyond(order, after, order.descending));
        }
        if let Some(before) = &self.before {
            query = query.filter(beyond(order, before, !order.descending));
        }
        query
    }

    /// One more than the page has at least, and one of few numbers: a bound stands in the text of a statement
    /// (`store/reader.rs`), and each text is planned and kept by itself.
    fn rows_read(&self) -> u64 {
        let size = SIZES_READ.into_iter().find(|size| *size >= self.size);
        u64::from(size.unwrap_or(SIZE_MAX)) + 1
    }

    /// Rows of the page at most.
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Whether rows are read from the greatest on, in an order that goes down or up.
    pub const fn reads_descending(&self, descending: bool) -> bool {
        descending != self.is_backward
    }

    const fn direction(&self, descending: bool) -> Order {
        if self.reads_descending(descending) {
            Order::Desc
        } else {
            Order::Asc
        }
    }

    /// The same page of many lists at once: restricts `query` to the rows that stand on this page of
    /// their own `parent`'s list, in the order of reading.
    pub fn apply_to_each<E, C>(&self, query: Select<E>, parent: C, order: &OrderBy<C>) -> Select<E>
    where
        E: EntityTrait,
        C: ColumnTrait,
    {
        let on_page = self.places(query, parent, order).column(order.id).take();
        self.rows(on_page, order)
    }

    /// The same where `list` says in which list a row is.
    pub fn apply_to_lists<E, C>(
        &self,
        query: Select<E>,
        list: Expr,
        order: &OrderBy<C>,
    ) -> Select<E>
    where
        E: EntityTrait,
        C: ColumnTrait,
    {
        let direction = self.direction(order.descending);
        let listed = self
            .beyond_cursors(query, order)
            .select_only()
            .columns([order.column, order.id])
            .expr_as(list, LIST)
            .into_query();
        let place = WindowStatement::partition_by(LIST)
            .order_by(order.column.as_str(), direction.clone())
            .order_by(order.id.as_str(), direction)
            .take();
        let ranked = Query::select()
            .column(order.id)
            .from_subquery(listed, "listed")
            .expr_window_as(Func::cust("ROW_NUMBER"), place, PLACE)
            .take();
        self.rows(self.on_page(ranked).column(order.id).take(), order)
    }

    fn rows<E: EntityTrait, C: ColumnTrait>(
        &self,
        ids: SelectStatement,
        order: &OrderBy<C>,
    ) -> Select<E> {
        let direction = self.direction(order.descending);
        E::find()
            .filter(order.id.in_subquery(ids))
            .order_by(Expr::col(order.column.as_column_ref()), direction.clone())
            .order_by(Expr::col(order.id.as_column_ref()), direction)
    }

    /// The same where rows are in many lists: pairs of a `parent` and the id of a row that stands on
    /// this page of its list, in the order of reading.
    pub fn pairs_of_each<E, C, P>(
        &self,
        query: Select<E>,
        parent: P,
        order: &OrderBy<C>,
    ) -> SelectStatement
    where
        E: EntityTrait,
        C: ColumnTrait,
        P: ColumnTrait,
    {
        self.places(query, parent, order)
            .column(parent)
            .column(order.id)
            .order_by(PLACE, Order::Asc)
            .take()
    }

    /// From what stands on this page of each list; what to select of it is open.
    fn places<E, C, P>(&self, query: Select<E>, parent: P, order: &OrderBy<C>) -> SelectStatement
    where
        E: EntityTrait,
        C: ColumnTrait,
        P: ColumnTrait,
    {
        let direction = self.direction(order.descending);
        let ranked = self
            .beyond_cursors(query, order)
            .select_only()
            .column(parent)
            .column(order.id)
            .into_query()
            .expr_window_as(
                Func::cust("ROW_NUMBER"),
                WindowStatement::partition_by(parent.as_column_ref())
                    .order_by_expr(Expr::col(order.column.as_column_ref()), direction.clone())
                    .order_by_expr(Expr::col(order.id.as_column_ref()), direction)
                    .take(),
                PLACE,
            )
            .take();
        self.on_page(ranked)
    }

    fn on_page(&self, ranked: SelectStatement) -> SelectStatement {
        Query::select()
            .from_subquery(ranked, "ranked")
            .and_where(Expr::col(PLACE).lte(i64::from(self.size) + 1))
            .take()
    }

    /// The page of a list in memory that is read forwards, its greatest row first. `place` is where a row stands.
    pub fn page_of<T>(&self, rows: Vec<T>, place: impl Fn(&T) -> (i64, Uuid)) -> Page<T> {
        let after = self.after.as_ref().and_then(|after| match after.sort {
            Sort::Number(number) => Some((number, after.id)),
            Sort::Time(_) | Sort::Text(_) | Sort::None => None,
        });
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut rows = rows;
        rows.sort_by_key(|row| std::cmp::Reverse(place(row)));
        rows.retain(|row| after.is_none_or(|after| place(row) < after));
        rows.truncate(size.saturating_add(1));
        self.page(rows)
    }

    /// Cuts the rows that [`Window::apply`] read down to the page.
    pub fn page<T>(&self, mut rows: Vec<T>) -> Page<T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let has_more = rows.len() > size;
        rows.truncate(size);
        if self.is_backward {
            rows.reverse();
            return Page {
                rows,
                has_next: self.before.is_some(),
                has_previous: has_more,
            };
        }
        Page {
            rows,
            has_next: has_more,
            has_previous: self.after.is_some(),
        }
    }
}

/// Sorts keys of nested lists by the page they ask for, so that each page is one statement.
pub fn by_window<Id: Clone>(keys: &[(Id, Window)]) -> HashMap<&Window, Vec<Id>> {
    let mut parents: HashMap<&Window, Vec<Id>> = HashMap::new();
    for (id, window) in keys {
        parents.entry(window).or_default().push(id.clone());
    }
    parents
}

/// A row value, which both databases read as one range of the index on both columns; a column alone
/// where it is the id.
fn beyond<C: ColumnTrait>(order: &OrderBy<C>, cursor: &Cursor, descending: bool) -> Expr {
    let column = Expr::col(order.column.as_column_ref());
    let sort = match &cursor.sort {
        Sort::Number(number) => Expr::val(*number),
        Sort::Time(time) => Expr::val(*time),
        Sort::Text(text) => Expr::val(text.clone()),
        Sort::None => Expr::val(cursor.id),
    };
    let (place, limit) = if order.column.as_str() == order.id.as_str() {
        (column, sort)
    } else {
        let place = Expr::tuple([column, Expr::col(order.id.as_column_ref())]);
        (place, Expr::tuple([sort, Expr::val(cursor.id)]))
    };
    if descending {
        place.lt(limit)
    } else {
        place.gt(limit)
    }
}

impl Cursor {
    /// The opaque text that clients hold, bound to the `order` it was made for.
    pub fn write(&self, order: OrderTag) -> String {
        let mut bytes = order.to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        match &self.sort {
            Sort::Number(number) => bytes.extend_from_slice(&number.to_be_bytes()),
            Sort::Time(time) => bytes.extend_from_slice(&time.timestamp_micros().to_be_bytes()),
            Sort::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            Sort::None => {}
        }
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(text: Option<&str>, order: OrderTag) -> Result<Option<Self>> {
        text.map(|text| {
            Self::decode(text, order).ok_or(Error::BadInput("this cursor is not of this list"))
        })
        .transpose()
    }

    fn decode(text: &str, order: OrderTag) -> Option<Self> {
        if text.len() > CURSOR_BYTES_MAX {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (head, rest) = bytes.split_at_checked(18)?;
        let id = Uuid::from_slice(&head[2..])
            .ok()
            .filter(|_| head[..2] == order)?;
        let number = || Some(i64::from_be_bytes(rest.try_into().ok()?));
        let sort = match order[1] {
            b'n' => Sort::Number(number()?),
            b't' => Sort::Time(storable(DateTime::from_timestamp_micros(number()?)?)?),
            b's' => Sort::Text(
                String::from_utf8(rest.to_vec())
                    .ok()
                    .filter(|text| !text.contains('\0'))?,
            ),
            b'-' if rest.is_empty() => Sort::None,
            _ => return None,
        };
        Some(Self { sort, id })
    }
}

/// Times of four-digit years: what both databases can compare.
fn storable(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1..=9_999).contains(&time.year()).then_some(time)
}

#[cfg(test)]
mod tests;
