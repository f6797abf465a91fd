//! Every change to queues.

use entity::{
    ids::{QueueId, TeamId, UserId},
    queue::{self, Column},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::Value;

use crate::{
    actor::Actor,
    app::{App, Tx},
    error::{Error, Result, refuse_if_any},
    events::Event,
    input::Checked,
    policy::{self, Action},
    refusal::{Refusal, Why},
    text::NAME_CHARS_MAX,
};

/// Queues of one person, and of one team.
const QUEUES_MAX: usize = 100;
/// A queue's filter as JSON.
const FILTER_BYTES_MAX: usize = 16_384;

/// A queue to be saved. Filter and order are as clients write them, and known to be usable.
#[derive(Clone, Debug)]
pub struct NewQueue {
    pub name: String,
    pub filter: Value,
    pub order_by: Option<Value>,
    pub sharing: Sharing,
}

/// With whom a queue is to be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    Nobody,
    /// None: the id names nothing.
    Team(Option<TeamId>),
}

/// Whose queue it is.
#[derive(Clone, Copy, Debug)]
enum Holder {
    Team(TeamId),
    Person(UserId),
}

/// Saves a queue for the actor alone, or for a team.
pub async fn create(app: &App, actor: &Actor, new: &NewQueue) -> Result<queue::Model> {
    let holder = authorize(app, actor, new.sharing).await?;
    let mut checked = Checked::default();
    let name = checked.line("name", &new.name, NAME_CHARS_MAX);
    checked.json("filter", &new.filter, FILTER_BYTES_MAX);
    refuse_if_any(checked.refusals)?;

    let mut tx = app.begin(actor).await?;
    refuse_one_too_many(&tx, holder).await?;
    let (team_id, owner_id) = match holder {
        Holder::Team(team_id) => (Some(team_id), None),
        Holder::Person(owner_id) => (None, Some(owner_id)),
    };
    let queue = queue::Model {
        id: QueueId(tx.new_id()),
        name,
        filter: new.filter.clone(),
        order_by: new.order_by.clone(),
        team_id,
        owner_id,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    let row = queue.clone().into_active_model().reset_all();
    queue::Entity::insert(row)
        .exec_without_returning(&*tx)
        .await?;
    tx.record(Event::QueueCreated { queue_id: queue.id });
    tx.commit().await?;
    Ok(queue)
}

/// A team that the actor may not know is missing.
async fn authorize(app: &App, actor: &Actor, sharing: Sharing) -> Result<Holder> {
    let Sharing::Team(team) = sharing else {
        policy::authorize(actor, Action::CreateQueue { team: None })?;
        return Ok(Holder::Person(actor.id().ok_or(Error::Forbidden)?));
    };
    let directory = app.directory().await?;
    let is_known = |id: &TeamId| directory.teams.contains_key(id) && policy::sees_team(actor, *id);
    let team = team
        .filter(is_known)
        .ok_or(Refusal::NotFound { field: "teamId" })?;
    policy::authorize(actor, Action::CreateQueue { team: Some(team) })?;
    Ok(Holder::Team(team))
}

async fn refuse_one_too_many(tx: &Tx<'_>, holder: Holder) -> Result<()> {
    let is_theirs = match holder {
        Holder::Team(team_id) => Column::TeamId.eq(team_id),
        Holder::Person(owner_id) => Column::OwnerId.eq(owner_id),
    };
    let count = queue::Entity::find().filter(is_theirs).count(&**tx).await?;
    if usize::try_from(count).is_ok_and(|count| count < QUEUES_MAX) {
        return Ok(());
    }
    let why = Why::TooMany { max: QUEUES_MAX };
    Err(Refusal::Invalid { field: "name", why }.into())
}
