//! Links between tickets.

use entity::{
    ids::{TicketId, TicketLinkId},
    ticket,
    ticket_link::{self, Kind},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use super::super::{Change, require_not_closed};
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::Result,
    events::Event,
    policy::{self, Action},
    refusal::{Refusal, Why},
};

/// Links from one ticket, and towards one: they are listed whole.
const LINKS_MAX: usize = 100;
/// Incidents of one problem: they are listed, and solved, page by page.
const INCIDENTS_MAX: usize = 10_000;

/// Says how a ticket stands to another. The same link again changes nothing. The ticket's version
/// stays: its requester may not see the other.
pub async fn link(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    other_id: Option<TicketId>,
    kind: Kind,
) -> Result<ticket::Model> {
    let mut tx = app.begin(actor).await?;
    let (ticket, other_id) = lock(&mut tx, id, other_id).await?;
    let links = ticket_link::Entity::find()
        .filter(ticket_link::Column::FromId.eq(ticket.id))
        .all(&*tx)
        .await?;
    if links
        .iter()
        .any(|link| link.to_id == other_id && link.kind == kind)
    {
        return Ok(ticket);
    }
    if links.len() >= LINKS_MAX {
        let why = Why::TooMany { max: LINKS_MAX };
        return Err(Refusal::Invalid {
            field: "otherId",
            why,
        }
        .into());
    }
    require_room(&tx, other_id, kind, "otherId").await?;
    let link_id = TicketLinkId(tx.new_id());
    let row = ticket_link::ActiveModel {
        id: Set(link_id),
        from_id: Set(ticket.id),
        to_id: Set(other_id),
        kind: Set(kind),
        added_by_id: Set(actor.id()),
        created_at: Set(tx.now()),
    };
    ticket_link::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await?;
    let ticket_id = ticket.id;
    tx.record(Event::TicketLinked {
        ticket_id,
        link_id,
        other_id,
        kind,
    });
    tx.record_change(Some(&ticket), &ticket)?;
    tx.commit().await?;
    Ok(ticket)
}

/// Refuses one more link of this kind towards a ticket that has as many as there can be. It is locked.
pub(super) async fn require_room(
    tx: &Tx<'_>,
    to: TicketId,
    kind: Kind,
    field: &'static str,
) -> Result<()> {
    let (is_counted, max) = match kind {
        Kind::CausedBy => (ticket_link::Column::Kind.eq(Kind::CausedBy), INCIDENTS_MAX),
        Kind::RelatesTo | Kind::DuplicateOf => {
            (ticket_link::Column::Kind.ne(Kind::CausedBy), LINKS_MAX)
        }
    };
    let links = ticket_link::Entity::find()
        .filter(ticket_link::Column::ToId.eq(to))
        .filter(is_counted);
    let count = links.count(&**tx).await?;
    if usize::try_from(count).is_ok_and(|count| count < max) {
        return Ok(());
    }
    let why = Why::LinksTowards { max };
    Err(Refusal::Invalid { field, why }.into())
}

/// Both are locked: what names a ticket waits for who changes it, and two who link crosswise would wait for each other.
async fn lock(
    tx: &mut Tx<'_>,
    id: Option<TicketId>,
    other_id: Option<TicketId>,
) -> Result<(ticket::Model, TicketId)> {
    let (change, other) = match (id, other_id) {
        (Some(id), Some(other_id)) if id != other_id => {
            let [change, other] = Change::lock_both(tx, [id, other_id]).await?;
            let change = change.ok_or(Refusal::NotFound { field: "ticketId" })?;
            require_not_closed(change.after.status)?;
            (change, other)
        }
        _ => (Change::lock(tx, id).await?, None),
    };
    let ticket = change.after;
    policy::authorize(tx.actor(), Action::LinkTickets(&ticket))?;
    if other_id == Some(ticket.id) {
        let why = Why::Itself;
        return Err(Refusal::Invalid {
            field: "otherId",
            why,
        }
        .into());
    }
    let other = other.ok_or(Refusal::NotFound { field: "otherId" })?;
    Ok((ticket, other.after.id))
}
