//! Queues as clients see them.

pub mod mutation;
pub mod next;
pub mod subscription;

use async_graphql::{
    Context, Description, ID, InputType, Json, Object, Result, SimpleObject, Value,
};
use entity::ids::QueueId;

pub use self::{
    mutation::{QueueMutation, saved_filter},
    next::NextMutation,
    subscription::QueueSubscription,
};
use super::{Key, Standard, View, queries};
use crate::{
    error::Result as CommandResult,
    graphql::{Caller, GlobalId, loader::Batched},
    page::Args,
    people::graphql::{Team, team_field},
    policy::{self, Action},
    ticket::{
        Filter,
        graphql::{TicketConnection, TicketFilter, TicketOrder, one_of_lists_field},
        loaders::CountLoader,
    },
};

impl GlobalId for Key {
    const KIND: &'static str = QueueId::KIND;

    fn read(key: &str) -> Option<Self> {
        let standard = Standard::read(key).map(Self::Standard);
        standard.or_else(|| QueueId::read(key).map(Self::Saved))
    }

    fn write(&self) -> String {
        match self {
            Self::Saved(id) => id.write(),
            Self::Standard(standard) => standard.write(),
        }
    }
}

/// A ticket filter with an order: saved by somebody for themselves or for a team, or there for all
/// staff from the start.
#[derive(Description)]
pub struct Queue(pub View);

#[Object(use_type_description)]
impl Queue {
    /// The queue's global id. Those of standard queues are the same on every server.
    pub async fn id(&self) -> ID {
        self.0.key().global()
    }

    /// What people call it; of a standard queue in the viewer's language.
    async fn name(&self) -> &str {
        self.0.name()
    }

    /// Which tickets it has: a `TicketFilter`, as it was given.
    async fn filter(&self) -> Json<serde_json::Value> {
        Json(self.0.filter().into_owned())
    }

    /// In which order its tickets stand: a `TicketOrder`, as it was given; null for the newest
    /// first.
    async fn order_by(&self) -> Option<Json<serde_json::Value>> {
        self.0.order_by().map(|order| Json(order.into_owned()))
    }

    /// Grows by one with every change; null for a standard queue, which nobody can change. Give it as `expectedVersion` to
    /// change only what you have seen.
    async fn version(&self) -> Option<i32> {
        self.0.saved().map(|queue| queue.version)
    }

    /// The team that shares it; null where it is personal, or a standard queue.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        team_field(ctx, self.0.team_id()).await
    }

    /// Whether it is the viewer's alone.
    async fn is_personal(&self) -> bool {
        let saved = self.0.saved();
        saved.is_some_and(|queue| queue.owner_id.is_some())
    }

    /// Whether it is there from the start: nobody can edit or delete it.
    async fn is_standard(&self) -> bool {
        self.0.saved().is_none()
    }

    /// What the viewer may do to it.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<QueuePermissions> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        let saved = self.0.saved();
        Ok(QueuePermissions {
            edit: saved.is_some_and(|queue| policy::may(actor, Action::EditQueue(queue))),
            delete: saved.is_some_and(|queue| policy::may(actor, Action::DeleteQueue(queue))),
        })
    }

    /// Its tickets, of those that the viewer may read. The pages of several queues are read together,
    /// at most 2,000 tickets.
    async fn tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 25 where absent, at most 100.")] first: Option<i32>,
        #[graphql(desc = "A cursor: only what comes after it.")] after: Option<String>,
    ) -> Result<TicketConnection> {
        let filter = self.compile(ctx)?;
        one_of_lists_field(ctx, filter, self.order()?, &Args::forward(first, after)).await
    }

    /// How many tickets it has, of those that the viewer may read. Those of several queues are counted
    /// together.
    async fn count(&self, ctx: &Context<'_>) -> Result<i32> {
        let loader = ctx.data_unchecked::<Batched<CountLoader>>();
        let count = loader.load_one(self.compile(ctx)?).await?;
        Ok(i32::try_from(count.unwrap_or_default()).unwrap_or(i32::MAX))
    }
}

/// What the viewer may do to a queue.
#[derive(SimpleObject)]
pub struct QueuePermissions {
    /// Call `editQueue`.
    edit: bool,
    /// Call `deleteQueue`.
    delete: bool,
}

impl Queue {
    /// "Mine" in a shared filter is the viewer's, and the present time is now.
    fn compile(&self, ctx: &Context<'_>) -> CommandResult<Filter> {
        let Caller { actor, .. } = Caller::of(ctx)?;
        let filter: TicketFilter = read_saved(&self.0.filter())?;
        filter.compile(actor)
    }

    fn order(&self) -> CommandResult<TicketOrder> {
        let order = self.0.order_by();
        order.map_or_else(|| Ok(TicketOrder::default()), |order| read_saved(&order))
    }
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

    /// What staff have from the start: what is theirs, what nobody has in their teams and at all, what is
    /// at risk, what is to be done on each level, what waits, and all that is open. Then the viewer's own
    /// queues and those of their teams, the oldest first, the newest 200 at most; for admins those of all teams. For
    /// requesters none.
    async fn queues(&self, ctx: &Context<'_>) -> Result<Vec<Queue>> {
        let Caller { app, actor } = Caller::of(ctx)?;
        let queues = queries::list(app, actor).await?;
        Ok(queues.into_iter().map(Queue).collect())
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> CommandResult<Option<Queue>> {
    let Caller { app, actor } = Caller::of(ctx)?;
    let Some(key) = Key::of(id) else {
        return Ok(None);
    };
    Ok(queries::find(app, actor, key).await?.map(Queue))
}

/// Reads what [`saved_filter`] and the mutations wrote.
pub fn read_saved<T: InputType>(json: &serde_json::Value) -> CommandResult<T> {
    let value = Value::from_json(json.clone()).map_err(anyhow::Error::from)?;
    Ok(T::parse(Some(value)).map_err(|_| anyhow::anyhow!("a saved queue cannot be read"))?)
}
