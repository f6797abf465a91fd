//! Tokens that have been over for long are deleted. The audit log goes on telling of them, by their ids.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use entity::{
    api_token::{Column, Entity},
    bulk_job,
    ids::ApiTokenId,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::{actor::Actor, app::App, background::Background, error::Result};

/// How long a token is listed that is over or revoked.
const KEPT: TimeDelta = TimeDelta::days(90);
/// How often those are deleted.
const SWEEP: Duration = Duration::from_mins(10);
/// Tokens that are deleted at a time; what is left waits for the next.
const BATCH: u64 = 500;

/// Deletes what was over for too long, from now on.
pub fn start_cleaning(app: Arc<App>) -> Background {
    Background::start("old tokens", async move |mut stopping| {
        while stopping.rest(SWEEP).await {
            if let Err(error) = delete_old(&app).await {
                tracing::warn!(?error, "tokens that are over stay for now");
            }
        }
    })
}

/// One that a bulk job came with stays until that has gone.
async fn delete_old(app: &App) -> Result<()> {
    let until = app.clock.now() - KEPT;
    let is_over = Condition::any()
        .add(Column::ExpiresAt.lt(until))
        .add(Column::RevokedAt.lt(until));
    let of_jobs = bulk_job::Entity::find()
        .select_only()
        .column(bulk_job::Column::ApiTokenId)
        .filter(bulk_job::Column::ApiTokenId.is_not_null())
        .into_query();
    let old: Vec<ApiTokenId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(is_over)
        .filter(Column::Id.not_in_subquery(of_jobs))
        .limit(BATCH)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    if old.is_empty() {
        return Ok(());
    }
    let tx = app.begin(&Actor::System).await?;
    Entity::delete_many()
        .filter(Column::Id.is_in(old))
        .exec(&*tx)
        .await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use entity::{api_token::ApiScope, user::Role};
    use sea_orm::{ActiveModelTrait, IntoActiveModel};
    use serde_json::json;

    use super::*;
    use crate::{
        input::Named,
        session,
        testing::Desk,
        token::{NewToken, create, revoke},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_over_for_long_goes_but_not_what_a_job_came_with() {
        let desk = Desk::open().await;
        let ada = desk.person("ada", Role::Agent).await;
        let actor = session::actor_of(&desk, &ada, None).await.unwrap();
        let make = async |days| {
            let new = NewToken {
                name: "n".to_owned(),
                scopes: vec![ApiScope::TicketsRead],
                machine: Named::Absent,
                expires_at: Some(desk.clock.now() + TimeDelta::days(days)),
            };
            create(&desk, &actor, &new).await.unwrap().token.id
        };
        let (short, of_job, revoked, long) = (
            make(1).await,
            make(1).await,
            make(365).await,
            make(365).await,
        );
        revoke(&desk, &actor, Some(revoked)).await.unwrap();
        let job = bulk_job::Model {
            id: entity::ids::BulkJobId(desk.clock.new_id()),
            created_by_id: ada.id,
            api_token_id: Some(of_job),
            steps: json!([]),
            status: bulk_job::Status::Finished,
            total_count: 0,
            done_count: 0,
            refused_count: 0,
            created_at: desk.clock.now(),
            finished_at: None,
        };
        let tx = desk.begin(&Actor::System).await.unwrap();
        let job = job.into_active_model().reset_all();
        job.insert(&*tx).await.unwrap();
        tx.commit().await.unwrap();
        let left = async || {
            delete_old(&desk).await.unwrap();
            let left = Entity::find().select_only().column(Column::Id);
            let left = left.into_tuple::<ApiTokenId>().all(&desk.store.read).await;
            left.unwrap()
        };
        desk.clock.advance(KEPT);
        assert_eq!(left().await.len(), 4);
        desk.clock.advance(TimeDelta::seconds(1));
        assert!(!left().await.contains(&revoked));
        desk.clock.advance(TimeDelta::days(1));
        let left = left().await;
        assert!(!left.contains(&short), "{left:?}");
        assert!(left.contains(&of_job) && left.contains(&long), "{left:?}");
    }
}
