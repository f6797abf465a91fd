//! Does bulk jobs, on every server: a ticket is one transaction, with what came of it. A lock on the job keeps other servers
//! away for as long as that takes, so there is no lease that could outlive its holder; what a killed server had begun is
//! undone, and done by whoever comes next.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use entity::{
    bulk_job::{self, Status},
    bulk_job_item::{self, Status as ItemStatus},
    ids::BulkJobId,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{LockBehavior, LockType},
};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    actor::Actor,
    app::{App, Sleeper, Tx, is_worth_retrying, retry},
    background::{Background, Stopping},
    error::{Error, Result},
    graphql::UserError,
    refusal::Refusal,
    session,
    ticket_macro::{self, Step, graphql::read_steps},
    token,
};

/// How long nobody looks for jobs.
const SWEEP: Duration = Duration::from_millis(500);
/// Jobs that take turns.
const JOBS_MAX: u64 = 8;
/// After a ticket the worker rests as long as that took, at least and at most: others write too.
const REST_MIN: Duration = Duration::from_millis(1);
const REST_MAX: Duration = Duration::from_millis(50);
/// How long the results of a job that is over are kept.
const KEPT_DAYS: i64 = 30;
/// How often old jobs are let go, and how many at once.
const HOUSEKEEPING: Duration = Duration::from_hours(1);
const FORGOTTEN_MAX: u64 = 20;

/// Does jobs from now on.
pub fn start(app: Arc<App>) -> Background {
    Background::start("bulk jobs", |stopping| run(app, stopping))
}

async fn run(app: Arc<App>, mut stopping: Stopping) {
    let mut is_failing = false;
    let mut clean_at = Instant::now() + HOUSEKEEPING;
    loop {
        let looked = round(&app, &stopping).await;
        match looked {
            Ok(()) => is_failing = false,
            Err(error) => {
                if !std::mem::replace(&mut is_failing, true) {
                    tracing::warn!(?error, "bulk jobs cannot go on; they are tried again");
                }
            }
        }
        if Instant::now() >= clean_at {
            clean_at = Instant::now() + HOUSEKEEPING;
            if let Err(error) = forget(&app).await {
                tracing::warn!(?error, "old bulk jobs are kept for now");
            }
        }
        if !stopping.rest(SWEEP).await {
            return;
        }
    }
}

/// One ticket of each job in turn, while there are any.
async fn round(app: &Arc<App>, stopping: &Stopping) -> Result<()> {
    loop {
        let jobs: Vec<BulkJobId> = bulk_job::Entity::find()
            .select_only()
            .column(bulk_job::Column::Id)
            .filter(bulk_job::Column::Status.eq(Status::Running))
            .order_by_asc(bulk_job::Column::CreatedAt)
            .limit(JOBS_MAX)
            .into_tuple()
            .all(&app.store.read)
            .await?;
        let (mut is_any, mut failed) = (false, None);
        for id in jobs {
            if stopping.is_now() {
                return Ok(());
            }
            let begun = Instant::now();
            // One that cannot go on is none of the others' business.
            match Box::pin(turn(app, id)).await {
                Ok(turn) => is_any |= turn == Turn::Done,
                Err(error) => failed = Some(error),
            }
            tokio::time::sleep(begun.elapsed().clamp(REST_MIN, REST_MAX)).await;
        }
        if !is_any {
            return failed.map_or(Ok(()), Err);
        }
    }
}

/// What a job's turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Done,
    /// Another server has it, or it is over.
    Nothing,
}

async fn turn(app: &App, id: BulkJobId) -> Result<Turn> {
    let job = bulk_job::Entity::find_by_id(id);
    let Some(job) = job.one(&app.store.read).await? else {
        return Ok(Turn::Nothing);
    };
    let Some(actor) = starter(app, &job).await? else {
        return end(app, id, Status::Cancelled).await;
    };
    // Steps of a release before that this one cannot read are no better later.
    let Ok(steps) = read_steps(job.steps.as_array().into_iter().flatten()) else {
        return end(app, id, Status::Cancelled).await;
    };
    retry(|| app.together(Box::pin(next(app, &actor, id, &steps)))).await
}

/// Whoever started it, in the rights of now; none where they have none any more.
async fn starter(app: &App, job: &bulk_job::Model) -> Result<Option<Actor>> {
    match job.api_token_id {
        Some(id) => Ok(token::standing(app, &[id]).await?.remove(&id)),
        None => session::acting(app, job.created_by_id).await,
    }
}

/// The next ticket of a job that nobody holds, and what came of it, in one change.
async fn next(app: &App, actor: &Actor, id: BulkJobId, steps: &[Step]) -> Result<Turn> {
    let tx = app.begin(actor).await?;
    let Some(mut job) = hold(&tx, id).await? else {
        return Ok(Turn::Nothing);
    };
    let item = bulk_job_item::Entity::find()
        .filter(bulk_job_item::Column::JobId.eq(id))
        .filter(bulk_job_item::Column::Status.eq(ItemStatus::Pending))
        .order_by_asc(bulk_job_item::Column::Position)
        .limit(1)
        .one(&*tx)
        .await?;
    // A savepoint that is undone would let go of the lock.
    tx.commit().await?;
    let Some(mut item) = item else {
        return end(app, id, Status::Finished).await;
    };
    (item.status, item.errors) = outcome(app, actor, &item, steps).await?;
    if item.status == ItemStatus::Done {
        job.done_count += 1;
    } else {
        job.refused_count += 1;
    }
    let tx = app.begin(actor).await?;
    item.into_active_model().reset_all().update(&*tx).await?;
    if job.done_count + job.refused_count >= job.total_count {
        job.status = Status::Finished;
        job.finished_at = Some(tx.now());
    }
    job.into_active_model().reset_all().update(&*tx).await?;
    tx.commit().await?;
    app.wake(Sleeper::BulkJob(id));
    Ok(Turn::Done)
}

/// A job that runs, unless another server holds it.
async fn hold(tx: &Tx<'_>, id: BulkJobId) -> Result<Option<bulk_job::Model>> {
    let job = bulk_job::Entity::find_by_id(id)
        .filter(bulk_job::Column::Status.eq(Status::Running))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    Ok(job.one(&**tx).await?)
}

/// All steps on one ticket, or what is wrong.
async fn outcome(
    app: &App,
    actor: &Actor,
    item: &bulk_job_item::Model,
    steps: &[Step],
) -> Result<(ItemStatus, Option<Value>)> {
    let ran = ticket_macro::run_steps(app, actor, Some(item.ticket_id), None, steps);
    let locale = actor.locale();
    let errors = match Box::pin(ran).await {
        Ok(_) => return Ok((ItemStatus::Done, None)),
        Err(Error::RefusedStep { place, refusals }) => {
            UserError::all_of_step(place, &refusals, locale)
        }
        Err(Error::Refused(refusals)) => UserError::all(&refusals, locale),
        Err(error) if error.is_forbidden() => {
            UserError::all(&[Refusal::Forbidden { field: None }], locale)
        }
        Err(Error::Internal(error)) if !is_worth_retrying(&error) => {
            tracing::error!(job = %item.job_id.0, position = item.position, ?error, "a bulk job could not change a ticket");
            return Ok((ItemStatus::Failed, None));
        }
        Err(error) => return Err(error),
    };
    let errors = errors.iter().map(UserError::write);
    Ok((ItemStatus::Refused, Some(errors.collect())))
}

async fn end(app: &App, id: BulkJobId, status: Status) -> Result<Turn> {
    let tx = app.begin(&Actor::System).await?;
    let Some(mut job) = hold(&tx, id).await? else {
        return Ok(Turn::Nothing);
    };
    job.status = status;
    job.finished_at = Some(tx.now());
    job.into_active_model().reset_all().update(&*tx).await?;
    tx.commit().await?;
    app.wake(Sleeper::BulkJob(id));
    Ok(Turn::Done)
}

async fn forget(app: &App) -> Result<()> {
    let tx = app.begin(&Actor::System).await?;
    let old: Vec<BulkJobId> = bulk_job::Entity::find()
        .select_only()
        .column(bulk_job::Column::Id)
        .filter(bulk_job::Column::FinishedAt.lt(tx.now() - TimeDelta::days(KEPT_DAYS)))
        .limit(FORGOTTEN_MAX)
        .into_tuple()
        .all(&*tx)
        .await?;
    bulk_job_item::Entity::delete_many()
        .filter(bulk_job_item::Column::JobId.is_in(old.iter().copied()))
        .exec(&*tx)
        .await?;
    bulk_job::Entity::delete_many()
        .filter(bulk_job::Column::Id.is_in(old))
        .exec(&*tx)
        .await?;
    tx.commit().await
}
