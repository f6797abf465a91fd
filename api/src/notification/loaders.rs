//! Who is part of a ticket: read once for all who are told of the same event.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::{
    dataloader::{DataLoader, Loader, LruCache},
    runtime::{TokioSpawner, TokioTimer},
};
use entity::{
    follower,
    ids::{TicketId, UserId},
    ticket,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Kind, Question};
use crate::{
    error::{Error, Result},
    events::Pos,
    graphql::loader::SharedError,
    store::Store,
};

/// Events whose audience is remembered: streams come to them within a moment of each other.
const REMEMBERED_MAX: usize = 1_024;

/// Every stream of notifications asks the same of every event, so the questions go to the database
/// together, and the answer for an event stays: however many listen, it is read once or twice.
pub struct Audiences(DataLoader<Reader, LruCache>);

struct Reader(Store);

type Users = Arc<HashSet<UserId>>;

/// A ticket at an event: what was read for an earlier one does not answer for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asked {
    ticket_id: TicketId,
    pos: Pos,
}

impl Audiences {
    /// Reads from `store`, on the present runtime.
    pub fn new(store: Store) -> Self {
        let (spawner, timer) = (TokioSpawner::current(), TokioTimer::default());
        let remembered = LruCache::new(REMEMBERED_MAX);
        Self(DataLoader::with_cache(
            Reader(store),
            spawner,
            timer,
            remembered,
        ))
    }

    /// The answer to a question that the event at `pos` raises about `user`. Says nothing of what they
    /// may see.
    pub(super) async fn answer(
        &self,
        question: Question,
        pos: Pos,
        user: UserId,
    ) -> Result<Option<Kind>> {
        let (ticket_id, kind) = match question {
            Question::Settled(kind) => return Ok(Some(kind)),
            Question::Part(ticket_id, kind) => (ticket_id, kind),
        };
        let users = self.0.load_one(Asked { ticket_id, pos }).await;
        let users = users.map_err(|error| Error::Internal(anyhow::anyhow!("{error:?}")))?;
        let is_part = users.is_some_and(|users| users.contains(&user));
        Ok(is_part.then_some(kind))
    }
}

impl Loader<Asked> for Reader {
    type Value = Users;
    type Error = SharedError;

    /// Requester, assignee and followers of now.
    async fn load(&self, asked: &[Asked]) -> Result<HashMap<Asked, Users>, SharedError> {
        let ids: HashSet<_> = asked.iter().map(|asked| asked.ticket_id).collect();
        let holders = ticket::Entity::find()
            .select_only()
            .columns([
                ticket::Column::Id,
                ticket::Column::RequesterId,
                ticket::Column::AssigneeId,
            ])
            .filter(ticket::Column::Id.is_in(ids.iter().copied()))
            .into_tuple();
        let holders: Vec<(TicketId, UserId, Option<UserId>)> =
            holders.all(&self.0.read).await.map_err(shared)?;
        let followers =
            follower::Entity::find().filter(follower::Column::TicketId.is_in(ids.iter().copied()));
        let mut users: HashMap<TicketId, HashSet<UserId>> = HashMap::new();
        for (id, requester, assignee) in holders {
            users
                .entry(id)
                .or_default()
                .extend(std::iter::once(requester).chain(assignee));
        }
        for row in followers.all(&self.0.read).await.map_err(shared)? {
            users.entry(row.ticket_id).or_default().insert(row.user_id);
        }
        let users: HashMap<_, _> = users
            .into_iter()
            .map(|(id, users)| (id, Arc::new(users)))
            .collect();
        let answers = asked
            .iter()
            .filter_map(|asked| Some((*asked, Arc::clone(users.get(&asked.ticket_id)?))));
        Ok(answers.collect())
    }
}

fn shared(error: sea_orm::DbErr) -> SharedError {
    SharedError::new(error.into())
}
