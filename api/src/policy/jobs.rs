//! Whose work in the background may be looked at.

use entity::{api_token::ApiScope, bulk_job};
use sea_orm::{ColumnTrait, Condition};

use super::{
    scopes::holds,
    sight::{none, only},
};
use crate::actor::Actor;

/// Bulk jobs: one's own.
pub fn own_bulk_jobs(actor: &Actor) -> Condition {
    match actor.id() {
        Some(id) if holds(actor, ApiScope::TicketsRead) => {
            only(bulk_job::Column::CreatedById.eq(id))
        }
        Some(_) => none(),
        None => Condition::all(),
    }
}
