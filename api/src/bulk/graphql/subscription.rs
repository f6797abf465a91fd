//! A bulk job, followed live.

use std::{sync::Arc, time::Duration};

use async_graphql::{Context, ID, Result, Subscription};
use entity::{bulk_job, bulk_job::Status, ids::BulkJobId};
use futures_util::{Stream, stream};
use tokio::time::sleep;

use super::BulkJob;
use crate::{
    actor::Actor,
    app::App,
    bulk,
    error::{Error, Result as CommandResult},
    graphql::{Caller, GlobalId, Start, Stop},
};

/// How often a stream looks how far the job is, whichever server does it.
const LOOK_EVERY: Duration = Duration::from_millis(500);

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
                    () = sleep(LOOK_EVERY) => {}
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
