//! Starting a bulk job, and ending it early.

use std::collections::HashSet;

use entity::{
    bulk_job::{self, Status},
    bulk_job_item::{self, Status as ItemStatus},
    ids::{BulkJobId, TicketId},
    ticket, user,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::LockType,
};
use serde_json::Value;

use super::queries::visible;
use crate::{
    actor::Actor,
    app::{App, Sleeper},
    error::{Error, Result, refuse_if_any},
    policy::{self, Action},
    refusal::{Refusal, Why},
    ticket::Filter,
};

/// Tickets that can be named one by one.
const IDS_MAX: usize = 1_000;
/// Tickets that a filter can find.
const FOUND_MAX: usize = 10_000;
/// Steps of a job.
const STEPS_MAX: usize = 20;
/// A job's steps as JSON.
const STEPS_BYTES_MAX: usize = 65_536;
/// Jobs of one person that run at once.
const RUNNING_MAX: u64 = 5;
/// When to try again where there are as many, in s.
const RETRY_AFTER_S: u64 = 10;
/// Items in one statement.
const ROWS_MAX: usize = 2_000;

/// Which tickets are changed.
pub enum Tickets {
    Ids(Vec<TicketId>),
    Filter(Filter),
}

/// Begins to do these steps, as clients write them, to tickets. Which tickets pass a filter is decided now, under the
/// actor's rights; whether each may be changed when it is its turn.
pub async fn start(
    app: &App,
    actor: &Actor,
    tickets: Tickets,
    steps: Vec<Value>,
) -> Result<bulk_job::Model> {
    policy::authorize(actor, Action::BulkChangeTickets)?;
    let created_by_id = actor.id().ok_or(Error::Forbidden)?;
    refuse_if_any(check(&steps))?;
    let tickets = match tickets {
        Tickets::Ids(ids) => distinct(ids)?,
        Tickets::Filter(filter) => find(app, actor, &filter).await?,
    };

    let tx = app.begin(actor).await?;
    // Held, so that jobs that somebody starts at once are counted one by one.
    user::Entity::find_by_id(created_by_id)
        .lock(LockType::NoKeyUpdate)
        .one(&*tx)
        .await?;
    let running = bulk_job::Entity::find()
        .filter(bulk_job::Column::CreatedById.eq(created_by_id))
        .filter(bulk_job::Column::Status.eq(Status::Running))
        .count(&*tx)
        .await?;
    if running >= RUNNING_MAX {
        let retry_after_s = RETRY_AFTER_S;
        return Err(Error::RateLimited { retry_after_s });
    }
    let job = bulk_job::Model {
        id: BulkJobId(tx.new_id()),
        created_by_id,
        api_token_id: actor.api_token().map(|token| token.id),
        steps: Value::Array(steps),
        status: Status::Running,
        total_count: i32::try_from(tickets.len()).unwrap_or(i32::MAX),
        done_count: 0,
        refused_count: 0,
        created_at: tx.now(),
        finished_at: None,
    };
    bulk_job::Entity::insert(job.clone().into_active_model().reset_all())
        .exec_without_returning(&*tx)
        .await?;
    let items = (0..).zip(tickets).map(|(position, ticket_id)| {
        let item = bulk_job_item::Model {
            job_id: job.id,
            position,
            ticket_id,
            status: ItemStatus::Pending,
            errors: None,
        };
        item.into_active_model().reset_all()
    });
    let items: Vec<_> = items.collect();
    for items in items.chunks(ROWS_MAX) {
        bulk_job_item::Entity::insert_many(items.to_vec())
            .exec_without_returning(&*tx)
            .await?;
    }
    tx.commit().await?;
    Ok(job)
}

/// Ends a job after the ticket that is its turn; one that is over stays as it is.
pub async fn cancel(app: &App, actor: &Actor, id: Option<BulkJobId>) -> Result<bulk_job::Model> {
    policy::authorize(actor, Action::BulkChangeTickets)?;
    let missing = || Error::from(Refusal::NotFound { field: "jobId" });
    let tx = app.begin(actor).await?;
    let found = visible(actor, id.ok_or_else(missing)?).lock_exclusive();
    let mut job = found.one(&*tx).await?.ok_or_else(missing)?;
    if job.status != Status::Running {
        return Ok(job);
    }
    job.status = Status::Cancelled;
    job.finished_at = Some(tx.now());
    let row = job.clone().into_active_model().reset_all();
    row.update(&*tx).await?;
    tx.commit().await?;
    app.wake(Sleeper::BulkJob(job.id));
    Ok(job)
}

fn check(steps: &[Value]) -> Vec<Refusal> {
    let field = "steps";
    let mut checked = crate::input::Checked::default();
    if steps.is_empty() {
        checked.refuse(Refusal::Required { field });
    }
    if steps.len() > STEPS_MAX {
        let why = Why::TooMany { max: STEPS_MAX };
        checked.refuse(Refusal::Invalid { field, why });
    }
    checked.json(field, &steps, STEPS_BYTES_MAX);
    checked.refusals
}

/// Each once, in the order given.
fn distinct(ids: Vec<TicketId>) -> Result<Vec<TicketId>> {
    refuse_too_many(ids.len(), IDS_MAX, "tickets.ids")?;
    let mut seen = HashSet::new();
    Ok(ids.into_iter().filter(|id| seen.insert(*id)).collect())
}

async fn find(app: &App, actor: &Actor, filter: &Filter) -> Result<Vec<TicketId>> {
    let most = u64::try_from(FOUND_MAX + 1).unwrap_or(u64::MAX);
    let ids: Vec<TicketId> = ticket::Entity::find()
        .select_only()
        .column(ticket::Column::Id)
        .filter(policy::visible_tickets(actor))
        .filter(filter.condition())
        .order_by_asc(ticket::Column::Id)
        .limit(most)
        .into_tuple()
        .all(&app.store.read)
        .await?;
    refuse_too_many(ids.len(), FOUND_MAX, "tickets.filter")?;
    Ok(ids)
}

fn refuse_too_many(count: usize, max: usize, field: &'static str) -> Result<()> {
    let why = Why::TooMany { max };
    if count > max {
        return Err(Refusal::Invalid { field, why }.into());
    }
    Ok(())
}
