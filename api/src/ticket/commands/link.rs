//! Links between tickets.

use entity::{
    ids::{TicketId, TicketLinkId},
    ticket,
    ticket_link::{self, Kind},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::super::Change;
use crate::{
    actor::Actor,
    app::{App, Tx},
    error::Result,
    events::Event,
    policy::{self, Action},
    refusal::{Refusal, Why},
};

/// Links of one ticket, whichever way they go.
const LINKS_MAX: usize = 100;

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
    let ticket = Change::lock(&mut tx, id).await?.after;
    policy::authorize(actor, Action::LinkTickets(&ticket))?;
    let other_id = find_other(&tx, &ticket, other_id).await?;
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

async fn find_other(tx: &Tx<'_>, ticket: &ticket::Model, id: Option<TicketId>) -> Result<TicketId> {
    let missing = Refusal::NotFound { field: "otherId" };
    let Some(id) = id else {
        return Err(missing.into());
    };
    if id == ticket.id {
        let why = Why::Itself;
        return Err(Refusal::Invalid {
            field: "otherId",
            why,
        }
        .into());
    }
    let visible = ticket::Entity::find()
        .filter(ticket::Column::Id.eq(id))
        .filter(policy::visible_tickets(tx.actor()));
    visible.one(&**tx).await?.ok_or(missing)?;
    Ok(id)
}
