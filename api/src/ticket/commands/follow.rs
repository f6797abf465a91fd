//! Following a ticket: hearing of what happens on it.

use entity::{follower, ids::TicketId, ticket};
use sea_orm::{EntityTrait, Set, sea_query::OnConflict};

use super::super::Change;
use crate::{
    actor::Actor,
    app::App,
    error::{Error, Result},
    policy::{self, Action},
};

/// Follows or stops following; doing it twice changes nothing.
pub async fn follow(
    app: &App,
    actor: &Actor,
    id: Option<TicketId>,
    follows: bool,
) -> Result<ticket::Model> {
    let user_id = actor.id().ok_or(Error::Forbidden)?;
    let mut tx = app.begin(actor).await?;
    let ticket = Change::lock_whatever_status(&mut tx, id).await?.after;
    policy::authorize(actor, Action::FollowTicket(&ticket))?;
    if follows {
        let row = follower::ActiveModel {
            ticket_id: Set(ticket.id),
            user_id: Set(user_id),
        };
        let twice = OnConflict::columns([follower::Column::TicketId, follower::Column::UserId])
            .do_nothing()
            .to_owned();
        follower::Entity::insert(row)
            .on_conflict(twice)
            .exec_without_returning(&*tx)
            .await?;
    } else {
        follower::Entity::delete_by_id((ticket.id, user_id))
            .exec(&*tx)
            .await?;
    }
    tx.commit().await?;
    Ok(ticket)
}
