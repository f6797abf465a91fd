//! Who is part of a ticket, and whom a comment mentions: read once for all who ask at the same time.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::{
    ID,
    dataloader::{DataLoader, Loader, NoCache},
    runtime::{TokioSpawner, TokioTimer},
};
use entity::{
    comment, follower,
    ids::{CommentId, TicketId, UserId},
    ticket,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Kind, Question};
use crate::{
    error::{Error, Result},
    graphql::{GlobalId, loader::SharedError},
    store::Store,
    text::markdown,
};

/// Every stream of notifications asks this of every event, so the questions of all of them go to the
/// database together.
pub struct Audiences(DataLoader<Reader, NoCache>);

struct Reader(Store);

type Users = Arc<HashSet<UserId>>;

impl Audiences {
    /// Reads from `store`, on the present runtime.
    pub fn new(store: Store) -> Self {
        let (spawner, timer) = (TokioSpawner::current(), TokioTimer::default());
        Self(DataLoader::new(Reader(store), spawner, timer))
    }

    /// The answer to a question about `user`. Says nothing of what they may see.
    pub(super) async fn answer(&self, question: Question, user: UserId) -> Result<Option<Kind>> {
        let (ticket_id, kind) = match question {
            Question::Settled(kind) => return Ok(Some(kind)),
            Question::Part(ticket_id, kind) => (ticket_id, kind),
            Question::Comment(ticket_id, comment_id) => {
                if self.has(comment_id, user).await? {
                    return Ok(Some(Kind::Mentioned));
                }
                (ticket_id, Kind::Commented)
            }
        };
        Ok(self.has(ticket_id, user).await?.then_some(kind))
    }

    async fn has<K>(&self, key: K, user: UserId) -> Result<bool>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Reader: Loader<K, Value = Users, Error = SharedError>,
    {
        let users = self.0.load_one(key).await;
        let users = users.map_err(|error| Error::Internal(anyhow::anyhow!("{error:?}")))?;
        Ok(users.is_some_and(|users| users.contains(&user)))
    }
}

impl Loader<TicketId> for Reader {
    type Value = Users;
    type Error = SharedError;

    /// Requester, assignee and followers of now.
    async fn load(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, Users>, SharedError> {
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
        Ok(share(users))
    }
}

impl Loader<CommentId> for Reader {
    type Value = Users;
    type Error = SharedError;

    /// Whom comments mention.
    async fn load(&self, ids: &[CommentId]) -> Result<HashMap<CommentId, Users>, SharedError> {
        let bodies: Vec<(CommentId, String)> = comment::Entity::find()
            .select_only()
            .columns([comment::Column::Id, comment::Column::Body])
            .filter(comment::Column::Id.is_in(ids.iter().copied()))
            .into_tuple()
            .all(&self.0.read)
            .await
            .map_err(shared)?;
        let mentioned = bodies.into_iter().map(|(id, body)| {
            let users = markdown::mentions(&body).into_iter();
            (id, users.filter_map(|id| UserId::of(&ID(id))).collect())
        });
        Ok(share(mentioned))
    }
}

fn share<K: std::hash::Hash + Eq>(
    users: impl IntoIterator<Item = (K, HashSet<UserId>)>,
) -> HashMap<K, Users> {
    let users = users.into_iter();
    users.map(|(key, users)| (key, Arc::new(users))).collect()
}

fn shared(error: sea_orm::DbErr) -> SharedError {
    SharedError::new(error.into())
}
