//! Queues as clients see them.

pub mod next;
pub mod subscription;

use async_graphql::{
    Context, Description, ID, InputObject, InputType, Json, Object, Result, SimpleObject, Value,
};
use entity::{
    ids::{QueueId, TeamId},
    queue,
};

pub use self::{next::NextMutation, subscription::QueueSubscription};
use super::{
    commands::{self, NewQueue, Sharing},
    queries,
};
use crate::{
    app::retry,
    error::{Error, Result as CommandResult},
    graphql::{Caller, GlobalId, UserError, loader::Batched, split_errors},
    page::Args,
    people::graphql::{Team, team_field},
    refusal::{Refusal, Why},
    ticket::{
        Filter,
        graphql::{TicketConnection, TicketFilter, TicketOrder, list_field},
        loaders::CountLoader,
    },
};

/// A saved ticket filter with an order: personal, or shared with a team.
#[derive(Description)]
pub struct Queue(pub queue::Model);

#[Object(use_type_description)]
impl Queue {
    /// The queue's global id.
    pub async fn id(&self) -> ID {
        self.0.id.global()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Which tickets it has: a `TicketFilter`, as it was given.
    async fn filter(&self) -> Json<&serde_json::Value> {
        Json(&self.0.filter)
    }

    /// In which order its tickets stand: a `TicketOrder`, as it was given; null for the newest
    /// first.
    async fn order_by(&self) -> Option<Json<&serde_json::Value>> {
        self.0.order_by.as_ref().map(Json)
    }

    /// The team that shares it; null where it is personal.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        team_field(ctx, self.0.team_id).await
    }

    /// Whether it is the viewer's alone.
    async fn is_personal(&self) -> bool {
        self.0.owner_id.is_some()
    }

    /// Its tickets, of those that the viewer may read.
    async fn tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<TicketConnection> {
        let order = self.order()?;
        list_field(
            ctx,
            &self.compile(ctx)?,
            order,
            &Args::forward(first, after),
        )
        .await
    }

    /// How many tickets it has, of those that the viewer may read.
    async fn count(&self, ctx: &Context<'_>) -> Result<i32> {
        let loader = ctx.data_unchecked::<Batched<CountLoader>>();
        let count = loader.load_one(self.compile(ctx)?).await?;
        Ok(i32::try_from(count.unwrap_or_default()).unwrap_or(i32::MAX))
    }
}

impl Queue {
    /// "Mine" in a shared filter is the viewer's, and the present time is now.
    fn compile(&self, ctx: &Context<'_>) -> CommandResult<Filter> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        let filter: TicketFilter = read(&self.0.filter)?;
        filter.compile(actor)
    }

    fn order(&self) -> CommandResult<TicketOrder> {
        self.0
            .order_by
            .as_ref()
            .map_or_else(|| Ok(TicketOrder::default()), read)
    }
}

/// A queue to save.
#[derive(InputObject)]
pub struct CreateQueueInput {
    /// What people call it; at most 255 characters.
    name: String,
    /// Which tickets it has. `isMine` is whoever looks at the queue.
    filter: TicketFilter,
    /// In which order they stand; the newest first where absent.
    order_by: Option<TicketOrder>,
    /// The team to share it with, by its leads and admins; personal where absent.
    team_id: Option<ID>,
}

/// What came of `createQueue`.
#[derive(SimpleObject)]
pub struct CreateQueuePayload {
    /// The queue; null when refused.
    queue: Option<Queue>,
    /// What a person can put right.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct QueueQuery;

#[Object]
impl QueueQuery {
    /// The queue of this id; null where there is none, or not for the viewer.
    async fn queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The queue's global id.")] id: ID,
    ) -> Option<Result<Queue>> {
        find(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The viewer's own queues and those of their teams, the oldest first, at most 200; for admins
    /// those of all teams, for requesters none.
    async fn queues(&self, ctx: &Context<'_>) -> Result<Vec<Queue>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let queues = queries::list(app, actor).await?;
        Ok(queues.into_iter().map(Queue).collect())
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> CommandResult<Option<Queue>> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let Some(id) = QueueId::of(id) else {
        return Ok(None);
    };
    Ok(queries::find(app, actor, id).await?.map(Queue))
}

#[derive(Default)]
pub struct QueueMutation;

#[Object]
impl QueueMutation {
    /// Saves a queue: for oneself as staff, for a team as its lead or an admin.
    async fn create_queue(
        &self,
        ctx: &Context<'_>,
        input: CreateQueueInput,
    ) -> Result<CreateQueuePayload> {
        let Caller { app, actor } = Caller::of(ctx)?;
        // Compiled to see whether it can be; it is again for each who looks.
        let usable = input.filter.compile(actor);
        let created = match usable.map_err(unusable).and_then(|_| new_queue(input)) {
            Ok(new) => retry(|| commands::create(app, actor, &new)).await,
            Err(error) => Err(error),
        };
        let (queue, user_errors) = split_errors(created, actor.locale())?;
        Ok(CreateQueuePayload {
            queue: queue.map(Queue),
            user_errors,
        })
    }
}

fn unusable(error: Error) -> Error {
    match error {
        Error::BadInput(_) => Refusal::Invalid {
            field: "filter",
            why: Why::Filter,
        }
        .into(),
        error => error,
    }
}

fn new_queue(input: CreateQueueInput) -> CommandResult<NewQueue> {
    let team = input.team_id.as_ref().map(TeamId::of);
    Ok(NewQueue {
        name: input.name,
        filter: write(&input.filter)?,
        order_by: input.order_by.as_ref().map(write).transpose()?,
        sharing: team.map_or(Sharing::Nobody, Sharing::Team),
    })
}

/// As clients write it: what is absent is left out.
fn write(input: &impl InputType) -> CommandResult<serde_json::Value> {
    let json = input.to_value().into_json().map_err(anyhow::Error::from)?;
    Ok(without_nulls(json))
}

fn without_nulls(json: serde_json::Value) -> serde_json::Value {
    match json {
        serde_json::Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        serde_json::Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Reads what [`write`] wrote.
fn read<T: InputType>(json: &serde_json::Value) -> CommandResult<T> {
    let value = Value::from_json(json.clone()).map_err(anyhow::Error::from)?;
    Ok(T::parse(Some(value)).map_err(|_| anyhow::anyhow!("a saved queue cannot be read"))?)
}
