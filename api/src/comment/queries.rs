//! Every read of comments, through what the actor may see.

use std::collections::{HashMap, HashSet};

use entity::{
    comment::{self, Column},
    ids::TicketId,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{CaseStatement, Expr},
};

use crate::{
    actor::Actor,
    app::App,
    error::Result,
    page::{Cursor, OrderBy, OrderTag, Sort, Window},
    policy,
};

/// Comments stand in the order in which they were written.
pub const ORDER: OrderTag = *b"ct";

/// Whose comments stand in one list: a ticket's, and those of tickets merged into it that the actor sees as well.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shown {
    pub ticket: TicketId,
    pub merged: Vec<TicketId>,
}

impl Shown {
    fn tickets(&self) -> impl Iterator<Item = TicketId> {
        self.merged.iter().copied().chain([self.ticket])
    }
}

/// Puts lists apart that have a ticket in common, so that in each part a comment is in one list.
pub(super) fn apart(lists: Vec<Shown>) -> Vec<Vec<Shown>> {
    let mut parts: Vec<(HashSet<TicketId>, Vec<Shown>)> = Vec::new();
    for list in lists {
        let fits =
            |(taken, _): &&mut (HashSet<_>, _)| list.tickets().all(|id| !taken.contains(&id));
        let part = match parts.iter_mut().find(fits) {
            Some(part) => part,
            None => parts.push_mut(Default::default()),
        };
        part.0.extend(list.tickets());
        part.1.push(list);
    }
    parts.into_iter().map(|(_, lists)| lists).collect()
}

/// The list that each ticket's comments are in.
pub(super) fn by_ticket(lists: &[Shown]) -> HashMap<TicketId, &Shown> {
    let tickets = lists.iter();
    let tickets = tickets.flat_map(|list| list.tickets().map(move |id| (id, list)));
    tickets.collect()
}

/// The comments that stand on this page of each list; the actor sees the tickets.
pub(super) async fn list_each(
    app: &App,
    actor: &Actor,
    lists: &[Shown],
    window: &Window,
) -> Result<Vec<comment::Model>> {
    let query = comment::Entity::find()
        .filter(Column::TicketId.is_in(lists.iter().flat_map(Shown::tickets)))
        .filter(policy::visible_comments_of_visible_tickets(actor));
    let order = OrderBy {
        column: Column::CreatedAt,
        id: Column::Id,
        descending: false,
    };
    let page = match lists {
        [_one] => window.apply(query, &order),
        _ if lists.iter().all(|list| list.merged.is_empty()) => {
            window.apply_to_each(query, Column::TicketId, &order)
        }
        _ => window.apply_to_lists(query, number_of(lists), &order),
    };
    Ok(page.all(&app.store.read).await?)
}

/// The number of the list that a comment is in.
fn number_of(lists: &[Shown]) -> Expr {
    let numbered = (0_i32..).zip(lists);
    let cases = numbered.fold(CaseStatement::new(), |cases, (number, list)| {
        cases.case(Column::TicketId.is_in(list.tickets()), number)
    });
    cases.into()
}

pub fn place(comment: &comment::Model) -> Cursor {
    Cursor {
        sort: Sort::Time(comment.created_at),
        id: comment.id.0,
    }
}
