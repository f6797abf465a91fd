//! How many sessions somebody has at most, and how those that are over go.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use entity::{
    ids::{SessionId, UserId},
    session::{Column, Entity},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::commands::end;
use crate::{
    actor::Actor,
    app::{App, Memory, Tx},
    background::Background,
    error::Result,
};

/// Sessions of one person that are not over. An application starts one each time somebody opens a page of it.
const LIVE_MAX: u64 = 200;
/// Of those beyond, as many end at a time.
const SURPLUS_MAX: u64 = 1_000;
/// How long a session is kept that is over: who shows a token of it is told so.
const KEPT: TimeDelta = TimeDelta::days(1);
/// How often those are deleted.
const SWEEP: Duration = Duration::from_mins(10);
/// Sessions that are deleted in one transaction. SQLite has one writer, who should not wait long.
const BATCH: u64 = 500;
/// Batches that are deleted in a row: what is left waits for the next time.
const BATCHES_MAX: usize = 200;

/// Ends what somebody has beyond their bound: the sessions that nobody has used for the longest. Of two that start at once
/// one may be too many until the next.
pub(super) async fn end_surplus(tx: &mut Tx<'_>, of: UserId) -> Result<()> {
    let surplus: Vec<SessionId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::UserId.eq(of))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(tx.now()))
        .order_by_desc(Column::RotatedAt)
        .order_by_desc(Column::Id)
        .offset(LIVE_MAX)
        .limit(SURPLUS_MAX)
        .into_tuple()
        .all(&**tx)
        .await?;
    if !surplus.is_empty() {
        end(tx, Column::Id.is_in(surplus).into()).await?;
        tx.forget(Memory::Actor(of));
    }
    Ok(())
}

/// Deletes sessions that are over, from now on.
pub fn start_cleaning(app: Arc<App>) -> Background {
    Background::start("old sessions", async move |mut stopping| {
        while stopping.rest(SWEEP).await {
            if let Err(error) = delete_old(&app, || stopping.is_now()).await {
                tracing::warn!(?error, "sessions that are over stay for now");
            }
        }
    })
}

async fn delete_old(app: &App, is_stopping: impl Fn() -> bool) -> Result<()> {
    for _batch in 0..BATCHES_MAX {
        if is_stopping() || delete_batch(app).await? < BATCH {
            break;
        }
    }
    Ok(())
}

/// How many were deleted, those that ended first before the others.
async fn delete_batch(app: &App) -> Result<u64> {
    let old: Vec<SessionId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ExpiresAt.lt(app.clock.now() - KEPT))
        .order_by_asc(Column::ExpiresAt)
        .limit(BATCH)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let tx = app.begin(&Actor::System).await?;
    let deleted = Entity::delete_many()
        .filter(Column::Id.is_in(old))
        .exec(&*tx)
        .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use entity::user::Role;
    use sea_orm::PaginatorTrait;

    use super::*;
    use crate::{
        session::{ClientAddress, SignedIn, authenticate, refresh, sign_out, start},
        testing::Desk,
    };

    const ADDRESS: ClientAddress = ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));

    async fn is_in(desk: &Desk, session: &SignedIn) -> bool {
        authenticate(desk, &session.access_token).await.is_ok()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_too_many_the_one_ends_that_was_not_used_for_the_longest() {
        let desk = Desk::open().await;
        let ada = desk.person("ada", Role::Agent).await;
        let ben = desk.person("ben", Role::Agent).await;
        let of_ben = start(&desk, ben).await.unwrap();
        let first = start(&desk, ada.clone()).await.unwrap();
        let second = start(&desk, ada.clone()).await.unwrap();
        desk.clock.advance(TimeDelta::minutes(1));
        let first = refresh(&desk, &first.refresh_token, ADDRESS).await.unwrap();
        for _more in 2..LIVE_MAX {
            start(&desk, ada.clone()).await.unwrap();
        }
        assert!(is_in(&desk, &first).await && is_in(&desk, &second).await);
        let last = start(&desk, ada).await.unwrap();
        assert!(!is_in(&desk, &second).await);
        assert!(
            refresh(&desk, &second.refresh_token, ADDRESS)
                .await
                .is_err()
        );
        for other in [&of_ben, &first, &last] {
            assert!(is_in(&desk, other).await);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_over_for_a_day_is_deleted() {
        let desk = Desk::open().await;
        let ada = desk.person("ada", Role::Agent).await;
        let left = async || {
            delete_old(&desk, || false).await.unwrap();
            Entity::find().count(&desk.store.read).await.unwrap()
        };
        let ended = start(&desk, ada.clone()).await.unwrap();
        start(&desk, ada.clone()).await.unwrap();
        sign_out(&desk, None, Some(&ended.refresh_token), false)
            .await
            .unwrap();
        desk.clock.advance(KEPT);
        assert_eq!(left().await, 2);
        desk.clock.advance(TimeDelta::seconds(1));
        assert_eq!(left().await, 1, "it was ended");
        desk.clock.advance(TimeDelta::days(14));
        start(&desk, ada).await.unwrap();
        assert_eq!(left().await, 1, "nobody used it for two weeks");
    }
}
