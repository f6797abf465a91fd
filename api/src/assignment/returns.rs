//! The tickets of who went away go back to their teams, a batch at a time, each batch whole. That there are more is
//! written with each batch, so that any server goes on where one ends.

use std::{sync::Arc, time::Duration};

use entity::{
    ids::UserId,
    returns::{ActiveModel, Column, Entity},
};
use sea_orm::{EntityTrait, QueryOrder, QuerySelect, Set, sea_query::OnConflict};

use super::commands::return_all;
use crate::{
    actor::Actor,
    app::{App, Tx},
    background::{Background, Stopping},
    error::Result,
};

/// How often each server looks for what another has left.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How many people it goes on with in one look.
const PEOPLE_MAX: u64 = 100;

/// Goes on giving back as long as the server runs.
pub fn go_on_returning(app: Arc<App>) -> Background {
    Background::start("returns", |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    while stopping.rest(LOOK_EVERY).await {
        if let Err(error) = go_on(&app, &stopping).await {
            tracing::warn!(?error, "whose tickets are to be given back cannot be read");
        }
    }
}

async fn go_on(app: &App, stopping: &Stopping) -> Result<()> {
    let left = Entity::find()
        .select_only()
        .column(Column::UserId)
        .order_by_asc(Column::UserId)
        .limit(PEOPLE_MAX)
        .into_tuple();
    let left: Vec<UserId> = left.all(&app.store.read).await?;
    for id in left {
        if stopping.is_now() {
            break;
        }
        // One whose tickets cannot be given back keeps nobody else's back.
        if let Err(error) = return_all(app, &Actor::System, id).await {
            tracing::warn!(?error, user.id = %id.0, "tickets are not given back; trying again");
        }
    }
    Ok(())
}

/// Writes whether there may be more to give back of somebody's.
pub(super) async fn note(tx: &Tx<'_>, user_id: UserId, is_more: bool) -> Result<()> {
    if is_more {
        let again = OnConflict::column(Column::UserId).do_nothing().to_owned();
        let row = ActiveModel {
            user_id: Set(user_id),
        };
        Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(&**tx)
            .await?;
    } else {
        Entity::delete_by_id(user_id).exec(&**tx).await?;
    }
    Ok(())
}
