//! A bulk job, followed live.

use std::{sync::Arc, time::Duration};

use async_graphql::{Context, ID, Result, Subscription};
use entity::{bulk_job, bulk_job::Status, ids::BulkJobId};
use futures_util::{Stream, stream};
use tokio::{sync::watch, time::sleep};

use super::BulkJob;
use crate::{
    actor::Actor,
    app::App,
    bulk,
    error::{Error, Result as CommandResult},
    graphql::{Caller, GlobalId, Start, Stop},
};

/// How long a stream rests at least from one look at the job to the next.
const REST: Duration = Duration::from_millis(500);

/// Bulk jobs, live.
#[derive(Default)]
pub struct BulkSubscription;

#[Subscription]
impl BulkSubscription {
    /// How far a bulk job of the viewer's own is: first as it is, then at most twice a second where it has moved on, and at
    /// last when it is over; then the stream is complete. There is no cursor: who comes back is told how it is. `NOT_FOUND`
    /// where there is no such job. What it does to tickets comes as any other change, by `queueChanges` and the others.
    async fn bulk_job_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job's id.")] id: ID,
    ) -> Result<impl Stream<Item = Result<BulkJob>> + use<>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let id = BulkJobId::of(&id).ok_or(Error::NotFound("bulk job"))?;
        let watching = Watching {
            app: Arc::clone(app),
            actor: actor.clone(),
            id,
            moved: app.bulk_jobs.watch(id),
            stop: Start::of(ctx, None).await?.stop,
            told: None,
        };
        watching.look().await?;
        Ok(stream::unfold(Some(watching), async |watching| {
            let mut watching = watching?;
            match watching.next().await {
                Ok(job) => Some((Ok(BulkJob(job?)), Some(watching))),
                Err(error) => Some((Err(error.into()), None)),
            }
        }))
    }
}

struct Watching {
    app: Arc<App>,
    actor: Actor,
    id: BulkJobId,
    moved: watch::Receiver<()>,
    stop: Stop,
    told: Option<bulk_job::Model>,
}

impl Watching {
    /// None once it is over and that was told, or nobody reads any more.
    async fn next(&mut self) -> CommandResult<Option<bulk_job::Model>> {
        loop {
            if let Some(told) = &self.told {
                if told.status != Status::Running {
                    return Ok(None);
                }
                tokio::select! {
                    () = self.stop.stopped() => return Ok(None),
                    () = moved_on(&self.app, &mut self.moved) => {}
                }
            }
            let job = self.look().await?;
            if self.told.as_ref() != Some(&job) {
                self.told = Some(job.clone());
                return Ok(Some(job));
            }
        }
    }

    async fn look(&self) -> CommandResult<bulk_job::Model> {
        let job = bulk::find(&self.app, &self.actor, self.id).await?;
        job.ok_or(Error::NotFound("bulk job"))
    }
}

/// Waits until somebody says that the job has moved on; where they may not be heard, as long as the log is left alone then.
async fn moved_on(app: &App, moved: &mut watch::Receiver<()>) {
    sleep(REST).await;
    tokio::select! {
        // It is said by what this app holds for as long as it lives.
        _ = moved.changed() => {}
        () = sleep(app.feed.sweep_after()) => {}
    }
}

#[cfg(test)]
mod tests {
    use entity::user::Role;
    use sea_orm::{ActiveModelTrait, IntoActiveModel};
    use serde_json::json;
    use tokio::time::timeout;

    use super::*;
    use crate::{app::Sleeper, session, testing::Desk};

    async fn write(app: &App, job: &bulk_job::Model, is_new: bool) {
        let tx = app.begin(&Actor::System).await.unwrap();
        let row = job.clone().into_active_model().reset_all();
        if is_new {
            row.insert(&*tx).await.unwrap();
        } else {
            row.update(&*tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_job_is_looked_at_when_somebody_says_that_it_moved_on() {
        let desk = Desk::open().await;
        let ada = desk.person("ada", Role::Admin).await.id;
        let mut job = bulk_job::Model {
            id: BulkJobId(desk.clock.new_id()),
            created_by_id: ada,
            api_token_id: None,
            steps: json!([]),
            status: Status::Running,
            total_count: 2,
            done_count: 0,
            refused_count: 0,
            created_at: desk.clock.now(),
            finished_at: None,
        };
        write(&desk, &job, true).await;
        let mut watching = Watching {
            app: desk.share(),
            actor: session::acting(&desk, ada).await.unwrap().unwrap(),
            id: job.id,
            moved: desk.bulk_jobs.watch(job.id),
            stop: Stop::default(),
            told: None,
        };
        assert_eq!(watching.next().await.unwrap().unwrap().done_count, 0);
        job.done_count = 1;
        write(&desk, &job, false).await;
        // Nobody said so: the database is left alone for longer than a rest.
        let early = timeout(REST * 3, watching.next()).await;
        assert!(early.is_err(), "{early:?}");
        desk.wake(Sleeper::BulkJob(job.id));
        let told = timeout(REST * 4, watching.next()).await.unwrap();
        assert_eq!(told.unwrap().unwrap().done_count, 1);
    }

    #[test]
    fn other_servers_words_wake_those_who_follow() {
        let followers = bulk::Followers::default();
        let id = BulkJobId(uuid::Uuid::nil());
        let moved = followers.watch(id);
        followers.hear("{\"ticket_id\":\"00000000-0000-0000-0000-000000000000\"}");
        assert!(!moved.has_changed().unwrap());
        followers.hear("{\"bulk_job_id\":\"00000000-0000-0000-0000-000000000000\"}");
        assert!(moved.has_changed().unwrap());
    }
}
